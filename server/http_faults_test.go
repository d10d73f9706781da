package server_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestFaultsOfOthers has one case for each fault that other servers over HTTP are known to have: none is ours.
func TestFaultsOfOthers(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]func(*testing.T, *web){
		"the last notification before a result is lost":              lastNotification,
		"all streams of a session share one channel":                 sharedChannel,
		"a burst of more than a hundred notifications is refused":    burst,
		"any client cancels any other's request":                     foreignCancel,
		"every initialize is kept for ever":                          keptForEver,
		"an invented session is accepted on GET":                     inventedSession,
		"the end waits for those who listen, and tells them nothing": waitsForListeners,
		"no Origin check, no body limit, no Accept check":            unchecked,
		"HEAD is 200, other methods are 404 without Allow":           methods,
		"ids go through floats; arrays and null are ids":             ids,
		"keys match in any case, and the last one wins":              keysInAnyCase,
		"a page of a listing is empty, or never comes":               pages,
		"wrong params name types of the program":                     shapes,
		"a quiet stream shows no sign of life":                       silence,
		"a client cannot come back for its answer":                   noPriming,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, serve(t, nil))
		})
	}
}

func lastNotification(t *testing.T, w *web) {
	t.Helper()
	session := w.initialize("2025-11-25")
	for id := range 50 {
		e := w.stream("POST", fmt.Sprintf(progress, id, id, ""), session...)
		logged := false
		for got := e.message(); got != ""; got = e.message() {
			logged = logged || strings.Contains(got, `"method":"notifications/message"`)
		}
		if !logged {
			t.Fatalf("round %d: the last notification is lost", id)
		}
	}
}

func sharedChannel(t *testing.T, w *web) {
	t.Helper()
	session := w.initialize("2025-11-25")
	one := w.stream("POST", fmt.Sprintf(progress, 1, 1, ""), session...)
	two := w.stream("POST", fmt.Sprintf(progress, 2, 2, ""), session...)
	wholeProgress(t, two, 2)
	wholeProgress(t, one, 1)
}

func burst(t *testing.T, w *web) {
	t.Helper()
	wholeProgress(t, w.stream("POST", fmt.Sprintf(progress, 1, 1, ""), w.initialize("2025-11-25")...), 1)
	wholeProgress(t, w.stream("POST", fmt.Sprintf(progress, 1, 1, ","+onlyMeta), stateless("tools/call", "progress")...), 1)
}

