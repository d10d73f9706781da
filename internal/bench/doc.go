// Package bench loads an MCP server over stdio and measures it from outside: requests a second, latencies, processor
// time and memory of the server's process. It is an MCP client and knows nothing of this module's insides, so it
// measures any server that speaks the protocol. The proofs in its tests hold the built kernel against its ungoverned twin
// (the same program built with the tag "twin") in alternating rounds.
package bench
