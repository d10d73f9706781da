package atr_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/modules/atr"
	"github.com/mcp-kernel/mcp-kernel/modules/atr/pin"
	"github.com/mcp-kernel/mcp-kernel/state/memstate"
	"github.com/mcp-kernel/mcp-kernel/tools"
)

// callAs makes a call as somebody, and returns the number that the server answered with.
func callAs(t *testing.T, d *tools.Dispatcher, who governance.Caller, tool, args string) string {
	t.Helper()
	result, err := d.Dispatch(t.Context(), governance.Call{ID: fmt.Sprint(time.Now().UnixNano()), Kind: governance.KindTool, Name: tool, Caller: who, Args: json.RawMessage(args)}, nil)
	if err != nil {
		return err.Error()
	}
	if err := result.Unfold(); err != nil || len(result.Content) == 0 {
		t.Fatal(result, err)
	}
	return result.Content[0].Text
}

// Answers of what only reads are given again to who got them, for a while, until something may have changed; nobody gets
// what another was answered.
func TestKeptAnswers(t *testing.T) {
	t.Parallel()
	count, now := &atomic.Int64{}, &atomic.Int64{}
	definition := atomic.Pointer[string]{}
	first := "Reads."
	definition.Store(&first)
	w := &world{began: map[string]int{}, changed: make(chan struct{}, 64)}
	w.servers = map[string]func(string, json.RawMessage, func(string)) string{"s": func(method string, params json.RawMessage, say func(string)) string {
		switch {
		case method == "tools/list":
			return `"result":{"tools":[{"name":"read","description":"` + *definition.Load() + `","inputSchema":{"type":"object"}},{"name":"write","inputSchema":{"type":"object"}},{"name":"other","inputSchema":{"type":"object"}}]}`
		case method != "tools/call":
			return ""
		case strings.Contains(string(params), `"update"`):
			say(`{"method":"notifications/resources/updated","params":{"uri":"a://b"}}`)
		case strings.Contains(string(params), `"fail"`):
			return fmt.Sprintf(`"result":{"isError":true,"content":[{"type":"text","text":"%d"}]}`, count.Add(1))
		}
		return fmt.Sprintf(`"result":{"content":[{"type":"text","text":"%d"}]}`, count.Add(1))
	}}
	yes := true
	m, err := atr.New(atr.Options{
		Servers: []atr.Server{{Name: "s", Command: "x", Required: true, Trust: pin.TrustNew, Tools: map[string]atr.Override{
			"read": {ReadOnly: &yes, Cache: time.Minute}, "other": {ReadOnly: &yes},
		}}},
		State: memstate.New(memstate.Options{}), Open: w.open, Changed: func() {}, Fault: w.fault,
		Now: func() time.Time { return time.Unix(now.Load(), 0) },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := m.Begin(t.Context()); err != nil {
		t.Fatal(err)
	}
	d := dispatcher(t, m)
	ann, bob, bot := governance.Caller{Principal: "ann"}, governance.Caller{Principal: "bob"}, governance.Caller{Principal: "ann", Agent: "bot"}
	for i, step := range []struct {
		who        governance.Caller
		tool, args string
		later      int64
		want       string
	}{
		{ann, "s__read", `{"a":1,"b":2}`, 0, "1"},
		{ann, "s__read", `{"b":2, "a":1}`, 0, "1"},
		{ann, "s__read", `{"a":1,"b":3}`, 0, "2"},
		{bob, "s__read", `{"a":1,"b":2}`, 0, "3"},
		{bot, "s__read", `{"a":1,"b":2}`, 0, "4"},
		{ann, "s__other", `{"a":1,"b":2}`, 0, "5"},
		{ann, "s__other", `{"a":1,"b":2}`, 0, "6"},
		{ann, "s__read", `{"a":1,"b":2}`, 59, "1"},
		{ann, "s__read", `{"a":1,"b":2}`, 1, "7"},
		{bob, "s__write", `{}`, 0, "8"},
		{ann, "s__read", `{"a":1,"b":2}`, 0, "9"},
		{ann, "s__read", `{"a":1,"b":2}`, 0, "9"},
		{ann, "s__read", `{"fail":1}`, 0, "10"},
		{ann, "s__read", `{"fail":1}`, 0, "11"},
		{ann, "s__other", `{"update":1}`, 0, "12"},
		{ann, "s__read", `{"a":1,"b":2}`, 0, "13"},
	} {
		now.Add(step.later)
		if got := callAs(t, d, step.who, step.tool, step.args); got != step.want {
			t.Errorf("step %d: %s, want %s", i, got, step.want)
		}
	}
	if _, err := m.Learn(context.Background(), "s"); err != nil {
		t.Fatal(err)
	}
	if got := callAs(t, d, ann, "s__read", `{"a":1,"b":2}`); got != "14" {
		t.Errorf("its lists were read again: %s", got)
	}
	for _, o := range []atr.Override{{Cache: time.Minute}, {Cache: -1, ReadOnly: &yes}, {Cache: 25 * time.Hour, ReadOnly: &yes}} {
		_, err := atr.New(atr.Options{State: memstate.New(memstate.Options{}), Servers: []atr.Server{{Name: "s", Command: "x", Tools: map[string]atr.Override{"read": o}}}})
		if err == nil || !strings.Contains(err.Error(), "cache: ") {
			t.Errorf("%+v: %v", o, err)
		}
	}
}
