package controlplane

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/governance/audit"
	"github.com/mcp-kernel/mcp-kernel/state"
)

// An Explainer says what every check thinks of a call, without charging or running anything. *governance.Gate is one.
type Explainer interface {
	Explain(ctx context.Context, c *governance.Call) []governance.StageTrace
}

// Policies are what operators have loaded, as it is now.
type Policies interface {
	Select(c *governance.Call) (*governance.Snapshot, error)
	Policy(name string) (governance.Policy, bool)
	Names() []string
	Changed() <-chan struct{} // closed once there are others than now; nil is never
}

// A Journal is what this package asks of the record. *audit.Journal is one.
type Journal interface {
	Query(ctx context.Context, f audit.Filter, cursor string, limit int) (audit.Page, error)
	Receipt(ctx context.Context, seq uint64, o audit.ReceiptOptions) (audit.Receipt, error)
	Entry(ctx context.Context, seq uint64) (audit.Entry, error)
	Peek(ctx context.Context, shard string, claims ...state.Claim) ([]state.Taken, error)
}

// A catalog knows what can be invoked. *tools.Dispatcher is one.
type catalog interface {
	Has(kind governance.Kind, name string) bool
}

// Lookup is governance.Executions: it finds an execution that still takes calls.
func (x *Executions) Lookup(ctx context.Context, c governance.Caller, handle string) (governance.Execution, error) {
	e, err := x.Find(ctx, c.Identity(), handle)
	switch {
	case err != nil:
		return governance.Execution{}, err
	case e.Over(x.now()):
		return governance.Execution{}, faultf(Invalid, "the execution is over: open another with execution_open")
	default:
		return governance.Execution{
			Handle: handle, Opened: e.Opened, Expires: e.Expires, MaxCalls: e.MaxCalls, MaxTokens: e.MaxTokens,
		}, nil
	}
}

var _ governance.Executions = (*Executions)(nil)

// identityOf is the identity that governance counts by, for an operator who names it.
func identityOf(principal, agent string) string {
	return governance.Caller{Principal: principal, Agent: agent}.Identity()
}

// ask is a call that is only asked about.
type ask struct {
	caller    governance.Caller
	kind      string
	name      string
	args      json.RawMessage
	execution string
	policies  []string
	depth     int
}

// explain returns what every check says of a call, and what would come of it.
func (m *Module) explain(ctx context.Context, a ask) (Verdict, error) {
	var kind governance.Kind
	if err := kind.UnmarshalText([]byte(a.kind)); err != nil {
		return Verdict{}, faultf(Invalid, "kind must be tool, resource or prompt")
	}
	call := governance.Call{
		ID: "explain", Kind: kind, Name: a.name, Caller: a.caller, Execution: a.execution, Policies: a.policies,
		Depth: a.depth, Args: a.args, At: m.opts.Now(),
	}
	verdict := Verdict{Allowed: true, Event: governance.PolicyCheck.String(), Stages: []Stage{}}
	if m.catalog != nil && !m.catalog.Has(kind, a.name) {
		missing := Stage{Stage: governance.StageAllow, Check: "catalog", Outcome: governance.TraceFail.String(), Reason: "there is no such " + a.kind}
		verdict.Allowed, verdict.DeniedBy, verdict.Event = false, &missing, governance.ToolCallBlocked.String()
		verdict.Stages = append(verdict.Stages, missing)
	}
	for _, t := range m.opts.Gate.Explain(ctx, &call) {
		verdict.add(&t)
	}
	return verdict, nil
}

// add adds what a check says. The first objection decides and, where there is none, the first question.
func (v *Verdict) add(t *governance.StageTrace) {
	stage := Stage{
		Stage: t.Stage, Check: t.Check, Outcome: t.Outcome.String(), Rule: t.Rule, Policy: t.Policy,
		Reason: t.Reason, Pointer: t.Pointer, Used: t.Used, Limit: t.Limit,
	}
	switch {
	case t.Outcome == governance.TracePass:
		stage.Reason = "" // an agent wants to know what is in its way
	case t.Outcome == governance.TraceFail && (v.DeniedBy == nil || v.Asks):
		v.Allowed, v.Asks, v.DeniedBy = false, false, &stage
		v.Event = eventOf(t.Stage)
	case t.Outcome == governance.TraceAsk && v.DeniedBy == nil:
		v.Allowed, v.Asks, v.DeniedBy = false, true, &stage
		v.Event = eventOf(t.Stage)
	}
	v.Stages = append(v.Stages, stage)
}

