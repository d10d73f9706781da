package server_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/mcp-kernel/mcp-kernel/server"
)

// hurried gives clients next to no time.
func hurried(o *both) {
	o.web.HeaderTimeout, o.web.BodyTimeout, o.web.WriteTimeout = 200*time.Millisecond, 200*time.Millisecond, 200*time.Millisecond
	o.web.ConnectionIdle = 200 * time.Millisecond
}

func TestSlowClientsAreDropped(t *testing.T) {
	t.Parallel()
	const head = "POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
	for _, c := range []struct{ name, send, want string }{
		{"nothing is sent", "", ""},
		{"half a header", "POST /mcp HT", ""},
		{"headers without an end", head + "X: y\r\n", ""},
		{"half a body", head + "Content-Length: 100\r\n\r\n{", "HTTP/1.1 408 "},
		{"half a chunk", head + "Transfer-Encoding: chunked\r\n\r\n64\r\n{", "HTTP/1.1 408 "},
		{"a body that nobody wants", strings.Replace(head, "localhost", "evil.example", 1) + "Content-Length: 100\r\n\r\n{", "HTTP/1.1 403 "},
		{"nothing after an answer", "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n", "HTTP/1.1 200 "},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := serve(t, hurried)
			conn := w.raw()
			if _, err := io.WriteString(conn, c.send); err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(conn) // until the server hangs up
			if err != nil || !strings.HasPrefix(string(got), c.want) || c.want == "" && len(got) > 0 && !strings.HasPrefix(string(got), "HTTP/1.1 4") {
				t.Errorf("got %q, %v; want %q", got, err, c.want)
			}
		})
	}
}

// A client that reads nothing loses its stream, and nobody else notices.
func TestClientThatReadsNothing(t *testing.T) {
	t.Parallel()
	w := serve(t, func(o *both) {
		hurried(o)
		o.web.StreamBuffer = 1 << 16
	})
	conn := w.raw()
	if c, ok := conn.(*net.TCPConn); ok {
		_ = c.SetReadBuffer(1 << 10)
	}
	ask := `{"jsonrpc":"2.0","id":"` + strings.Repeat("x", 200) + `","method":"subscriptions/listen","params":{"notifications":{"toolsListChanged":true,"resourceSubscriptions":["test://one"]},` + modern + `}}`
	fmt.Fprintf(conn, "POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n%s\r\n\r\n%s",
		len(ask), strings.Join(stateless("subscriptions/listen", ""), "\r\n"), ask)
	subscribed := func() bool {
		w.d.mu.Lock()
		defer w.d.mu.Unlock()
		return len(w.d.changed) == 1
	}
	w.until("a subscription", subscribed)
	other := w.stream("GET", "", w.initialize("2025-11-25")...)
	w.until("the end of the stream", func() bool {
		for range 1000 {
			w.s.ListChanged(server.Changes{Tools: true})
		}
		return !subscribed()
	})
	if got := other.message(); !strings.Contains(got, "list_changed") {
		t.Errorf("another client: %s", got)
	}
}

// Connections over the bound wait until others end, and those that say nothing end.
func TestManyConnections(t *testing.T) {
	t.Parallel()
	w := serve(t, func(o *both) {
		o.web.MaxConnections = 4
		o.web.HeaderTimeout, o.web.ConnectionIdle = 300*time.Millisecond, 300*time.Millisecond
	})
	for range 12 {
		w.raw() // says nothing
		c := w.raw()
		fmt.Fprint(c, "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
		if got, err := io.ReadAll(c); err != nil || !strings.HasPrefix(string(got), "HTTP/1.1 200 ") {
			t.Fatalf("%q, %v", got, err)
		}
	}
}

func TestHugeHeaders(t *testing.T) {
	t.Parallel()
	w := serve(t, func(o *both) { o.web.MaxHeader = 4 << 10 })
	conn := w.raw()
	fmt.Fprintf(conn, "GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Filler: %s\r\n\r\n", strings.Repeat("x", 16<<10))
	got, _ := io.ReadAll(conn) // or a reset, when not everything was read
	if len(got) > 0 && !strings.HasPrefix(string(got), "HTTP/1.1 431 ") {
		t.Errorf("%s", got)
	}
}

func TestLargeBodies(t *testing.T) {
	t.Parallel()
	w := serve(t, func(o *both) { o.web.MaxBody = 300 << 10 })
	session := w.initialize("2025-11-25")
	for _, size := range []int{100, 4 << 10, 64 << 10, 128 << 10, 290 << 10} {
		text := strings.Repeat("x", size)
		send := fmt.Sprintf(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","arguments":{"s":%q}}}`, text)
		for _, known := range []bool{true, false} {
			r := w.request("POST", send, session...)
			if !known {
				r.ContentLength = -1
			}
			response, err := w.plain.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(response.Body)
			_ = response.Body.Close()
			if err != nil || response.StatusCode != http.StatusOK || !strings.Contains(string(got), text) {
				t.Errorf("%d bytes, length known %v: %d, %d bytes, %v", size, known, response.StatusCode, len(got), err)
			}
		}
	}
	r := w.request("POST", `{"x":"`+strings.Repeat("x", 300<<10)+`"}`, session...)
	r.ContentLength = -1
	response, err := w.plain.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	if response.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("too much of unknown length: %d", response.StatusCode)
	}
}

// An end waits for calls that run, refuses new ones, and cancels what does not end in time.
func TestEnding(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		drain time.Duration
		slow  bool
		want  string
	}{
		{"the call may finish", time.Minute, true, `"structuredContent"`},
		{"the call takes too long", time.Millisecond, false, `cancelled`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := serve(t, func(o *both) { o.Drain = c.drain })
			legacy := started(w, slow, w.initialize("2025-11-25"))
			newer := started(w, strings.Replace(slow, `"slow"`, `"slow",`+modern, 1), stateless("tools/call", "slow"))
			w.stop()
			if c.slow {
				close(w.d.slow)
			}
			for _, got := range []<-chan answer{legacy, newer} {
				if a := <-got; a.status != http.StatusOK || !strings.Contains(a.body, c.want) {
					t.Errorf("%d %s", a.status, a.body)
				}
			}
			w.end()
			if _, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", w.addr); err == nil {
				t.Error("somebody still accepts")
			}
		})
	}
}

// Nothing is left of a server that has ended: no goroutine of any stream, session or connection.
func TestNothingIsLeft(t *testing.T) { //nolint:paralleltest // it counts the goroutines of the process
	w := serve(t, nil)
	session := w.initialize("2025-11-25")
	for id := range 50 {
		w.stream("POST", fmt.Sprintf(progress, id, id, ""), session...)
		ask := `{"jsonrpc":"2.0","id":1,"method":"subscriptions/listen","params":{"notifications":{"toolsListChanged":true},` + modern + `}}`
		w.stream("POST", ask, stateless("subscriptions/listen", "")...).message()
		w.stream("GET", "", w.initialize("2025-11-25")...).next()
		w.raw()
	}
	w.end()
	w.until("the end of every goroutine", func() bool {
		left := stacks()
		return !strings.Contains(left, "mcp-kernel/server.(") && !strings.Contains(left, "net/http.(*conn)")
	})
}
