package guarded

import (
	"sync"
	"time"

	"github.com/mcp-kernel/mcp-kernel/state"
)

// A State is what the breaker does with operations.
type State uint8

// The states of a breaker.
const (
	Closed   State = iota // all pass
	Open                  // none does, until the pause is over
	HalfOpen              // one passes, and decides
)

// String returns closed, open or half-open.
func (s State) String() string {
	switch s {
	case Closed:
		return "closed"
	case Open:
		return "open"
	case HalfOpen:
		return "half-open"
	default:
		return "unknown"
	}
}

// Health is how a backend is, as far as operations have shown. It has nothing in it that a stranger may not see.
type Health struct {
	State  State
	Since  time.Time     // of the state
	After  time.Duration // until the backend is asked again; 0 when it is
	Fault  string        // class of the last fault: timeout, refused, network, full, other; empty when there was none
	At     time.Time     // of the last fault; zero when there was none
	Opened uint64        // how often the breaker has opened
}

// OK reports whether operations pass.
func (h Health) OK() bool { return h.State == Closed }

// A breaker decides whether the backend is asked. Its pass says which of its states an operation began in: what began
// before a change says nothing about the time after it.
type breaker struct {
	opts Options

	mu       sync.Mutex
	state    State
	since    time.Time
	until    time.Time     // the end of the pause
	pause    time.Duration // the next one, before chance has shortened it
	failures int           // in a row, while closed
	probing  time.Time     // since when somebody asks, while half-open; zero when nobody does
	epoch    uint64        // counts the changes
	opened   uint64
	fault    string
	at       time.Time
	last     error
}

// A pass lets one operation through.
type pass struct {
	epoch uint64
	probe bool
}

func newBreaker(o Options) *breaker { return &breaker{opts: o, since: o.Now(), pause: o.Pause} }

// admit lets an operation through or says when to come back. Whoever has a pass ends it.
func (b *breaker) admit() (pass, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.state == Open && !b.opts.Now().Before(b.until) {
		b.become(HalfOpen)
	}
	switch {
	case b.state == Closed:
		return pass{epoch: b.epoch}, nil
	case b.state == HalfOpen && b.opts.Now().Sub(b.probing) >= 2*b.opts.Timeout: // or whoever asked is gone without a word
		b.probing = b.opts.Now()
		return pass{b.epoch, true}, nil
	}
	return pass{}, &state.UnavailableError{After: b.after(), Err: b.last}
}

// current is a pass for what goes on after its own has ended.
func (b *breaker) current() pass {
	b.mu.Lock()
	defer b.mu.Unlock()
	return pass{epoch: b.epoch}
}

// end takes what came of an operation, and returns when the next is worth it.
func (b *breaker) end(p pass, f fault, err error) time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	if f.class != "" {
		b.fault, b.at = f.class, b.opts.Now()
	}
	if f.failure() {
		b.last = err
	}
	if p.epoch == b.epoch {
		b.conclude(p, f)
	}
	return b.after()
}

// conclude changes the state by what an operation has shown that began in it. It is called with mu held.
func (b *breaker) conclude(p pass, f fault) {
	switch {
	case p.probe:
		b.probing = time.Time{}
		switch f.kind {
		case answered:
			b.become(Closed)
		case failed:
			b.become(Open)
		case abandoned: // the next one asks
		}
	case b.state != Closed || f.kind == abandoned:
	case f.kind == answered:
		b.failures = 0
	default:
		if b.failures++; b.failures >= b.opts.Failures {
			b.become(Open)
		}
	}
}

// become changes the state. It is called with mu held.
func (b *breaker) become(s State) {
	b.state, b.since = s, b.opts.Now()
	b.failures, b.probing = 0, time.Time{}
	b.epoch++
	switch s {
	case Closed:
		b.pause = b.opts.Pause
	case Open:
		b.opened++
		// Half of the pause is left to chance, so that kernels that lost a backend together do not come back together.
		b.until = b.since.Add(b.pause/2 + time.Duration(b.opts.Random()*float64(b.pause/2)))
		b.pause = min(2*b.pause, b.opts.MaxPause)
	case HalfOpen:
	}
	if b.opts.OnChange != nil {
		b.opts.OnChange(b.report())
	}
}

// after is how long to wait before trying again: the rest of the pause, or, while somebody asks and after single failures, a
// moment.
func (b *breaker) after() time.Duration {
	const moment = 100 * time.Millisecond
	if b.state == Open {
		return max(b.until.Sub(b.opts.Now()), time.Millisecond)
	}
	return moment
}

func (b *breaker) health() Health {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.report()
}

func (b *breaker) report() Health {
	h := Health{State: b.state, Since: b.since, Fault: b.fault, At: b.at, Opened: b.opened}
	if b.state == Open {
		h.After = max(0, b.until.Sub(b.opts.Now()))
	}
	return h
}