func eventOf(stage string) string {
	if stage == governance.StageAllow {
		return governance.ToolCallBlocked.String()
	}
	return governance.PolicyViolation.String()
}

// usage tells what an identity has used of its implicit execution and, where a handle is given, of an explicit one.
func (m *Module) usage(ctx context.Context, caller governance.Caller, handle string) (Usage, error) {
	snapshot, err := m.opts.Policies.Select(&governance.Call{Caller: caller})
	if err != nil {
		return Usage{}, err
	}
	effective := snapshot.Effective()
	calls, tokens := effective.MaxToolCallsPerRequest.Value, effective.MaxTokensPerRequest.Value
	implicit, err := m.budget(ctx, caller, "", m.opts.Window, calls, tokens)
	if err != nil || handle == "" {
		return Usage{Implicit: implicit}, err
	}
	e, err := m.executions.Find(ctx, caller.Identity(), handle)
	if err != nil {
		return Usage{}, err
	}
	explicit, err := m.budget(ctx, caller, "@"+handle, 0, least(calls, e.MaxCalls), least(tokens, e.MaxTokens))
	return Usage{Implicit: implicit, Explicit: &explicit, Execution: &e}, err
}

func least(limit int64, own *int64) int64 {
	if own == nil {
		return limit
	}
	return min(limit, *own)
}

func (m *Module) budget(ctx context.Context, caller governance.Caller, suffix string, window time.Duration, calls, tokens int64) (Budget, error) {
	taken, err := m.opts.Journal.Peek(ctx, caller.Identity(),
		state.Claim{Name: governance.CounterCalls + suffix, Limit: calls, Window: window},
		state.Claim{Name: governance.CounterTokens + suffix, Limit: tokens, Window: window})
	if err != nil {
		return Budget{}, err
	}
	if len(taken) != 2 {
		return Budget{}, errors.New("the ledger answered for another number of counters")
	}
	b := Budget{Calls: taken[0].Used, MaxCalls: calls, Tokens: taken[1].Used, MaxTokens: tokens}
	if !taken[0].Ends.IsZero() {
		ends := taken[0].Ends.UTC()
		b.Ends = &ends
	}
	return b, nil
}

// records returns a page of the journal: for an agent its own entries, for an operator those asked for.
func (m *Module) records(ctx context.Context, caller governance.Caller, q Query) (Records, error) {
	filter, err := q.filter(caller)
	if err != nil {
		return Records{}, err
	}
	page, err := m.opts.Journal.Query(ctx, filter, q.Cursor, max(1, min(q.Limit, maxRecords)))
	if err != nil {
		return Records{}, err
	}
	found := Records{Entries: make([]Record, len(page.Entries)), Next: page.Next}
	for i := range page.Entries {
		found.Entries[i] = recordOf(&page.Entries[i])
	}
	return found, nil
}

func (q Query) filter(caller governance.Caller) (audit.Filter, error) {
	f := audit.Filter{
		Principal: q.Principal, Agent: q.Agent, Call: q.Call, Name: q.Name, Execution: q.Execution, Oldest: q.OldestFirst,
	}
	if !caller.Operator {
		f.Principal, f.Agent = caller.Principal, caller.Agent
	}
	if q.Since != nil {
		f.Since = *q.Since
	}
	if q.Until != nil {
		f.Until = *q.Until
	}
	var err error
	f.Effects, err = one[governance.Effect](q.Effect)
	if err == nil {
		f.Statuses, err = one[governance.Status](q.Status)
	}
	if err == nil {
		f.Events, err = one[governance.Event](q.Event)
	}
	if err != nil {
		return f, faultf(Invalid, "%s", err)
	}
	return f, nil
}

