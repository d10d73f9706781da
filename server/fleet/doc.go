// Package fleet joins processes that share one state and serve the same clients, so that any of them can serve any request.
// Each member appends notes to one stream of the state and follows it: all see all notes, in one order. Notes carry what one
// member must tell the others at once: that a session has ended, a client's answer to a question that another member asked,
// what a client is to be told on a stream that another member holds. Every member also says every second that it is there, on
// the same stream; so who lives is known without asking anybody, and a member that does not see its own sign of life come
// back knows that it is behind and relies on nothing that it has not looked up (Current).
//
// There is one stream for all and none for each, because a stream leaves its number behind when it is trimmed, and every
// process that ever was would leave one. It is kept short by whoever appends. A note is neither stored nor repeated: who was
// not there for longer than the stream reaches back has missed it, and is told so (Era). What must not be missed lies in the
// state and is only announced here.
//
// The package knows nothing of the protocol that its members speak.
package fleet
