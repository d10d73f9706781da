package standard

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"github.com/mcp-kernel/mcp-kernel/state"
	"github.com/mcp-kernel/mcp-kernel/state/guarded"
)

// A Component is a part of a kernel, and how it is.
type Component struct {
	Name   string // journal, state, calls, clock, policies, servers, exports
	Status Status
	Reason string // for operators, as it may name files and machines; empty when there is nothing to say
}

// A Status is how a component is.
type Status string

// The statuses of components. Calls are denied while one is down; a degraded one needs a look.
const (
	Up       Status = "up"
	Degraded Status = "degraded"
	Down     Status = "down"
)

// The names of components.
const (
	ofJournal  = "journal"
	ofState    = "state"
	ofCalls    = "calls"
	ofClock    = "clock"
	ofPolicies = "policies"
	ofServers  = "servers"
	ofExports  = "exports"
)

// Health looks at everything that a call needs, the way a call would, and then at the rest. It costs a place in the journal
// and, where kernels share state, one operation there: whoever lets strangers ask keeps the answer for a while.
func (k *Kernel) Health(ctx context.Context) []Component {
	return []Component{
		k.journalHealth(ctx), k.stateHealth(ctx), k.callsHealth(), k.clockHealth(), k.policiesHealth(), k.serversHealth(), k.exportsHealth(),
	}
}

// journalHealth asks the journal for room as a call would: without it every call is denied.
func (k *Kernel) journalHealth(ctx context.Context) Component {
	slot, err := k.Journal.Begin(ctx)
	if err != nil {
		return Component{ofJournal, Down, err.Error()}
	}
	slot.End()
	return Component{ofJournal, Up, ""}
}

// stateHealth asks the state for what a call needs of it: where it counts that is a charge, otherwise reading.
func (k *Kernel) stateHealth(ctx context.Context) Component {
	claim := state.Claim{Name: "ping", Limit: state.MaxUnits + 1, Window: time.Minute}
	if k.Shared {
		claim.N = 1
	}
	_, err := k.State.Take(ctx, "ping", claim)
	switch {
	case err == nil:
		return Component{ofState, Up, ""}
	case k.Shared:
		return Component{ofState, Down, err.Error()}
	default:
		return Component{ofState, Degraded, err.Error()} // the journal counts
	}
}

// callsHealth says whether somebody has stopped all calls. That is no fault, and a replica that is taken out for it would
// only hide the reason from callers.
func (k *Kernel) callsHealth() Component {
	if frozen := k.Journal.Frozen(); frozen != nil {
		return Component{ofCalls, Degraded, "all calls are stopped: " + frozen.Reason}
	}
	return Component{ofCalls, Up, ""}
}

// ahead is how far the newest entry may be before the clock until that is told.
const ahead = time.Minute

func (k *Kernel) clockHealth() Component {
	if by := k.Journal.Head().At.Sub(k.Now()); by > ahead {
		return Component{ofClock, Degraded, fmt.Sprintf("the newest entry of the journal is %s ahead of it", by.Round(time.Second))}
	}
	return Component{ofClock, Up, ""}
}

func (k *Kernel) policiesHealth() Component {
	if err := k.unread.last(); err != nil {
		return Component{ofPolicies, Degraded, "those before go on to hold: " + err.Error()}
	}
	return Component{ofPolicies, Up, ""}
}

func (k *Kernel) serversHealth() Component {
	if k.atr == nil {
		return Component{ofServers, Up, ""}
	}
	var down []string
	for _, h := range k.atr.Health("") {
		if h.State == "down" {
			down = append(down, h.Server)
		}
	}
	if len(down) == 0 {
		return Component{ofServers, Up, ""}
	}
	return Component{ofServers, Degraded, "down: " + strings.Join(down, ", ")}
}

// stateChanged tells of a backend that has stopped answering.
func (k *Kernel) stateChanged(h guarded.Health) {
	if h.State == guarded.Open {
		k.fault("", fmt.Errorf("state: %s, so calls are denied and nothing is asked for %s", h.Fault, h.After.Round(time.Millisecond)))
	}
}

// A trouble is a fault that stays until the same thing goes well.
type trouble struct{ is atomic.Pointer[error] }

// note takes what came of an attempt, which says nothing when it was given up.
func (t *trouble) note(ctx context.Context, err error) {
	switch {
	case err == nil:
		t.is.Store(nil)
	case ctx.Err() == nil && !errors.Is(err, context.Canceled):
		t.is.Store(&err)
	}
}

func (t *trouble) last() error {
	if err := t.is.Load(); err != nil {
		return *err
	}
	return nil
}
