package server_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestSessionsBelongToWhoMadeThem(t *testing.T) {
	t.Parallel()
	w := serve(t, byKey)
	ada := w.initialize("2025-11-25", "Authorization: Bearer ada")
	stolen := slices.Concat(ada[:len(ada)-1], []string{"Authorization: Bearer bob"})
	for _, method := range []string{"POST", "GET", "DELETE"} {
		body := ""
		if method == "POST" {
			body = call
		}
		if a := w.do(method, body, stolen...); a.status != http.StatusNotFound || a.body == "" {
			t.Errorf("%s in another's session: %d %s", method, a.status, a.body)
		}
	}
	running := started(w, slow, ada)
	w.post(`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}`, stolen...)
	close(w.d.slow)
	if a := <-running; a.status != http.StatusOK || !strings.Contains(a.body, `"result"`) {
		t.Errorf("the owner's call: %d %s", a.status, a.body)
	}
	if a := w.do("DELETE", "", ada...); a.status != http.StatusNoContent {
		t.Errorf("DELETE: %d %s", a.status, a.body)
	}
	if a := w.post(call, ada...); a.status != http.StatusNotFound {
		t.Errorf("after DELETE: %d %s", a.status, a.body)
	}
}

// What runs in a session ends with it.
func TestDeleteEndsWhatRuns(t *testing.T) {
	t.Parallel()
	w := serve(t, nil)
	session := w.initialize("2025-11-25")
	own := w.stream("GET", "", session...)
	w.post(`{"jsonrpc":"2.0","id":1,"method":"resources/subscribe","params":{"uri":"test://one"}}`, session...)
	running := started(w, slow, session)
	w.do("DELETE", "", session...)
	if a := <-running; !strings.Contains(a.body, "cancelled") {
		t.Errorf("the call: %d %s", a.status, a.body)
	}
	if got := own.message(); got != "" {
		t.Errorf("the stream: %s", got)
	}
	w.d.mu.Lock()
	defer w.d.mu.Unlock()
	if len(w.d.changed) != 0 {
		t.Errorf("subscriptions are left: %v", w.d.changed)
	}
}

func TestHangingUp(t *testing.T) {
	t.Parallel()
	w := serve(t, nil)
	hangUp := func(body string, heads ...string) {
		c, before := w.raw(), w.d.running.Load()
		fmt.Fprintf(c, "POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n%s\r\n\r\n%s",
			len(body), strings.Join(heads, "\r\n"), body)
		w.until("a running call", func() bool { return w.d.running.Load() == before+1 })
		_ = c.Close()
	}
	hangUp(strings.Replace(slow, `"slow"`, `"slow",`+modern, 1), stateless("tools/call", "slow")...)
	w.until("the end of the call", func() bool { return w.d.running.Load() == 0 })
	session := w.initialize("2025-11-25")
	hangUp(slow, session...)
	for range 20 { // the server is about its business; the call goes on
		w.post(`{"jsonrpc":"2.0","id":2,"method":"ping"}`, session...)
	}
	if n := w.d.running.Load(); n != 1 {
		t.Errorf("%d calls run: hanging up cancels nothing in the 2025 era", n)
	}
	if a := w.post(slow, session...); a.status != http.StatusBadRequest || !strings.Contains(a.body, "already in use") {
		t.Errorf("the same id again: %d %s", a.status, a.body)
	}
	w.post(`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}`, session...)
	w.until("the end of the call", func() bool { return w.d.running.Load() == 0 })
}

// Who opens many sessions loses their own idle ones, and nobody else's.
func TestManySessions(t *testing.T) {
	t.Parallel()
	w := serve(t, func(o *both) {
		byKey(o)
		o.web.MaxSessions = 8
	})
	ada := w.initialize("2025-11-25", "Authorization: Bearer ada")
	bob := make([][]string, 50)
	for i := range bob {
		bob[i] = w.initialize("2025-11-25", "Authorization: Bearer bob")
	}
	if a := w.post(call, ada...); a.status != http.StatusOK {
		t.Errorf("the other's session: %d %s", a.status, a.body)
	}
	for i, want := range map[int]int{0: 404, 42: 404, 43: 200, 49: 200} {
		if a := w.post(call, bob[i]...); a.status != want {
			t.Errorf("session %d: %d, want %d", i, a.status, want)
		}
	}
	for _, i := range []int{43, 44, 45, 46, 47, 48, 49} {
		w.stream("GET", "", bob[i]...)
	}
	w.stream("GET", "", ada...)
	a := w.post(`{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"h","version":"1"}}}`, "Authorization: Bearer bob")
	if a.status != http.StatusServiceUnavailable || a.header.Get("Retry-After") == "" {
		t.Errorf("all are in use: %d %s", a.status, a.body)
	}
}

func TestTooMuchAtOnce(t *testing.T) {
	t.Parallel()
	w := serve(t, func(o *both) {
		byKey(o)
		o.MaxConcurrent, o.web.MaxRequests = 1, 2
	})
	ada := w.initialize("2025-11-25", "Authorization: Bearer ada")
	other := w.initialize("2025-11-25", "Authorization: Bearer ada")
	bob := w.initialize("2025-11-25", "Authorization: Bearer bob")
	first := started(w, slow, ada)
	if a := w.post(strings.Replace(slow, `"id":1`, `"id":2`, 1), ada...); a.status != http.StatusTooManyRequests || !strings.Contains(a.body, `"id":2,"error":{"code":-32004`) {
		t.Errorf("of one session: %d %s", a.status, a.body)
	}
	second := started(w, slow, other)
	if a := w.post(call, other...); a.status != http.StatusTooManyRequests || a.header.Get("Retry-After") == "" {
		t.Errorf("of one caller: %d %s", a.status, a.body)
	}
	if a := w.post(call, bob...); a.status != http.StatusOK {
		t.Errorf("of another: %d %s", a.status, a.body)
	}
	close(w.d.slow)
	for _, got := range []<-chan answer{first, second} {
		if a := <-got; a.status != http.StatusOK {
			t.Errorf("%d %s", a.status, a.body)
		}
	}
}

// An idle session that somebody listens to is not idle.
func TestListenedSessionsAreKept(t *testing.T) {
	t.Parallel()
	now := time.Now()
	w := serve(t, func(o *both) { o.web.Now = func() time.Time { return now } })
	session := w.initialize("2025-11-25")
	e := w.stream("GET", "", session...)
	e.next()
	now = now.Add(24 * time.Hour)
	w.tick()
	w.tick()
	if a := w.post(call, session...); a.status != http.StatusOK {
		t.Errorf("%d %s", a.status, a.body)
	}
}
