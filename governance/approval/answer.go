package approval

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/mcp-kernel/mcp-kernel/governance"
)

// Bounds of what is kept of texts that strangers write, in bytes. What a request is about, its digest knows whole.
const (
	maxReason = 500
	maxName   = 1024
	maxLabel  = 64
)

// Redeem implements governance.Approvals. The agreement must fit the requirements that hold now, whatever they were when
// people answered. An error of the arguments, which have no canonical form, is one of a call that nobody can agree to.
func (d *Desk) Redeem(ctx context.Context, c *governance.Call, needs []governance.Requirement) (*governance.Grant, error) {
	digest, err := Digest(c)
	if err != nil {
		return nil, err
	}
	var grant *governance.Grant
	err = d.edit(ctx, keyOf(c.Caller), func(b *book) error {
		grant = nil
		for i := range b.Requests {
			if r := &b.Requests[i]; r.Digest == digest && r.stands(needs) == Granted {
				r.UsedBy, grant = c.ID, r.grant()
				return nil
			}
		}
		return errSame
	})
	if err != nil {
		return nil, err
	}
	return grant, nil
}

// Return gives back the agreement that a call has used up, for a call that has not come to its end: its handler asked the
// client something, and runs again when the client calls with the answer. It reports whether the agreement holds again.
func (d *Desk) Return(ctx context.Context, c *governance.Call, grant string) (bool, error) {
	returned := false
	err := d.edit(ctx, keyOf(c.Caller), func(b *book) error {
		r := b.byID(grant)
		if returned = r != nil && r.UsedBy == c.ID && r.Returned < maxReturns; !returned {
			return errSame
		}
		r.UsedBy = ""
		r.Returned++
		return nil
	})
	return returned && err == nil, err
}

// Open returns the request about a call, and makes one when there is none. ErrTooMany says that the principal has too many.
func (d *Desk) Open(ctx context.Context, c *governance.Call, needs []governance.Requirement) (Request, error) {
	canonical, err := canonicalArguments(c)
	if err != nil {
		return Request{}, err
	}
	digest := digest(c, canonical)
	var opened Request
	err = d.edit(ctx, keyOf(c.Caller), func(b *book) error {
		r := b.find(digest)
		same := r != nil && slices.EqualFunc(r.Needs, needs, equal)
		switch {
		case same:
		case r != nil: // the policies have changed since
			r.Needs = needs
		case !b.room(d.opts.MaxOpen):
			return fmt.Errorf("%w: %d of %d", ErrTooMany, d.opts.MaxOpen, d.opts.MaxOpen)
		default:
			b.Requests = append(b.Requests, d.request(c, needs, digest, canonical))
			r = &b.Requests[len(b.Requests)-1]
		}
		r.Status = r.stands(needs)
		opened = r.clone()
		if same {
			return errSame
		}
		return nil
	})
	return opened, err
}

func equal(a, b governance.Requirement) bool {
	return a.Policy == b.Policy && a.Rule == b.Rule && a.Message == b.Message && a.Quorum == b.Quorum && a.Expires == b.Expires &&
		slices.Equal(a.Approvers, b.Approvers) && slices.Equal(a.Channels, b.Channels)
}

func (r *Request) clone() Request {
	c := *r
	c.Needs, c.Votes = slices.Clone(r.Needs), slices.Clone(r.Votes)
	return c
}

// request is a new request.
func (d *Desk) request(c *governance.Call, needs []governance.Requirement, digest string, canonical []byte) Request {
	now := d.opts.Now().UTC()
	shown, whole := d.opts.Show(canonical)
	caller := c.Caller
	caller.Label = clip(Visible(caller.Label), maxLabel)
	return Request{
		ID: d.opts.IDs(), Caller: caller, Kind: c.Kind, Name: clip(Visible(c.Name), maxName), Digest: digest, Arguments: Visible(shown),
		Bytes: len(canonical), Whole: whole, Call: c.ID, Needs: slices.Clone(needs), Votes: []Vote{},
		Asked: now, Expires: now.Add(lasts(needs)),
	}
}

// Look returns the request about a call that is open, and whether there is one. It makes none.
func (d *Desk) Look(ctx context.Context, c *governance.Call) (Request, bool, error) {
	digest, err := Digest(c)
	if err != nil {
		return Request{}, false, err
	}
	b, _, err := d.load(ctx, keyOf(c.Caller))
	if err != nil {
		return Request{}, false, err
	}
	b.strike(d.opts.Now())
	r := b.find(digest)
	if r == nil {
		return Request{}, false, nil
	}
	return r.clone(), true, nil
}

