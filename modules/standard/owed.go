package standard

import (
	"strings"
	"sync"
	"time"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/governance/audit"
)

// maxOwed bounds the calls whose further token counters are remembered until they are counted: as many as the counter
// queues texts. A call beyond that keeps its upper bound.
const maxOwed = 4096

// owed remembers, until a call's tokens are counted, which counters beside the execution's own were charged its bound:
// those of limits on tokens. The zero value is ready.
type owed struct {
	mu    sync.Mutex
	calls map[string][]audit.Charge
}

// note remembers the charges of a call for tokens that limits count. Most calls have none.
func (o *owed) note(call string, charges []governance.Charge) {
	var tokens []audit.Charge
	for _, c := range charges {
		if !strings.HasPrefix(c.Claim.Name, governance.CounterTokens+"/") {
			continue
		}
		charge := audit.Charge{Shard: c.Shard, Name: c.Claim.Name, Window: c.Claim.Window}
		if !c.Until.IsZero() {
			charge.Start = c.Until.Add(-c.Claim.Window).UTC()
		}
		tokens = append(tokens, charge)
	}
	if len(tokens) == 0 {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.calls == nil {
		o.calls = make(map[string][]audit.Charge)
	}
	if len(o.calls) < maxOwed {
		o.calls[call] = tokens
	}
}

// take returns the counters that a call was charged to, and forgets them.
func (o *owed) take(call string) []audit.Charge {
	o.mu.Lock()
	defer o.mu.Unlock()
	charges := o.calls[call]
	delete(o.calls, call)
	return charges
}

// current reports whether the window of a charge is not over: what is given back to one that is has no effect.
func current(c audit.Charge, now time.Time) bool {
	return c.Window == 0 || now.Before(c.Start.Add(c.Window))
}
