package bench_test

import (
	"crypto/tls"
	"crypto/x509"
	"net/http/httptest"
	"os"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/mcp-kernel/mcp-kernel/internal/bench"
)

// TestProcess loads real processes over stdio, one for each connection.
func TestProcess(t *testing.T) {
	t.Parallel()
	target := bench.Target{Command: []string{os.Args[0], "{dir}"}, Env: []string{"MCP_BENCH_FAKE=stdio"}}
	l := calling("echo", 2000)
	l.Connections, l.Pipeline, l.Warmup, l.Timeout = 2, 8, bench.Span{Requests: 100}, time.Minute
	r := measure(t, target, l)
	if r.Server != "fake 1" || r.Name != strings.Join(target.Command, " ") || r.First <= 0 || r.Rate <= 0 || r.Latency.P50 <= 0 {
		t.Errorf("got %+v", r)
	}
	if runtime.GOOS == "linux" && (r.CPU <= 0 || r.OwnCPU <= 0 || r.Peak < 1<<20 || r.Resident > r.Peak) {
		t.Errorf("CPU %v and %v, memory %d and %d", r.CPU, r.OwnCPU, r.Peak, r.Resident)
	}
}

// TestReadyURL starts a server over HTTP and finds out where it is.
func TestReadyURL(t *testing.T) {
	t.Parallel()
	target := bench.Target{Command: []string{os.Args[0]}, Env: []string{"MCP_BENCH_FAKE=http"}, ReadyURL: regexp.MustCompile(`ready at (\S+)`)}
	l := calling("events", 50)
	l.Connections, l.Timeout = 4, time.Minute
	if r := measure(t, target, l); r.Transport != "http" || r.First <= 0 {
		t.Errorf("got %+v", r)
	}
}

// TestTLS speaks HTTPS, and to nobody whose certificate it does not know.
func TestTLS(t *testing.T) {
	t.Parallel()
	s := httptest.NewTLSServer(&fake{})
	t.Cleanup(s.Close)
	s.Config.ErrorLog = nil
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	l := calling("chunked", 20)
	l.Timeout = time.Minute
	measure(t, bench.Target{URL: s.URL, TLS: &tls.Config{RootCAs: roots}}, l)
	if _, err := bench.Run(t.Context(), bench.Target{URL: s.URL}, l); err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("an unknown certificate: %v", err)
	}
}

// TestStartFails says what the process said.
func TestStartFails(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		target bench.Target
		says   []string
	}{
		{"over stdio", bench.Target{Command: []string{os.Args[0], "-test.nonsense"}}, []string{"no answer to initialize", "test.nonsense"}},
		{"over HTTP", bench.Target{Command: []string{os.Args[0], "-test.nonsense"}, ReadyURL: regexp.MustCompile("http")}, []string{"ended before it said where it is", "test.nonsense"}},
		{"at a URL", bench.Target{Command: []string{os.Args[0], "-test.nonsense"}, URL: "http://127.0.0.1:1/mcp"}, []string{"ended before it accepted", "test.nonsense"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			l := calling("echo", 1)
			l.Timeout = time.Minute
			_, err := bench.Run(t.Context(), c.target, l)
			for _, says := range c.says {
				if err == nil || !strings.Contains(err.Error(), says) {
					t.Errorf("%v does not say %q", err, says)
				}
			}
		})
	}
}
