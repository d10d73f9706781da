package retry_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/mcp-kernel/mcp-kernel/modules/atr/retry"
)

var (
	errDown  = errors.New("down")
	errFinal = errors.New("final")
)

// after has everything tried again but what is final.
func after(err error) (time.Duration, bool) { return 0, !errors.Is(err, errFinal) }

// retrier returns a Retrier whose pauses are as long as they may be.
func retrier(tb testing.TB, p retry.Policy) *retry.Retrier {
	tb.Helper()
	r, err := retry.New(p, retry.Options{Random: func() float64 { return 1 }})
	if err != nil {
		tb.Fatal(err)
	}
	return r
}

func TestAttempts(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		policy   retry.Policy
		deadline time.Duration
		errs     []error // of the attempts; nil after them
		least    time.Duration
		want     error
		at       []time.Duration // of the attempts
	}{
		"nothing said":   {retry.Policy{}, 0, []error{errDown}, 0, errDown, []time.Duration{0}},
		"the first":      {retry.Policy{Attempts: 3}, 0, nil, 0, nil, []time.Duration{0}},
		"the second":     {retry.Policy{Attempts: 3}, 0, []error{errDown}, 0, nil, []time.Duration{0, 200 * time.Millisecond}},
		"all":            {retry.Policy{Attempts: 3, First: time.Second}, 0, []error{errDown, errDown, errDown}, 0, errDown, []time.Duration{0, time.Second, 3 * time.Second}},
		"at most":        {retry.Policy{Attempts: 4, First: time.Second, Most: time.Second}, 0, []error{errDown, errDown, errDown}, 0, nil, []time.Duration{0, time.Second, 2 * time.Second, 3 * time.Second}},
		"final":          {retry.Policy{Attempts: 3}, 0, []error{errFinal}, 0, errFinal, []time.Duration{0}},
		"not before":     {retry.Policy{Attempts: 2}, 0, []error{errDown}, time.Minute, nil, []time.Duration{0, time.Minute}},
		"no time left":   {retry.Policy{Attempts: 3, First: time.Second}, 2 * time.Second, []error{errDown, errDown}, 0, errDown, []time.Duration{0, time.Second}},
		"no time at all": {retry.Policy{Attempts: 3, First: time.Second}, time.Second, []error{errDown}, 0, errDown, []time.Duration{0}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ctx, began := t.Context(), time.Now()
				if tt.deadline > 0 {
					var cancel context.CancelFunc
					ctx, cancel = context.WithTimeout(ctx, tt.deadline)
					defer cancel()
				}
				var at []time.Duration
				err := retrier(t, tt.policy).Do(ctx, retry.Job{
					After: func(err error) (time.Duration, bool) { _, again := after(err); return tt.least, again },
					Try: func(context.Context) error {
						at = append(at, time.Since(began))
						if n := len(at); n <= len(tt.errs) {
							return tt.errs[n-1]
						}
						return nil
					},
				})
				if !errors.Is(err, tt.want) {
					t.Errorf("%v, want %v", err, tt.want)
				}
				if diff := cmp.Diff(tt.at, at); diff != "" {
					t.Error(diff)
				}
			})
		})
	}
}

// An attempt that hangs leaves room for the next, and the end of the call ends them all.
func TestTimes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var failures []retry.Failure
		job := retry.Job{After: after, Failed: func(f retry.Failure) { failures = append(failures, f) }, Try: func(ctx context.Context) error {
			<-ctx.Done()
			return ctx.Err()
		}}
		r, began := retrier(t, retry.Policy{Attempts: 2, First: time.Second, Each: time.Minute}), time.Now()
		if err := r.Do(t.Context(), job); !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != 2*time.Minute+time.Second {
			t.Errorf("%v after %v", err, time.Since(began))
		}
		if len(failures) != 1 || failures[0].Attempt != 1 || failures[0].Of != 2 || failures[0].Pause != time.Second {
			t.Errorf("%+v", failures)
		}
		ctx, cancel := context.WithCancel(t.Context())
		began = time.Now()
		go func() { time.Sleep(time.Minute + time.Millisecond); cancel() }()
		if err := r.Do(ctx, job); err == nil || time.Since(began) != time.Minute+time.Millisecond {
			t.Errorf("%v after %v", err, time.Since(began))
		}
	})
}

// However calls go, they are retried no more often than a tenth of them and the few that there are to begin with, and none is
// tried more often than the policy says.
func TestBudget(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		synctest.Test(t, func(t *testing.T) {
			attempts := rapid.IntRange(1, retry.MaxAttempts).Draw(rt, "attempts")
			r := retrier(t, retry.Policy{Attempts: attempts})
			calls := rapid.SliceOfN(rapid.IntRange(0, 12), 1, 80).Draw(rt, "failures")
			retries := 0
			for i, failures := range calls {
				tries := 0
				_ = r.Do(t.Context(), retry.Job{After: after, Try: func(context.Context) error {
					if tries++; tries <= failures {
						return errDown
					}
					return nil
				}})
				retries += tries - 1
				if tries > attempts || float64(retries) > 10+0.1*float64(i+1) {
					rt.Fatalf("call %d: %d tries, %d retries", i, tries, retries)
				}
			}
		})
	})
}

func TestFaults(t *testing.T) {
	t.Parallel()
	for _, p := range []retry.Policy{{Attempts: -1}, {Attempts: 11}, {First: -1}, {Each: -1}, {First: 2, Most: 1}} {
		if _, err := retry.New(p, retry.Options{}); err == nil {
			t.Errorf("%+v is taken", p)
		}
	}
}
