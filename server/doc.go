// Package server speaks the Model Context Protocol to hosts over stdio and to clients over HTTP. Both are thin transports
// of our own over the SDK's public MCPServer.HandleMessage: the SDK answers the handshakes of the two protocol eras, pings
// and log levels; this package owns the bytes. It checks every message strictly before the SDK sees it, so that both read
// the same thing, keeps request ids exactly as they came, writes the notifications of a request before its result, answers
// invocations, listings, completion and subscriptions from the dispatcher, and turns refusals into protocol errors without
// ever showing an internal.
//
// Over HTTP the era is a matter of each request: one of 2026 stands alone, one of 2025 belongs to a session, and a session
// to the caller that began it. Everything that a client sends, opens or does not read is bounded.
//
// It knows no module: everything that can be invoked comes from a tools.Dispatcher, and every invocation goes to it.
package server
