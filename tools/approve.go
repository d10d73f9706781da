package tools

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/governance/approval"
)

// approvalForm is what a person at a client fills in. A form that has to be filled in is harder to send off unread than one
// without fields.
const approvalForm = `{"type":"object","properties":{"approve":{"type":"boolean","title":"Let it run",` +
	`"description":"Yes lets this one call run, with exactly these arguments. No refuses it."}},"required":["approve"]}`

// appeal opens the request to people that the decision asks for, or denies when it cannot be opened or was refused. Nobody
// is asked about arguments that cannot be read.
func (c *call) appeal(ctx context.Context) {
	desk := c.d.opts.Approvals
	if desk == nil || c.decision.Approval == nil {
		return
	}
	if _, c.malformed = c.prepare(); c.malformed != nil {
		return
	}
	r, err := desk.Open(ctx, &c.gov, c.decision.Approval.Needs)
	deny := func(reason string) {
		c.deny(governance.StageApproval, governance.CheckApproval, reason, governance.PolicyViolation)
	}
	switch {
	case errors.Is(err, approval.ErrTooMany):
		deny(err.Error() + ": wait until some of them were answered")
	case err != nil:
		c.fault(err)
		deny("a person must agree first, and none can be asked now")
	case r.Status == approval.Refused:
		deny(refusedBy(&r))
	default:
		c.asked = &r
		c.decision.Reason = fmt.Sprintf("approval %s: %s", r.ID, c.decision.Reason)
	}
}

// refusedBy says who refused a request, and why.
func refusedBy(r *approval.Request) string {
	by := ""
	if i := slices.IndexFunc(r.Votes, func(v approval.Vote) bool { return !v.Approve }); i >= 0 {
		by = " by " + clip(r.Votes[i].By)
		if why := r.Votes[i].Reason; why != "" {
			by += ": " + why
		}
	}
	return "approval " + r.ID + " was refused" + by + ". Do not try to get the same done in another way"
}

// An approvalDetail is what a refusal tells programs of the request that it waits for.
type approvalDetail struct {
	ID       string               `json:"id"`
	Status   approval.Status      `json:"status"`
	Expires  time.Time            `json:"expires"`
	Channels []governance.Channel `json:"channels"`
}

// awaiting is the refusal of a call that waits for people. It says what to do.
func (c *call) awaiting(r *approval.Request) *Error {
	channels := channelsOf(r)
	text := fmt.Sprintf("approval %s is needed: %s. ", r.ID, strings.TrimSuffix(approval.Why(&r.Needs[0]), "."))
	if how := c.d.opts.ApproveWith; how != "" && slices.Contains(channels, governance.ChannelCLI) {
		text += fmt.Sprintf("Ask the operator to run: %s %s. ", how, r.ID)
	} else {
		text += "Ask for it. "
	}
	text += fmt.Sprintf("Then make the same call again with the same arguments, before %s: it runs once", r.Expires.UTC().Format(time.RFC3339))
	e := c.refuse(CodeApproval, text, nil)
	d := c.detail(&c.decision)
	d.Approval = &approvalDetail{ID: r.ID, Status: r.Status, Expires: r.Expires, Channels: channels}
	e.Details = d.json()
	return e
}

// channelsOf are the channels over which any answer counts.
func channelsOf(r *approval.Request) []governance.Channel {
	var all []governance.Channel
	for i := range r.Needs {
		for _, c := range r.Needs[i].Channels {
			if !slices.Contains(all, c) {
				all = append(all, c)
			}
		}
	}
	return all
}

// unredeemed gives back an agreement that was used up for a call which did not come to its end: it did not run, or its
// handler asks its client something and will run again.
func (c *call) unredeemed(ctx context.Context) {
	if c.grant == nil || c.finished {
		return
	}
	_, err := c.d.opts.Approvals.Return(context.WithoutCancel(ctx), &c.gov, c.grant.ID)
	c.fault(err)
}

// client is the answer of the person at the caller's client.
func client(gc *governance.Call, approve bool) approval.Vote {
	return approval.Vote{By: gc.Caller.Principal, Channel: governance.ChannelClient, Approve: approve}
}

// heard takes the answer to a request that came with a call, before it is decided: where nothing can be asked while a call
// runs, the client brings its answer with the next.
func (d *Dispatcher) heard(ctx context.Context, gc *governance.Call, peer Peer) {
	asker, ok := peer.(Asker)
	if !governed || d.opts.Approvals == nil || !ok || len(gc.Answers) == 0 {
		return
	}
	r, open, err := d.opts.Approvals.Look(ctx, gc)
	switch {
	case err != nil: // the gate will say so
	case open && r.Status == approval.Waiting && r.Wants(client(gc, true)):
		_, _, err = d.put(ctx, gc, asker, r)
		if err != nil {
			d.opts.OnFault(gc.ID, err)
		}
	}
}

