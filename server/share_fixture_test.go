package server_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mcp-kernel/mcp-kernel/server/fleet"
	"github.com/mcp-kernel/mcp-kernel/state/memstate"
)

// replicas are servers that share a state, behind a balancer that gives each of them one request in turn.
type replicas struct {
	t       *testing.T
	store   fleet.Store
	members []*fleet.Member
	each    []*web // without the balancer
	web            // through it
	turn    atomic.Int64
}

// fleetOf starts n servers on one state.
func fleetOf(t *testing.T, n int, change func(*both)) *replicas {
	t.Helper()
	r := &replicas{t: t, store: memstate.New(memstate.Options{})}
	for i := range n {
		r.start(fmt.Sprintf("replica-%d", i), change)
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
	m, err := fleet.Join(fleet.Options{Store: r.store, ID: id, Beat: 200 * time.Millisecond, OnFault: func(err error) { r.t.Log(err) }})
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
	r.members, r.each = append(r.members, m), append(r.each, w)
}
