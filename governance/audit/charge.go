package audit

import (
	"time"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/state"
)

// A Charge is an amount that an entry takes from a counter, or gives back when N is negative. To which window it belongs
// is said by Start and never changes afterwards.
type Charge struct {
	Shard  string        // whose counter: the caller's identity
	Name   string        // of the counter
	N      int64         // amount; negative gives back
	Limit  int64         // at most this many in each window, when N is positive
	Window time.Duration // length of the windows, in whole milliseconds; 0 is one that never ends
	Start  time.Time     // of the window; zero lets the journal say which one was taken from
}

// ChargesOf returns the charges of a decision or of its settlement, for an entry.
func ChargesOf(charges []governance.Charge) []Charge {
	if len(charges) == 0 {
		return nil
	}
	return AppendCharges(make([]Charge, 0, len(charges)), charges)
}

// AppendCharges is ChargesOf into memory that the caller has.
func AppendCharges(dst []Charge, charges []governance.Charge) []Charge {
	for _, c := range charges {
		charge := Charge{Shard: c.Shard, Name: c.Claim.Name, N: c.Claim.N, Limit: c.Claim.Limit, Window: c.Claim.Window}
		if c.Claim.Window > 0 && !c.Until.IsZero() {
			charge.Start = c.Until.Add(-c.Claim.Window).UTC()
		}
		dst = append(dst, charge)
	}
	return dst
}

// Claim returns the charge as what was claimed.
func (c Charge) Claim() state.Claim {
	return state.Claim{Name: c.Name, N: c.N, Limit: c.Limit, Window: c.Window}
}

// A Counter is one counter as it stands.
type Counter struct {
	Shard  string        // whose
	Name   string        // of the counter
	Used   int64         // units taken in the window, never negative
	Window time.Duration // 0 never ends
	Start  time.Time     // of the window; zero when it never ends
}
