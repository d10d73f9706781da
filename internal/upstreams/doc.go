// Package upstreams reads and writes the file that says which other MCP servers the kernel governs. The file is the
// operator's: what cannot hold in it is an error with its line, and nothing in it is taken for something else.
package upstreams
