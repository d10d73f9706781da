// Package guarded stands between a kernel and a state backend on another machine, so that a backend that is slow, gone or
// coming back costs a clear error at once and never a queue of calls that hang. Every operation has a time limit; after some
// failures in a row nothing is asked for a while (a circuit breaker), then one operation at a time is let through until one
// succeeds, with pauses that double and are never the same for two kernels. What the backend says about the arguments or
// the data is an answer and no failure.
//
// A read that fails at once is tried once more. A write never is: it may have been done, and somebody may have written
// since. A driver that is guarded means what it meant: it passes statetest.
package guarded

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/mcp-kernel/mcp-kernel/state"
)

// A Driver is what can be guarded.
type Driver interface {
	state.Backend
	state.Log
}

// Options are the settings of a Store. The zero value is a good one: a dead backend is noticed within two seconds and a
// revived one within five. (Agent-OS, whose breaker this replaces, opens after 5 failures too, but for 30 seconds, during
// which a fleet would deny everything although its backend has long been back.)
type Options struct {
	Timeout  time.Duration // of one operation, and between two records of a Read; default 2 seconds
	Failures int           // in a row after which nothing is asked for a while; default 5
	Pause    time.Duration // the first such while; default 500 milliseconds. It doubles each time the backend fails again
	MaxPause time.Duration // what it doubles up to; default 5 seconds

	// OnChange is told when the breaker changes, and OnDone of every operation that has ended, for metrics and logs. They
	// are called by whoever calls the Store, the former in order; they must return at once and not use the Store. Nil is
	// nobody.
	OnChange func(Health)
	OnDone   func(Operation)

	Now    func() time.Time // nil is time.Now
	Random func() float64   // in [0, 1), for pauses; nil is math/rand/v2. Safe for concurrent use
}

func (o *Options) fill() {
	if o.Timeout <= 0 {
		o.Timeout = 2 * time.Second
	}
	if o.Failures <= 0 {
		o.Failures = 5
	}
	if o.Pause <= 0 {
		o.Pause = 500 * time.Millisecond
	}
	if o.MaxPause <= 0 {
		o.MaxPause = 5 * time.Second
	}
	o.MaxPause = max(o.MaxPause, o.Pause)
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Random == nil {
		o.Random = rand.Float64
	}
}

// An Operation is one that has ended.
type Operation struct {
	Name    string        // get, set, delete, write, swap, take, list, append, read, follow, last, trim
	Took    time.Duration // attempts and what was between them; of read and follow the time until they failed or ended
	Fault   string        // the class of what went wrong, as in Health.Fault; empty for an answer
	Refused bool          // the breaker was open: nothing was asked
}

// A Store is a state.Backend and a state.Log over another. It is made by New and safe for concurrent use.
type Store struct {
	driver  Driver
	opts    Options
	breaker *breaker
}

var (
	_ state.Backend = (*Store)(nil)
	_ state.Log     = (*Store)(nil)
)

// New returns a Store over a driver, which it closes with Close.
func New(driver Driver, o Options) *Store {
	o.fill()
	return &Store{driver: driver, opts: o, breaker: newBreaker(o)}
}

// Health returns how the backend is, as far as operations have shown. It asks nobody.
func (s *Store) Health() Health { return s.breaker.health() }

// Ping asks the backend for what every governed call needs, a Take, and returns why it would not be served. Whoever is asked
// whether it can serve calls this: with no other traffic it is what notices that a backend is back.
func (s *Store) Ping(ctx context.Context) error {
	_, err := s.Take(ctx, "ping", state.Claim{Name: "ping", N: 1, Limit: state.MaxUnits + 1, Window: time.Minute})
	return err
}

// Get implements state.Backend.
func (s *Store) Get(ctx context.Context, key string) (state.Item, error) {
	return do(ctx, s, "get", twice, func(ctx context.Context) (state.Item, error) { return s.driver.Get(ctx, key) })
}

// Set implements state.Backend.
func (s *Store) Set(ctx context.Context, key string, value []byte, ttl time.Duration) error {
	return s.write(ctx, "set", func(ctx context.Context) error { return s.driver.Set(ctx, key, value, ttl) })
}

