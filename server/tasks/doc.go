// Package tasks lets calls go on after their client was answered. A task is one governed call, run once by the process that
// began it, and a record of it in the state that any process which shares that state can read: the client asks for its
// status and its answer, answers what the call asks, or cancels it, and each of these is a governed call itself. Nothing
// of a task is said before it is true: it is kept before the client has its id, and its outcome stands in the journal
// before it is over. A task whose process is gone has failed, and says so. The package knows neither era of the protocol:
// what a task looks like to a client is the server's business.
package tasks
