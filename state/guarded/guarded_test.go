package guarded_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mcp-kernel/mcp-kernel/state"
	"github.com/mcp-kernel/mcp-kernel/state/guarded"
	"github.com/mcp-kernel/mcp-kernel/state/memstate"
	"github.com/mcp-kernel/mcp-kernel/state/statetest"
)

func open(t *testing.T) statetest.Subject {
	t.Helper()
	var elapsed atomic.Int64
	now := func() time.Time {
		return time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC).Add(time.Duration(elapsed.Load()))
	}
	store := guarded.New(memstate.New(memstate.Options{Now: now}), guarded.Options{})
	t.Cleanup(func() { check(t, store.Close()) })
	return statetest.Subject{Backend: store, Log: store, Now: now, Advance: func(d time.Duration) { elapsed.Add(int64(d)) }}
}

func TestBackend(t *testing.T) {
	t.Parallel()
	statetest.TestBackend(t, open)
}

func TestLog(t *testing.T) {
	t.Parallel()
	statetest.TestLog(t, open)
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// A sick store is one in memory that is asked through fault first: nil lets the operation through. A fault of errHang does
// not come back before the context ends.
type sick struct {
	*memstate.Store
	fault func() error
	asked atomic.Int64
}

var errHang = errors.New("hangs")

func (s *sick) ask(ctx context.Context) error {
	s.asked.Add(1)
	err := s.fault()
	if errors.Is(err, errHang) {
		<-ctx.Done()
		return fmt.Errorf("read tcp: %w", ctx.Err())
	}
	return err
}

func (s *sick) Get(ctx context.Context, key string) (state.Item, error) {
	if err := s.ask(ctx); err != nil {
		return state.Item{}, err
	}
	return s.Store.Get(ctx, key)
}

func (s *sick) Set(ctx context.Context, key string, value []byte, ttl time.Duration) error {
	if err := s.ask(ctx); err != nil {
		return err
	}
	return s.Store.Set(ctx, key, value, ttl)
}

func (s *sick) Take(ctx context.Context, shard string, claims ...state.Claim) ([]state.Taken, error) {
	if err := s.ask(ctx); err != nil {
		return nil, err
	}
	return s.Store.Take(ctx, shard, claims...)
}

func (s *sick) Last(ctx context.Context, stream string) (state.Seq, error) {
	if err := s.ask(ctx); err != nil {
		return 0, err
	}
	return s.Store.Last(ctx, stream)
}

func (s *sick) Read(ctx context.Context, stream string, from state.Seq) iter.Seq2[state.Record, error] {
	return func(yield func(state.Record, error) bool) {
		if err := s.ask(ctx); err != nil {
			yield(state.Record{}, err)
			return
		}
		s.Store.Read(ctx, stream, from)(yield)
	}
}

// newSick returns a store that has the faults in turn, the last one for ever.
func newSick(faults ...error) *sick {
	i := 0
	return &sick{Store: memstate.New(memstate.Options{}), fault: func() error {
		err := faults[min(i, len(faults)-1)]
		i++
		return err
	}}
}

var errReset = &net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET}

func half() float64 { return 0.5 }

// TestBreaker walks through the life of a backend that dies and comes back.
func TestBreaker(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		down := true
		driver := &sick{Store: memstate.New(memstate.Options{}), fault: func() error {
			if down {
				return errReset
			}
			return nil
		}}
		var states []string
		store := guarded.New(driver, guarded.Options{
			Random: half, OnChange: func(h guarded.Health) { states = append(states, h.State.String()) },
		})
		for range 5 {
			want(t, store.Set(t.Context(), "a/b", nil, 0), 0, true)
		}
		want(t, store.Set(t.Context(), "a/b", nil, 0), 375*time.Millisecond, false) // 500 ms, a quarter of it left to chance
		if asked := driver.asked.Load(); asked != 5 {
			t.Errorf("the backend was asked %d times, want 5: an open breaker asks nobody", asked)
		}
		time.Sleep(375 * time.Millisecond)
		want(t, store.Set(t.Context(), "a/b", nil, 0), 750*time.Millisecond, true)  // one asks, in vain, and the pause doubles
		want(t, store.Set(t.Context(), "a/b", nil, 0), 750*time.Millisecond, false) // the next is refused
		time.Sleep(750 * time.Millisecond)
		down = false
		check(t, store.Set(t.Context(), "a/b", nil, 0))
		check(t, store.Set(t.Context(), "a/b", nil, 0))
		if diff := cmp.Diff([]string{"open", "half-open", "open", "half-open", "closed"}, states); diff != "" {
			t.Error(diff)
		}
		wantHealth := guarded.Health{Since: time.Now(), Fault: "network", At: time.Now().Add(-750 * time.Millisecond), Opened: 2}
		if diff := cmp.Diff(wantHealth, store.Health()); diff != "" {
			t.Error(diff)
		}
	})
}

// want holds an error to be the one of a backend that does not answer; after 0 is not looked at.
func want(t *testing.T, err error, after time.Duration, tried bool) {
	t.Helper()
	unavailable, ok := errors.AsType[*state.UnavailableError](err)
	switch {
	case !ok || !errors.Is(err, state.ErrUnavailable):
		t.Fatalf("error %v, want %v", err, state.ErrUnavailable)
	case unavailable.Tried != tried:
		t.Errorf("%v: tried %v, want %v", err, unavailable.Tried, tried)
	case unavailable.After <= 0, after > 0 && unavailable.After != after:
		t.Errorf("%v: try again in %v, want %v", err, unavailable.After, after)
	}
}

