package server_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/server"
)

func TestHTTPRefusals(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, method, send string
		heads              []string
		status             int
		allow, says        string
	}{
		{"Host of a page that was let resolve to us", "POST", call, []string{"Host: evil.example"}, 403, "", "Host"},
		{"Host that only begins like ours", "POST", call, []string{"Host: localhost.evil.example"}, 403, "", "Host"},
		{"Origin of a page", "POST", call, []string{"Origin: https://evil.example"}, 403, "", "Origin"},
		{"Origin of nowhere", "POST", call, []string{"Origin: null"}, 403, "", "Origin"},
		{"Origin on another port", "POST", call, []string{"Origin: http://127.0.0.1:1"}, 403, "", "Origin"},
		{"Origin, on GET", "GET", "", []string{"Origin: https://evil.example"}, 403, "", "Origin"},
		{"no Content-Type", "POST", call, []string{"Content-Type:"}, 415, "", "application/json"},
		{"a form", "POST", call, []string{"Content-Type: text/plain"}, 415, "", "application/json"},
		{"JSON in another charset", "POST", call, []string{"Content-Type: application/json; charset=utf-16"}, 415, "", "application/json"},
		{"Accept without streams", "POST", call, []string{"Accept: application/json"}, 406, "", "Accept"},
		{"Accept without JSON", "POST", call, []string{"Accept: text/event-stream"}, 406, "", "Accept"},
		{"Accept that wants none of it", "POST", call, []string{"Accept: application/json, text/event-stream;q=0"}, 406, "", "Accept"},
		{"a body over the bound", "POST", `{"x":"` + strings.Repeat("x", 4<<20) + `"}`, nil, 413, "", "4194304"},
		{"HEAD", "HEAD", "", nil, 405, "POST, GET, DELETE, OPTIONS", ""},
		{"PUT", "PUT", call, nil, 405, "POST, GET, DELETE, OPTIONS", "POST"},
		{"PATCH", "PATCH", call, nil, 405, "POST, GET, DELETE, OPTIONS", "POST"},
		{"GET without a session", "GET", "", nil, 405, "POST", "session"},
		{"GET of the 2026 era", "GET", "", []string{"Mcp-Protocol-Version: 2026-07-28", "Mcp-Session-Id: x"}, 405, "POST", "session"},
		{"DELETE without a session", "DELETE", "", nil, 405, "POST", "session"},
		{"DELETE of the 2026 era", "DELETE", "", []string{"Mcp-Protocol-Version: 2026-07-28"}, 405, "POST", "session"},
		{"GET of the 2025 era without its session", "GET", "", []string{"Mcp-Protocol-Version: 2025-11-25"}, 400, "", "Mcp-Session-Id"},
		{"POST without a session", "POST", call, nil, 400, "", "Mcp-Session-Id"},
		{"POST with an invented session", "POST", call, []string{"Mcp-Session-Id: invented"}, 404, "", "no such session"},
		{"GET with an invented session", "GET", "", []string{"Mcp-Session-Id: invented"}, 404, "", "no such session"},
		{"DELETE with an invented session", "DELETE", "", []string{"Mcp-Session-Id: invented"}, 404, "", "no such session"},
		{"an unknown version in the header", "POST", call, []string{"Mcp-Session-Id: x", "Mcp-Protocol-Version: 2025-01-01"}, 400, "", "-32022"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := serve(t, nil)
			a := w.do(c.method, c.send, c.heads...)
			if a.status != c.status || !strings.Contains(a.body, c.says) || a.header.Get("Allow") != c.allow {
				t.Errorf("%d %s, Allow %q\nwant %d %s, Allow %q", a.status, a.body, a.header.Get("Allow"), c.status, c.says, c.allow)
			}
			if len(w.d.calls) != 0 {
				t.Errorf("something was called: %+v", w.d.calls)
			}
		})
	}
}

func TestHTTPLeniency(t *testing.T) {
	t.Parallel()
	for _, heads := range [][]string{
		{"Accept: */*"},
		{"Accept:"},
		{"Accept: text/event-stream , application/json;q=0.1"},
		{"Accept: application/*, text/*"},
		{"Content-Type: Application/JSON; Charset=UTF-8"},
		{"Host: localhost"},
		{"Host: LOCALHOST:80"},
		{"Host: [::1]:80"},
	} {
		w := serve(t, nil)
		a := w.post(`{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"h","version":"1"}}}`, heads...)
		if a.status != http.StatusOK {
			t.Errorf("%q: %d %s", heads, a.status, a.body)
		}
	}
	w := serve(t, nil)
	if a := w.post(`{`, "Origin: http://"+w.addr); a.status != http.StatusBadRequest {
		t.Errorf("our own origin: %d %s", a.status, a.body)
	}
}

func TestHTTPOptions(t *testing.T) {
	t.Parallel()
	w := serve(t, func(o *both) {
		o.web.Origins, o.web.Hosts = []string{"https://app.example"}, []string{"mcp.example"}
	})
	if a := w.do("OPTIONS", ""); a.status != http.StatusNoContent || a.header.Get("Allow") == "" || a.header.Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("OPTIONS: %+v", a)
	}
	a := w.do("OPTIONS", "", "Origin: https://app.example", "Access-Control-Request-Method: POST", "Access-Control-Request-Headers: mcp-session-id")
	if a.status != http.StatusNoContent || a.header.Get("Access-Control-Allow-Origin") != "https://app.example" || a.header.Get("Access-Control-Allow-Headers") != "mcp-session-id" {
		t.Errorf("preflight: %+v", a)
	}
	if a := w.do("OPTIONS", "", "Origin: https://evil.example", "Access-Control-Request-Method: POST"); a.status != http.StatusForbidden || a.header.Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("preflight of a stranger: %+v", a)
	}
	session := w.initialize("2025-11-25", "Origin: https://app.example", "Host: mcp.example:443")
	if a := w.post(call, session...); a.status != 200 || a.header.Get("Access-Control-Allow-Origin") != "https://app.example" || a.header.Get("Vary") != "Origin" {
		t.Errorf("call from a page that may: %+v", a)
	}
}

