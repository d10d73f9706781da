package standard

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/governance/audit"
	"github.com/mcp-kernel/mcp-kernel/modules/observability/otlp"
	"github.com/mcp-kernel/mcp-kernel/modules/observability/trace"
	"github.com/mcp-kernel/mcp-kernel/tools"
)

// tracer is what the dispatcher tells of calls, nil where nobody wants to know.
func (k *Kernel) tracer() tools.Tracer {
	if k.telemetry == nil || k.telemetry.tracer == nil && k.telemetry.timing == nil {
		return nil
	}
	return k.telemetry
}

// Begin implements tools.Tracer.
func (t *telemetry) Begin(ctx context.Context, c *governance.Call) (context.Context, tools.Trail) {
	if t.tracer == nil {
		return ctx, nil
	}
	ctx, span := t.tracer.Begin(ctx, begun(c))
	if span == nil {
		return ctx, nil
	}
	if span.Followed() {
		t.recent.note(c.ID, span.Trace())
	}
	return ctx, trail{span}
}

func begun(c *governance.Call) trace.Call {
	return trace.Call{ID: c.ID, Outer: c.Parent, Meta: c.Meta, At: c.At}
}

// A trail is the span of a call.
type trail struct{ *trace.Span }

// Step implements tools.Trail. Why a step failed is left to the log: it may say anything.
func (t trail) Step(name string, began, ended time.Time, err error) {
	if t.Followed() {
		t.Span.Step(trace.Data{Name: name, Kind: trace.Internal, Begin: began, End: ended, Failed: err != nil})
	}
}

// End implements tools.Tracer.
func (t *telemetry) End(e tools.Ended) {
	method, target := spoken(e.Call)
	why := failure(&e)
	if t.timing != nil && e.Call.Parent == "" {
		t.timing.note(e.Call, method, target, why, e.Took)
	}
	if t.tracer == nil {
		return
	}
	of, _ := e.Trail.(trail)
	if !of.Followed() && why == "" {
		return
	}
	d := trace.Data{Name: method, End: e.Began.Add(e.Took), Failed: why != "", Attrs: attrs(&e, method, target, why)}
	if target != "" {
		d.Name += " " + target
	}
	if of.Followed() {
		of.Span.End(d)
		return
	}
	t.tracer.Late(begun(e.Call), of.Span, d)
}

// spoken is what the protocol calls a call, and the name of what it is for, if that has one which was not made up by who calls.
// URIs are left out: they are arguments too.
func spoken(c *governance.Call) (method, target string) {
	named := c.Name
	if c.Unknown {
		named = ""
	}
	switch c.Kind {
	case governance.KindTool:
		return "tools/call", named
	case governance.KindPrompt:
		return "prompts/get", named
	case governance.KindResource:
		return "resources/read", ""
	case governance.KindCompletion:
		return "completion/complete", ""
	case governance.KindSubscription:
		return "resources/subscribe", ""
	case governance.KindTask:
		return "tasks/get", ""
	default:
		return "invalid", ""
	}
}

// failure is the error.type of a call, empty where it has not failed. One that waits for its client has not.
func failure(e *tools.Ended) string {
	switch {
	case e.Refused != nil && e.Refused.Remote != nil:
		return strconv.Itoa(e.Refused.Remote.Code)
	case e.Refused != nil:
		return string(e.Refused.Code)
	case e.Status == governance.StatusToolError:
		return "tool_error" // the word of the conventions
	default:
		return ""
	}
}

// attrs are what a span says of a call. Nothing that came from its arguments, its answer or a caller's invention is among it.
func attrs(e *tools.Ended, method, target, why string) []trace.Attr {
	all := []trace.Attr{
		trace.Text(trace.Method, method), trace.Text(trace.Protocol, version(e.Call.Meta)),
		trace.Text(trace.CallID, e.Call.ID), trace.Text(trace.OuterID, e.Call.Parent), trace.Text(trace.ErrorType, why),
		trace.Text(trace.Effect, e.Decision.Effect.String()), trace.Text(trace.Stage, e.Decision.Stage),
		trace.Text(trace.Check, e.Decision.Check), trace.Text(trace.Policy, e.Decision.Policy), trace.Text(trace.Rule, e.Decision.Rule),
	}
	if e.Status != governance.StatusInvalid {
		all = append(all, trace.Text(trace.Outcome, e.Status.String()))
	}
	switch {
	case target == "":
	case e.Call.Kind == governance.KindTool:
		all = append(all, trace.Text(trace.Tool, target), trace.Text(trace.Operation, trace.ExecuteTool))
	case e.Call.Kind == governance.KindPrompt:
		all = append(all, trace.Text(trace.Prompt, target))
	}
	if e.Refused != nil && e.Refused.Remote != nil {
		all = append(all, trace.Text(trace.ResponseCode, why))
	}
	all = slices.DeleteFunc(all, func(a trace.Attr) bool { return a.Text == "" })
	return append(all, trace.Number(trace.Depth, int64(e.Call.Depth)))
}

