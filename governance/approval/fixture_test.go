package approval_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/governance/approval"
	"github.com/mcp-kernel/mcp-kernel/state"
	"github.com/mcp-kernel/mcp-kernel/state/memstate"
)

// An office is a desk over a store, a clock that is moved by hand, and what was recorded.
type office struct {
	*approval.Desk

	mu    sync.Mutex
	now   time.Time
	notes []string
	mute  error // what recording comes to
	ids   int
}

func (o *office) clock() time.Time {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.now
}

func (o *office) wait(d time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.now = o.now.Add(d)
}

func (o *office) record(_ context.Context, n approval.Note) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.mute != nil {
		return o.mute
	}
	o.notes = append(o.notes, fmt.Sprintf("%s %s %s %s %s", n.Action, n.Approval, n.Call, n.By, n.Reason))
	return nil
}

func (o *office) recorded() []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return append([]string{}, o.notes...)
}

func (o *office) id() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.ids++
	return fmt.Sprintf("approval-%d", o.ids)
}

type failer interface {
	Helper()
	Fatal(args ...any)
}

// open returns an office over a store, which may be nil for one in memory.
func open(t failer, store state.Backend, change ...func(*approval.Options)) *office {
	t.Helper()
	o := &office{now: time.Date(2026, 11, 23, 4, 0, 0, 0, time.UTC)}
	if store == nil {
		store = memstate.New(memstate.Options{Now: o.clock})
	}
	opts := approval.Options{
		Store: store, Now: o.clock, IDs: o.id, Record: o.record, Sweep: -1, MaxOpen: 4,
		Show: func(canonical []byte) (string, bool) { return string(canonical), true },
	}
	for _, c := range change {
		c(&opts)
	}
	desk, err := approval.New(opts)
	if err != nil {
		t.Fatal(err)
	}
	o.Desk = desk
	return o
}

// deletes is a call of a principal.
func deletes(id, principal, args string) *governance.Call {
	return &governance.Call{
		ID: id, Kind: governance.KindTool, Name: "file_delete", Caller: governance.Caller{Principal: principal}, Args: json.RawMessage(args),
	}
}

// needs is one requirement.
func needs(quorum int64, approvers []string, channels ...governance.Channel) []governance.Requirement {
	return []governance.Requirement{{
		Policy: "careful", Rule: "destroys", Approvers: approvers, Quorum: quorum, Expires: 10 * time.Minute, Channels: channels,
	}}
}

func operators() []string { return []string{governance.ApproverOperators} }

func cli(by string, approve bool) approval.Vote {
	return approval.Vote{By: by, Operator: true, Channel: governance.ChannelCLI, Approve: approve}
}

func client(by string, approve bool) approval.Vote {
	return approval.Vote{By: by, Channel: governance.ChannelClient, Approve: approve}
}

// must returns what came without an error, and panics on one.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

var errFull = errors.New("the disk is full")