// consult puts a request to the person at the client, where that counts, and makes the call again once people have agreed.
// Until then the call is answered with what it waits for.
func (d *Dispatcher) consult(ctx context.Context, first *call, refused *Error) (Result, error) {
	r, gc := *first.asked, first.gov
	asker, ok := first.peer.(Asker)
	if r.Status == approval.Waiting && ok && asker.Supports(CanElicit) && r.Wants(client(&gc, true)) {
		began := first.step()
		answered, pending, err := d.put(ctx, &gc, asker, r)
		first.stepped(StepApproval, began, err)
		switch {
		case err != nil:
			d.opts.OnFault(gc.ID, err)
		case pending != nil:
			return Result{CallID: gc.ID, Pending: []Inquiry{*pending}}, nil
		}
		r = answered
	}
	switch r.Status {
	case approval.Granted:
		gc.ID, gc.At, gc.Tree = d.opts.IDs(), time.Time{}, first.outer
		again := d.call(gc, first.peer, first.target)
		result, err := d.once(again.followed(ctx), again)
		if err != nil && again.asked != nil { // somebody else was faster, or the policies have changed
			return Result{}, again.awaiting(again.asked)
		}
		return result, err
	case approval.Refused:
		first.deny(governance.StageApproval, governance.CheckApproval, refusedBy(&r), governance.PolicyViolation)
		return Result{}, first.denial()
	default:
		return Result{}, refused
	}
}

// put puts a request to the person at the client and returns how it then stands. pending is the question when the client
// must call again with the answer. Where it is waited for, answers over other channels end the waiting.
func (d *Dispatcher) put(ctx context.Context, gc *governance.Call, asker Asker, r approval.Request) (approval.Request, *Inquiry, error) {
	inquiry, read, err := approvalInquiry(&r)
	if err != nil {
		return r, nil, err
	}
	answers, err := d.ask(ctx, asker, inquiry, r)
	switch {
	case err != nil || len(answers) != 1: // it did not answer: perhaps somebody else did
		now, _, lost := d.opts.Approvals.Look(context.WithoutCancel(ctx), gc)
		if lost != nil || now.ID != r.ID {
			return r, nil, lost
		}
		return now, nil, nil
	case answers[0] == nil:
		return r, &inquiry, nil
	}
	approve, said := read(answers[0])
	if !said {
		return r, nil, nil
	}
	answered, err := d.opts.Approvals.Answer(context.WithoutCancel(ctx), r, client(gc, approve))
	if approval.Late(err) {
		return r, nil, nil
	}
	if err != nil {
		return r, nil, err
	}
	return answered, nil, nil
}

// ask asks the client as long as the request waits.
func (d *Dispatcher) ask(ctx context.Context, asker Asker, inquiry Inquiry, r approval.Request) ([]json.RawMessage, error) {
	if !asker.Waits() {
		return asker.Ask(ctx, []Inquiry{inquiry})
	}
	defer pause(ctx)()
	ctx, cancel := context.WithCancel(ctx)
	var watching sync.WaitGroup
	defer watching.Wait()
	defer cancel()
	watching.Go(func() {
		d.opts.Approvals.Await(ctx, r)
		cancel()
	})
	return asker.Ask(ctx, []Inquiry{inquiry})
}

// approvalInquiry is a request in the protocol's words, and what reads an answer: whether the person agreed, and whether it
// said anything.
func approvalInquiry(r *approval.Request) (Inquiry, func(json.RawMessage) (approve, said bool), error) {
	q := Question{Key: "approval-" + r.ID, Message: r.Question(), Schema: json.RawMessage(approvalForm)}
	inquiry, _, read, err := q.inquiry()
	if err != nil {
		return inquiry, nil, fmt.Errorf("approval %s: %w", r.ID, err)
	}
	inquiry.Check = func(answer json.RawMessage) error {
		_, err := read(answer)
		return err
	}
	return inquiry, func(answer json.RawMessage) (approve, said bool) {
		reply, err := read(answer)
		if err != nil || reply.Answer.Action == ActionCancel {
			return false, false
		}
		var form struct {
			Approve bool `json:"approve"`
		}
		if reply.Answer.Accepted() && reply.Answer.Decode(&form) != nil {
			return false, false
		}
		return form.Approve, true
	}, nil
}
