package server

import (
	"container/list"
	"context"
	"errors"
	"sync"
	"time"
)

// An admission decides which calls are worked on now. There is room for so many; the rest wait in a line of each principal,
// and whoever has room to give serves the lines in turn. So one principal's thousand calls delay another's one by one turn,
// not by a thousand; and since no principal may have all the room, not even calls that take minutes keep others out.
//
// When too many wait, whoever has the longest line loses the newest of it. Nothing of a call that is turned away was read
// into the journal, counted or decided.
type admission struct {
	most  int // calls that are worked on at once
	share int // of them of one principal
	queue int // calls that wait

	mu      sync.Mutex
	running int
	waiting int
	lines   map[string]*line
	turns   list.List // of *line: those with somebody who may go, in the order of their turns
	refused Refusals
}

// A line is one principal's calls.
type line struct {
	principal string
	running   int
	waiting   list.List // of *waiter, the oldest first
	turn      *list.Element
}

// A waiter is one call that waits.
type waiter struct {
	line  *line
	place *list.Element // nil once it may go or was turned away
	told  chan error    // with room for one
}

// Refusals count the calls over HTTP that were turned away before anything was done for them.
type Refusals struct {
	Greedy uint64 // because their principal had the longest line
	Full   uint64 // because too many waited
	Late   uint64 // because they had waited for too long
}

// An Admission is how full a server is.
type Admission struct {
	Running, Waiting int
	Refused          Refusals
}

var (
	errGreedy = errors.New("you have too many calls waiting: wait for answers, then try again")
	errFull   = errors.New("too many calls are waiting: try again later")
	errLate   = errors.New("the call has waited for too long, and was not begun: try again later")
)

// newAdmission returns one with room for most calls, seven eighths of which one principal may have at once.
func newAdmission(most, queue int) *admission {
	return &admission{most: most, share: max(1, most-most/8), queue: queue, lines: map[string]*line{}}
}

// enter waits until a call may begin, for as long as patience and ctx last. release ends the call.
func (a *admission) enter(ctx context.Context, principal string, patience time.Duration) (release func(), err error) {
	l, w, err := a.queued(principal)
	if err != nil {
		return nil, err
	}
	if w != nil {
		if err := a.await(ctx, w, patience); err != nil {
			return nil, err
		}
	}
	return func() { a.leave(l) }, nil
}

// queued lets a call begin at once, or puts it into its line.
func (a *admission) queued(principal string) (*line, *waiter, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	l := a.lines[principal]
	if l == nil {
		l = &line{principal: principal}
		a.lines[principal] = l
	}
	if a.running < a.most && l.running < a.share { // then nobody waits who may go
		a.running++
		l.running++
		return l, nil, nil
	}
	if a.waiting >= a.queue {
		if err := a.makeRoom(l); err != nil {
			a.forget(l)
			return nil, nil, err
		}
	}
	w := &waiter{line: l, told: make(chan error, 1)}
	w.place = l.waiting.PushBack(w)
	a.waiting++
	a.offer(l)
	return l, w, nil
}

// makeRoom turns the newest of the longest line away, unless that would be the caller's own, or shorter than theirs becomes.
// It is called with mu held, and looks at no more lines than there are calls that wait.
func (a *admission) makeRoom(l *line) error {
	longest := l
	for _, other := range a.lines {
		if other.waiting.Len() > longest.waiting.Len() {
			longest = other
		}
	}
	if longest.waiting.Len() <= l.waiting.Len()+1 {
		if l.waiting.Len() > 1 {
			a.refused.Greedy++
			return errGreedy
		}
		a.refused.Full++
		return errFull
	}
	newest, _ := longest.waiting.Back().Value.(*waiter)
	a.refused.Greedy++
	a.drop(newest)
	newest.told <- errGreedy
	return nil
}

// await waits for a turn.
func (a *admission) await(ctx context.Context, w *waiter, patience time.Duration) error {
	timer := time.NewTimer(patience)
	defer timer.Stop()
	err := errLate
	select {
	case err := <-w.told:
		return err
	case <-ctx.Done():
		err = ctx.Err()
	case <-timer.C:
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if w.place == nil { // its turn came meanwhile
		return <-w.told
	}
	if errors.Is(err, errLate) {
		a.refused.Late++
	}
	a.drop(w)
	a.forget(w.line)
	return err
}

// drop takes a waiter out of its line. It is called with mu held.
func (a *admission) drop(w *waiter) {
	w.line.waiting.Remove(w.place)
	w.place = nil
	a.waiting--
	a.offer(w.line)
}

// leave ends a call, and gives its room to whose turn it is.
func (a *admission) leave(l *line) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.running--
	l.running--
	a.offer(l)
	a.serve()
	a.forget(l)
}

// serve gives room to the lines in turn, one call each, while there is any. It is called with mu held.
func (a *admission) serve() {
	for a.running < a.most && a.turns.Len() > 0 {
		l, _ := a.turns.Remove(a.turns.Front()).(*line)
		l.turn = nil
		w, _ := l.waiting.Remove(l.waiting.Front()).(*waiter)
		w.place = nil
		a.waiting--
		a.running++
		l.running++
		w.told <- nil
		a.offer(l)
	}
}

// offer gives a line a turn, behind all others, if somebody in it may go, and takes it back if nobody may. It is called with
// mu held.
func (a *admission) offer(l *line) {
	switch may := l.waiting.Len() > 0 && l.running < a.share; {
	case may && l.turn == nil:
		l.turn = a.turns.PushBack(l)
	case !may && l.turn != nil:
		a.turns.Remove(l.turn)
		l.turn = nil
	}
}

// forget forgets a line that nothing is in any more. It is called with mu held.
func (a *admission) forget(l *line) {
	if l.running == 0 && l.waiting.Len() == 0 {
		delete(a.lines, l.principal)
	}
}

// hopeless reports whether a call of a principal would only be turned away now, so that nothing of it needs to be read.
func (a *admission) hopeless(principal string) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.waiting < a.queue {
		return nil
	}
	l := a.lines[principal]
	if l == nil || l.waiting.Len() <= 1 || 2*l.waiting.Len() <= a.waiting {
		return nil // it may be let in at another's expense
	}
	a.refused.Greedy++
	return errGreedy
}

func (a *admission) stands() Admission {
	a.mu.Lock()
	defer a.mu.Unlock()
	return Admission{Running: a.running, Waiting: a.waiting, Refused: a.refused}
}
