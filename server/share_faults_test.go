package server_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mcp-kernel/mcp-kernel/server"
	"github.com/mcp-kernel/mcp-kernel/state"
)

// When a replica dies, the one at which the client listens watches what the dead one had watched.
func TestSharedSubscriptionIsInherited(t *testing.T) {
	t.Parallel()
	r := fleetOf(t, 3, nil)
	session := r.initialize("2025-11-25")
	if a := r.each[0].post(`{"jsonrpc":"2.0","id":1,"method":"resources/subscribe","params":{"uri":"test://one"}}`, session...); a.body != `{"jsonrpc":"2.0","id":1,"result":{}}` {
		t.Fatal(a)
	}
	e := r.each[2].stream("GET", "", session...)
	r.each[2].tick() // it sees who is there
	r.each[2].tick() // it has
	if err := r.members[0].Close(); err != nil {
		t.Fatal(err)
	}
	watched := func() func() {
		r.each[2].d.mu.Lock()
		defer r.each[2].d.mu.Unlock()
		return r.each[2].d.changed["resource:test://one"]
	}
	r.until("the subscription at the heir", func() bool {
		r.each[2].tick()
		return watched() != nil
	})
	watched()()
	if got, want := e.message(), `{"jsonrpc":"2.0","method":"notifications/resources/updated","params":{"uri":"test://one"}}`; got != want {
		t.Errorf("got %s", got)
	}
	if a := r.each[1].post(`{"jsonrpc":"2.0","id":2,"method":"resources/unsubscribe","params":{"uri":"test://one"}}`, session...); a.body != `{"jsonrpc":"2.0","id":2,"result":{}}` {
		t.Fatal(a)
	}
	r.until("the end of the subscription", func() bool { return watched() == nil })
}

// A replica that is cut off from the state goes on with what it has looked up lately and with nothing else, and refuses a
// session that was ended elsewhere within two seconds of being back, or at once.
func TestSharedStateIsGone(t *testing.T) {
	t.Parallel()
	r := fleetOf(t, 2, nil)
	session, other := r.initialize("2025-11-25"), r.initialize("2025-11-25")
	cut, whole := r.each[0], r.each[1]
	for _, w := range r.each {
		if a := w.post(call, session...); a.status != http.StatusOK {
			t.Fatal(a)
		}
	}
	for range 50 {
		cut.post(call, session...)
	}
	before := r.leads[0].reads.Load()
	for range 50 {
		cut.post(call, session...)
	}
	if n := r.leads[0].reads.Load() - before; n > 5 { // none, unless the machine is so busy that signs of life are late
		t.Errorf("50 calls read the state %d times", n)
	}
	r.leads[0].cut.Store(true)
	if a := cut.post(`{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"h","version":"1"}}}`); a.status != http.StatusServiceUnavailable || a.header.Get("Mcp-Session-Id") != "" {
		t.Errorf("a session that nobody else would know of: %d %s", a.status, a.body)
	}
	if a := whole.do("DELETE", "", session...); a.status != http.StatusNoContent {
		t.Errorf("DELETE: %d %s", a.status, a.body)
	}
	deleted := time.Now()
	for cut.post(call, session...).status == http.StatusOK {
		if time.Since(deleted) > 2*time.Second {
			t.Fatal("two seconds after its end the session is served")
		}
		time.Sleep(10 * time.Millisecond)
	}
	cut.until("refusal while nothing can be looked up", func() bool {
		a := cut.post(call, other...)
		return a.status == http.StatusServiceUnavailable && strings.Contains(a.body, "cannot be looked up")
	})
	for _, method := range []string{"GET", "DELETE"} {
		if a := cut.do(method, "", other...); a.status != http.StatusServiceUnavailable {
			t.Errorf("%s: %d %s", method, a.status, a.body)
		}
	}
	r.leads[0].cut.Store(false)
	cut.until("service", func() bool { return cut.post(call, other...).status == http.StatusOK })
	if a := cut.post(call, session...); a.status != http.StatusNotFound {
		t.Errorf("the session that was ended: %d %s", a.status, a.body)
	}
}

// A session ends when it was idle everywhere, and not before: use at one replica counts for all.
func TestSharedSessionsEndWhenIdle(t *testing.T) {
	t.Parallel()
	var past atomic.Int64
	now := func() time.Time { return time.Now().Add(time.Duration(past.Load())) }
	r := fleetAt(t, 2, now, func(o *both) { o.web.Now = now })
	used, idle := r.initialize("2025-11-25"), r.initialize("2025-11-25")
	later := func(d time.Duration) {
		past.Add(int64(d))
		for _, w := range r.each {
			w.tick()
			w.tick()
		}
	}
	for range 20 {
		if a := r.each[0].post(call, used...); a.status != http.StatusOK {
			t.Fatalf("used at one replica: %d %s", a.status, a.body)
		}
		later(10 * time.Minute)
		r.until("renewal", func() bool {
			r.each[0].tick()
			kept, err := r.store.List(t.Context(), "session", "", 10)
			return err == nil && slices.ContainsFunc(kept, func(e state.Entry) bool { return e.Expires.Sub(now()) > 35*time.Minute })
		})
	}
	if a := r.each[1].post(call, used...); a.status != http.StatusOK {
		t.Errorf("used at one replica, at the other one: %d %s", a.status, a.body)
	}
	for _, w := range r.each {
		if a := w.post(call, idle...); a.status != http.StatusNotFound {
			t.Errorf("idle: %d %s", a.status, a.body)
		}
	}
}

// Who makes too many sessions at one replica loses their own idle ones, at all of them.
func TestSharedSessionsMakeRoom(t *testing.T) {
	t.Parallel()
	r := fleetOf(t, 2, func(o *both) { o.web.MaxSessions = 4 })
	all := make([][]string, 6)
	for i := range all {
		all[i] = r.each[0].initialize("2025-11-25")
	}
	for i, want := range map[int]int{0: http.StatusNotFound, 1: http.StatusNotFound, 5: http.StatusOK} {
		r.until(fmt.Sprintf("session %d at the other replica: %d", i, want), func() bool { return r.each[1].post(call, all[i]...).status == want })
	}
}

// The stream of a request whose replica has died is gone, and that is said.
func TestSharedResumeOfTheDead(t *testing.T) {
	t.Parallel()
	r := fleetOf(t, 2, nil)
	session := r.initialize("2025-11-25")
	broken := r.each[0].stream("POST", fmt.Sprintf(progress, 1, 1, ""), session...)
	last, _ := broken.next()
	_ = broken.body.Close()
	if err := r.members[0].Close(); err != nil {
		t.Fatal(err)
	}
	r.until("an answer", func() bool {
		return r.each[1].do("GET", "", append(session, "Last-Event-ID: "+last.id)...).status == http.StatusBadRequest
	})
	r.each[0].s.ListChanged(server.Changes{Tools: true}) // nobody hears it, and nothing breaks
	if a := r.each[1].post(call, session...); a.status != http.StatusOK {
		t.Errorf("%d %s", a.status, a.body)
	}
}
