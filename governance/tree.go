package governance

import (
	"context"
	"fmt"
	"sync/atomic"
)

// A Tree counts the calls that one call from outside leads to. Whoever makes a call from outside makes a Tree for it, and
// every call within it has the same. The zero value has none yet.
type Tree struct{ calls atomic.Int64 }

// Calls is how many calls were admitted within the call from outside.
func (t *Tree) Calls() int64 { return t.calls.Load() }

// grow admits one more call unless there are as many as may be, and returns how many there were.
func (t *Tree) grow(most int64) (before int64, ok bool) {
	for {
		before = t.calls.Load()
		if before >= most {
			return before, false
		}
		if t.calls.CompareAndSwap(before, before+1) {
			return before, true
		}
	}
}

// deepest asks the policies how deep calls within calls may go.
func deepest(_ context.Context, w *walk) *Decision {
	most := w.snapshot.effective.MaxDepth
	if most.Policy == "" || int64(w.call.Depth) <= most.Value {
		return nil
	}
	return &Decision{
		Check: CheckMaxDepth, Policy: most.Policy, Used: int64(w.call.Depth), Limit: most.Value,
		Reason: fmt.Sprintf("a call within %d calls: at most %d are allowed", w.call.Depth, most.Value),
	}
}

// fanned counts the call among those that one call from outside leads to.
func fanned(_ context.Context, w *walk) *Decision {
	most := w.snapshot.effective.MaxFanOut
	if most.Policy == "" || w.call.Depth == 0 {
		return nil
	}
	if w.call.Tree == nil {
		return &Decision{Policy: most.Policy, Fault: fmt.Errorf("a call within %d calls has no tree to be counted in", w.call.Depth)}
	}
	before, ok := w.call.Tree.grow(most.Value)
	w.grew = ok
	if ok {
		return nil
	}
	if w.audits() {
		w.call.Tree.calls.Add(1)
		w.grew = true
	}
	return &Decision{
		Check: CheckFanOut, Policy: most.Policy, Used: before, Limit: most.Value,
		Reason: fmt.Sprintf("one call has led to %d others: at most %d are allowed", before, most.Value),
	}
}
