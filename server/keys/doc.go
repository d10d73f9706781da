// Package keys keeps the bearer keys that clients of an HTTP server authenticate with. A key is a text that is shown once,
// when it is made; the file keys.json in the data directory holds what it is recognised by, whom it stands for and
// until when. Whoever may write that file says who may call, so it is the operator's alone. The package knows nothing of
// HTTP: it is asked whom a text stands for, and answers quickly, because it is asked for every request.
package keys
