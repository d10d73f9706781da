package bench

import (
	"context"
	"sync/atomic"
	"time"
)

// A phase is a stretch of load: the warm-up, or what is measured. Connections take their work from it.
type phase struct {
	tally
	mix   *mix
	span  Span
	rate  float64
	began time.Time
	taken atomic.Int64 // tickets, drawn in vain at the end too
	given atomic.Int64 // jobs
}

// A job is one request to be sent.
type job struct {
	request int           // of the mix
	due     time.Duration // from the phase's begin, in an open loop
}

// take returns the next job, or false when there are no more.
func (p *phase) take(ctx context.Context) (job, bool) {
	if ctx.Err() != nil {
		return job{}, false
	}
	n := p.taken.Add(1) - 1
	if p.span.Requests > 0 && n >= p.span.Requests {
		return job{}, false
	}
	j := job{request: p.mix.pick(n)}
	at := p.now
	if p.rate > 0 {
		j.due = time.Duration(float64(n) / p.rate * float64(time.Second))
		at = func() time.Duration { return j.due }
	}
	if p.span.Duration > 0 && at() >= p.span.Duration {
		return job{}, false
	}
	p.given.Add(1)
	return j, true
}

// now is the time since the phase began.
func (p *phase) now() time.Duration { return time.Since(p.began) }

// elapsed is how long the phase took: until the last answer, but no less than it was set to take, if it was.
func (p *phase) elapsed() time.Duration {
	last := time.Duration(p.last.Load())
	if p.span.Requests > 0 && p.given.Load() >= p.span.Requests {
		return last
	}
	return max(last, p.span.Duration)
}

// early is how long a job is still to wait; at most zero in a closed loop, and when it is late.
func (p *phase) early(j job) time.Duration {
	if p.rate <= 0 {
		return 0
	}
	return j.due - p.now()
}

// start notes that a job is sent now and returns from when its latency counts.
func (p *phase) start(j job, now time.Duration) time.Duration {
	if p.rate <= 0 {
		return now
	}
	p.waited.Record(now - j.due)
	return j.due
}

// sleep waits, and reports whether it was not cut short.
func sleep(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