// Delete implements state.Backend.
func (s *Store) Delete(ctx context.Context, key string) error {
	return s.write(ctx, "delete", func(ctx context.Context) error { return s.driver.Delete(ctx, key) })
}

// Write implements state.Backend.
func (s *Store) Write(ctx context.Context, puts ...state.Put) error {
	return s.write(ctx, "write", func(ctx context.Context) error { return s.driver.Write(ctx, puts...) })
}

// CompareAndSwap implements state.Backend.
func (s *Store) CompareAndSwap(ctx context.Context, key string, old state.Version, value []byte, ttl time.Duration) (state.Version, error) {
	return do(ctx, s, "swap", once, func(ctx context.Context) (state.Version, error) {
		return s.driver.CompareAndSwap(ctx, key, old, value, ttl)
	})
}

// Take implements state.Backend. An UnavailableError that was tried may have charged: a counter can be too high and never
// too low.
func (s *Store) Take(ctx context.Context, shard string, claims ...state.Claim) ([]state.Taken, error) {
	return do(ctx, s, "take", once, func(ctx context.Context) ([]state.Taken, error) { return s.driver.Take(ctx, shard, claims...) })
}

// List implements state.Backend.
func (s *Store) List(ctx context.Context, collection, after string, limit int) ([]state.Entry, error) {
	return do(ctx, s, "list", twice, func(ctx context.Context) ([]state.Entry, error) {
		return s.driver.List(ctx, collection, after, limit)
	})
}

// Close closes the driver.
func (s *Store) Close() error { return s.driver.Close() }

// write does an operation that returns nothing, once.
func (s *Store) write(ctx context.Context, name string, f func(context.Context) error) error {
	_, err := do(ctx, s, name, once, func(ctx context.Context) (struct{}, error) { return struct{}{}, f(ctx) })
	return err
}

// How often an operation is tried that fails before its time is over.
const (
	once  = 1
	twice = 2

	retryPause = 20 * time.Millisecond // at most, between two attempts
)

// do does one operation: the breaker is asked, the attempts share the time limit, and each tells the breaker what came of it.
func do[T any](ctx context.Context, s *Store, name string, attempts int, f func(context.Context) (T, error)) (T, error) {
	begun := s.opts.Now()
	limited, cancel := context.WithTimeout(ctx, s.opts.Timeout)
	defer cancel()
	var zero T
	for attempt := 1; ; attempt++ {
		pass, refused := s.breaker.admit()
		if refused != nil {
			s.done(Operation{Name: name, Took: s.opts.Now().Sub(begun), Fault: faultOpen, Refused: true})
			return zero, refused
		}
		result, err := f(limited)
		fault := s.judge(ctx, limited, &err)
		after := s.breaker.end(pass, fault, err)
		switch {
		case fault.failure() && attempt < attempts && limited.Err() == nil && s.pause(limited):
			continue
		case fault.failure():
			err = &state.UnavailableError{After: after, Tried: true, Err: err}
			result = zero
		}
		s.done(Operation{Name: name, Took: s.opts.Now().Sub(begun), Fault: fault.class})
		return result, err
	}
}

// pause waits a little before another attempt, and reports whether there is still time for one.
func (s *Store) pause(ctx context.Context) bool {
	timer := time.NewTimer(time.Duration(s.opts.Random() * float64(retryPause)))
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// judge says what an error means. One that only our time limit explains becomes a plain sentence: to the caller a context
// that has ended would be their own.
func (s *Store) judge(ctx, limited context.Context, err *error) fault {
	switch {
	case *err == nil:
		return fault{kind: answered}
	case ctx.Err() != nil && errors.Is(*err, ctx.Err()):
		return fault{kind: abandoned}
	case limited.Err() != nil:
		*err = &timeoutError{s.opts.Timeout}
	}
	return faultOf(*err)
}

func (s *Store) done(o Operation) {
	if s.opts.OnDone != nil {
		s.opts.OnDone(o)
	}
}
