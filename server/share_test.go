package server_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/mcp-kernel/mcp-kernel/server"
)

// A session that began at one replica is served by all, and by all in the same way.
func TestSharedSession(t *testing.T) {
	t.Parallel()
	r := fleetOf(t, 3, byKey)
	session := r.initialize("2025-06-18", "Authorization: Bearer ada")
	for range 6 {
		if a := r.post(call, session...); a.status != http.StatusOK || !strings.Contains(a.body, `"result"`) {
			t.Errorf("call: %d %s", a.status, a.body)
		}
		if a := r.post(`{"jsonrpc":"2.0","id":2,"method":"tools/list"}`, session...); a.status != http.StatusOK || !strings.Contains(a.body, `"echo"`) {
			t.Errorf("list: %d %s", a.status, a.body)
		}
	}
	for i, w := range r.each {
		w.d.mu.Lock()
		for _, c := range w.d.calls {
			if c.Caller.Principal != "user:ada" || c.Caller.Label == "" {
				t.Errorf("replica %d: called by %+v", i, c.Caller)
			}
		}
		if len(w.d.calls) < 2 {
			t.Errorf("replica %d served %d calls", i, len(w.d.calls))
		}
		w.d.mu.Unlock()
	}
	// The level of messages that one was told holds at all, soon.
	if a := r.post(`{"jsonrpc":"2.0","id":3,"method":"logging/setLevel","params":{"level":"error"}}`, session...); !strings.Contains(a.body, `"result":{}`) {
		t.Fatal(a)
	}
	for i, w := range r.each {
		w.until(fmt.Sprintf("the level at replica %d", i), func() bool {
			a := w.post(fmt.Sprintf(progress, 4, 4, ""), session...)
			return !strings.Contains(a.body, "notifications/message")
		})
	}
}

// Nobody but its party has a session, at whichever replica, and a session that was ended is ended at all of them.
func TestSharedSessionsBelongToWhoMadeThem(t *testing.T) {
	t.Parallel()
	r := fleetOf(t, 3, byKey)
	ada := r.initialize("2025-11-25", "Authorization: Bearer ada")
	stolen := slices.Concat(ada[:len(ada)-1], []string{"Authorization: Bearer bob"})
	for _, w := range r.each {
		for _, method := range []string{"POST", "GET", "DELETE"} {
			body := ""
			if method == "POST" {
				body = call
			}
			if a := w.do(method, body, stolen...); a.status != http.StatusNotFound {
				t.Errorf("%s in another's session: %d %s", method, a.status, a.body)
			}
		}
		if a := w.post(call, "Mcp-Session-Id: never", "Authorization: Bearer ada"); a.status != http.StatusNotFound {
			t.Errorf("in no session: %d %s", a.status, a.body)
		}
		if a := w.post(call, ada...); a.status != http.StatusOK {
			t.Errorf("the owner: %d %s", a.status, a.body)
		}
	}
	running := started(r.each[0], slow, ada)
	own := r.each[1].stream("GET", "", ada...)
	if a := r.each[2].do("DELETE", "", ada...); a.status != http.StatusNoContent {
		t.Fatalf("DELETE: %d %s", a.status, a.body)
	}
	if a := <-running; !strings.Contains(a.body, "cancelled") {
		t.Errorf("what ran at another replica: %d %s", a.status, a.body)
	}
	for own.message() != "" { // until its end
	}
	for i, w := range r.each {
		w.until(fmt.Sprintf("the end at replica %d", i), func() bool { return w.post(call, ada...).status == http.StatusNotFound })
	}
}

// The client's answers, and what it cancels, find the replica that they are for.
func TestSharedCancel(t *testing.T) {
	t.Parallel()
	r := fleetOf(t, 3, nil)
	session := r.initialize("2025-11-25")
	running := started(r.each[0], slow, session)
	other := r.initialize("2025-11-25")
	if a := r.each[1].post(`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}`, other...); a.status != http.StatusAccepted {
		t.Fatal(a)
	}
	if a := r.each[1].post(`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}`, session...); a.status != http.StatusAccepted {
		t.Fatal(a)
	}
	if a := <-running; a.status != http.StatusAccepted { // no answer is expected
		t.Errorf("%d %s", a.status, a.body)
	}
}

// What a client is told outside of its requests reaches it at whichever replica it listens, once, in order.
func TestSharedOwnStream(t *testing.T) {
	t.Parallel()
	r := fleetOf(t, 3, nil)
	session := r.initialize("2025-11-25")
	if a := r.each[0].post(`{"jsonrpc":"2.0","id":1,"method":"resources/subscribe","params":{"uri":"test://one"}}`, session...); a.body != `{"jsonrpc":"2.0","id":1,"result":{}}` {
		t.Fatal(a)
	}
	updated := func(i int) {
		r.each[i].d.mu.Lock()
		defer r.each[i].d.mu.Unlock()
		if changed := r.each[i].d.changed["resource:test://one"]; changed != nil {
			changed()
		}
	}
	const update, listed = `{"jsonrpc":"2.0","method":"notifications/resources/updated","params":{"uri":"test://one"}}`,
		`{"jsonrpc":"2.0","method":"notifications/tools/list_changed","params":{}}`
	updated(0) // before anybody listens: it waits
	first := r.each[2].stream("GET", "", session...)
	if got := first.message(); got != update {
		t.Errorf("what waited: %s", got)
	}
	r.each[1].s.ListChanged(server.Changes{Tools: true})
	if got := first.message(); got != listed {
		t.Errorf("of another replica's listing: %s", got)
	}
	updated(0)
	if got := first.message(); got != update {
		t.Errorf("of another replica's resource: %s", got)
	}
	second := r.each[1].stream("GET", "", session...) // takes over
	if got := first.message(); got != "" {
		t.Errorf("two streams at once: %s", got)
	}
	updated(0)
	var last sse
	for last.data == "" {
		last, _ = second.next()
	}
	if last.data != update {
		t.Errorf("at the second replica: %s", last.data)
	}
	_ = second.body.Close()
	r.each[0].s.ListChanged(server.Changes{Tools: true})
	third := r.each[0].stream("GET", "", append(session, "Last-Event-ID: "+last.id)...)
	if got := third.message(); got != listed {
		t.Errorf("resumed at a third replica: %s", got)
	}
	// It is watched no more, wherever that is said.
	if a := r.each[2].post(`{"jsonrpc":"2.0","id":2,"method":"resources/unsubscribe","params":{"uri":"test://one"}}`, session...); a.body != `{"jsonrpc":"2.0","id":2,"result":{}}` {
		t.Fatal(a)
	}
	r.until("the end of the subscription", func() bool {
		r.each[0].d.mu.Lock()
		defer r.each[0].d.mu.Unlock()
		return len(r.each[0].d.changed) == 0
	})
	for _, id := range []string{"9-1", "x", "0", "-1-1", "1-0", "0-1@replica-0", "1-1@"} {
		if a := r.each[1].do("GET", "", append(session, "Last-Event-ID: "+id)...); a.status != http.StatusBadRequest {
			t.Errorf("resuming from %q: %d %s", id, a.status, a.body)
		}
	}
}