// one decodes a word that may be left out.
func one[T any, P interface {
	*T
	UnmarshalText(text []byte) error
}](word string) ([]T, error) {
	if word == "" {
		return nil, nil
	}
	var value T
	if err := P(&value).UnmarshalText([]byte(word)); err != nil {
		return nil, err
	}
	return []T{value}, nil
}

// recordOf is an entry as callers see it.
func recordOf(e *audit.Entry) Record {
	r := Record{
		Seq: e.Seq, Kind: e.Kind.String(), At: e.At, Call: e.Call, Parent: e.Parent, Name: e.Name,
		Principal: e.Caller.Principal, Agent: e.Caller.Agent, Client: e.Caller.Label, Execution: e.Execution, Depth: e.Depth,
		Policies: e.Policies, PolicyDigest: e.PolicyDigest, Hash: e.Hash.String(),
		ArgsBytes: e.Args.Bytes, ArgsPreview: e.Args.Preview, ResultBytes: e.Result.Bytes, Tokens: e.Tokens,
	}
	switch e.Kind {
	case audit.KindDecision:
		d := e.Decision
		r.Target, r.Effect, r.Event = e.Target.String(), d.Effect.String(), d.Event.String()
		r.Stage, r.Check, r.Rule, r.Policy, r.Reason, r.Would = d.Stage, d.Check, d.Rule, d.Policy, d.Reason, d.Would
	case audit.KindOutcome:
		r.Target, r.Status, r.Event = e.Target.String(), e.Status.String(), e.Event.String()
		r.Confidence, r.ElapsedMicros = e.Confidence, e.Elapsed.Microseconds()
		r.Failure = e.Failure
	case audit.KindControl:
		if e.Control != nil {
			r.Reason = string(e.Control.Action) + ": " + e.Control.Reason
		}
	case audit.KindInvalid, audit.KindUsage: // nothing of their own is shown
	default: // has nothing more to show
	}
	return r
}

// receipt proves one entry to a third party: the one with a number, or the outcome of a call. An agent gets receipts of
// its own entries only.
func (m *Module) receipt(ctx context.Context, caller governance.Caller, seq uint64, call string, disclose bool) (json.RawMessage, error) {
	seq, err := m.owned(ctx, caller, seq, call)
	if err != nil {
		return nil, err
	}
	r, err := m.opts.Journal.Receipt(ctx, seq, audit.ReceiptOptions{Disclose: disclose})
	if err != nil {
		return nil, err
	}
	return json.Marshal(r)
}

func (m *Module) owned(ctx context.Context, caller governance.Caller, seq uint64, call string) (uint64, error) {
	missing := faultf(NotFound, "there is no such entry of yours")
	if call == "" {
		e, err := m.opts.Journal.Entry(ctx, seq)
		switch {
		case errors.Is(err, audit.ErrNotFound):
			return 0, missing
		case err != nil:
			return 0, err
		case !caller.Operator && (e.Caller.Principal != caller.Principal || e.Caller.Agent != caller.Agent):
			return 0, missing
		}
		return seq, nil
	}
	filter := audit.Filter{Call: call, Kinds: []audit.Kind{audit.KindOutcome}}
	if !caller.Operator {
		filter.Principal, filter.Agent = caller.Principal, caller.Agent
	}
	page, err := m.opts.Journal.Query(ctx, filter, "", 1)
	switch {
	case err != nil:
		return 0, err
	case len(page.Entries) == 0:
		return 0, missing
	}
	return page.Entries[0].Seq, nil
}

// effective is what the policies in force, and those that are added, come to for a caller: with the patterns' texts for
// an operator, without them for an agent.
func (m *Module) effective(caller governance.Caller, added []string) (governance.Effective, error) {
	snapshot, err := m.opts.Policies.Select(&governance.Call{Caller: caller, Policies: added})
	if err != nil {
		return governance.Effective{}, err
	}
	if caller.Operator {
		return snapshot.EffectiveForOperator(), nil
	}
	return snapshot.Effective(), nil
}

// forbids returns the check that denies a call for what it is, and not for want of a budget; nil when there is none.
func (v *Verdict) forbids() *Stage {
	if v.DeniedBy == nil || v.Asks || v.DeniedBy.Stage == governance.StageLimits {
		return nil
	}
	return v.DeniedBy
}
