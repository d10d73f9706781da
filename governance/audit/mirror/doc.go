// Package mirror lets kernels that share state see each other's journals. Each kernel keeps a journal of its own, with its own
// key, and goes on doing so whatever happens to the others. A Sender brings what it writes to a stream that all of them can
// read, and says who it is; Fetch keeps a copy of another kernel's journal (audit.Copy), checked line by line, whose heads are
// signed by a key that was seen first and is held to from then on. So one place can search, verify and prove what any of
// them recorded, also after the machine of one is gone.
//
// Sending never keeps a call waiting: it reads the journal as any other reader does, lags behind it by a fraction of a second,
// and catches up after an outage. What a machine recorded and lost before it was sent is lost, as it is without a mirror.
package mirror