// Find returns a request by its id, or ErrUnknown.
func (d *Desk) Find(ctx context.Context, id string) (Request, error) {
	all, err := d.List(ctx)
	for i := range all {
		if all[i].ID == id {
			return all[i], nil
		}
	}
	if err == nil {
		err = fmt.Errorf("%w: %.64q", ErrUnknown, id)
	}
	return Request{}, err
}

// List returns all requests of all callers that have not expired, the oldest first. Those that could be read are returned
// with an error, too.
func (d *Desk) List(ctx context.Context) ([]Request, error) {
	all := []Request{}
	now := d.opts.Now()
	err := d.books(ctx, func(_ string, b *book) {
		b.strike(now)
		for i := range b.Requests {
			all = append(all, b.Requests[i].clone())
		}
	})
	slices.SortFunc(all, func(a, b Request) int { return strings.Compare(a.ID, b.ID) })
	return all, err
}

// Answer counts a person's answer to a request and returns how it then stands. One who has answered may answer anew until
// the agreement is used, but not through a client: what was said elsewhere a client cannot change. The answer is recorded
// before it counts. The errors are ErrUnknown, ErrUsed, ErrNotApprover, ErrAnswered, and faults of store and record.
func (d *Desk) Answer(ctx context.Context, to Request, v Vote) (Request, error) {
	v.At = d.opts.Now().UTC()
	v.Reason = clip(Visible(v.Reason), maxReason)
	recorded := false
	var answered Request
	err := d.edit(ctx, keyOf(to.Caller), func(b *book) error {
		r := b.byID(to.ID)
		if r == nil {
			return fmt.Errorf("%w: %.64q", ErrUnknown, to.ID)
		}
		if err := r.admits(&v); err != nil {
			return err
		}
		if !recorded {
			if err := d.opts.Record(ctx, noteOf(r, &v)); err != nil {
				return fmt.Errorf("the answer cannot be recorded, so it does not count: %w", err)
			}
			recorded = true
		}
		was := r.stands(r.Needs)
		r.take(v)
		if r.Status = r.stands(r.Needs); r.Status == Granted && was != Granted {
			r.Expires = v.At.Add(lasts(r.Needs))
		}
		answered = r.clone()
		return nil
	})
	return answered, err
}

// admits says why an answer does not count, if it does not.
func (r *Request) admits(v *Vote) error {
	if r.UsedBy != "" {
		return ErrUsed
	}
	if v.By == "" || !slices.ContainsFunc(r.Needs, func(n governance.Requirement) bool { return counts(&n, v, r.Caller.Principal) }) {
		return ErrNotApprover
	}
	if v.Channel == governance.ChannelClient && slices.ContainsFunc(r.Votes, func(o Vote) bool { return o.By == v.By }) {
		return ErrAnswered
	}
	return nil
}

// take counts an answer in the place of an earlier one of the same person.
func (r *Request) take(v Vote) {
	r.Votes = slices.DeleteFunc(slices.Clone(r.Votes), func(o Vote) bool { return o.By == v.By })
	r.Votes = append(r.Votes, v)
}

func noteOf(r *Request, v *Vote) Note {
	n := Note{Action: ActionRefused, Approval: r.ID, Call: r.Call, By: v.By, Reason: "over " + v.Channel.String()}
	if v.Approve {
		n.Action = ActionGiven
	}
	if v.Reason != "" {
		n.Reason += ": " + v.Reason
	}
	return n
}

// Late reports whether an error of Answer says that it came too late, or from somebody who is not asked.
func Late(err error) bool {
	return errors.Is(err, ErrUnknown) || errors.Is(err, ErrUsed) || errors.Is(err, ErrNotApprover) || errors.Is(err, ErrAnswered)
}

// Await returns when a request no longer waits for people, is gone, or ctx ends.
func (d *Desk) Await(ctx context.Context, r Request) {
	tick := time.NewTicker(d.opts.Poll)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		b, _, err := d.load(ctx, keyOf(r.Caller))
		if err != nil {
			continue // it cannot be seen now
		}
		b.strike(d.opts.Now())
		if now := b.byID(r.ID); now == nil || now.stands(now.Needs) != Waiting {
			return
		}
	}
}