// A client whose connection broke in the middle of a call finds the rest of its stream, and the result, at another replica.
func TestSharedResume(t *testing.T) {
	t.Parallel()
	r := fleetOf(t, 2, nil)
	session := r.initialize("2025-11-25")
	broken := r.each[0].stream("POST", fmt.Sprintf(progress, 1, 1, ""), session...)
	var last sse
	for range 10 {
		last, _ = broken.next()
	}
	_ = broken.body.Close()
	rest := r.each[1].stream("GET", "", append(session, "Last-Event-ID: "+last.id)...)
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
	if a := r.each[1].do("GET", "", append(session, "Last-Event-ID: 77-1@replica-0")...); a.status != http.StatusBadRequest {
		t.Errorf("a stream that is not there: %d %s", a.status, a.body)
	}
}

// curiously has replicas ask their clients: with the real dispatcher and gate.
func curiously(t *testing.T) func(*both) {
	t.Helper()
	return func(o *both) {
		newCurious(t, &book{}, func(made *server.Options) { o.Dispatcher = made.Dispatcher })
	}
}

// A client of the 2025 era is asked on the stream of its call, and answers at whichever replica the balancer chooses.
func TestSharedElicitation(t *testing.T) {
	t.Parallel()
	r := fleetOf(t, 3, curiously(t))
	a := r.post(`{"jsonrpc":"2.0","id":"init","method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":` + everyCapability + `,"clientInfo":{"name":"host","version":"1"}}}`)
	session := []string{"Mcp-Session-Id: " + a.header.Get("Mcp-Session-Id")}
	other := r.post(`{"jsonrpc":"2.0","id":"init","method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":` + everyCapability + `,"clientInfo":{"name":"host","version":"1"}}}`)
	for i := range r.each {
		answering := (i + 1) % len(r.each)
		e := r.each[i].stream("POST", `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"greet"}}`, session...)
		asked := parse(t, e.message())
		if asked.Method != "elicitation/create" {
			t.Fatalf("asked %+v", asked)
		}
		said := func(name string) string {
			return fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,"result":{"action":"accept","content":{"name":%q}}}`, asked.ID, name)
		}
		// Neither another session nor an invented question gets anywhere.
		if a := r.each[answering].post(said("mallory"), "Mcp-Session-Id: "+other.header.Get("Mcp-Session-Id")); a.status != http.StatusAccepted {
			t.Errorf("%d %s", a.status, a.body)
		}
		for _, id := range []string{`"ask-99@replica-0"`, `"ask-1"`, `"ask-1@nobody"`, `7`} {
			if a := r.each[answering].post(`{"jsonrpc":"2.0","id":`+id+`,"result":{"action":"accept","content":{"name":"eve"}}}`, session...); a.status != http.StatusAccepted {
				t.Errorf("%s: %d %s", id, a.status, a.body)
			}
		}
		if a := r.each[answering].post(said("ada"), session...); a.status != http.StatusAccepted {
			t.Errorf("%d %s", a.status, a.body)
		}
		answered := parse(t, e.message())
		if got := answered.say(); got != "hello ada" {
			t.Errorf("at replica %d: %s", i, got)
		}
	}
}

// What a client of the 2026 era carries from one replica to the next is opened there.
func TestSharedRequestState(t *testing.T) {
	t.Parallel()
	r := fleetOf(t, 3, func(o *both) {
		curiously(t)(o)
		keys, err := o.Fleet.Secret(t.Context(), "request-state")
		if err != nil {
			t.Fatal(err)
		}
		o.Secrets = keys
	})
	send := func(w *web, more string) reply {
		a := w.post(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"greet"`+more+`,"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":`+everyCapability+`}}}`,
			stateless("tools/call", "greet")...)
		return parse(t, a.body)
	}
	for i := range r.each {
		asks := send(r.each[i], "")
		if got := asks.say(); got != "asks user_name" {
			t.Fatal(got)
		}
		answered := send(r.each[(i+1)%len(r.each)], fmt.Sprintf(`,"inputResponses":{"user_name":{"action":"accept","content":{"name":"ada"}}},"requestState":%q`, asks.Result.RequestState))
		if got := answered.say(); got != "hello ada" {
			t.Errorf("from replica %d: %s", i, got)
		}
	}
}
