package controlplane

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/mcp-kernel/mcp-kernel/tools"
)

// Surface returns the control plane's tools, resources and prompts.
func (m *Module) Surface() tools.Surface {
	return tools.Surface{
		Tools:     slices.Concat(m.kernelTools(), m.actionTools(), m.operatorTools(), m.approvalTools()),
		Resources: m.resources(), Prompts: m.prompts(),
	}
}

// Start lets policy_check know what there is to be called.
func (m *Module) Start(_ context.Context, d *tools.Dispatcher) error {
	m.catalog = d
	return nil
}

var (
	_ tools.Module  = (*Module)(nil)
	_ tools.Starter = (*Module)(nil)
)

// spec fills in what the tools of this module have in common: they are for agents and stay inside the kernel.
func spec(name, title, description string, s tools.Spec) tools.Spec {
	s.Name, s.Title, s.Description = name, title, description
	if s.Audience == tools.AudienceUnset {
		s.Audience = tools.ForAgents
	}
	s.OpenWorld = tools.No
	return s
}

// reads, adds and destroys are the hints of tools that change nothing, only add, and may overwrite.
func reads(profiles ...string) tools.Spec {
	return tools.Spec{ReadOnly: tools.Yes, Destructive: tools.No, Idempotent: tools.Yes, Profiles: profiles}
}

func adds(profiles ...string) tools.Spec {
	return tools.Spec{ReadOnly: tools.No, Destructive: tools.No, Idempotent: tools.No, Profiles: profiles}
}

func destroys(profiles ...string) tools.Spec {
	return tools.Spec{ReadOnly: tools.No, Destructive: tools.Yes, Idempotent: tools.Yes, Profiles: profiles}
}

func (m *Module) kernelTools() []tools.Tool {
	const shown = tools.ProfileDefault
	return []tools.Tool{
		tools.Func(spec("kernel_execute", "Do something, governed",
			"Does one action under the kernel's policies and answers with what it found or changed: real files inside the configured roots, or your memory. With dry_run it only says what would come of it.",
			destroys(shown)), m.execute),
		tools.Func(spec("policy_check", "Would this be allowed?",
			"Says for a call that you do not make whether it would be allowed, and what every check says of it: the rule's name, never its text. Nothing is run or charged.",
			reads(shown)), m.policyCheck),
		tools.Func(spec("verify_code_safety", "Is this code safe?",
			"Looks for dangerous constructs in code: destructive commands and SQL, code execution, secrets, privileges. Each finding has line, column, rule, severity, CWE and a fix. parsed is false where the language was only tokenised.",
			reads(shown)), m.verifyCode),
		tools.Func(spec("execution_open", "Open an execution",
			"Opens a budget of its own for one piece of work. What is used in it counts for your whole budget too. Name the handle in kernel_execute's context, or in a request's _meta as io.mcp-kernel/execution.",
			adds(shown)), m.executionOpen),
		tools.Func(spec("execution_usage", "What is left of the budget?",
			"Tells how many calls and tokens were used, and when the window ends.", reads(shown)), m.executionUsage),
		tools.Func(spec("execution_close", "Close an execution",
			"Ends an execution: it takes no more calls.",
			tools.Spec{ReadOnly: tools.No, Destructive: tools.No, Idempotent: tools.Yes, Profiles: []string{shown}}), m.executionClose),
		tools.Func(spec("get_audit_log", "What was recorded?",
			"Returns entries of the journal about your own calls, the newest first: what was decided and why, and how it ended.",
			reads(shown)), func(ctx context.Context, r *tools.Request, q Query) (Records, error) {
			found, err := m.records(ctx, r.Caller(), q)
			return found, expose(err)
		}),
		tools.Func(spec("verify_audit_log", "Is the record intact?",
			"Verifies the whole journal: hashes, chain, tree and signatures. Says up to where it is signed and what that does not prove.",
			reads(shown)), m.verifyLog),
		tools.Func(spec("audit_receipt", "Prove an entry",
			"Returns a receipt of one of your calls: the entry, its place in the log and the signed head, which a third party verifies with the public key alone.",
			reads(shown)), m.auditReceipt),
	}
}

// expose turns a fault of this package into one that the caller sees; everything else stays internal.
func expose(err error) error {
	if fault, ok := errors.AsType[*ActionError](err); ok {
		return tools.Fail(fault.Kind, fault.Reason, nil)
	}
	return err
}

