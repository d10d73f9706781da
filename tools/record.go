package tools

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/governance/audit"
)

// blank makes the call's entry one that says what both of them have in common.
func (c *call) blank() *audit.Entry {
	e := &c.entry
	*e = audit.Entry{
		Call: c.gov.ID, Parent: c.gov.Parent, Target: c.gov.Kind, Name: c.gov.Name, Caller: c.gov.Caller,
		Execution: c.gov.Execution, Depth: c.gov.Depth, Labels: c.gov.Labels,
	}
	if c.target == nil { // a name of the caller's own invention
		e.Name = audit.Discreet(e.Name)
	}
	e.Caller.Label = audit.Discreet(e.Caller.Label)
	if s := c.decision.Snapshot; s != nil {
		e.PolicyDigest, e.Policies = s.Digest(), s.Names()
	}
	return e
}

// payload is JSON as the journal holds it. What has no canonical form, as in malformed arguments, is recorded by its
// length alone.
func (c *call) payload(raw []byte) audit.Payload {
	p, err := c.d.opts.Journal.Payload(c.gov.ID, raw)
	if err != nil {
		return audit.Payload{Bytes: int64(len(raw))}
	}
	return p
}

// close reviews and settles what came of the call and records it. An answer that cannot be recorded does not leave.
func (c *call) close(ctx context.Context, e ending) (Result, *Error) {
	c.cut(ctx, &e)
	doc := c.document(&e)
	reviewed := c.review(ctx, &e, doc)
	switch {
	case reviewed.Redacted != nil && reviewed.Allowed():
		doc = c.redact(&e, reviewed.Redacted)
	case e.refusal != nil:
		doc = e.refusal.document()
	}
	used := governance.Used{}
	counted := doc
	if c.gov.Kind == governance.KindTask {
		counted = nil // it was charged to the call that the task is
	}
	if e.status.Ran() {
		used = governance.Used{
			Calls: 1, Tokens: int64(len(c.gov.Input()) + len(counted)),
			In: int64(len(c.gov.Args) + len(c.gov.Answers)), Out: int64(len(counted)),
		}
	}
	entry := c.outcome(&e, reviewed, doc)
	entry.Tokens = used.Tokens
	settled := c.settle(ctx, used)
	entry.Charges = audit.AppendCharges(c.charges[:0], settled)
	began := c.step()
	err := c.slot.Outcome(ctx, entry)
	c.stepped(StepOutcome, began, err)
	if err != nil {
		c.d.opts.Journal.Release(settled...)
		c.fault(fmt.Errorf("record outcome: %w", err))
		return Result{}, c.refuse(CodeUnavailable, "the answer cannot be recorded, so it is withheld; what was done is done", err)
	}
	c.announce(reviewed, reviewed.Event, entry.Seq)
	c.announce(governance.Decision{Confidence: reviewed.Confidence}, governance.CheckpointCreated, entry.Seq)
	if used.Tokens > 0 && len(c.decision.Charges) > 0 {
		c.d.opts.Count(c.gov.ID, c.decision.Charges, c.gov.Input(), counted, used.Tokens)
	}
	if e.refusal != nil {
		return Result{}, e.refusal
	}
	e.result.CallID = c.gov.ID
	return e.result, nil
}

// document is the answer as it is reviewed and recorded. One that is too large becomes an error.
func (c *call) document(e *ending) []byte {
	if e.refusal != nil {
		return e.refusal.document()
	}
	doc, err := e.result.document()
	switch limit := c.d.opts.MaxResult; {
	case err != nil:
		e.refusal = c.internal(err)
	case len(doc) > limit:
		e.refusal = c.refuse(CodeFailed, fmt.Sprintf("the answer is %d bytes, at most %d are sent: ask for less", len(doc), limit), nil)
		e.refusal.Details = json.RawMessage(`{"failure":"resource_exhausted"}`)
	default:
		return doc
	}
	e.status, e.result = governance.StatusToolError, Result{}
	return e.refusal.document()
}

// review lets the gate judge what a handler answered. Errors are answers too.
func (c *call) review(ctx context.Context, e *ending, doc []byte) governance.Decision {
	if !e.status.Ran() {
		return governance.Decision{}
	}
	began := c.step()
	d := c.d.opts.Gate.Review(ctx, &c.gov, &governance.Outcome{
		Status: e.status, Result: doc, Confidence: 1 - e.result.Doubt, Duration: e.handler,
	}, c.decision)
	c.stepped(StepReview, began, d.Fault)
	c.fault(d.Fault)
	if d.Labels != nil {
		c.gov.Labels = d.Labels
	}
	if !d.Allowed() {
		e.status, e.result = governance.StatusWithheld, Result{}
		e.refusal = c.refuse(CodeWithheld, d.Reason, d.Fault)
		e.refusal.Details = c.detail(&d).json()
	}
	return d
}

// outcome is the entry of how the call ended.
func (c *call) outcome(e *ending, reviewed governance.Decision, doc []byte) *audit.Entry {
	entry := c.blank()
	entry.Status, entry.SchemaValid = e.status, e.valid
	entry.Confidence = reviewed.Confidence
	entry.Handler, entry.Elapsed = e.handler, c.d.opts.Now().Sub(c.began)
	entry.Event = governance.CheckpointCreated
	entry.Findings = tally(reviewed.Findings)
	if reviewed.Event != governance.EventNone {
		entry.Event = reviewed.Event
		entry.Decision = audit.DecisionOf(reviewed)
	}
	if e.refusal != nil {
		entry.Failure = cmp.Or(e.refusal.failure, string(e.refusal.Code))
	}
	if e.status.Ran() {
		entry.Result = c.payload(doc)
	}
	return entry
}

// settle makes of what was reserved what was used. Where the decision's entry carried no charges there is nothing to
// give back.
func (c *call) settle(ctx context.Context, used governance.Used) []governance.Charge {
	if !c.charged || len(c.decision.Charges) == 0 {
		return nil
	}
	charges, err := c.d.opts.Gate.Settle(ctx, &c.gov, c.decision, used)
	c.fault(err)
	return charges
}

// announce publishes an event of the call.
func (c *call) announce(d governance.Decision, event governance.Event, seq uint64) {
	if event == governance.EventNone {
		return
	}
	c.d.opts.Events.Publish(governance.Notice{
		Event: event, Call: c.gov.ID, At: c.d.opts.Now(), Caller: c.gov.Caller, Kind: c.gov.Kind, Name: c.gov.Name,
		Stage: d.Stage, Check: d.Check, Rule: d.Rule, Policy: d.Policy, Reason: d.Reason, Confidence: d.Confidence, Seq: seq,
	})
}
