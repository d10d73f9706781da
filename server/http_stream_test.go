package server_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/mcp-kernel/mcp-kernel/server"
)

const progress = `{"jsonrpc":"2.0","id":%d,"method":"tools/call","params":{"name":"progress","_meta":{"progressToken":%d%s}}}`

// onlyMeta is what the 2026 era wants in _meta, without the brackets.
var onlyMeta = strings.TrimSuffix(strings.TrimPrefix(modern, `"_meta":{`), "}")

// wholeProgress reads what the tool "progress" sends and expects it complete, in order, before its result.
func wholeProgress(t *testing.T, e *events, id int) {
	t.Helper()
	for i := range 300 {
		want := fmt.Sprintf(`{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":%d,"progress":%d,"total":300}}`, id, i+1)
		if got := e.message(); got != want {
			t.Fatalf("got %s, want %s", got, want)
		}
	}
	for {
		got := e.message()
		switch {
		case strings.HasPrefix(got, fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"result":`, id)):
			if after := e.message(); after != "" {
				t.Fatalf("behind the result: %s", after)
			}
			return
		case !strings.Contains(got, `"method":"notifications/message"`) && !strings.Contains(got, `"progress":1000`):
			t.Fatalf("got %q", got)
		}
	}
}

func TestNotificationsStandBeforeTheirResultOverHTTP(t *testing.T) {
	t.Parallel()
	w := serve(t, nil)
	session := w.initialize("2025-11-25")
	for id := range 20 {
		wholeProgress(t, w.stream("POST", fmt.Sprintf(progress, id, id, ""), session...), id)
		wholeProgress(t, w.stream("POST", fmt.Sprintf(progress, id, id, ","+onlyMeta), stateless("tools/call", "progress")...), id)
	}
}

func TestStreamsOfOneSessionAreApart(t *testing.T) {
	t.Parallel()
	w := serve(t, nil)
	session := w.initialize("2025-11-25")
	own := w.stream("GET", "", session...)
	streams := make([]*events, 8)
	for id := range streams {
		streams[id] = w.stream("POST", fmt.Sprintf(progress, id, id, ""), session...)
	}
	for id, e := range streams {
		wholeProgress(t, e, id)
	}
	w.s.ListChanged(server.Changes{Tools: true})
	if got, want := own.message(), `{"jsonrpc":"2.0","method":"notifications/tools/list_changed","params":{}}`; got != want {
		t.Errorf("the session's own stream: %s, want %s", got, want)
	}
}

func TestOwnStreamOfASession(t *testing.T) {
	t.Parallel()
	w := serve(t, nil)
	session := w.initialize("2025-11-25")
	if a := w.post(`{"jsonrpc":"2.0","id":1,"method":"resources/subscribe","params":{"uri":"test://one"}}`, session...); a.body != `{"jsonrpc":"2.0","id":1,"result":{}}` {
		t.Fatal(a)
	}
	w.d.mu.Lock()
	changed := w.d.changed["resource:test://one"]
	w.d.mu.Unlock()
	changed() // before anybody listens: it waits
	changed() // once is enough
	first := w.stream("GET", "", session...)
	want := `{"jsonrpc":"2.0","method":"notifications/resources/updated","params":{"uri":"test://one"}}`
	if event, _ := first.next(); event.comment != "keep-alive" {
		t.Errorf("the headers wait for an event: %+v", event)
	}
	if event, _ := first.next(); event != (sse{id: "0-0", retry: "1000"}) {
		t.Errorf("priming event: %+v", event)
	}
	if event, _ := first.next(); event != (sse{id: "0-1", data: want}) {
		t.Errorf("first event: %+v", event)
	}
	second := w.stream("GET", "", session...) // takes over
	if got := first.message(); got != "" {
		t.Errorf("two streams at once: %s", got)
	}
	changed()
	for _, want := range []sse{{comment: "keep-alive"}, {id: "0-1", retry: "1000"}, {id: "0-2", data: want}} {
		if event, _ := second.next(); event != want {
			t.Errorf("got %+v, want %+v", event, want)
		}
	}
	again := w.stream("GET", "", append(session, "Last-Event-ID: 0-0")...)
	for _, want := range []sse{{comment: "keep-alive"}, {id: "0-0", retry: "1000"}, {id: "0-1", data: want}, {id: "0-2", data: want}} {
		if event, _ := again.next(); event != want {
			t.Errorf("resumed: got %+v, want %+v", event, want)
		}
	}
	for _, id := range []string{"9-1", "x", "0", "-1-1", "1-0"} {
		if a := w.do("GET", "", append(session, "Last-Event-ID: "+id)...); a.status != http.StatusBadRequest {
			t.Errorf("resuming from %q: %d %s", id, a.status, a.body)
		}
	}
}

// A client whose connection broke in the middle of a call finds the rest of its stream, and the result.
func TestResume(t *testing.T) {
	t.Parallel()
	w := serve(t, nil)
	session := w.initialize("2025-11-25")
	broken := w.stream("POST", fmt.Sprintf(progress, 1, 1, ""), session...)
	var last sse
	for range 10 {
		last, _ = broken.next()
	}
	if last.id == "" {
		t.Fatalf("no id: %+v", last)
	}
	_ = broken.body.Close()
	w.until("the call's end", func() bool { return w.post(call, session...).status == http.StatusOK })
	rest := w.stream("GET", "", append(session, "Last-Event-ID: "+last.id)...)
	if event, _ := rest.next(); event.comment == "" {
		t.Errorf("got %+v", event)
	}
	if event, _ := rest.next(); event != (sse{id: last.id, retry: "1000"}) {
		t.Errorf("priming event: %+v", event)
	}
	want := `{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":1,"progress":10,"total":300}}`
	if got := rest.message(); got != want {
		t.Errorf("after %s: %s, want %s", last.id, got, want)
	}
	result := ""
	for got := rest.message(); got != ""; got = rest.message() {
		result = got
	}
	if !strings.HasPrefix(result, `{"jsonrpc":"2.0","id":1,"result":`) {
		t.Errorf("the last message is %s", result)
	}
}

// A long call is sent away and its answer is there when the client comes back.
func TestPolling(t *testing.T) {
	t.Parallel()
	w := serve(t, func(o *both) {
		o.web.Poll = time.Nanosecond
		o.web.Retry = 20 * time.Millisecond
	})
	session := w.initialize("2025-11-25")
	slow := make(chan *events, 1)
	go func() {
		slow <- w.stream("POST", `{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"slow"}}`, session...)
	}()
	w.until("a running call", func() bool { return w.d.running.Load() == 1 })
	w.tick() // it was there
	w.tick() // it becomes a stream
	w.tick() // it ends, unless this was said before it had begun
	w.tick()
	polled := <-slow
	var last string
	for event, ok := polled.next(); ok; event, ok = polled.next() {
		if event.data != "" {
			t.Errorf("before the answer: %+v", event)
		}
		if event.id != "" {
			last = event.id
		}
	}
	if last == "" {
		t.Fatal("nowhere to come back to")
	}
	back := w.stream("GET", "", append(session, "Last-Event-ID: "+last)...)
	close(w.d.slow)
	if got := back.message(); !strings.HasPrefix(got, `{"jsonrpc":"2.0","id":7,"result":`) {
		t.Errorf("got %s", got)
	}
	if got := back.message(); got != "" {
		t.Errorf("behind the answer: %s", got)
	}
}

// Clients of the older revisions do not bear an event without a message.
func TestOlderClientsAreNotPrimed(t *testing.T) {
	t.Parallel()
	w := serve(t, nil)
	e := w.stream("POST", fmt.Sprintf(progress, 1, 1, ""), w.initialize("2025-06-18")...)
	if event, _ := e.next(); event.id != "1-1" || event.data == "" || event.retry != "" {
		t.Errorf("first event: %+v", event)
	}
}

func TestListenOverHTTP(t *testing.T) {
	t.Parallel()
	w := serve(t, nil)
	ask := `{"jsonrpc":"2.0","id":"l","method":"subscriptions/listen","params":{"notifications":{"toolsListChanged":true,"resourceSubscriptions":["test://one"]},` + modern + `}}`
	e := w.stream("POST", ask, stateless("subscriptions/listen", "")...)
	tag := `"_meta":{"io.modelcontextprotocol/subscriptionId":"l"}`
	if got, want := e.message(), `{"jsonrpc":"2.0","method":"notifications/subscriptions/acknowledged","params":{`+tag+`,"notifications":{"toolsListChanged":true,"resourceSubscriptions":["test://one"]}}}`; got != want {
		t.Fatalf("got  %s\nwant %s", got, want)
	}
	w.s.ListChanged(server.Changes{Tools: true, Prompts: true})
	if got, want := e.message(), `{"jsonrpc":"2.0","method":"notifications/tools/list_changed","params":{`+tag+`}}`; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	w.d.mu.Lock()
	w.d.changed["resource:test://one"]()
	w.d.mu.Unlock()
	if got, want := e.message(), `{"jsonrpc":"2.0","method":"notifications/resources/updated","params":{`+tag+`,"uri":"test://one"}}`; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	w.tick()
	w.tick()
	if event, _ := e.next(); event.comment != "keep-alive" {
		t.Errorf("a quiet stream: %+v", event)
	}
	go w.stop()
	if got := e.message(); !strings.HasPrefix(got, `{"jsonrpc":"2.0","id":"l","result":{`+tag[:len(tag)-1]) || !strings.Contains(got, `"resultType":"complete"`) {
		t.Errorf("at the end: %s", got)
	}
	if got := e.message(); got != "" {
		t.Errorf("behind the end: %s", got)
	}
}

// Who stops listening is forgotten.
func TestHangingUpEndsListening(t *testing.T) {
	t.Parallel()
	w := serve(t, func(o *both) { o.web.MaxStreams = 1 })
	ask := `{"jsonrpc":"2.0","id":"l","method":"subscriptions/listen","params":{"notifications":{"resourceSubscriptions":["test://one"]},` + modern + `}}`
	e := w.stream("POST", ask, stateless("subscriptions/listen", "")...)
	e.message()
	if a := w.post(ask, stateless("subscriptions/listen", "")...); a.status != http.StatusServiceUnavailable || a.header.Get("Retry-After") == "" {
		t.Errorf("one stream too many: %d %s", a.status, a.body)
	}
	_ = e.body.Close()
	w.until("the end of the subscription", func() bool {
		w.d.mu.Lock()
		defer w.d.mu.Unlock()
		return len(w.d.changed) == 0
	})
	w.until("room", func() bool {
		response := w.open("POST", ask, stateless("subscriptions/listen", "")...)
		defer response.Body.Close()
		return response.StatusCode == http.StatusOK
	})
}

// A call that says nothing for long becomes a stream with signs of life.
func TestLongCallsAreKeptAlive(t *testing.T) {
	t.Parallel()
	for name, how := range map[string]struct {
		send  string
		heads func(*web) []string
	}{
		"2025": {`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"slow"}}`, func(w *web) []string { return w.initialize("2025-06-18") }},
		"2026": {`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"slow",` + modern + `}}`, func(*web) []string { return stateless("tools/call", "slow") }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := serve(t, nil)
			heads := how.heads(w)
			slow := make(chan *events, 1)
			go func() { slow <- w.stream("POST", how.send, heads...) }()
			w.until("a running call", func() bool { return w.d.running.Load() == 1 })
			w.tick()
			w.tick()
			w.tick()
			e := <-slow
			if event, _ := e.next(); event.comment != "keep-alive" {
				t.Errorf("got %+v", event)
			}
			close(w.d.slow)
			if got := e.message(); !strings.HasPrefix(got, `{"jsonrpc":"2.0","id":1,"result":`) {
				t.Errorf("got %s", got)
			}
		})
	}
}
