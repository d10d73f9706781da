// Package demo shows a kernel at work to whoever doubts it: a real MCP client holds a scripted conversation with it, in
// which calls are allowed, blocked, over their limit, drifting and malformed, and then reads back what the journal says
// of each. It prints nothing but what the client was answered and what the journal holds, and it compares both with what
// a kernel owes: where a promise is broken it says which, and fails. It therefore also serves as a test that a sabotaged
// gate, limiter or journal does not pass.
package demo
