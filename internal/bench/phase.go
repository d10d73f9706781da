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
	sleep func(time.Duration)
	began time.Time
	turn  chan struct{} // held by who waits for the next job of an open loop
	taken atomic.Int64  // tickets, drawn in vain at the end too
	given atomic.Int64  // jobs
}

// A job is one request to be sent.
type job struct {
	request int           // of the mix
	due     time.Duration // from the phase's begin, in an open loop
}

// take returns the next job, or false when there are no more. In an open loop it returns when the job is due: connections
// that are free wait in line, so that one of them waits for the clock and no more.
func (p *phase) take(ctx context.Context) (job, bool) {
	if p.rate <= 0 {
		return p.draw(ctx, p.now())
	}
	select {
	case p.turn <- struct{}{}:
		defer func() { <-p.turn }()
	case <-ctx.Done():
		return job{}, false
	}
	due := time.Duration(float64(p.taken.Load()) / p.rate * float64(time.Second))
	j, ok := p.draw(ctx, due)
	if !ok || p.until(ctx, due) {
		return j, ok
	}
	p.given.Add(-1)
	return job{}, false
}

// draw returns the next job, unless all were given or it would be sent when the phase is over.
func (p *phase) draw(ctx context.Context, at time.Duration) (job, bool) {
	if ctx.Err() != nil || p.span.Duration > 0 && at >= p.span.Duration {
		return job{}, false
	}
	n := p.taken.Add(1) - 1
	if p.span.Requests > 0 && n >= p.span.Requests {
		return job{}, false
	}
	p.given.Add(1)
	return job{request: p.mix.pick(n), due: at}, true
}

// until waits for a time of the phase, and reports whether it came. The runtime's timers are up to a millisecond late
// when nothing else happens, so the rest is slept by the system's clock.
func (p *phase) until(ctx context.Context, due time.Duration) bool {
	const rest = 2 * time.Millisecond
	for {
		wait := due - p.now()
		switch {
		case wait <= 0:
			return ctx.Err() == nil
		case wait <= rest:
			p.sleep(wait)
		case !sleep(ctx, wait-rest/2):
			return false
		}
	}
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
