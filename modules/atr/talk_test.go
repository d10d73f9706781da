package atr_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/modules/atr"
	"github.com/mcp-kernel/mcp-kernel/modules/atr/oauth"
	"github.com/mcp-kernel/mcp-kernel/modules/atr/pin"
	"github.com/mcp-kernel/mcp-kernel/modules/atr/upstream"
	"github.com/mcp-kernel/mcp-kernel/state/memstate"
	"github.com/mcp-kernel/mcp-kernel/tools"
)

// as makes a call for somebody.
func as(t *testing.T, d *tools.Dispatcher, principal string) string {
	t.Helper()
	got, err := d.Dispatch(t.Context(), governance.Call{
		Kind: governance.KindTool, Name: "files__read_file", Args: json.RawMessage(`{}`), Caller: governance.Caller{Principal: principal},
	}, nil)
	if err != nil {
		return err.Error()
	}
	return string(got.Verbatim)
}

// counted counts the connections that are closed.
type counted struct{ n *sync.WaitGroup }

func (c counted) Close() error { c.n.Done(); return nil }

var _ io.Closer = counted{}

// TestPersonal has a server that tells people apart called by several.
func TestPersonal(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		server atr.Server
		want   []string // whom connections are for
	}{
		"a login":       {atr.Server{URL: "https://a.example/"}, []string{"ann", "bob", "me"}},
		"a shared one":  {atr.Server{URL: "https://a.example/", OAuth: &oauth.Config{Shared: true}}, []string{"me"}},
		"a machine":     {atr.Server{URL: "https://a.example/", OAuth: &oauth.Config{Grant: oauth.Machine, ClientID: "a", Secret: "env:S", Issuer: "https://i.example"}}, []string{"me"}},
		"a header":      {atr.Server{URL: "https://a.example/", Headers: map[string]string{"authorization": "env:A"}}, []string{"me"}},
		"a program":     {atr.Server{Command: "x"}, []string{"me"}},
		"other headers": {atr.Server{URL: "https://a.example/", Headers: map[string]string{"X-Tenant": "a"}}, []string{"ann", "bob", "me"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := &world{began: map[string]int{}, servers: map[string]func(string, json.RawMessage, func(string)) string{"files": files}}
			var mu sync.Mutex
			var opened []string
			var open sync.WaitGroup
			tt.server.Name, tt.server.Trust, tt.server.Required = "files", pin.TrustFirst, true
			m, err := atr.New(atr.Options{
				Servers: []atr.Server{tt.server}, State: memstate.New(memstate.Options{}), Self: "me",
				Open: func(ctx context.Context, s *atr.Server, principal string, log func(string)) (upstream.Link, error) {
					mu.Lock()
					opened = append(opened, principal)
					mu.Unlock()
					open.Add(1)
					link, err := w.open(ctx, s, principal, log)
					link.Behind = counted{&open}
					return link, err
				},
			})
			if err != nil {
				t.Fatal(err)
			}
			if err := m.Begin(t.Context()); err != nil {
				t.Fatal(err)
			}
			d := dispatcher(t, m)
			for range 2 {
				for _, principal := range []string{"me", "ann", "bob"} {
					if got := as(t, d, principal); !strings.Contains(got, "tools/call") {
						t.Errorf("%s: %s", principal, got)
					}
				}
			}
			if err := m.Close(); err != nil {
				t.Error(err)
			}
			open.Wait() // all connections are closed
			slices.Sort(opened)
			if diff := cmp.Diff(tt.want, opened); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestManyPeople calls a server for more people than may have a connection each.
func TestManyPeople(t *testing.T) {
	t.Parallel()
	w := &world{servers: map[string]func(string, json.RawMessage, func(string)) string{"files": files}}
	m := w.module(t, memstate.New(memstate.Options{}), atr.Server{Name: "files", URL: "https://a.example/", Trust: pin.TrustFirst, Required: true, Idle: -1})
	if err := m.Begin(t.Context()); err != nil {
		t.Fatal(err)
	}
	d := dispatcher(t, m)
	for i := range 260 {
		got := as(t, d, fmt.Sprintf("person %d", i))
		if i < 256 && !strings.Contains(got, "tools/call") || i >= 256 && !strings.Contains(got, "too many calls of the server files") {
			t.Fatalf("%d: %s", i, got)
		}
	}
	if got := as(t, d, "person 7"); !strings.Contains(got, "tools/call") {
		t.Error(got)
	}
}

// TestRoomForPeople has connections that nobody uses any more make room for others.
func TestRoomForPeople(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := &world{servers: map[string]func(string, json.RawMessage, func(string)) string{"files": files}}
		m := w.module(t, memstate.New(memstate.Options{}), atr.Server{Name: "files", URL: "https://a.example/", Trust: pin.TrustFirst, Required: true})
		if err := m.Begin(t.Context()); err != nil {
			t.Fatal(err)
		}
		d := dispatcher(t, m)
		for round := range 2 {
			for i := range 200 {
				if got := as(t, d, fmt.Sprintf("person %d of %d", i, round)); !strings.Contains(got, "tools/call") {
					t.Fatalf("%d: %s", i, got)
				}
			}
			time.Sleep(atr.DefaultIdle + time.Minute)
			synctest.Wait()
		}
	})
}
