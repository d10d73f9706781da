package server_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mcp-kernel/mcp-kernel/server/fleet"
	"github.com/mcp-kernel/mcp-kernel/state"
	"github.com/mcp-kernel/mcp-kernel/state/memstate"
)

// replicas are servers that share a state, behind a balancer that gives each of them one request in turn.
type replicas struct {
	t       *testing.T
	store   fleet.Store
	members []*fleet.Member
	leads   []*lead // of each to the state
	each    []*web  // without the balancer
	web             // through it
	turn    atomic.Int64
}

// fleetOf starts n servers on one state.
func fleetOf(t *testing.T, n int, change func(*both)) *replicas {
	t.Helper()
	return fleetAt(t, n, nil, change)
}

// fleetAt is fleetOf with a clock for the state.
func fleetAt(t *testing.T, n int, now func() time.Time, change func(*both)) *replicas {
	t.Helper()
	r := &replicas{t: t, store: memstate.New(memstate.Options{Now: now})}
	for i := range n {
		r.start(fmt.Sprintf("replica-%d", i), change)
	}
	for i, m := range r.members {
		r.each[i].until("members that know each other", func() bool { return len(m.Members()) == n })
	}
	targets := make([]*url.URL, n)
	for i, w := range r.each {
		targets[i] = &url.URL{Scheme: "http", Host: w.addr}
	}
	balancer := httptest.NewServer(&httputil.ReverseProxy{
		FlushInterval: -1,
		Rewrite: func(p *httputil.ProxyRequest) {
			p.SetURL(targets[int(r.turn.Add(1))%n])
			p.Out.Host = "localhost"
		},
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) },
	})
	t.Cleanup(balancer.Close)
	r.web = web{t: t, d: r.each[0].d, addr: balancer.Listener.Addr().String(), url: balancer.URL + "/mcp", plain: r.each[0].plain}
	return r
}

// start starts one more server.
func (r *replicas) start(id string, change func(*both)) {
	r.t.Helper()
	own := &lead{Store: r.store}
	m, err := fleet.Join(fleet.Options{Store: own, ID: id, Beat: 200 * time.Millisecond, OnFault: func(err error) { r.t.Log(err) }})
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { _ = m.Close() })
	w := serve(r.t, func(o *both) {
		o.Fleet = m
		o.web.OnFault = func(err error) { r.t.Log(id, err) }
		if change != nil {
			change(o)
		}
	})
	w.until("a member that sees everything", m.Current)
	r.members, r.leads, r.each = append(r.members, m), append(r.leads, own), append(r.each, w)
}

var errCut = errors.New("the lead to the state is cut")

// A lead is a replica's way to the state, which can be cut: then what is asked fails, and what is followed brings nothing.
type lead struct {
	fleet.Store
	cut   atomic.Bool
	reads atomic.Int64 // of items
}

func (w *lead) Get(ctx context.Context, key string) (state.Item, error) {
	w.reads.Add(1)
	if w.cut.Load() {
		return state.Item{}, errCut
	}
	return w.Store.Get(ctx, key)
}

func (w *lead) CompareAndSwap(ctx context.Context, key string, old state.Version, value []byte, ttl time.Duration) (state.Version, error) {
	if w.cut.Load() {
		return 0, errCut
	}
	return w.Store.CompareAndSwap(ctx, key, old, value, ttl)
}

func (w *lead) Delete(ctx context.Context, key string) error {
	if w.cut.Load() {
		return errCut
	}
	return w.Store.Delete(ctx, key)
}

func (w *lead) Append(ctx context.Context, stream string, after state.Seq, records ...[]byte) (state.Seq, error) {
	if w.cut.Load() {
		return 0, errCut
	}
	return w.Store.Append(ctx, stream, after, records...)
}

func (w *lead) Follow(ctx context.Context, stream string, from state.Seq) iter.Seq2[state.Record, error] {
	return func(yield func(state.Record, error) bool) {
		for r, err := range w.Store.Follow(ctx, stream, from) {
			for w.cut.Load() && ctx.Err() == nil {
				time.Sleep(time.Millisecond)
			}
			if !yield(r, err) {
				return
			}
		}
	}
}
