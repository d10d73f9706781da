package rpc_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mcp-kernel/mcp-kernel/modules/atr/rpc"
)

// token is a header's value that nothing may repeat.
const token = "Bearer hush-hush-4711"

// A web is a server whose handler says what the test wants, and that remembers what it was asked.
type web struct {
	*httptest.Server

	mu  sync.Mutex
	got []string
}

// A visit is one request.
type visit struct {
	http.ResponseWriter

	r      *http.Request
	id     string
	method string
	body   string
}

func (v *visit) say(kind, format string, args ...any) {
	v.Header().Set("Content-Type", kind)
	_, _ = fmt.Fprintf(v, format, args...) // the client may have gone
	_ = http.NewResponseController(v.ResponseWriter).Flush()
}

func (v *visit) json(format string, args ...any) { v.say("application/json", format, args...) }

// event says one event.
func (v *visit) event(format string, args ...any) {
	v.say("text/event-stream; charset=utf-8", "data: "+format+"\n\n", args...)
}

// gone waits until the client has hung up.
func (v *visit) gone() { <-v.r.Context().Done() }

// serve starts a server. It notes of each request what matters, in the order in which they come.
func serve(tb testing.TB, each func(v *visit)) *web {
	tb.Helper()
	w := &web{}
	w.Server = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		v := &visit{ResponseWriter: rw, r: r, body: string(body)}
		var m struct {
			ID     json.RawMessage
			Method string
		}
		_ = json.Unmarshal(body, &m)
		v.id, v.method = string(m.ID), m.Method
		line := strings.Join(strings.Fields(fmt.Sprint(r.Method, " ", r.URL.Path, " ", m.Method, " ", v.id)), " ")
		for _, name := range []string{"Mcp-Protocol-Version", "Mcp-Session-Id", "Mcp-Method", "Mcp-Name", "Last-Event-Id"} {
			if value := r.Header.Get(name); value != "" {
				line += " " + name + "=" + value
			}
		}
		if r.Header.Get("Authorization") != token {
			line += " without the token"
		}
		w.mu.Lock()
		w.got = append(w.got, line)
		w.mu.Unlock()
		each(v)
	}))
	tb.Cleanup(w.Close)
	return w
}

func (w *web) seen() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]string(nil), w.got...)
}

// reach returns the transport to an address.
func reach(tb testing.TB, address string, change func(o *rpc.HTTPOptions)) *rpc.HTTP {
	tb.Helper()
	o := rpc.HTTPOptions{URL: address, Client: &http.Client{Transport: &http.Transport{}}, Headers: map[string]string{"Authorization": token}}
	if change != nil {
		change(&o)
	}
	t, err := rpc.NewHTTP(o)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = t.Close() })
	return t
}

// old is a server of the 2025 era, which hands calls to next.
func old(next func(v *visit)) func(v *visit) {
	return func(v *visit) {
		switch {
		case v.r.Method == http.MethodGet:
			v.WriteHeader(http.StatusMethodNotAllowed)
		case v.method == "initialize":
			v.Header().Set("Mcp-Session-Id", "s-1")
			v.json(`{"jsonrpc":"2.0","id":%s,"result":{"protocolVersion":"2025-11-25","capabilities":{"tools":{}},"serverInfo":{"name":"s"}}}`, v.id)
		case v.id == "" || v.method == "": // a notification, or an answer
			v.WriteHeader(http.StatusAccepted)
		default:
			next(v)
		}
	}
}

// without is a list without what is there by chance.
func without(lines []string, prefix string) []string {
	var kept []string
	for _, line := range lines {
		if !strings.HasPrefix(line, prefix) {
			kept = append(kept, line)
		}
	}
	return kept
}

