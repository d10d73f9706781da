// Package bench loads an MCP server and measures it from outside: requests a second, latencies, errors, bytes, processor
// time and memory of the server's processes. It is an MCP client of both eras, over stdio and over streamable HTTP, and
// knows nothing of this module's insides, so it measures any server that speaks the protocol. The client is lean because
// it usually shares the machine with what it measures: messages are made once and patched, answers are scanned, not
// decoded, and what it keeps is bounded whatever the length of the run.
//
// It tells the truth where load generators are prone not to. A request that came to an error does not count into the
// rate. With a rate to keep (Load.Rate) latency is measured from when a request was due, so that a server that stalls
// pays for every request that it kept waiting; without one the report says that it is a closed loop. Two servers are
// compared in rounds that alternate, and a ratio comes with its spread.
package bench
