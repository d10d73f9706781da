package bench

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"
)

// FuzzResponse holds what is read of an HTTP response to what net/http reads, where both read it to its end.
func FuzzResponse(f *testing.F) {
	f.Add("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}more")
	f.Add("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 202 Accepted\r\ncontent-length:0\r\n\r\n")
	f.Add("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Type: text/event-stream\r\n\r\n3;x\r\nabc\r\n0\r\nA: b\r\n\r\n")
	f.Add("HTTP/1.0 503 No\r\nConnection: close\r\nMcp-Session-Id: a\r\n\r\nuntil the end")
	f.Add("HTTP/1.1 204 No\r\nContent-Length: 9\r\n\r\n")
	f.Fuzz(func(t *testing.T, text string) {
		in := bufio.NewReader(strings.NewReader(text))
		r, _, err := readHead(in)
		if err != nil {
			return
		}
		b := r.body(in)
		got, err := b.readAll(nil)
		if err != nil {
			return
		}
		theirs, err := http.ReadResponse(bufio.NewReader(strings.NewReader(text)), nil)
		if err != nil || theirs.StatusCode < 200 {
			return
		}
		defer func() { _ = theirs.Body.Close() }()
		want, err := io.ReadAll(theirs.Body)
		if err == nil && (r.status != theirs.StatusCode || !bytes.Equal(got, want)) {
			t.Errorf("%d %q, net/http reads %d %q", r.status, got, theirs.StatusCode, want)
		}
	})
}

// FuzzEvents sees that no event stream makes the reader fail, and that the answer in it is found.
func FuzzEvents(f *testing.F) {
	f.Add("data: {\"id\":7,\ndata:\"result\":{}}\n\n")
	f.Add(": comment\r\n\r\nid: 1\r\ndata:\r\n\r\ndata: {\"method\":\"x\"}\r\n\r\n")
	f.Fuzz(func(t *testing.T, text string) {
		var e eventReader
		_, _, _ = e.answerIn(strings.NewReader(text), 7) // must return
		text = strings.TrimRight(text, "\r\n") + "\n\n"
		if _, _, err := e.answerIn(strings.NewReader(text), 7); err == nil || !strings.Contains(err.Error(), "without the answer") {
			return
		}
		m, _, err := e.answerIn(strings.NewReader(text+"data: {\"id\":7,\"result\":{}}\n\n"), 7)
		if err != nil || m.id != 7 {
			t.Errorf("the answer after %q is not found: %v", text, err)
		}
	})
}
