package rpc

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/textproto"
	"net/url"
	"strings"
)

// The errors of HTTP that are nobody else's.
var (
	errSession  = errors.New("the server has ended the session")
	errNoAnswer = errors.New("the server's response ended without an answer")
	errGone     = errors.New("the server has ended the stream of its messages")
)

// quotable is how much of what a stranger says is repeated, in characters.
const quotable = 200

// A StatusError says that a server refused a request by its status.
type StatusError struct {
	Status int    // of HTTP
	Said   string // how the body begins; the words of a stranger
}

// Error returns the status, its meaning, and how the body begins.
func (e *StatusError) Error() string {
	text := fmt.Sprintf("the server answered with HTTP %d", e.Status)
	if meaning := http.StatusText(e.Status); meaning != "" {
		text += " " + meaning
	}
	if e.Status == http.StatusUnauthorized || e.Status == http.StatusForbidden {
		text += " (are its headers right?)"
	}
	if e.Said != "" {
		text += fmt.Sprintf(": %.*q", quotable, e.Said)
	}
	return text
}

// A reachError says that a request got no response.
type reachError struct{ err error }

func (e *reachError) Unwrap() error { return e.err }

// Error returns why, with neither address, which may have secrets, nor what the server has said.
func (e *reachError) Error() string {
	if _, garbled := errors.AsType[textproto.ProtocolError](e.err); garbled {
		return "the server cannot be reached: its response is no HTTP"
	}
	return fmt.Sprintf("the server cannot be reached: %.*s", quotable, e.err.Error())
}

// unreached takes the address out of an error of a client.
func unreached(err error) error {
	if of, ok := errors.AsType[*url.Error](err); ok {
		err = of.Err
	}
	return &reachError{err}
}

// refusal is what a response that refuses a request means, which is closed.
func (t *HTTP) refusal(answer *http.Response) error {
	text, _ := io.ReadAll(io.LimitReader(answer.Body, headBytes)) // what could be read is shown
	_ = answer.Body.Close()                                       // it was only read
	said := t.hushed(string(bytes.TrimSpace(text)))
	if kindOf(answer) == kindJSON {
		if m, err := parse([]byte(said)); err == nil && m.err != nil {
			return m.err
		}
	}
	return &StatusError{Status: answer.StatusCode, Said: said[:min(len(said), 4*quotable)]}
}

// hushed is what a server said, without the values of our headers and the tokens that it repeats.
func (t *HTTP) hushed(text string) string {
	for _, value := range t.o.Headers {
		text = withoutSecret(text, value)
		if _, word, found := strings.Cut(value, " "); found { // as in "Bearer TOKEN"
			text = withoutSecret(text, word)
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, token := range t.sent {
		text = withoutSecret(text, token)
	}
	return text
}

// withoutSecret takes a value out of a text. Short values are no secrets, and may be there by chance.
func withoutSecret(text, value string) string {
	if len(value) < 8 {
		return text
	}
	return strings.ReplaceAll(text, value, "[…]")
}