// execute does an order. The action is a governed call of its own.
func (m *Module) execute(ctx context.Context, r *tools.Request, o Order) (Report, error) {
	report := Report{Meta: Metadata{Call: r.ID(), Action: o.Action, At: r.At().UTC(), DryRun: o.DryRun}}
	if err := o.check(); err != nil {
		return Report{}, expose(err)
	}
	if o.DryRun {
		return m.rehearse(ctx, r, o, report)
	}
	if o.IdempotencyKey == "" {
		return m.perform(ctx, r, o, report)
	}
	asked, err := o.asked()
	if err != nil {
		return Report{}, err
	}
	claim, kept, err := m.once.Claim(ctx, r.Caller().Identity(), o.IdempotencyKey, r.ID(), asked)
	if err != nil {
		return Report{}, expose(err)
	}
	if claim == nil {
		return m.replay(ctx, r, o, report, kept)
	}
	report, err = m.perform(ctx, r, o, report)
	if errors.Is(err, tools.ErrInputRequired) { // the same order comes again, with the client's answers
		return report, errors.Join(err, claim.Finish(ctx, false, nil))
	}
	if !report.Success && !report.undone() {
		return report, err // nobody knows how far it came, so the key stays claimed
	}
	answer, encodeErr := json.Marshal(report)
	return report, errors.Join(err, encodeErr, claim.Finish(ctx, report.Success, answer))
}

// replay gives the answer of an earlier order again, where the caller may still do what was done then. It costs no budget that is
// not there any more: the work is not done twice.
func (m *Module) replay(ctx context.Context, r *tools.Request, o Order, report Report, kept json.RawMessage) (Report, error) {
	c := o.context()
	verdict, err := m.explain(ctx, ask{
		caller: r.Caller(), kind: "tool", name: o.Action, args: o.Params, depth: r.Depth() + 1,
		execution: or(c.Execution, r.Execution()), policies: append(r.Policies(), c.Policies...),
	})
	if err != nil {
		return Report{}, expose(err)
	}
	if d := verdict.forbids(); d != nil {
		report.Error = &Trouble{Code: string(tools.CodeDenied), Reason: d.Reason}
		report.Signal = signal(report.Error.Code)
		return report, nil
	}
	err = json.Unmarshal(kept, &report)
	report.Meta.Replayed = true
	return report, err
}

// rehearse says what would come of an order.
func (m *Module) rehearse(ctx context.Context, r *tools.Request, o Order, report Report) (Report, error) {
	c := o.context()
	verdict, err := m.explain(ctx, ask{
		caller: r.Caller(), kind: "tool", name: o.Action, args: o.Params, depth: r.Depth() + 1,
		execution: or(c.Execution, r.Execution()), policies: append(r.Policies(), c.Policies...),
	})
	if err != nil {
		return Report{}, expose(err)
	}
	report.Success = verdict.Allowed
	report.Data, err = json.Marshal(verdict)
	return report, err
}

func or(first, second string) string {
	if first != "" {
		return first
	}
	return second
}

// perform does an order and keeps its history.
func (m *Module) perform(ctx context.Context, r *tools.Request, o Order, report Report) (Report, error) {
	c := o.context()
	answer, err := r.CallWith(ctx, tools.Inner{Name: o.Action, Args: o.Params, Policies: c.Policies, Execution: c.Execution})
	report.Success = err == nil && !answer.IsError
	var refused *tools.Error
	switch {
	case report.Success:
		report.Data = answer.Structured
	case errors.As(err, &refused):
		report.Error = &Trouble{Code: string(refused.Code), Reason: refused.Reason, Details: refused.Details}
		report.Signal = signal(string(refused.Code))
	case err != nil:
		return Report{}, err
	default:
		report.Error, report.Signal = &Trouble{Code: "failed", Reason: "the action answered with an error"}, signal("failed")
	}
	report.Context = &ReportContext{Execution: or(c.Execution, r.Execution()), Policies: c.Policies, StateRef: c.StateRef}
	if c.StateRef == "" {
		return report, nil
	}
	step := Step{Action: o.Action, Call: r.ID(), At: m.opts.Now().UTC(), Success: report.Success}
	memory, etag, err := m.memories.Add(context.WithoutCancel(ctx), r.Caller().Identity(), c.StateRef, step, touchedBy(o.Action, report.Data))
	if err != nil {
		return report, expose(err) // what the action did is done
	}
	report.Context.StateETag = etag
	report.Context.History = memory.Steps[max(0, len(memory.Steps)-shownSteps):]
	return report, nil
}

// The question of policy_check.
type policyQuestion struct {
	Kind      string          `json:"kind,omitempty" enum:"tool,resource,prompt" default:"tool"`
	Name      string          `json:"name" maxLength:"2048" doc:"tool, resource URI or prompt"`
	Arguments json.RawMessage `json:"arguments,omitempty" doc:"an object"`
	Policies  []string        `json:"policies,omitempty" maxItems:"16" doc:"further policies that would narrow the call"`
	Execution string          `json:"execution,omitempty"`
}

func (m *Module) policyCheck(ctx context.Context, r *tools.Request, q policyQuestion) (Verdict, error) {
	const each = 60 // a minute: enough to plan, too few to feel one's way along a rule
	if err := m.quotas.take(ctx, r.Caller().Identity(), "policy_check", each, time.Minute); err != nil {
		return Verdict{}, expose(err)
	}
	verdict, err := m.explain(ctx, ask{
		caller: r.Caller(), kind: q.Kind, name: q.Name, args: q.Arguments,
		execution: or(q.Execution, r.Execution()), policies: append(r.Policies(), q.Policies...),
	})
	return verdict, expose(err)
}

