package main

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// A balancer sends requests to the members of a fleet in turn, to those that say they are ready, and tries nothing twice.
type balancer struct {
	t       *testing.T
	mu      sync.Mutex
	members []*url.URL // nil while there is none
	ready   []bool
	turn    int
	probes  *http.Client
	probing sync.WaitGroup
	stop    context.CancelFunc
}

// balance puts a balancer before a fleet, and makes it what the fleet is called at.
func balance(t *testing.T, f *fleet) *balancer {
	t.Helper()
	b := &balancer{t: t, members: make([]*url.URL, len(f.urls)), ready: make([]bool, len(f.urls)), probes: &http.Client{Timeout: patience}}
	for i, text := range f.urls {
		b.set(i, text)
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	b.stop = stop
	for i := range b.members {
		b.probing.Go(func() { b.watch(ctx, i) })
	}
	proxy := httptest.NewServer(&httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(b.next())
			r.Out.URL.Path = "/mcp"
			r.Out.Host = r.Out.URL.Host
		},
		Transport: &http.Transport{MaxIdleConnsPerHost: 64},
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, err error) {
			w.WriteHeader(http.StatusBadGateway)
			_, _ = w.Write([]byte(err.Error()))
		},
	})
	t.Cleanup(func() {
		stop()
		b.probing.Wait()
		proxy.Close()
	})
	f.urls = []string{proxy.URL}
	return b
}

// set says where a member is, nowhere if text is empty.
func (b *balancer) set(i int, text string) {
	var at *url.URL
	if text != "" {
		var err error
		if at, err = url.Parse(strings.TrimSuffix(text, "/mcp")); err != nil {
			b.t.Fatal(err)
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.members[i], b.ready[i] = at, false
}

// watch asks a member again and again whether it is ready.
func (b *balancer) watch(ctx context.Context, i int) {
	ticks := time.NewTicker(10 * time.Millisecond)
	defer ticks.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticks.C:
		}
		b.mu.Lock()
		at := b.members[i]
		b.mu.Unlock()
		ready := at != nil && b.probe(ctx, at)
		b.mu.Lock()
		b.ready[i] = ready && b.members[i] == at
		b.mu.Unlock()
	}
}

func (b *balancer) probe(ctx context.Context, at *url.URL) bool {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, at.String()+"/readyz", nil)
	if err != nil {
		return false
	}
	response, err := b.probes.Do(request)
	if err != nil {
		return false
	}
	defer func() { _ = response.Body.Close() }()
	return response.StatusCode == http.StatusOK
}

// next returns the member whose turn it is.
func (b *balancer) next() *url.URL {
	b.mu.Lock()
	defer b.mu.Unlock()
	for range b.members {
		b.turn = (b.turn + 1) % len(b.members)
		if b.ready[b.turn] {
			return b.members[b.turn]
		}
	}
	return &url.URL{Scheme: "http", Host: "127.0.0.1:1"} // nobody is ready, which fails the test
}

// until waits until so many members are ready.
func (b *balancer) until(count int) {
	b.t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		b.mu.Lock()
		ready := 0
		for _, is := range b.ready {
			if is {
				ready++
			}
		}
		b.mu.Unlock()
		if ready == count {
			return
		}
	}
	b.t.Fatalf("there were never %d members ready", count)
}

// TestRollingRestart: three replicas are ended as an orchestrator ends them and started again, one after the other, while
// clients of both eras that try nothing twice call through a balancer. No call fails, every process ends well, and each
// journal is whole.
func TestRollingRestart(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 3, "sqlite:"+filepath.Join(t.TempDir(), "shared.db")+"?shared=true", "")
	for i, config := range f.configs { // a balancer needs a moment to notice, and a busy machine more than that
		write(t, config, read(t, config)+"server: {http: {drain_delay: 1s}}\n")
		f.restart(i, nil)
	}
	b := balance(t, f)
	b.until(3)
	var stop atomic.Bool
	var calls atomic.Int64
	var calling sync.WaitGroup
	for i := range 4 {
		call := func() (called, error) { return f.call("drift_compare", `{"a":"1","b":"1"}`, "") } // of the 2026 era
		if i%2 > 0 {
			session := begin(t, f.urls[0]).heads // which outlives every process that knows it
			call = func() (called, error) { return f.callIn(session, "drift_compare", `{"a":"1","b":"1"}`) }
		}
		calling.Go(func() {
			for !stop.Load() {
				answer, err := call()
				if calls.Add(1); err != nil || !answer.ok() {
					t.Errorf("call %d, of client %d: %+v, %v", calls.Load(), i, answer, err)
					return
				}
			}
		})
	}
	calling.Go(func() { // in a session of the 2025 era, which all of them serve
		session := f.session()
		for !stop.Load() {
			if answer, err := f.inSession(session, `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"drift_compare","arguments":{"a":"1","b":"1"}}}`); err != nil || !answer.ok() {
				t.Errorf("in a session: %+v, %v", answer, err)
				return
			}
			calls.Add(1)
		}
	})
	for i := range f.members {
		f.restart(i, b)
		b.until(3)
	}
	stop.Store(true)
	calling.Wait()
	if calls.Load() < 100 {
		t.Errorf("only %d calls were made", calls.Load())
	}
	t.Logf("%d calls", calls.Load())
	f.end()
	for _, config := range f.configs {
		ok(t, "audit", "verify", "--config", config)
	}
}

// restart ends a member with SIGTERM and starts it again.
func (f *fleet) restart(i int, b *balancer) {
	f.t.Helper()
	if err := f.members[i].cmd.Process.Signal(syscall.SIGTERM); err != nil {
		f.t.Fatal(err)
	}
	f.members[i].end()
	if b != nil {
		b.set(i, "")
	}
	f.members[i] = launch(f.t, built(f.t), "serve", "--http", "127.0.0.1:0", "--config", f.configs[i])
	if at := address(f.t, f.members[i]); b != nil {
		b.set(i, at)
	} else {
		f.urls[i] = at
	}
}