// A session is kept, the version is said, the answer may be JSON or a stream, and nothing is respelt.
func TestHTTPLegacy(t *testing.T) {
	t.Parallel()
	w := serve(t, old(func(v *visit) {
		if v.method == "tools/list" {
			v.json(` {"jsonrpc":"2.0","id":%s,"result":{"n":1.50}}`, v.id)
			return
		}
		v.event(`{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":%s,"progress":1}}`, v.id)
		v.event(`{"jsonrpc":"2.0","id":%s,"result":{"n":1e2}}`, v.id)
	}))
	tr := reach(t, w.URL+"/mcp", nil)
	c := connect(t, rpc.Options{Transport: tr})
	if got, err := c.Call(t.Context(), rpc.Request{Method: "tools/list"}); err != nil || string(got) != `{"n":1.50}` {
		t.Errorf("%s, %v", got, err)
	}
	heard := 0
	got, err := c.Call(t.Context(), rpc.Request{Method: "tools/call", Params: json.RawMessage(`{"name":"x"}`), Progress: func(json.RawMessage) { heard++ }})
	if err != nil || string(got) != `{"n":1e2}` || heard != 1 {
		t.Errorf("%s, %v, %d", got, err, heard)
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	const in = " Mcp-Protocol-Version=2025-11-25 Mcp-Session-Id=s-1"
	want := []string{
		"POST /mcp initialize 1",
		"POST /mcp notifications/initialized" + in,
		"POST /mcp tools/list 2" + in,
		"POST /mcp tools/call 3" + in,
		"DELETE /mcp" + in,
	}
	if diff := cmp.Diff(want, without(w.seen(), "GET")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Each request of the 2026 era says everything, and ends when nobody waits for it.
func TestHTTPModern(t *testing.T) {
	t.Parallel()
	gone := make(chan struct{})
	w := serve(t, func(v *visit) {
		switch v.method {
		case "initialize":
			v.Header().Set("Content-Type", "application/json")
			v.WriteHeader(http.StatusBadRequest)
			v.json(`{"jsonrpc":"2.0","id":%s,"error":{"code":-32020,"message":"header mismatch"}}`, v.id)
		case "server/discover":
			v.json(`{"jsonrpc":"2.0","id":%s,"result":{"supportedVersions":["2026-07-28"],"capabilities":{},"resultType":"complete"}}`, v.id)
		case "tools/call":
			v.event(`{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":%s,"progress":1}}`, v.id)
			v.gone()
			close(gone)
		default:
			v.json(`{"jsonrpc":"2.0","id":%s,"result":{"resultType":"complete"}}`, v.id)
		}
	})
	c := connect(t, rpc.Options{Transport: reach(t, w.URL, nil)})
	if _, err := c.Call(t.Context(), rpc.Request{Method: "resources/read", Params: json.RawMessage(`{"uri":"note:é"}`)}); err != nil || c.Server().Era != rpc.Modern {
		t.Fatal(err, c.Server())
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	stop := errors.New("stop")
	_, err := c.Call(ctx, rpc.Request{Method: "tools/call", Params: json.RawMessage(`{"name":"slow","arguments":{"name":"other"}}`), Progress: func(json.RawMessage) { cancel(stop) }})
	if !errors.Is(err, stop) {
		t.Error(err)
	}
	<-gone
	_ = c.Close()
	want := []string{
		"POST / initialize 1",
		"POST / server/discover 2 Mcp-Protocol-Version=2026-07-28 Mcp-Method=server/discover",
		"POST / resources/read 3 Mcp-Protocol-Version=2026-07-28 Mcp-Method=resources/read Mcp-Name==?base64?bm90ZTrDqQ==?=",
		"POST / tools/call 4 Mcp-Protocol-Version=2026-07-28 Mcp-Method=tools/call Mcp-Name=slow",
	}
	if diff := cmp.Diff(want, w.seen()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// What a server asks on a call's own stream belongs to that call, and its answer is posted.
func TestHTTPAsks(t *testing.T) {
	t.Parallel()
	replies := make(chan string, 1)
	w := serve(t, func(v *visit) {
		if v.method == "" && v.id != "" {
			replies <- v.body
		}
		old(func(v *visit) {
			v.event(`{"jsonrpc":"2.0","id":"q","method":"elicitation/create","params":{"message":"sure?"}}`)
			select {
			case reply := <-replies:
				v.event(`{"jsonrpc":"2.0","id":%s,"result":%s}`, v.id, reply)
			case <-v.r.Context().Done():
			}
		})(v)
	})
	c := connect(t, rpc.Options{
		Transport: reach(t, w.URL, nil),
		Ask: func(_ context.Context, call any, method string, _ json.RawMessage) (json.RawMessage, *rpc.Error) {
			return json.RawMessage(fmt.Sprintf(`{"call":%q,"method":%q}`, call, method)), nil
		},
	})
	got, err := c.Call(t.Context(), rpc.Request{Method: "tools/call", Tag: "mine"})
	if want := `{"jsonrpc":"2.0","id":"q","result":{"call":"mine","method":"elicitation/create"}}`; err != nil || string(got) != want {
		t.Errorf("%s, %v", got, err)
	}
}

// A server of the 2025 era says things of its own accord on a stream of their own, which is opened again when it ends.
func TestHTTPListens(t *testing.T) {
	t.Parallel()
	w := serve(t, func(v *visit) {
		if v.r.Method != http.MethodGet {
			old(nil)(v)
			return
		}
		after := v.r.Header.Get("Last-Event-Id")
		v.say("text/event-stream", "retry: 1\nid: %s7\ndata: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/tools/list_changed\",\"params\":{\"after\":%q}}\n\n", after, after)
		if after != "" {
			v.gone()
		}
	})
	said := make(chan string, 2)
	connect(t, rpc.Options{Transport: reach(t, w.URL, nil), Notify: func(_ string, params json.RawMessage) { said <- string(params) }})
	if got := []string{<-said, <-said}; got[0] != `{"after":""}` || got[1] != `{"after":"7"}` {
		t.Error(got)
	}
}

// A stream that ends before the answer goes on where it was.
func TestHTTPResumes(t *testing.T) {
	t.Parallel()
	w := serve(t, func(v *visit) {
		if v.r.Header.Get("Last-Event-Id") == "e1" {
			v.event(`{"jsonrpc":"2.0","id":%s,"result":{"late":true}}`, "2")
			return
		}
		old(func(v *visit) {
			v.say("text/event-stream", "id: e1\nretry: 1\ndata: \n\n")
		})(v)
	})
	c := connect(t, rpc.Options{Transport: reach(t, w.URL, nil)})
	if got, err := c.Call(t.Context(), rpc.Request{Method: "tools/call"}); err != nil || string(got) != `{"late":true}` {
		t.Errorf("%s, %v", got, err)
	}
}

// sse is a server of 2024-11-05, which hands calls to next.
func sse(next func(v *visit) string) func(v *visit) {
	events := make(chan string, 10)
	return func(v *visit) {
		switch {
		case v.r.Method == http.MethodGet && v.r.URL.Path == "/sse":
			v.say("text/event-stream", "event: endpoint\ndata: /messages?session=1\n\n")
			for {
				select {
				case text := <-events:
					v.say("text/event-stream", "event: message\ndata: %s\n\n", text)
				case <-v.r.Context().Done():
					return
				}
			}
		case v.r.URL.Path != "/messages":
			http.Error(v.ResponseWriter, "what?", http.StatusMethodNotAllowed)
		case v.method == "initialize":
			events <- fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,"result":{"protocolVersion":"2024-11-05","capabilities":{}}}`, v.id)
			v.WriteHeader(http.StatusAccepted)
		case v.id == "":
			v.WriteHeader(http.StatusAccepted)
		default:
			if text := next(v); text != "" {
				events <- text
				v.WriteHeader(http.StatusAccepted)
			}
		}
	}
}

// Servers of 2024-11-05 are found out, or known.
func TestHTTPWithSSE(t *testing.T) {
	t.Parallel()
	for _, known := range []bool{false, true} {
		t.Run(fmt.Sprint(known), func(t *testing.T) {
			t.Parallel()
			w := serve(t, sse(func(v *visit) string {
				if v.method == "bad" {
					http.Error(v.ResponseWriter, "broken", http.StatusInternalServerError)
					return ""
				}
				return fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,"result":{"x":1}}`, v.id)
			}))
			c := connect(t, rpc.Options{Transport: reach(t, w.URL+"/sse", func(o *rpc.HTTPOptions) { o.SSE = known })})
			if got, err := c.Call(t.Context(), rpc.Request{Method: "tools/call"}); err != nil || string(got) != `{"x":1}` {
				t.Errorf("%s, %v", got, err)
			}
			_, err := c.Call(t.Context(), rpc.Request{Method: "bad"})
			if refused, ok := errors.AsType[*rpc.StatusError](err); !ok || refused.Status != http.StatusInternalServerError {
				t.Error(err)
			}
		})
	}
}

// Without its session a connection has ended.
func TestHTTPSessionEnds(t *testing.T) {
	t.Parallel()
	w := serve(t, old(func(v *visit) { http.NotFound(v.ResponseWriter, v.r) }))
	c := connect(t, rpc.Options{Transport: reach(t, w.URL, nil)})
	if _, err := c.Call(t.Context(), rpc.Request{Method: "tools/call"}); !errors.Is(err, rpc.ErrClosed) {
		t.Error(err)
	}
	<-c.Done()
	_ = c.Close()
	for _, line := range w.seen() {
		if strings.HasPrefix(line, http.MethodDelete) {
			t.Error("a session that is gone was ended")
		}
	}
}
