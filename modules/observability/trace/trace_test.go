package trace_test

import (
	"context"
	"encoding/json"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mcp-kernel/mcp-kernel/modules/observability/trace"
)

const (
	theTrace = "4bf92f3577b34da6a3ce929d0e0e4736"
	theSpan  = "00f067aa0ba902b7"
	sampled  = "00-" + theTrace + "-" + theSpan + "-01"
	call     = "01890a5d-ac96-774b-bcce-b302099a8057"
	other    = "01890a5d-ac96-774b-bcce-b302099a8058"
)

func TestReadParent(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		parent, state, baggage string
		want                   string // traceparent of what was read; empty is none
		wantState, wantBaggage string
	}{
		"sampled":            {parent: sampled, state: "a=1,b=2", baggage: "k=v", want: sampled, wantState: "a=1,b=2", wantBaggage: "k=v"},
		"not sampled":        {parent: sampled[:53] + "00", want: sampled[:53] + "00"},
		"random flag":        {parent: sampled[:53] + "03", want: sampled},
		"later version":      {parent: "01" + sampled[2:] + "-what.comes", want: sampled},
		"later and longer":   {parent: "01" + sampled[2:] + "x"},
		"longer":             {parent: sampled + "-more"},
		"version ff":         {parent: "ff" + sampled[2:]},
		"large digits":       {parent: strings.ToUpper(sampled)},
		"no trace":           {parent: "00-" + strings.Repeat("0", 32) + "-" + theSpan + "-01"},
		"no span":            {parent: "00-" + theTrace + "-" + strings.Repeat("0", 16) + "-01"},
		"no digits":          {parent: "00-" + strings.Repeat("g", 32) + "-" + theSpan + "-01"},
		"empty":              {},
		"state too long":     {parent: sampled, state: strings.Repeat("a", 513), want: sampled},
		"too many members":   {parent: sampled, state: strings.Repeat("a=1,", 32), want: sampled},
		"state with a break": {parent: sampled, state: "a=1\r\nX: y", want: sampled},
		"baggage too long":   {parent: sampled, baggage: strings.Repeat("a", 8193), want: sampled},
		"baggage not ASCII":  {parent: sampled, baggage: "k=ü", want: sampled},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, ok := trace.ReadParent(test.parent, test.state, test.baggage)
			if ok != (test.want != "") || ok && p.Traceparent() != test.want || p.State != test.wantState || p.Baggage != test.wantBaggage {
				t.Errorf("%t %s %+v", ok, p.Traceparent(), p)
			}
		})
	}
}

// FuzzRead: what strangers say never breaks anything, and what is passed on of it can be read again and is the same.
func FuzzRead(f *testing.F) {
	f.Add([]byte(`{"traceparent":"` + sampled + `","tracestate":"a=1","baggage":"k=v"}`))
	f.Add([]byte(`{"traceparent":1}`))
	f.Add([]byte(`{"traceparent":"` + sampled + `","tracestate":[1]}`))
	f.Fuzz(func(t *testing.T, meta []byte) {
		p, ok := trace.Read(meta)
		if !ok {
			return
		}
		again, ok := trace.ReadParent(p.Traceparent(), p.State, p.Baggage)
		if !ok || again != p {
			t.Errorf("%+v became %+v", p, again)
		}
	})
}

// A kept is what a tracer exported.
type kept struct {
	mu  sync.Mutex
	all []trace.Data
}

func (k *kept) take(all []trace.Data) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.all = append(k.all, all...)
}

