// Package rpc talks to an MCP server as its client: requests and notifications of both sides, over pipes or HTTP, in either
// of the protocol's eras. What passes is raw JSON, so that nothing is lost or respelt on the way: a result is the text that
// the server sent, numbers, unknown members and all. The server is a stranger: what it sends is bounded in size, number
// and time, and whatever it does ends in an error of the call that it concerns.
package rpc
