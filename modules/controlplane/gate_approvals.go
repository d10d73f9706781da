package controlplane

import (
	"context"
	"errors"
	"slices"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/governance/approval"
)

// A Desk keeps what people are asked about calls. *approval.Desk is one.
type Desk interface {
	List(ctx context.Context) ([]approval.Request, error)
	Find(ctx context.Context, id string) (approval.Request, error)
	Answer(ctx context.Context, to approval.Request, v approval.Vote) (approval.Request, error)
}

// maxApprovals bounds a list of approvals.
const maxApprovals = 100

// approvals returns the calls that people are asked about, the oldest first: those that wait or, with all, also those that
// were answered.
func (m *Module) approvals(ctx context.Context, all bool) (Approvals, error) {
	found, err := m.opts.Approvals.List(ctx)
	if err != nil {
		return Approvals{}, err
	}
	if !all {
		found = slices.DeleteFunc(found, func(r approval.Request) bool { return r.Status != approval.Waiting })
	}
	answer := Approvals{Approvals: []Approval{}, More: max(0, len(found)-maxApprovals)}
	for i := range found[:min(len(found), maxApprovals)] {
		answer.Approvals = append(answer.Approvals, approvalOf(&found[i]))
	}
	return answer, nil
}

func (m *Module) approval(ctx context.Context, id string) (Approval, error) {
	r, err := m.opts.Approvals.Find(ctx, id)
	if err != nil {
		return Approval{}, deskFault(err)
	}
	return approvalOf(&r), nil
}

// answer counts an operator's answer.
func (m *Module) answer(ctx context.Context, who governance.Caller, id string, approve bool, reason string) (Approval, error) {
	r, err := m.opts.Approvals.Find(ctx, id)
	if err != nil {
		return Approval{}, deskFault(err)
	}
	answered, err := m.opts.Approvals.Answer(ctx, r, approval.Vote{
		By: who.Principal, Operator: who.Operator, Channel: channelOf(who, &r), Approve: approve, Reason: reason,
	})
	if err != nil {
		return Approval{}, deskFault(err)
	}
	return approvalOf(&answered), nil
}

// channelOf is the channel of an answer that comes as a call. Whoever answers what it asked itself, answers through the
// client of the call, whatever else it may do: that client can make the second call as well as it made the first.
func channelOf(who governance.Caller, r *approval.Request) governance.Channel {
	if who.Principal == r.Caller.Principal {
		return governance.ChannelClient
	}
	return governance.ChannelConsole
}

// deskFault puts what goes wrong at the desk into words for the caller.
func deskFault(err error) error {
	switch {
	case errors.Is(err, approval.ErrUnknown):
		return faultf(NotFound, "%s", approval.ErrUnknown)
	case errors.Is(err, approval.ErrUsed):
		return faultf(Conflict, "%s", approval.ErrUsed)
	case errors.Is(err, approval.ErrNotApprover):
		return faultf(NoAccess, "%s: approval_show says over which channels answers count; what you asked yourself you answer as a client", approval.ErrNotApprover)
	case errors.Is(err, approval.ErrAnswered):
		return faultf(Conflict, "%s", approval.ErrAnswered)
	default:
		return err
	}
}

// approvalOf is a request as an operator is shown it.
func approvalOf(r *approval.Request) Approval {
	a := Approval{
		ID: r.ID, Status: r.Status.String(), Principal: r.Caller.Principal, Agent: r.Caller.Agent, Kind: r.Kind.String(), Name: r.Name,
		Arguments: r.Arguments, Whole: r.Whole, Digest: r.Digest, Asked: r.Asked, Expires: r.Expires, Question: r.Question(),
		Needs: make([]Requirement, len(r.Needs)), Votes: make([]Vote, len(r.Votes)),
	}
	for i := range r.Needs {
		n := &r.Needs[i]
		a.Needs[i] = Requirement{Policy: n.Policy, Rule: n.Rule, Message: n.Message, Approvers: n.Approvers, Quorum: n.Quorum}
		for _, c := range n.Channels {
			a.Needs[i].Channels = append(a.Needs[i].Channels, c.String())
		}
	}
	for i, v := range r.Votes {
		a.Votes[i] = Vote{By: v.By, Channel: v.Channel.String(), Approve: v.Approve, Reason: v.Reason, At: v.At}
	}
	return a
}
