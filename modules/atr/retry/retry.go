// Package retry makes attempts at what may be done more than once: a few, further and further apart, each after a pause
// whose length is drawn at random, so that callers who failed together do not come back together. A budget bounds how many
// attempts all calls make besides their first ones: where everything fails, as it does when a server is overloaded, nearly
// nothing is tried again. What may be done more than once, and after which errors, is for the caller to say.
package retry

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"
)

// What holds where a Policy says nothing.
const (
	DefaultFirst = 200 * time.Millisecond
	DefaultMost  = 5 * time.Second
)

// MaxAttempts bounds the attempts of one call.
const MaxAttempts = 10

// The budget of retries: a call saves a share of one, and at most so many are saved. The shares are those that gRPC
// (A6, retry throttling) and Finagle (retry budgets) have come to: a tenth of the traffic, and a few to begin with.
const (
	share = 0.1
	saved = 10.0
)

// A Policy says how often something is tried. The zero value tries once.
type Policy struct {
	Attempts int           // the first included; 0 and 1 try once
	First    time.Duration // the longest pause before the second; it doubles for each after it; 0 is DefaultFirst
	Most     time.Duration // that a pause may grow to; 0 is DefaultMost
	Each     time.Duration // for an attempt, after which there may be another; 0 is as long as there is
}

// Check returns every fault of a policy.
func (p Policy) Check() error {
	var faults []error
	if p.Attempts < 0 || p.Attempts > MaxAttempts {
		faults = append(faults, fmt.Errorf("attempts: %d is not from 1 to %d", p.Attempts, MaxAttempts))
	}
	if p.First < 0 || p.Most < 0 || p.Each < 0 {
		faults = append(faults, errors.New("pauses and times must not be negative"))
	}
	if p.First > 0 && p.Most > 0 && p.First > p.Most {
		faults = append(faults, fmt.Errorf("the first pause, %s, is longer than the longest, %s", p.First, p.Most))
	}
	return errors.Join(faults...)
}

// longest is the longest pause after a number of attempts.
func (p Policy) longest(attempts int) time.Duration {
	first, most := p.First, p.Most
	if most == 0 {
		most = max(DefaultMost, first)
	}
	if first == 0 {
		first = min(DefaultFirst, most)
	}
	for range attempts - 1 {
		if first > most/2 {
			return most
		}
		first *= 2
	}
	return first
}

// Options are what a Retrier is made of besides its policy.
type Options struct {
	Random func() float64 // in [0, 1); nil is math/rand's
}

// A Retrier makes attempts, and keeps the budget of those that share it. It is safe for concurrent use.
type Retrier struct {
	policy Policy
	random func() float64

	mu     sync.Mutex
	budget float64
}

// New returns a Retrier with a full budget, or every fault of its policy.
func New(p Policy, o Options) (*Retrier, error) {
	if err := p.Check(); err != nil {
		return nil, err
	}
	if o.Random == nil {
		o.Random = rand.Float64
	}
	return &Retrier{policy: p, random: o.Random, budget: saved}, nil
}

// A Failure is an attempt that is followed by another.
type Failure struct {
	Attempt int // from 1
	Of      int // that there may be
	Pause   time.Duration
	Err     error
}

// A Job is what is tried.
type Job struct {
	Try func(ctx context.Context) error
	// After reports whether there may be another attempt after an error, and how long the pause must be at least.
	After func(err error) (pause time.Duration, again bool)
	// Failed is told of each attempt that is followed by another. May be nil.
	Failed func(Failure)
}

// Do makes attempts until one succeeds or none may follow, and returns what the last returned. There is none after the end of
// ctx, and no pause that would outlast its deadline. An attempt that has run out of its own time has failed with
// context.DeadlineExceeded.
func (r *Retrier) Do(ctx context.Context, job Job) error {
	r.save()
	for attempt := 1; ; attempt++ {
		err := r.try(ctx, job)
		if err == nil || ctx.Err() != nil || attempt >= r.policy.Attempts {
			return err
		}
		least, again := job.After(err)
		if !again {
			return err
		}
		pause := max(time.Duration(r.random()*float64(r.policy.longest(attempt))), least)
		if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) <= pause || !r.spend() {
			return err
		}
		if job.Failed != nil {
			job.Failed(Failure{Attempt: attempt, Of: r.policy.Attempts, Pause: pause, Err: err})
		}
		if !wait(ctx, pause) {
			return err
		}
	}
}

// try makes one attempt in its time.
func (r *Retrier) try(ctx context.Context, job Job) error {
	if r.policy.Each == 0 {
		return job.Try(ctx)
	}
	ctx, cancel := context.WithTimeout(ctx, r.policy.Each)
	defer cancel()
	return job.Try(ctx)
}

// save adds the share of a call to the budget.
func (r *Retrier) save() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.budget = min(r.budget+share, saved)
}

// spend takes a retry from the budget, and reports whether there was one.
func (r *Retrier) spend() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.budget < 1 {
		return false
	}
	r.budget--
	return true
}

// wait waits, and reports whether it has not been cut short.
func wait(ctx context.Context, pause time.Duration) bool {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}
