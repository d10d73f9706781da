package audit

import (
	"runtime"
	"sync"
	"time"
)

// A request is what one caller wants written: entries that follow one another, all or none.
type request struct {
	entries  []*Entry
	drafts   []draft
	counters []Charge // whose counters an outcome shows, besides its own
	reserved bool     // room was reserved: may use it, and must not fail for a full disk
	done     bool
	err      error
	began    time.Time     // when it was asked for
	ended    time.Time     // when its group was written, where somebody wants to know
	wake     chan struct{} // of capacity 1: done, or to lead
}

// A queue gathers requests into groups. Whoever finds no leader leads: it commits its own request and all that wait, and
// hands over to the first that came meanwhile. So while one group is written the next one grows.
type queue struct {
	crowded func() bool // whether many calls run; nil says no

	mu      sync.Mutex
	led     bool
	waiting []*request
	group   []*request // the leader's, used again
	free    []*request // finished requests, whose buffers are used again; at most maxFree
}

const maxFree = 64

// get returns an empty request.
func (q *queue) get() *request {
	q.mu.Lock()
	defer q.mu.Unlock()
	if n := len(q.free); n > 0 {
		r := q.free[n-1]
		q.free = q.free[:n-1]
		return r
	}
	return &request{wake: make(chan struct{}, 1)}
}

// length is how many requests wait for the group that is written now.
func (q *queue) length() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.waiting)
}

// put takes a finished request back.
func (q *queue) put(r *request) {
	clear(r.entries)
	r.entries, r.drafts, r.counters, r.err = r.entries[:0], r.drafts[:0], nil, nil
	r.reserved, r.done = false, false
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.free) < maxFree {
		q.free = append(q.free, r)
	}
}

// do has the request committed, by this goroutine or by the one that leads.
func (q *queue) do(r *request, commit func([]*request)) {
	q.mu.Lock()
	q.waiting = append(q.waiting, r)
	if q.led {
		q.mu.Unlock()
		<-r.wake
		if r.done {
			return
		}
		q.mu.Lock()
	}
	q.led = true
	q.lead(r, commit)
}

// lead commits all that wait, the leader's own request among them. Where many calls run, it lets those go first that
// could have something to write by now: one write for ten entries costs little more than one for one. It is called with
// the mutex held, and gives it back.
func (q *queue) lead(own *request, commit func([]*request)) {
	if q.crowded != nil && q.crowded() {
		q.mu.Unlock()
		runtime.Gosched()
		q.mu.Lock()
	}
	q.group, q.waiting = q.waiting, q.group[:0]
	group := q.group
	q.mu.Unlock()
	commit(group)
	for _, r := range group {
		if r.done = true; r != own {
			r.wake <- struct{}{}
		}
	}
	clear(group)
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.led = len(q.waiting) > 0; q.led {
		q.waiting[0].wake <- struct{}{}
	}
}
