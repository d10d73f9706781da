package server

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/tools"
)

// empty is a dispatcher of nothing.
type empty struct{ Dispatcher }

func (empty) Catalog() *tools.Catalog {
	c, err := tools.NewCatalog()
	if err != nil {
		panic(err)
	}
	return c
}

// Whoever comes while the server ends is told so, by the probe first of all.
func TestWhoComesTooLate(t *testing.T) {
	t.Parallel()
	s, err := New(Options{Dispatcher: empty{}, IDs: func() string { return "" }, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	h, err := s.HTTP(HTTPOptions{Local: governance.Caller{Principal: "user:test"}, Hosts: []string{"example.com"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		method, path string
		want, ending int
	}{
		{http.MethodGet, "/healthz", 200, 200},
		{http.MethodGet, "/readyz", 200, 503},
		{http.MethodPost, "/mcp", 415, 415}, // it is served, and its connection ends
	} {
		for ending, want := range map[bool]int{false: c.want, true: c.ending} {
			h.leaving.Store(ending)
			w := httptest.NewRecorder()
			r := httptest.NewRequestWithContext(t.Context(), c.method, c.path, strings.NewReader(""))
			h.route(w, r)
			if w.Code != want {
				t.Errorf("%s %s, ending %v: %d, want %d", c.method, c.path, ending, w.Code, want)
			}
			if closes := w.Header().Get("Connection") == "close"; closes != ending {
				t.Errorf("%s %s, ending %v: the connection is closed: %v", c.method, c.path, ending, closes)
			}
		}
	}
	h.end()
	h.leaving.Store(false)
	w := httptest.NewRecorder()
	h.route(w, httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/mcp", nil))
	if w.Code != http.StatusServiceUnavailable {
		t.Errorf("after the end: %d", w.Code)
	}
}