type executionRequest struct {
	Purpose   string `json:"purpose,omitempty" maxLength:"200"`
	TTL       string `json:"ttl,omitempty" doc:"how long it lasts, as in 30m; at most 24h" default:"1h"`
	MaxCalls  *int64 `json:"max_calls,omitempty" min:"0"`
	MaxTokens *int64 `json:"max_tokens,omitempty" min:"0"`
}

func (m *Module) executionOpen(ctx context.Context, r *tools.Request, q executionRequest) (Execution, error) {
	life, err := time.ParseDuration(or(q.TTL, "1h"))
	if err != nil {
		return Execution{}, tools.Fail(Invalid, "ttl must be a duration such as 30m", err)
	}
	e, err := m.executions.Open(ctx, r.Caller().Identity(), life, Execution{Purpose: q.Purpose, MaxCalls: q.MaxCalls, MaxTokens: q.MaxTokens})
	return e, expose(err)
}

type executionName struct {
	Execution string `json:"execution" minLength:"1" maxLength:"128" doc:"handle from execution_open"`
}

func (m *Module) executionClose(ctx context.Context, r *tools.Request, q executionName) (Execution, error) {
	e, err := m.executions.Close(ctx, r.Caller().Identity(), q.Execution)
	return e, expose(err)
}

type usageQuestion struct {
	Execution string `json:"execution,omitempty" maxLength:"128" doc:"handle from execution_open; empty asks for the whole budget"`
}

func (m *Module) executionUsage(ctx context.Context, r *tools.Request, q usageQuestion) (Usage, error) {
	usage, err := m.usage(ctx, r.Caller(), or(q.Execution, r.Execution()))
	return usage, expose(err)
}

type verifyQuestion struct {
	Head string `json:"head,omitempty" maxLength:"4096" doc:"a signed head that was kept elsewhere; with it truncation is found too"`
}

func (m *Module) verifyLog(ctx context.Context, r *tools.Request, q verifyQuestion) (Verification, error) {
	const each = 6 // a minute: it reads the whole journal
	if err := m.quotas.take(ctx, r.Caller().Identity(), "verify_audit_log", each, time.Minute); err != nil {
		return Verification{}, expose(err)
	}
	v, err := m.opts.Verify(ctx, []byte(q.Head))
	return v, expose(err)
}

type receiptQuestion struct {
	Call     string `json:"call_id,omitempty" maxLength:"64" doc:"the call whose outcome is to be proved"`
	Seq      uint64 `json:"seq,omitempty" doc:"or the entry's number"`
	Disclose bool   `json:"disclose,omitempty" doc:"also disclose the salt, so that arguments and result can be shown to fit their digests"`
}

type receiptAnswer struct {
	Receipt json.RawMessage `json:"receipt" doc:"save it as a file; mcp-kernel audit verify-receipt checks it"`
}

func (m *Module) auditReceipt(ctx context.Context, r *tools.Request, q receiptQuestion) (receiptAnswer, error) {
	if (q.Call == "") == (q.Seq == 0) {
		return receiptAnswer{}, tools.Fail(Invalid, "give either call_id or seq", nil)
	}
	receipt, err := m.receipt(ctx, r.Caller(), q.Seq, q.Call, q.Disclose)
	return receiptAnswer{Receipt: receipt}, expose(err)
}

type stateName struct {
	Principal string `json:"principal" minLength:"1" doc:"whose state"`
	Agent     string `json:"agent,omitempty"`
	StateRef  string `json:"state_ref" minLength:"1" maxLength:"128"`
}

type checkpointList struct {
	Checkpoints []Checkpoint `json:"checkpoints" doc:"the newest first"`
}

type restoreOrder struct {
	Principal string `json:"principal" minLength:"1" doc:"whose state"`
	Agent     string `json:"agent,omitempty"`
	StateRef  string `json:"state_ref" minLength:"1" maxLength:"128"`
	Number    uint64 `json:"number" min:"1" doc:"from checkpoint_list"`
}

func (m *Module) operatorTools() []tools.Tool {
	list, restore := reads(), destroys()
	list.Audience, restore.Audience = tools.ForOperators, tools.ForOperators
	return []tools.Tool{
		tools.Func(spec("checkpoint_list", "Which checkpoints are there?",
			"Lists the checkpoints of what an agent keeps under a state_ref.", list),
			func(ctx context.Context, _ *tools.Request, q stateName) (checkpointList, error) {
				found, err := m.memories.Checkpoints(ctx, identityOf(q.Principal, q.Agent), q.StateRef)
				return checkpointList{Checkpoints: found}, expose(err)
			}),
		tools.Func(spec("checkpoint_restore", "Restore a checkpoint",
			"Brings what an agent keeps under a state_ref back to a checkpoint. Counters, labels and approvals never go back.", restore),
			func(ctx context.Context, r *tools.Request, q restoreOrder) (Checkpoint, error) {
				c, err := m.memories.Restore(ctx, identityOf(q.Principal, q.Agent), q.StateRef, q.Number, r.ID())
				return c, expose(err)
			}),
	}
}