func tracer(t *testing.T, k *kept, ratio float64) *trace.Tracer {
	t.Helper()
	made, err := trace.New(trace.Options{Ratio: ratio, Inbound: 2, Late: 3, Export: k.take})
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func at(seconds int64) time.Time { return time.Unix(seconds, 0) }

func TestTree(t *testing.T) {
	t.Parallel()
	var k kept
	tr := tracer(t, &k, 1)
	ctx, outer := tr.Begin(t.Context(), trace.Call{ID: call, At: at(1)})
	within, inner := tr.Begin(ctx, trace.Call{ID: other, Outer: call, At: at(2)})
	out := trace.Leave(within, at(3))
	meta, err := out.Meta(json.RawMessage(`{"kept":true,"traceparent":"forged"}`))
	if err != nil {
		t.Fatal(err)
	}
	out.End(trace.Data{Name: "tools/call theirs", End: at(4)})
	inner.End(trace.Data{Name: "inner", End: at(5)})
	outer.Step(trace.Data{Name: "decide", Kind: trace.Internal, Begin: at(1), End: at(2)})
	outer.End(trace.Data{Name: "outer", End: at(6)})
	client, within2, step, root := k.all[0], k.all[1], k.all[2], k.all[3]
	if root.Trace != trace.Of(call) || root.ID != trace.SpanOf(call) || root.Parent != (trace.SpanID{}) || root.Kind != trace.Server {
		t.Errorf("root %+v", root)
	}
	if within2.Parent != root.ID || within2.ID != trace.SpanOf(other) || within2.Trace != root.Trace {
		t.Errorf("inner %+v", within2)
	}
	if client.Parent != within2.ID || client.Kind != trace.Client || client.Begin != at(3) || step.Parent != root.ID || step.ID == client.ID {
		t.Errorf("client %+v, step %+v", client, step)
	}
	var said struct {
		Kept   bool   `json:"kept"`
		Parent string `json:"traceparent"`
	}
	if json.Unmarshal(meta, &said) != nil || !said.Kept || said.Parent != "00-"+root.Trace.String()+"-"+client.ID.String()+"-01" {
		t.Errorf("the server was told %s", meta)
	}
}

func TestStrangersFlagIsBounded(t *testing.T) {
	t.Parallel()
	var k kept
	tr := tracer(t, &k, 0)
	followed := 0
	for i := range int64(20) {
		_, s := tr.Begin(t.Context(), trace.Call{ID: call, Meta: json.RawMessage(`{"traceparent":"` + sampled + `"}`), At: at(100 + i/10)})
		if s.Followed() {
			followed++
		}
	}
	if followed != 4 { // two a second, for two seconds
		t.Errorf("%d of 20 calls were followed", followed)
	}
	if _, s := tr.Begin(t.Context(), trace.Call{ID: call, Meta: json.RawMessage(`{"traceparent":"` + sampled[:53] + `00"}`), At: at(900)}); s.Followed() {
		t.Error("a call was followed whose client does not follow it")
	}
}

func TestUnfollowedTraceGoesOn(t *testing.T) {
	t.Parallel()
	var k kept
	tr := tracer(t, &k, 1)
	meta := json.RawMessage(`{"traceparent":"` + sampled[:53] + `00","tracestate":"a=1","baggage":"k=v"}`)
	ctx, s := tr.Begin(t.Context(), trace.Call{ID: call, Meta: meta, At: at(1)})
	out := trace.Leave(ctx, at(2))
	got, err := out.Meta(nil)
	want := `{"baggage":"k=v","traceparent":"00-` + theTrace + `-` + trace.SpanOf(call).String() + `-00","tracestate":"a=1"}`
	if err != nil || string(got) != want {
		t.Errorf("%s %v, want %s", got, err, want)
	}
	out.End(trace.Data{})
	s.End(trace.Data{})
	if len(k.all) != 0 {
		t.Errorf("spans were exported: %+v", k.all)
	}
	tr.Late(trace.Call{ID: call, At: at(1)}, s, trace.Data{Name: "failed", End: at(3), Failed: true})
	if len(k.all) != 1 || k.all[0].Trace.String() != theTrace || k.all[0].Parent.String() != theSpan || !k.all[0].Remote {
		t.Errorf("what failed is told as %+v", k.all)
	}
}

func TestMetaComesBeforeTheTransport(t *testing.T) {
	t.Parallel()
	var k kept
	tr := tracer(t, &k, 0)
	header := "00-" + strings.Repeat("a", 32) + "-" + strings.Repeat("b", 16) + "-01"
	ctx := trace.Ambient(t.Context(), header, "", "")
	_, alone := tr.Begin(ctx, trace.Call{ID: call, At: at(1)})
	_, both := tr.Begin(ctx, trace.Call{ID: other, Meta: json.RawMessage(`{"traceparent":"` + sampled + `"}`), At: at(1)})
	alone.End(trace.Data{})
	both.End(trace.Data{})
	if got := k.all[0]; got.Trace.String() != strings.Repeat("a", 32) || len(got.Links) != 0 {
		t.Errorf("with the header alone: %+v", got)
	}
	if got := k.all[1]; got.Trace.String() != theTrace || len(got.Links) != 1 || got.Links[0].Traceparent() != header {
		t.Errorf("with both: %+v", got)
	}
}

func TestLateIsBounded(t *testing.T) {
	t.Parallel()
	var k kept
	tr := tracer(t, &k, 0)
	for range 10 {
		tr.Late(trace.Call{ID: call, At: at(1)}, nil, trace.Data{End: at(1)})
	}
	if len(k.all) != 3 {
		t.Errorf("%d of 10 were told", len(k.all))
	}
}

func TestStepAfterTheEnd(t *testing.T) {
	t.Parallel()
	var k kept
	tr := tracer(t, &k, 1)
	ctx, s := tr.Begin(t.Context(), trace.Call{ID: call, At: at(1)})
	out := trace.Leave(ctx, at(1))
	s.End(trace.Data{Name: "call", End: at(2)})
	out.End(trace.Data{Name: "late", End: at(3)})
	if len(k.all) != 2 || k.all[1].Name != "late" || k.all[1].Parent != k.all[0].ID {
		t.Errorf("%+v", k.all)
	}
}

// TestUnfollowedCostsNothing: a call that is not followed allocates nothing here.
func TestUnfollowedCostsNothing(t *testing.T) {
	var k kept
	tr := tracer(t, &k, 0)
	ctx := context.Background()
	meta := json.RawMessage(`{"io.modelcontextprotocol/protocolVersion":"2026-07-28","progressToken":1}`)
	if n := testing.AllocsPerRun(100, func() { tr.Begin(ctx, trace.Call{ID: call, Meta: meta}) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestOptions(t *testing.T) {
	t.Parallel()
	for _, o := range []trace.Options{{Ratio: -1, Export: func([]trace.Data) {}}, {Ratio: 2, Export: func([]trace.Data) {}}, {}} {
		if _, err := trace.New(o); err == nil {
			t.Errorf("%+v was taken", o)
		}
	}
}
