package tools

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/governance/audit"
)

// decide takes a slot of the journal, asks the gate, and records what it said. An error means that nothing could be
// recorded, so nothing runs and nothing stays charged.
func (c *call) decide(ctx context.Context) *Error {
	began := c.step()
	slot, err := c.d.opts.Journal.Begin(ctx)
	c.stepped(StepReserve, began, err)
	if err != nil {
		return c.unrecorded(ctx, err)
	}
	c.slot = slot
	began = c.step()
	c.judge(ctx)
	c.stepped(StepDecide, began, c.decision.Fault)
	err = c.recordDecision(ctx)
	if err != nil {
		c.giveBack(ctx, err)
		if c.overrule(err) {
			err = c.recordDecision(ctx)
		}
	}
	if err != nil {
		return c.unrecorded(ctx, err)
	}
	return nil
}

// judge asks the gate, and denies on its own what there is nothing or no room for. The gate is asked in any case,
// because attempts count too.
func (c *call) judge(ctx context.Context) {
	c.decision = c.d.opts.Gate.Decide(ctx, &c.gov)
	c.fault(c.decision.Fault)
	if c.decision.Labels != nil {
		c.gov.Labels = c.decision.Labels
	}
	if a := c.decision.Approval; a != nil {
		c.grant = a.Grant
	}
	switch {
	case c.decision.Check == governance.CheckFrozen && !c.decision.Allowed():
	case c.target == nil:
		c.deny(governance.StageAllow, CheckCatalog, c.d.unknownName(&c.gov), governance.ToolCallBlocked)
	case c.target.barred != "":
		c.deny(governance.StageAllow, CheckTransport, c.target.barred, governance.ToolCallBlocked)
	case c.decision.Allowed() && c.d.stragglers.Load() >= int64(c.d.opts.MaxStragglers):
		c.deny(governance.StageLimits, CheckCapacity, fmt.Sprintf("%d handlers did not end in time and still run: try again later",
			c.d.opts.MaxStragglers), governance.PolicyViolation)
	case c.decision.Effect == governance.Ask:
		c.appeal(ctx)
	}
}

// deny replaces the decision by a denial, which keeps what was charged, to be given back.
func (c *call) deny(stage, check, reason string, event governance.Event) {
	c.decision = governance.Decision{
		Stage: stage, Check: check, Reason: reason, Event: event,
		Snapshot: c.decision.Snapshot, Charges: c.decision.Charges, Labels: c.decision.Labels, Hold: c.decision.Hold,
	}
}

// overrule makes a denial of a decision that the journal would not take: another process froze calls or took the last
// units of a limit since the gate looked. It reports false for any other error.
func (c *call) overrule(err error) bool {
	var frozen *audit.FrozenError
	switch {
	case errors.As(err, &frozen):
		c.deny(governance.StageLimits, governance.CheckFrozen, "calls are frozen: "+frozen.Reason, governance.PolicyViolation)
	case errors.Is(err, audit.ErrFrozen):
		c.deny(governance.StageLimits, governance.CheckFrozen, "calls are frozen", governance.PolicyViolation)
	case errors.Is(err, audit.ErrOverLimit):
		c.overLimit(err)
	default:
		return false
	}
	return true
}

// overLimit denies for the counter that has no room left.
func (c *call) overLimit(err error) {
	check, reason := governance.CheckCalls, "the limit was reached by another process"
	var over *audit.OverLimitError
	if errors.As(err, &over) && len(over.Over) > 0 {
		counter := over.Over[0]
		switch {
		case strings.Contains(counter.Name, "/"):
			check = governance.CheckRates
		case counter.Name != governance.CounterCalls:
			check = governance.CheckTokens
		}
		reason = fmt.Sprintf("%d %s are used, by other processes too", counter.Used, counter.Name)
		if counter.Window > 0 {
			reason += "; the window ends at " + counter.Start.Add(counter.Window).UTC().Format(time.RFC3339)
		}
	}
	c.deny(governance.StageLimits, check, reason, governance.PolicyViolation)
}

// giveBack frees what the gate reserved for a decision that was not recorded.
func (c *call) giveBack(ctx context.Context, why error) {
	if len(c.decision.Charges) == 0 {
		return
	}
	_, err := c.d.opts.Gate.Settle(context.WithoutCancel(ctx), &c.gov, c.decision, governance.Used{})
	c.fault(err)
	if !errors.Is(why, audit.ErrOverLimit) { // which has dropped them
		c.d.opts.Journal.Release(c.decision.Charges...)
	}
	c.decision.Charges = nil
}

// unrecorded is the refusal of a call that cannot be recorded.
func (c *call) unrecorded(ctx context.Context, err error) *Error {
	c.fault(err)
	switch {
	case ctx.Err() != nil:
		return c.interrupted(ctx, 0, 0).refusal
	case errors.Is(err, audit.ErrNoRoom):
		return c.refuse(CodeUnavailable, "the disk is too full to record the call, so it does not run", err)
	default:
		return c.refuse(CodeUnavailable, "the call cannot be recorded, so it does not run", err)
	}
}

// recordDecision writes the entry of the decision, then announces it.
func (c *call) recordDecision(ctx context.Context) error {
	e := c.blank()
	e.Args = c.payload(c.gov.Input())
	e.Decision = audit.DecisionOf(c.decision)
	e.Event = c.decision.Event
	e.Findings = tally(c.decision.Findings)
	e.Charges = audit.AppendCharges(c.charges[:0], c.decision.Charges)
	began := c.step()
	err := c.slot.Decision(ctx, e)
	c.stepped(StepDecision, began, err)
	if err != nil {
		return err
	}
	c.charged = true
	c.announce(c.decision, c.decision.Event, e.Seq)
	return nil
}
