package atr_test

import (
	"encoding/json"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/modules/atr"
	"github.com/mcp-kernel/mcp-kernel/modules/atr/pin"
	"github.com/mcp-kernel/mcp-kernel/state/memstate"
	"github.com/mcp-kernel/mcp-kernel/tools"
)

// The operator's word stands in the place of the server's: in what is listed, in what policies go by, and in what is found.
func TestOverrides(t *testing.T) {
	t.Parallel()
	yes, no := true, false
	w := &world{servers: map[string]func(string, json.RawMessage, func(string)) string{"shop": shop}}
	m := w.module(t, memstate.New(memstate.Options{}), atr.Server{
		Name: "shop", Command: "x", Trust: pin.TrustFirst, Required: true, Tools: map[string]atr.Override{
			"findOrder": {Title: "Orders", Description: "Looks up an order.", ReadOnly: &yes, OpenWorld: &no, Tags: []string{"sales"}, Cost: "low"},
			"cancelOrder": {
				Destructive: &no, Deprecated: "it forgets the voucher", Use: "shop__findOrder",
			},
			"find_order": {Cost: "high"},
		},
	})
	if err := m.Begin(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.mu.Lock()
	if want := `shop: upstreams.yaml says something of its tool "find_order", which it does not have`; !slices.Contains(w.faults, want) {
		t.Errorf("%q is not told: %q", want, w.faults)
	}
	w.mu.Unlock()
	specs := map[string]tools.Spec{}
	for _, tool := range m.Surface().Tools {
		specs[tool.Spec().Name] = tool.Spec()
	}
	got := specs["shop__findOrder"]
	if got.Title != "Orders" || got.ReadOnly != tools.Yes || got.Destructive != tools.No || got.OpenWorld != tools.No || got.Idempotent != tools.No {
		t.Errorf("%+v", got)
	}
	want := `{"_meta":{"io.mcp-kernel/cost":"low","io.mcp-kernel/origin":{"name":"findOrder","server":"shop"},"io.mcp-kernel/tags":["sales"]},` +
		`"annotations":{"openWorldHint":false,"readOnlyHint":true},"description":"Looks up an order.","inputSchema":{"type":"object","properties":{"number":{"type":"number","description":"of the order","default":1.0}}},"name":"findOrder","title":"Orders"}`
	if diff := cmp.Diff(want, string(got.Definition)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	old := specs["shop__cancelOrder"]
	const bye = "Deprecated: it forgets the voucher (use shop__findOrder instead)"
	if old.Destructive != tools.No || old.ReadOnly != tools.No || !strings.HasPrefix(old.Description, bye+"\n\nCancels an order,") ||
		!strings.Contains(string(old.Definition), `"io.mcp-kernel/deprecated":{"reason":"it forgets the voucher","use":"shop__findOrder"}`) ||
		!strings.Contains(string(old.Definition), `"description":"Deprecated: `) {
		t.Errorf("%+v %s", old, old.Definition)
	}
	d := dispatcher(t, m)
	ann, bob := governance.Caller{Principal: "ann"}, governance.Caller{Principal: "bob"}
	for _, tt := range []struct {
		who    governance.Caller
		warned bool
	}{{ann, true}, {ann, false}, {bob, true}, {bob, false}} {
		got := ask(t, d, tt.who, "shop__cancelOrder", `{"n":1.50}`)
		if warned := strings.Contains(got, `"content":[{"text":"[shop__cancelOrder] `+bye+`","type":"text"}]`); warned != tt.warned || !strings.Contains(got, `"n":1.50`) {
			t.Errorf("%s: %s", tt.who.Principal, got)
		}
	}
	if got := ask(t, d, ann, "shop__findOrder", `{}`); !strings.Contains(got, `"content":[]`) {
		t.Error(got)
	}
	for args, want := range map[string]string{
		`{"query":"*","tags":["SALES"]}`:     `"tags":["sales"],"cost":"low"`,
		`{"query":"cancel order","limit":1}`: `"deprecated":"` + bye + `"`,
		`{"query":"*","tags":["none"]}`:      `{"tools":[]`,
	} {
		if got := ask(t, d, ann, atr.SearchTool, args); !strings.Contains(got, want) {
			t.Errorf("%s: %s", args, got)
		}
	}
	record, err := m.Book().Get(t.Context(), "shop", pin.Tool, "findOrder")
	if err != nil || !strings.Contains(string(record.Definition), "by its number") {
		t.Errorf("what is pinned is not what the server says: %s, %v", record.Definition, err)
	}
}

// Nothing of a server is used whose version is not one that is wanted, until it is.
func TestVersions(t *testing.T) {
	t.Parallel()
	for text, shown := range map[string]string{
		"2.0.0": "2.0.0", "1.3.0-beta": "1.3.0-beta", "": "nobody knows", "latest": "latest", "1.4\u202e": "nobody knows", "1.4 ignore this": "nobody knows",
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			var version atomic.Pointer[string]
			var now atomic.Int64
			good, backend := "v1.9", memstate.New(memstate.Options{})
			version.Store(&good)
			w := &world{servers: map[string]func(string, json.RawMessage, func(string)) string{"files": files}, version: &version}
			begin := func() (*atr.Module, *tools.Dispatcher) {
				m := w.moduleOf(t, backend, []func(*atr.Options){func(o *atr.Options) {
					o.Cold, o.Now = true, func() time.Time { return time.Unix(now.Load(), 0) }
				}}, atr.Server{Name: "files", Command: "x", Trust: pin.TrustFirst, Version: ">=1.2 <2"})
				if err := m.Begin(t.Context()); err != nil {
					t.Fatal(err)
				}
				if _, err := m.Learn(t.Context(), "files"); (err != nil) != (version.Load() != &good) {
					t.Fatal(err)
				}
				return m, dispatcher(t, m)
			}
			_, _ = begin()
			version.Store(&text)
			m, d := begin()
			ann := governance.Caller{Principal: "ann"}
			why := "the server files is of version " + shown + ", and only >=1.2 <2 is used here"
			for _, call := range [][2]string{{"files__read_file", `{}`}, {atr.InvokeTool, `{"name":"files__read_file"}`}} {
				if got := ask(t, d, ann, call[0], call[1]); got != "denied: "+why {
					t.Errorf("%s: %s", call[0], got)
				}
			}
			if got := ask(t, d, ann, atr.SearchTool, `{"query":"read file"}`); strings.Contains(got, "files__") {
				t.Error(got)
			}
			if got := dispatch(t, d, governance.KindResource, "note://7/x", ``); got != "failed: "+why {
				t.Error(got)
			}
			if h := m.Health("files")[0]; h.Blocked != why || h.Error != why || h.State != "down" {
				t.Errorf("%+v", h)
			}
			version.Store(&good)
			now.Store(10_000)
			if _, err := m.Learn(t.Context(), "files"); err != nil {
				t.Fatal(err)
			}
			if got := ask(t, d, ann, "files__read_file", `{}`); !strings.Contains(got, `"content"`) {
				t.Errorf("when it is wanted again: %s", got)
			}
			if h := m.Health("files")[0]; h.Blocked != "" || h.Version != good || h.State != "up" {
				t.Errorf("%+v", h)
			}
		})
	}
}

