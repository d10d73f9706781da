package audit_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/mcp-kernel/mcp-kernel/governance/audit"
)

// drained returns the numbers of what a feed hands on.
func drained(t *testing.T, f *audit.Feed) (seqs []uint64) {
	t.Helper()
	if err := f.Drain(t.Context(), func(e *audit.Entry) { seqs = append(seqs, e.Seq) }); err != nil {
		t.Fatal(err)
	}
	return seqs
}

// numbers are the numbers from first to last.
func numbers(first, last uint64) (all []uint64) {
	for n := first; n <= last; n++ {
		all = append(all, n)
	}
	return all
}

func TestFeedHandsOnEveryEntryOnce(t *testing.T) {
	t.Parallel()
	for _, burst := range []int{1, 255, 256, 511, 512, 513, 2000} {
		t.Run(fmt.Sprint(burst), func(t *testing.T) {
			t.Parallel()
			j := open(t, fastDir(t))
			f := j.Feed()
			defer f.Close()
			first := j.Progress().Entries + 1
			var got []uint64
			for round := range 3 {
				for n := range burst {
					if err := j.Append(t.Context(), decision(fmt.Sprintf("call-%d-%d", round, n))); err != nil {
						t.Fatal(err)
					}
				}
				got = append(got, drained(t, f)...)
			}
			if want := numbers(first, first+uint64(3*burst)-1); !slices.Equal(got, want) {
				t.Errorf("handed on %d entries, %d wanted, or in another order", len(got), len(want))
			}
			if f.Missed() != 0 {
				t.Errorf("%d entries were missed", f.Missed())
			}
		})
	}
}

