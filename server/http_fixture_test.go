package server_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/modules/primitives"
	"github.com/mcp-kernel/mcp-kernel/server"
)

// patience is how long a test waits for what must come. It only passes when the test fails.
const patience = 20 * time.Second

// A web is a server on a port of its own, and what a test needs to speak with it.
type web struct {
	t     testing.TB
	d     *dispatcher
	s     *server.Server
	h     *server.HTTP
	addr  string
	url   string
	ticks chan time.Time
	stop  context.CancelFunc
	done  chan error
	plain *http.Client
}

// both are the options of both halves of a server.
type both struct {
	server.Options
	web server.HTTPOptions
}

// serve starts a server. Time passes for its streams only when the test ticks.
func serve(tb testing.TB, change func(*both)) *web {
	tb.Helper()
	d := newDispatcher(tb)
	w := &web{t: tb, d: d, ticks: make(chan time.Time), done: make(chan error, 1)}
	o := both{
		Options: server.Options{Dispatcher: d, IDs: primitives.NewIDs(nil, nil).New, Now: time.Now, Version: "1.0"},
		web: server.HTTPOptions{
			Local: governance.Caller{Principal: "user:test"},
			Ticks: func(time.Duration) (<-chan time.Time, func()) { return w.ticks, func() {} },
		},
	}
	if change != nil {
		change(&o)
	}
	var err error
	if w.s, err = server.New(o.Options); err != nil {
		tb.Fatal(err)
	}
	h, err := w.s.HTTP(o.web)
	if err != nil {
		tb.Fatal(err)
	}
	w.h = h
	on, err := h.Listen(tb.Context(), "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(tb.Context()))
	w.addr, w.url, w.stop = on.Addr().String(), "http://"+on.Addr().String()+"/mcp", stop
	w.plain = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
	go func() { w.done <- h.Serve(ctx, on) }()
	tb.Cleanup(w.end)
	return w
}

// end ends the server, as SIGTERM does, and waits for it.
func (w *web) end() {
	w.plain.CloseIdleConnections()
	w.stop()
	select {
	case err := <-w.done:
		if err != nil {
			w.t.Errorf("serving: %v", err)
		}
		w.done <- nil
	case <-time.After(patience):
		w.t.Errorf("the server did not end\n%s", stacks())
	}
}

func stacks() string {
	text := make([]byte, 1<<20)
	return string(text[:runtime.Stack(text, true)])
}

// tick lets time pass for what is open.
func (w *web) tick() {
	w.t.Helper()
	select {
	case w.ticks <- time.Now():
	case <-time.After(patience):
		w.t.Fatal("nobody listens to the clock")
	}
}

// An answer is a whole response.
type answer struct {
	status int
	header http.Header
	body   string
}

// heads are headers of a request, "Name: value" each; one that ends in ":" removes what is there otherwise.
func (w *web) request(method, body string, heads ...string) *http.Request {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.t.Context(), method, w.url, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	if body == "" {
		r.Body, r.ContentLength = nil, 0
	} else {
		r.Header.Set("Content-Type", "application/json")
	}
	r.Header.Set("Accept", "application/json, text/event-stream")
	for _, head := range heads {
		name, value, _ := strings.Cut(head, ":")
		switch value = strings.TrimSpace(value); {
		case name == "Host":
			r.Host = value
		case value == "":
			r.Header.Del(name)
		case r.Header.Get(name) != "" && name == "Mcp-Name":
			r.Header.Add(name, value)
		default:
			r.Header.Set(name, value)
		}
	}
	return r
}

// open sends a request and returns the response with its body still to be read.
func (w *web) open(method, body string, heads ...string) *http.Response {
	w.t.Helper()
	response, err := w.plain.Do(w.request(method, body, heads...))
	if err != nil {
		w.t.Fatalf("%s %s: %v", method, body, err)
	}
	w.t.Cleanup(func() { _ = response.Body.Close() })
	return response
}

func (w *web) do(method, body string, heads ...string) answer {
	w.t.Helper()
	response, err := w.plain.Do(w.request(method, body, heads...))
	if err != nil {
		w.t.Fatalf("%s %s: %v", method, body, err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		w.t.Fatalf("%s %s: %v", method, body, err)
	}
	return answer{status: response.StatusCode, header: response.Header, body: string(text)}
}

func (w *web) post(body string, heads ...string) answer {
	w.t.Helper()
	return w.do(http.MethodPost, body, heads...)
}

// initialize begins a session and returns the headers of it.
func (w *web) initialize(version string, heads ...string) []string {
	w.t.Helper()
	a := w.post(fmt.Sprintf(`{"jsonrpc":"2.0","id":"init","method":"initialize","params":{"protocolVersion":%q,"capabilities":{},"clientInfo":{"name":"host","version":"1"}}}`, version), heads...)
	id := a.header.Get("Mcp-Session-Id")
	if a.status != http.StatusOK || id == "" {
		w.t.Fatalf("initialize: %d %s", a.status, a.body)
	}
	session := append([]string{"Mcp-Session-Id: " + id, "Mcp-Protocol-Version: " + version}, heads...)
	if a := w.post(`{"jsonrpc":"2.0","method":"notifications/initialized"}`, session...); a.status != http.StatusAccepted || a.body != "" {
		w.t.Fatalf("initialized: %d %s", a.status, a.body)
	}
	return session
}

// stateless returns the headers that a request of the 2026 era needs.
func stateless(method, name string) []string {
	heads := []string{"Mcp-Protocol-Version: 2026-07-28", "Mcp-Method: " + method}
	if name != "" {
		heads = append(heads, "Mcp-Name: "+name)
	}
	return heads
}

// An sse is one event of a stream; comments are events with nothing but a comment.
type sse struct{ id, data, retry, comment string }

// events reads a stream.
type events struct {
	t      testing.TB
	header http.Header
	from   *bufio.Reader
	body   io.ReadCloser
}

func (w *web) stream(method, body string, heads ...string) *events {
	w.t.Helper()
	response := w.open(method, body, heads...) //nolint:bodyclose // with the test
	if kind := response.Header.Get("Content-Type"); response.StatusCode != http.StatusOK || kind != "text/event-stream" {
		text, _ := io.ReadAll(response.Body)
		w.t.Fatalf("no stream: %d %s %s", response.StatusCode, kind, text)
	}
	return &events{t: w.t, header: response.Header, from: bufio.NewReaderSize(response.Body, 1<<20), body: response.Body}
}

// next returns the next event; ok is false at the end of the stream.
func (e *events) next() (event sse, ok bool) {
	e.t.Helper()
	timer := time.AfterFunc(patience, func() { _ = e.body.Close() })
	defer timer.Stop()
	for {
		line, err := e.from.ReadString('\n')
		if err != nil {
			if err != io.EOF {
				e.t.Fatalf("reading a stream: %v", err)
			}
			return event, false
		}
		switch field, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ": "); field {
		case "":
			if event.comment == "" && strings.HasPrefix(line, ":") {
				event.comment = value
				continue
			}
			return event, true
		case "id":
			event.id = value
		case "data":
			event.data = value
		case "retry":
			event.retry = value
		default:
			e.t.Fatalf("unknown field %q", line)
		}
	}
}

// message returns the data of the next event that has any, or "" at the end.
func (e *events) message() string {
	e.t.Helper()
	for {
		event, ok := e.next()
		if !ok || event.data != "" {
			return event.data
		}
	}
}

// raw opens a connection on which a test writes bytes of its own.
func (w *web) raw() net.Conn {
	w.t.Helper()
	c, err := (&net.Dialer{}).DialContext(w.t.Context(), "tcp", w.addr)
	if err != nil {
		w.t.Fatal(err)
	}
	if err := c.SetDeadline(time.Now().Add(patience)); err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = c.Close() })
	return c
}

// until waits for what must come about.
func (w *web) until(what string, is func() bool) {
	w.t.Helper()
	for end := time.Now().Add(patience); !is(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			w.t.Fatalf("%s did not come about\n%s", what, stacks())
		}
	}
}