// Nobody is asked who they are on a loopback address, so on no other address is anybody served.
func TestOnlyLoopbackWithoutAuthentication(t *testing.T) {
	t.Parallel()
	s, err := server.New(server.Options{Dispatcher: newDispatcher(t), IDs: func() string { return "" }, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	open, err := s.HTTP(server.HTTPOptions{Local: governance.Caller{Principal: "user:test"}})
	if err != nil {
		t.Fatal(err)
	}
	keyed, err := s.HTTP(server.HTTPOptions{Authenticate: func(*http.Request) (governance.Caller, error) { return governance.Caller{}, errors.New("no") }})
	if err != nil {
		t.Fatal(err)
	}
	for _, address := range []string{":0", "0.0.0.0:0", "[::]:0"} {
		if on, err := open.Listen(t.Context(), address); !errors.Is(err, server.ErrNotLoopback) {
			t.Errorf("%s: %v, %v", address, on, err)
		}
		on, err := keyed.Listen(t.Context(), address)
		if err != nil {
			t.Errorf("%s with authentication: %v", address, err)
			continue
		}
		if err := open.Serve(t.Context(), on); !errors.Is(err, server.ErrNotLoopback) {
			t.Errorf("%s: served: %v", address, err)
		}
	}
	for _, address := range []string{"localhost:0", "127.0.0.2:0"} {
		on, err := open.Listen(t.Context(), address)
		if err != nil {
			t.Errorf("%s: %v", address, err)
			continue
		}
		_ = on.Close()
	}
	if _, err := open.Listen(t.Context(), "3333"); err == nil {
		t.Error("an address without a port was taken")
	}
	if _, err := s.HTTP(server.HTTPOptions{}); err == nil {
		t.Error("served for nobody")
	}
}

// byKey lets in whoever shows a key, under its name.
func byKey(o *both) {
	o.web.Authenticate = func(r *http.Request) (governance.Caller, error) {
		if name, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok && name != "wrong" {
			return governance.Caller{Principal: "user:" + name}, nil
		}
		return governance.Caller{}, errors.New("the key of user:secret is not this one")
	}
}

func TestAuthentication(t *testing.T) {
	t.Parallel()
	w := serve(t, byKey)
	for _, c := range []struct{ key, challenge string }{{"", "Bearer"}, {"wrong", `Bearer error="invalid_token"`}} {
		head := "Authorization:"
		if c.key != "" {
			head += " Bearer " + c.key
		}
		for _, method := range []string{"POST", "GET", "DELETE"} {
			a := w.do(method, "", head)
			if a.status != http.StatusUnauthorized || a.header.Get("WWW-Authenticate") != c.challenge || strings.Contains(a.body, "secret") {
				t.Errorf("%s with %q: %+v", method, c.key, a)
			}
		}
	}
	w.post(call, w.initialize("2025-11-25", "Authorization: Bearer ada")...)
	w.post(strings.Replace(call, `"name"`, modern+`,"name"`, 1), append(stateless("tools/call", "echo"), "Authorization: Bearer bob")...)
	w.d.mu.Lock()
	defer w.d.mu.Unlock()
	if len(w.d.calls) != 2 || w.d.calls[0].Caller != (governance.Caller{Principal: "user:ada", Label: "host/1"}) || w.d.calls[1].Caller != (governance.Caller{Principal: "user:bob", Label: "host/2"}) {
		t.Errorf("calls: %+v", w.d.calls)
	}
}

func TestProbes(t *testing.T) {
	t.Parallel()
	journal, now := "up", time.Now()
	w := serve(t, func(o *both) {
		byKey(o)
		o.web.Health = func() []server.Component { return []server.Component{{"journal", journal}, {"servers", "degraded"}} }
		o.web.Now = func() time.Time { return now }
	})
	endpoint := w.url
	probe := func(path, method string) answer {
		w.url = strings.TrimSuffix(endpoint, "/mcp") + path
		return w.do(method, "", "Host: 10.0.0.1")
	}
	const ready = `{"status":"ready","components":[{"name":"journal","status":"up"},{"name":"servers","status":"degraded"}]}`
	for path, want := range map[string]string{"/healthz": "ok\n", "/readyz": ready + "\n"} {
		if a := probe(path, "GET"); a.status != 200 || a.body != want {
			t.Errorf("%s: %+v", path, a)
		}
		if a := probe(path, "POST"); a.status != 405 || a.header.Get("Allow") != "GET, HEAD" {
			t.Errorf("POST %s: %+v", path, a)
		}
	}
	journal = server.ComponentDown
	if a := probe("/readyz", "GET"); a.status != 200 {
		t.Errorf("asked again at once: %+v", a)
	}
	now = now.Add(time.Second)
	const unready = `{"status":"not ready","components":[{"name":"journal","status":"down"},{"name":"servers","status":"degraded"}]}`
	if a := probe("/readyz", "GET"); a.status != 503 || a.body != unready+"\n" {
		t.Errorf("not ready: %+v", a)
	}
	if a := probe("/healthz", "HEAD"); a.status != 200 {
		t.Errorf("alive: %+v", a)
	}
	if a := probe("/", "GET"); a.status != 404 {
		t.Errorf("elsewhere: %+v", a)
	}
}
