package standard

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/mcp-kernel/mcp-kernel/governance/approval"
	"github.com/mcp-kernel/mcp-kernel/governance/audit"
	"github.com/mcp-kernel/mcp-kernel/internal/config"
	"github.com/mcp-kernel/mcp-kernel/state"
)

// Bounds of what people are shown of a call's arguments, in bytes.
const (
	shownArguments = 4 << 10
	shownText      = 1 << 10
)

// approveWith is the command by which an operator agrees. It works on what several processes share.
const approveWith = "mcp-kernel approvals approve"

// openApprovals makes the desk that the gate and the dispatcher share.
func (k *Kernel) openApprovals(context.Context, Options) error {
	desk, err := newDesk(k.State, k.Journal, k.config, approval.Options{
		OnFault: func(err error) { k.fault("", err) }, Now: k.Now, IDs: k.IDs,
	})
	if err != nil {
		return err
	}
	k.Approvals = desk
	k.own(desk)
	return nil
}

// agreeing is the command that callers are told of, which reaches this kernel only through state that processes share.
func (k *Kernel) agreeing() string {
	if k.config.State.Private() {
		return ""
	}
	return approveWith
}

func newDesk(store state.Backend, journal *audit.Journal, c config.Config, o approval.Options) (*approval.Desk, error) {
	o.Store, o.MaxOpen = store, c.Governance.Approvals.MaxOpen
	o.Show = func(canonical []byte) (string, bool) { return audit.Show(canonical, shownArguments, shownText) }
	o.Record = func(ctx context.Context, n approval.Note) error {
		if journal == nil {
			return errUnrecorded
		}
		return journal.Append(ctx, &audit.Entry{Kind: audit.KindControl, Control: &audit.Control{
			Action: audit.Action(n.Action), By: n.By, Reason: n.Reason, Subject: n.Approval, Calls: []string{n.Call},
		}})
	}
	return approval.New(o)
}

var errUnrecorded = errors.New("the journal is not open")

// ErrNotShared says that approvals lie in the memory of another process.
var ErrNotShared = errors.New("approvals are answered from here only where processes share state, as with sqlite: as state.url")

// OpenApprovals opens the approvals of a data directory beside the kernels that use it, and nothing else: whatever is wrong
// with a policy keeps nobody from answering. Answers need its journal, which may be nil where nobody answers. closing ends
// it.
func OpenApprovals(ctx context.Context, c config.Config, journal *audit.Journal, now func() time.Time) (desk *approval.Desk, closing func() error, err error) {
	where, err := placeOf(c)
	switch {
	case err != nil:
		return nil, nil, err
	case where.private():
		return nil, nil, ErrNotShared
	}
	store, err := where.open(ctx, now)
	if err != nil {
		return nil, nil, fmt.Errorf("approvals: %w", err)
	}
	desk, err = newDesk(store, journal, c, approval.Options{Now: now, Sweep: -1})
	if err != nil {
		return nil, nil, errors.Join(err, store.Close())
	}
	return desk, func() error { return errors.Join(desk.Close(), store.Close()) }, nil
}
