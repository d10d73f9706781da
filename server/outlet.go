package server

// An outlet carries messages to a client in the order in which they are given, from whichever goroutine gives them. Over
// stdio one *outbox carries everything; over HTTP every request has an outlet of its own, for what belongs to it before
// its answer, and every session of the 2025 era one for what belongs to no request.
//
// A message is one JSON-RPC text. It is not kept, and may be changed once the method has returned.
type outlet interface {
	// send gives a message that must arrive, such as a request of ours. It may wait for room, and fails when the client
	// can no longer be reached.
	send(message []byte) error
	// offer gives a message that nobody will miss, such as progress, and reports whether it was taken. It never waits
	// for room.
	offer(message []byte) bool
}

var _ outlet = (*outbox)(nil)

// nowhere is the outlet of who can be told nothing.
type nowhere struct{}

func (nowhere) send([]byte) error { return errClosed }
func (nowhere) offer([]byte) bool { return false }
