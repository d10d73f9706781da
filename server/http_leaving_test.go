package server_test

import (
	"crypto/tls"
	"io"
	"net/http"
	"net/http/httptrace"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mcp-kernel/mcp-kernel/server"
)

// TestLeaving: after SIGTERM /readyz fails at once, whoever comes is served, in HTTP/1.1 and HTTP/2, and no connection is used
// for more than one more request; only when the delay is over does the server end, with what runs then.
func TestLeaving(t *testing.T) {
	t.Parallel()
	for name, secure := range map[string]bool{"HTTP/1.1": false, "HTTP/2.0": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			over := make(chan time.Time)
			w := serve(t, func(o *both) {
				byKey(o)
				o.web.DrainDelay = time.Hour
				ticks := o.web.Ticks
				o.web.Ticks = func(every time.Duration) (<-chan time.Time, func()) {
					if every == time.Hour {
						return over, func() {}
					}
					return ticks(every)
				}
				if secure {
					cert, key := filepath.Join(t.TempDir(), "cert.pem"), filepath.Join(t.TempDir(), "key.pem")
					issue(t, cert, key, 1)
					c, err := server.OpenCertificate(cert, key, nil, nil)
					if err != nil {
						t.Fatal(err)
					}
					o.web.TLS = c.Config()
				}
			})
			if secure {
				w.url = strings.Replace(w.url, "http://127.0.0.1", "https://localhost", 1)
				w.plain.Transport = &http.Transport{ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}
			}
			if reused, protocol := w.serves(); reused || protocol != name {
				t.Errorf("first: %v over %s", reused, protocol)
			}
			if reused, _ := w.serves(); !reused {
				t.Error("a connection was used once")
			}
			running := w.ask("bob")
			w.until("a call", func() bool { return w.d.running.Load() == 1 })
			w.stop()
			ready := strings.TrimSuffix(w.url, "/mcp") + "/readyz"
			w.until("the end of being ready", func() bool { return w.status(ready) == http.StatusServiceUnavailable })
			w.serves() // on the connection that was open
			for range 3 {
				if reused, _ := w.serves(); reused {
					t.Error("a connection was used again")
				}
			}
			over <- time.Now()
			w.d.slow <- struct{}{}
			if a := <-running; a.status != http.StatusOK {
				t.Errorf("what ran: %+v", a)
			}
			w.end()
		})
	}
}

// serves sees that a call is served, and reports whether on a connection that was used before.
func (w *web) serves() (reused bool, protocol string) {
	w.t.Helper()
	r := w.request(http.MethodPost, strings.Replace(slowCall, `"slow"`, `"echo"`, 1), append(stateless("tools/call", "echo"), "Authorization: Bearer ann")...)
	trace := httptrace.ClientTrace{GotConn: func(c httptrace.GotConnInfo) { reused = c.Reused }}
	response, err := w.plain.Do(r.WithContext(httptrace.WithClientTrace(r.Context(), &trace)))
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		w.t.Errorf("%d %s, %v", response.StatusCode, text, err)
	}
	return reused, response.Proto
}

// status gets a page and returns how that went.
func (w *web) status(url string) int {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.t.Context(), http.MethodGet, url, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	response, err := w.plain.Do(r)
	if err != nil {
		w.t.Fatal(err)
	}
	_ = response.Body.Close()
	return response.StatusCode
}