// version is the protocol version that a request of the 2026 era declares. Only what looks like one is passed on.
func version(meta json.RawMessage) string {
	var said struct {
		Version string `json:"io.modelcontextprotocol/protocolVersion"`
	}
	if len(meta) == 0 || json.Unmarshal(meta, &said) != nil {
		return ""
	}
	if _, err := time.Parse(time.DateOnly, said.Version); err != nil {
		return ""
	}
	return said.Version
}

// maxRecent is of how many followed calls it is known that they are.
const maxRecent = 4096

// A recent knows the traces of the calls that were followed last.
type recent struct {
	mu     sync.RWMutex
	traces map[string]trace.ID
	order  []string // a ring
	next   int
}

func (r *recent) note(call string, id trace.ID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.traces == nil {
		r.traces = make(map[string]trace.ID)
	}
	if len(r.order) < maxRecent {
		r.order = append(r.order, call)
	} else {
		delete(r.traces, r.order[r.next])
		r.order[r.next] = call
		r.next = (r.next + 1) % maxRecent
	}
	r.traces[call] = id
}

// traceOf is the id of a followed call's trace, empty where it was not followed.
func (t *telemetry) traceOf(call string) string {
	if id, ok := t.of(call); ok {
		return id.String()
	}
	return ""
}

func (t *telemetry) of(call string) (trace.ID, bool) {
	if t == nil {
		return trace.ID{}, false
	}
	t.recent.mu.RLock()
	defer t.recent.mu.RUnlock()
	id, ok := t.recent.traces[call]
	return id, ok
}

// Observe implements tools.Observer: it sends what an entry says of a call, but for names and values that callers have chosen.
func (t *telemetry) Observe(e audit.Entry) {
	if !t.logs || e.Call == "" {
		return
	}
	r := otlp.Record{At: e.At, Severity: otlp.Info, Event: "mcp_kernel." + e.Kind.String(), Body: e.Kind.String()}
	if e.Decision.Effect != governance.Allow && e.Decision.Check != "" {
		r.Severity = otlp.Warn
	}
	say := func(key, text string) {
		if text != "" {
			r.Attrs = append(r.Attrs, trace.Text(key, text))
		}
	}
	r.Attrs = append(r.Attrs, trace.Number("mcp_kernel.journal.seq", int64(e.Seq)))
	say(trace.CallID, e.Call)
	say(trace.OuterID, e.Parent)
	say("mcp_kernel.kind", e.Target.String())
	if (e.Target == governance.KindTool || e.Target == governance.KindPrompt) && t.known(e.Target.String(), e.Name) {
		say("mcp_kernel.name", e.Name)
	}
	say("enduser.id", e.Caller.Principal)
	if e.Decision.Check != "" || e.Status == governance.StatusInvalid {
		say(trace.Effect, e.Decision.Effect.String())
		say(trace.Stage, e.Decision.Stage)
		say(trace.Check, e.Decision.Check)
		say(trace.Policy, e.Decision.Policy)
		say(trace.Rule, e.Decision.Rule)
	}
	if e.Status != governance.StatusInvalid {
		say(trace.Outcome, e.Status.String())
		r.Attrs = append(r.Attrs, trace.Number("mcp_kernel.elapsed_us", e.Elapsed.Microseconds()))
	}
	say("mcp_kernel.failure", e.Failure)
	if id, ok := t.of(e.Call); ok {
		r.Trace, r.Span = id, trace.SpanOf(e.Call)
	}
	t.out.Log(r)
}
