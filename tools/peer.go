package tools

import "context"

// A Peer carries what a handler tells the client while it runs; one that is an Asker also what it asks. The server supplies one a call; a nil Peer drops
// everything. Both methods return at once: what the client does not take in time is dropped.
type Peer interface {
	Progress(ctx context.Context, p Progress)
	Log(ctx context.Context, m LogMessage)
}

// Progress is how far a call has come. Done must grow from one to the next; Total is 0 when it is not known.
type Progress struct {
	Done    float64
	Total   float64
	Message string
}

// A LogMessage is one message to the client's log. Level is one of the eight of RFC 5424 in lower case ("debug" to
// "emergency"); Data is whatever encoding/json can encode.
type LogMessage struct {
	Level  string
	Logger string
	Data   any
}