const slow = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"slow"}}`

// started starts the slow call and returns where its answer will come.
func started(w *web, body string, heads []string) <-chan answer {
	before := w.d.running.Load()
	got := make(chan answer, 1)
	go func() { got <- w.post(body, heads...) }()
	w.until("a running call", func() bool { return w.d.running.Load() == before+1 })
	return got
}

func foreignCancel(t *testing.T, w *web) {
	t.Helper()
	mine, other := w.initialize("2025-11-25"), w.initialize("2025-11-25")
	answer := started(w, slow, mine)
	modernAnswer := started(w, strings.Replace(slow, `"slow"`, `"slow",`+modern, 1), stateless("tools/call", "slow"))
	cancel := `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}`
	for _, heads := range [][]string{other, stateless("notifications/cancelled", "")} {
		if a := w.post(cancel, heads...); a.status != http.StatusAccepted {
			t.Errorf("%d %s", a.status, a.body)
		}
	}
	if n := w.d.running.Load(); n != 2 {
		t.Fatalf("%d of 2 calls run on", n)
	}
	if a := w.post(cancel, mine...); a.status != http.StatusAccepted {
		t.Errorf("%d %s", a.status, a.body)
	}
	if a := <-answer; a.status != http.StatusAccepted || a.body != "" {
		t.Errorf("cancelled: %d %s", a.status, a.body)
	}
	close(w.d.slow)
	if a := <-modernAnswer; a.status != http.StatusOK || !strings.Contains(a.body, `"result"`) {
		t.Errorf("not cancelled: %d %s", a.status, a.body)
	}
}

func keptForEver(t *testing.T, _ *web) {
	t.Helper()
	now := time.Now()
	w := serve(t, func(o *both) { o.web.Now = func() time.Time { return now } })
	session := w.initialize("2025-11-25")
	now = now.Add(29 * time.Minute)
	w.tick()
	if a := w.post(call, session...); a.status != http.StatusOK {
		t.Fatalf("ended too early: %d %s", a.status, a.body)
	}
	now = now.Add(30 * time.Minute)
	w.tick()
	w.tick() // the one before has done its work
	if a := w.post(call, session...); a.status != http.StatusNotFound {
		t.Errorf("kept: %d %s", a.status, a.body)
	}
}

func inventedSession(t *testing.T, w *web) {
	t.Helper()
	if a := w.do("GET", "", "Mcp-Session-Id: 0123456789"); a.status != http.StatusNotFound {
		t.Errorf("%d %s", a.status, a.body)
	}
}

func waitsForListeners(t *testing.T, w *web) {
	t.Helper()
	ask := `{"jsonrpc":"2.0","id":1,"method":"subscriptions/listen","params":{"notifications":{"toolsListChanged":true},` + modern + `}}`
	e := w.stream("POST", ask, stateless("subscriptions/listen", "")...)
	own := w.stream("GET", "", w.initialize("2025-11-25")...)
	e.message()
	begun := time.Now()
	w.end()
	if took := time.Since(begun); took > 8*time.Second { // the drain alone is 10
		t.Errorf("ending took %v", took)
	}
	if got := e.message(); !strings.Contains(got, `"id":1,"result"`) {
		t.Errorf("nothing was told: %q", got)
	}
	if got := own.message(); got != "" {
		t.Errorf("got %s", got)
	}
}

func unchecked(t *testing.T, w *web) {
	t.Helper()
	for head, want := range map[string]int{"Origin: https://evil.example": 403, "Host: evil.example": 403, "Accept: text/html": 406} {
		if a := w.post(call, head); a.status != want {
			t.Errorf("%s: %d", head, a.status)
		}
	}
	if a := w.post(strings.Repeat(" ", 64<<20)); a.status != http.StatusRequestEntityTooLarge {
		t.Errorf("64 MiB: %d %s", a.status, a.body)
	}
}

func methods(t *testing.T, w *web) {
	t.Helper()
	for _, method := range []string{"HEAD", "PUT", "PATCH", "TRACE"} {
		if a := w.do(method, ""); a.status != http.StatusMethodNotAllowed || a.header.Get("Allow") == "" {
			t.Errorf("%s: %d, Allow %q", method, a.status, a.header.Get("Allow"))
		}
	}
}

func ids(t *testing.T, w *web) {
	t.Helper()
	session := w.initialize("2025-11-25")
	for id, want := range map[string]string{
		`9007199254740993`: `"id":9007199254740993,"result"`, `-1`: `"id":-1,"result"`, `"\u00e9"`: `"id":"\u00e9","result"`,
		`null`: `-32600`, `[1]`: `-32600`, `1.5`: `-32600`, `1e3`: `-32600`, `true`: `-32600`,
	} {
		if a := w.post(`{"jsonrpc":"2.0","id":`+id+`,"method":"ping"}`, session...); !strings.Contains(a.body, want) {
			t.Errorf("id %s: %d %s", id, a.status, a.body)
		}
	}
}

func keysInAnyCase(t *testing.T, w *web) {
	t.Helper()
	session := w.initialize("2025-11-25")
	for _, send := range []string{
		`{"jsonrpc":"2.0","id":1,"method":"tools/list","Method":"ping"}`,
		`{"jsonrpc":"2.0","id":1,"method":"tools/list","method":"ping"}`,
		`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","Name":"denied"}}`,
	} {
		if a := w.post(send, session...); a.status != http.StatusBadRequest {
			t.Errorf("%s: %d %s", send, a.status, a.body)
		}
	}
}

func pages(t *testing.T, _ *web) {
	t.Helper()
	w := serve(t, func(o *both) { o.PageSize = 2 })
	session := w.initialize("2025-11-25")
	seen, cursor := 0, ""
	for page := range 10 {
		a := w.post(`{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{`+cursor+`}}`, session...)
		n := strings.Count(a.body, `"inputSchema"`)
		seen += n
		_, rest, more := strings.Cut(a.body, `"nextCursor":"`)
		if n == 0 || !more {
			if n == 0 || seen != 6 {
				t.Errorf("page %d has %d, %d in all: %s", page, n, seen, a.body)
			}
			return
		}
		next, _, _ := strings.Cut(rest, `"`)
		cursor = fmt.Sprintf(`"cursor":%q`, next)
	}
	t.Error("the listing has no end")
}

func shapes(t *testing.T, w *web) {
	t.Helper()
	session := w.initialize("2025-11-25")
	for _, send := range []string{
		`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":1}}`,
		`{"jsonrpc":"2.0","id":1,"method":"logging/setLevel","params":{"level":7}}`,
		`{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"cursor":7}}`,
	} {
		a := w.post(send, session...)
		if !strings.Contains(a.body, `"code":-32602`) || strings.Contains(a.body, "Go ") || strings.Contains(a.body, "mcp.") || strings.Contains(a.body, "struct") {
			t.Errorf("%s: %s", send, a.body)
		}
	}
}

func silence(t *testing.T, w *web) {
	t.Helper()
	e := w.stream("GET", "", w.initialize("2025-06-18")...)
	for range 2 {
		if event, ok := e.next(); !ok || event.comment != "keep-alive" {
			t.Errorf("got %+v", event)
		}
		w.tick()
		w.tick()
	}
}

func noPriming(t *testing.T, w *web) {
	t.Helper()
	e := w.stream("POST", fmt.Sprintf(progress, 1, 1, ""), w.initialize("2025-11-25")...)
	if event, _ := e.next(); event != (sse{id: "1-0", retry: "1000"}) {
		t.Errorf("first event: %+v", event)
	}
}