// TestFeedIsTheJournal compares what a feed hands on with what is read from the files, with a second process that writes.
func TestFeedIsTheJournal(t *testing.T) {
	t.Parallel()
	dir := fastDir(t)
	j, other := open(t, dir), open(t, dir)
	f := j.Feed()
	defer f.Close()
	first := j.Progress().Entries + 1
	var all sync.WaitGroup
	for n, writer := range []*audit.Journal{j, other} {
		all.Go(func() {
			for i := range 300 {
				e := decision(fmt.Sprintf("call-%d-%d", n, i))
				e.Findings, e.Labels = map[string]int{"secrets/password": i}, []string{"pii"}
				if err := writer.Append(t.Context(), e); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	if err := j.Append(t.Context(), decision("last")); err != nil { // adopts what the other wrote
		t.Fatal(err)
	}
	var got, want []audit.Entry
	if err := f.Drain(t.Context(), func(e *audit.Entry) {
		kept := *e
		kept.Labels, kept.Policies = slices.Clone(e.Labels), slices.Clone(e.Policies)
		got = append(got, kept)
	}); err != nil {
		t.Fatal(err)
	}
	for e, err := range j.Entries(t.Context(), first) {
		if err != nil {
			t.Fatal(err)
		}
		want = append(want, e)
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("files (-), feed (+):\n%s", diff)
	}
}

func TestFeedSaysWhatRetentionTook(t *testing.T) {
	t.Parallel()
	j := open(t, fastDir(t), func(o *audit.Options) { o.SegmentBytes, o.RetainSegments = 64<<10, 1 })
	f := j.Feed()
	defer f.Close()
	first := j.Progress().Entries + 1
	for n := range 3000 {
		if err := j.Append(t.Context(), decision(fmt.Sprint("call-", n))); err != nil {
			t.Fatal(err)
		}
	}
	got := drained(t, f)
	if f.Missed() == 0 {
		t.Fatal("nothing was missed, so this shows nothing")
	}
	if whole := j.Progress().Entries - first + 1; uint64(len(got))+f.Missed() != whole {
		t.Errorf("%d handed on and %d missed, of %d", len(got), f.Missed(), whole)
	}
	if !slices.IsSorted(got) {
		t.Error("not in their order")
	}
}

func TestFeedFromOpening(t *testing.T) {
	t.Parallel()
	dir := fastDir(t)
	before := open(t, dir)
	if err := before.Append(t.Context(), decision("before")); err != nil {
		t.Fatal(err)
	}
	j := open(t, dir)
	if err := j.Append(t.Context(), decision("first")); err != nil {
		t.Fatal(err)
	}
	f := j.FeedFromOpening()
	defer f.Close()
	if err := j.Append(t.Context(), decision("second")); err != nil {
		t.Fatal(err)
	}
	var got []string
	if err := f.Drain(t.Context(), func(e *audit.Entry) {
		if e.Control != nil {
			got = append(got, string(e.Control.Action))
		}
		got = append(got, e.Call)
	}); err != nil {
		t.Fatal(err)
	}
	if want := []string{"open", "", "first", "second"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestFeedGoesOnAfterAnError(t *testing.T) {
	t.Parallel()
	j := open(t, fastDir(t))
	f := j.Feed()
	defer f.Close()
	first := j.Progress().Entries + 1
	for n := range 600 {
		if err := j.Append(t.Context(), decision(fmt.Sprint("call-", n))); err != nil {
			t.Fatal(err)
		}
	}
	ended, end := context.WithCancel(t.Context())
	var got []uint64
	err := f.Drain(ended, func(e *audit.Entry) {
		got = append(got, e.Seq)
		if len(got) == 550 { // behind what lies in memory
			end()
		}
	})
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("a context that has ended: %v", err)
	}
	got = append(got, drained(t, f)...)
	if want := numbers(first, first+599); !slices.Equal(got, want) {
		t.Errorf("handed on %d entries, %d wanted, or in another order", len(got), len(want))
	}
}

func TestFeedIsReadyWhenHalfFull(t *testing.T) {
	t.Parallel()
	j := open(t, fastDir(t))
	f := j.Feed()
	for n := range 256 {
		select {
		case <-f.Ready():
			t.Fatalf("ready after %d entries", n)
		default:
		}
		if err := j.Append(t.Context(), decision(fmt.Sprint("call-", n))); err != nil {
			t.Fatal(err)
		}
	}
	<-f.Ready()
	f.Close()
	f.Close()
	if err := j.Append(t.Context(), decision("after the end")); err != nil {
		t.Fatal(err)
	}
	if got := drained(t, f); len(got) != 256 {
		t.Errorf("%d entries, of which 256 were written before the end", len(got))
	}
}

// TestCommitsAreTold counts what is told of appends and groups.
func TestCommitsAreTold(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	appends, commits := 0, 0
	count := func(n *int) func(time.Duration) {
		return func(took time.Duration) {
			mu.Lock()
			defer mu.Unlock()
			if *n++; took < 0 {
				t.Errorf("took %v", took)
			}
		}
	}
	j := open(t, fastDir(t), func(o *audit.Options) { o.OnAppend, o.OnCommit = count(&appends), count(&commits) })
	for n := range 3 {
		if err := j.Append(t.Context(), decision(fmt.Sprint("call-", n))); err != nil {
			t.Fatal(err)
		}
	}
	mu.Lock()
	defer mu.Unlock()
	if appends != 3 || commits != 3 {
		t.Errorf("told of %d appends and %d groups, there were 3 of each", appends, commits)
	}
}

func BenchmarkAppendWithFeed(b *testing.B) {
	j := open(b, fastDir(b))
	f := j.Feed()
	defer f.Close()
	e, n := decision("call"), 0
	see := func(*audit.Entry) { n++ }
	b.ReportAllocs()
	for b.Loop() {
		if err := j.Append(b.Context(), e); err != nil {
			b.Fatal(err)
		}
		select {
		case <-f.Ready():
			if err := f.Drain(b.Context(), see); err != nil {
				b.Fatal(err)
			}
		default:
		}
	}
}
