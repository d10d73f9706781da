// Package upstream keeps other MCP servers at hand: each is started or connected to when it is first needed, watched,
// restarted with growing pauses, left alone for a while when it fails again and again, and stopped when nobody has used it
// for long. A call gets an answer, an error of the server, or says why there is none; what one server does never delays
// the calls of another. One that answers nothing any more is given up and started anew.
package upstream