// TestTimeout shows that nothing takes longer than its time, that the error is not the caller's own, and that a caller who
// gives up says nothing about the backend.
func TestTimeout(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := guarded.New(newSick(errHang), guarded.Options{Timeout: time.Second, Failures: 2})
		begun := time.Now()
		_, err := store.Get(t.Context(), "a/b")
		want(t, err, 0, true)
		if took := time.Since(begun); took != time.Second {
			t.Errorf("took %v, want a second", took)
		}
		if errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v is the error of the caller's own deadline", err)
		}
		for range 3 {
			ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
			if _, err := store.Get(ctx, "a/b"); !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, state.ErrUnavailable) {
				t.Errorf("error %v, want the caller's own", err)
			}
			cancel()
		}
		if h := store.Health(); h.State != guarded.Closed {
			t.Errorf("the breaker is %v after one failure and three who gave up", h.State)
		}
		for _, err := range store.Read(t.Context(), "s", 1) {
			want(t, err, 0, true)
		}
		if h := store.Health(); h.State != guarded.Open || h.Fault != "timeout" {
			t.Errorf("health %+v, want open for a timeout", h)
		}
	})
}

// TestRetry shows what is tried a second time: what reads, if it failed at once.
func TestRetry(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for name, test := range map[string]struct {
			faults []error
			do     func(*guarded.Store) error
			asked  int64
			err    error
		}{
			"a read":        {[]error{errReset, nil}, get, 2, state.ErrNotFound},
			"in vain":       {[]error{errReset}, get, 2, state.ErrUnavailable},
			"out of time":   {[]error{errHang, nil}, get, 1, state.ErrUnavailable},
			"a write":       {[]error{errReset, nil}, set, 1, state.ErrUnavailable},
			"a charge":      {[]error{errReset, nil}, take, 1, state.ErrUnavailable},
			"not a failure": {[]error{state.ErrFull, nil}, set, 1, state.ErrFull},
		} {
			driver := newSick(test.faults...)
			err := test.do(guarded.New(driver, guarded.Options{}))
			if asked := driver.asked.Load(); asked != test.asked || !errors.Is(err, test.err) {
				t.Errorf("%s: asked %d times, error %v; want %d times, %v", name, asked, err, test.asked, test.err)
			}
		}
	})
}

func get(s *guarded.Store) error {
	_, err := s.Get(context.Background(), "a/b")
	return err
}

func set(s *guarded.Store) error { return s.Set(context.Background(), "a/b", nil, 0) }

func take(s *guarded.Store) error { return s.Ping(context.Background()) }

// TestFaults shows what counts as a failure, and what it is called.
func TestFaults(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		err   error
		state guarded.State
		fault string
	}{
		"not found":    {state.ErrNotFound, guarded.Closed, ""},
		"conflict":     {state.ErrConflict, guarded.Closed, ""},
		"invalid":      {state.ErrInvalid, guarded.Closed, ""},
		"closed":       {state.ErrClosed, guarded.Closed, ""},
		"full":         {state.ErrFull, guarded.Closed, "full"},
		"reset":        {errReset, guarded.Open, "network"},
		"nobody there": {&net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}, guarded.Open, "refused"},
		"their time":   {&net.DNSError{IsTimeout: true}, guarded.Open, "timeout"},
		"their fault":  {errors.New("LOADING the dataset"), guarded.Open, "other"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var seen guarded.Operation
			store := guarded.New(newSick(test.err), guarded.Options{Failures: 1, OnDone: func(o guarded.Operation) { seen = o }})
			err := set(store)
			if h := store.Health(); !errors.Is(err, test.err) || h.State != test.state || h.Fault != test.fault {
				t.Errorf("error %v, health %+v; want %v, %v, %q", err, h, test.err, test.state, test.fault)
			}
			if seen.Name != "set" || seen.Fault != test.fault || seen.Refused {
				t.Errorf("told of %+v", seen)
			}
		})
	}
}

// TestFollow shows that who only follows finds out that a backend is back, and is refused while it is not.
func TestFollow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		driver := newSick(errReset, nil)
		store := guarded.New(driver, guarded.Options{Failures: 1, Random: half})
		want(t, set(store), 0, true)
		for _, err := range store.Follow(t.Context(), "s", 1) {
			want(t, err, 375*time.Millisecond, false)
		}
		time.Sleep(375 * time.Millisecond)
		_, err := driver.Append(t.Context(), "s", state.Tail, []byte("x"))
		check(t, err)
		for record, err := range store.Follow(t.Context(), "s", 1) {
			check(t, err)
			if string(record.Value) != "x" {
				t.Errorf("record %q", record.Value)
			}
			break
		}
		if h := store.Health(); !h.OK() {
			t.Errorf("the breaker is %v", h.State)
		}
	})
}

// TestSlowReader shows that what a reader does with a record takes no time from the backend, and keeps nobody waiting who
// wants to know whether it is back.
func TestSlowReader(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		driver := newSick(errReset, nil)
		store := guarded.New(driver, guarded.Options{Failures: 1, Timeout: time.Second})
		_, err := driver.Append(t.Context(), "s", 0, []byte("x"), []byte("y"))
		check(t, err)
		want(t, set(store), 0, true)
		time.Sleep(time.Second)
		var read int
		for _, err := range store.Read(t.Context(), "s", 1) {
			check(t, err)
			read++
			time.Sleep(time.Minute)
			check(t, set(store))
		}
		if read != 2 {
			t.Errorf("%d records were read, want 2", read)
		}
	})
}
