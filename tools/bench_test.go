package tools_test

import (
	"context"
	"strings"
	"testing"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/governance/audit"
	"github.com/mcp-kernel/mcp-kernel/tools"
)

type five struct {
	Action string  `json:"action" enum:"read,write"`
	Path   string  `json:"path" maxLength:"4096"`
	Limit  int     `json:"limit,omitempty" min:"1" max:"100"`
	Ratio  float64 `json:"ratio,omitempty"`
	Force  bool    `json:"force,omitempty"`
}

const fiveArgs = `{"action":"read","path":"notes/today.txt","limit":20,"ratio":0.5,"force":true}`

// silent is a journal that keeps nothing, so that the dispatcher alone is measured.
type silent struct{}

func (silent) Begin(context.Context) (tools.Slot, error)       { return silent{}, nil }
func (silent) Payload(string, []byte) (audit.Payload, error)   { return audit.Payload{}, nil }
func (silent) Release(...governance.Charge)                    {}
func (silent) Decision(context.Context, *audit.Entry) error    { return nil }
func (silent) Outcome(_ context.Context, _ *audit.Entry) error { return nil }
func (silent) End()                                            {}

func benchmarkDispatch(b *testing.B, args string, change ...func(*tools.DispatcherOptions)) {
	b.Helper()
	d := newDesk(b, tools.Surface{Tools: []tools.Tool{
		tools.Func(spec("five"), func(_ context.Context, _ *tools.Request, in five) (echo, error) { return echo{Text: in.Action}, nil }),
	}}, change...)
	d.gate.limiter.unlimited = true
	call := d.call("five", args)
	b.ReportAllocs()
	b.SetBytes(int64(len(args)))
	for b.Loop() {
		if _, err := d.Dispatch(b.Context(), call, nil); err != nil {
			b.Fatal(err)
		}
	}
}

func quiet(o *tools.DispatcherOptions) { o.Journal = silent{} }

// free is a gate that lets everything pass: what is left is the dispatcher's own work.
func free(o *tools.DispatcherOptions) { o.Gate = freeGate{} }

type freeGate struct{ tools.Gate }

func (freeGate) Decide(context.Context, *governance.Call) governance.Decision {
	return governance.Decision{Effect: governance.Allow, Event: governance.PolicyCheck}
}

func (freeGate) Review(context.Context, *governance.Call, *governance.Outcome, governance.Decision) governance.Decision {
	return governance.Decision{Effect: governance.Allow}
}

func BenchmarkDispatch(b *testing.B) {
	large := `{"action":"read","path":"` + strings.Repeat("x", 4000) + `"}`
	b.Run("ungated", func(b *testing.B) { benchmarkDispatch(b, fiveArgs, quiet, free) })
	b.Run("gated", func(b *testing.B) { benchmarkDispatch(b, fiveArgs, quiet) })
	b.Run("gated/4KB", func(b *testing.B) { benchmarkDispatch(b, large, quiet) })
}

func BenchmarkList(b *testing.B) {
	s := tools.Surface{}
	for i := range 50 {
		t := spec("tool_" + strings.Repeat("x", i%40) + string(rune('a'+i%26)))
		if t.Profiles = []string{tools.ProfileFiles}; i < 12 {
			t.Profiles = []string{tools.ProfileDefault}
		}
		s.Tools = append(s.Tools, tools.Func(t, func(_ context.Context, _ *tools.Request, _ five) (echo, error) { return echo{}, nil }))
	}
	d := newDesk(b, s)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := d.List(b.Context(), governance.Caller{Principal: "alice"}, tools.ProfileFull); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkFunc is what one tool costs at start.
func BenchmarkFunc(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if tool := fn[five](); len(tool.Spec().InputSchema) == 0 {
			b.Fatal("no schema")
		}
	}
}