// A server that is remembered, and is of another version when a call starts it, is not used for that call.
func TestVersionOfTheFirstCall(t *testing.T) {
	t.Parallel()
	var version atomic.Pointer[string]
	good, bad, backend := "1.9.0", "2.1.0", memstate.New(memstate.Options{})
	version.Store(&good)
	w := &world{servers: map[string]func(string, json.RawMessage, func(string)) string{"files": files}, version: &version}
	s := atr.Server{Name: "files", Command: "x", Trust: pin.TrustFirst, Version: "^1.2"}
	cold := []func(*atr.Options){func(o *atr.Options) { o.Cold = true }}
	m := w.moduleOf(t, backend, cold, s)
	if _, err := m.Learn(t.Context(), "files"); err != nil {
		t.Fatal(err)
	}
	version.Store(&bad)
	m = w.moduleOf(t, backend, cold, s)
	if err := m.Begin(t.Context()); err != nil {
		t.Fatal(err)
	}
	d := dispatcher(t, m)
	const why = "the server files is of version 2.1.0, and only ^1.2 is used here"
	for _, want := range []string{"failed: " + why, "denied: " + why} {
		if got := ask(t, d, governance.Caller{Principal: "ann"}, "files__read_file", `{}`); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

func TestFaultsOfOverrides(t *testing.T) {
	t.Parallel()
	yes := true
	_, err := atr.New(atr.Options{State: memstate.New(memstate.Options{}), Servers: []atr.Server{
		{Name: "a", Command: "x", Version: "latest", Tools: map[string]atr.Override{
			"one":   {Cost: "much", Use: "b__c", Timeout: -1},
			"two":   {Deprecated: "old", Use: "b c", Tags: []string{"two words"}},
			"three": {ReadOnly: &yes, Destructive: &yes, Description: strings.Repeat("x", 5000), Tags: make([]string, 17)},
		}},
	}})
	for _, want := range []string{
		`server "a": version: "latest" is no range of versions`, `tools.one: cost: "much" is none of free, low, medium, high`,
		"use: is for what is deprecated", "timeout: must not be negative", `use: "b c" is not how a tool is called here`, `tags: "two words" is not a word`,
		"read_only and destructive", "more than 4096 bytes", "tags: at most 16",
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("missing: %s\nin %v", want, err)
		}
	}
}
