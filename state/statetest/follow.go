package statetest

import (
	"context"
	"fmt"
	"iter"
	"runtime"
	"strconv"
	"sync"
	"testing"

	"github.com/mcp-kernel/mcp-kernel/state"
)

func trimLaws() []law {
	return []law{
		{"reading begins with the oldest kept", trimmed},
		{"numbers go on", trimmedCounts},
		{"trimming again", trimAgain},
		{"trimming while reading", trimWhileReading},
	}
}

func followLaws() []law {
	return []law{
		{"old records and new ones", followsBoth},
		{"from the end", followsEnd},
		{"from a number to come", followsFuture},
		{"several followers", manyFollow},
		{"past what is trimmed", followsTrimmed},
		{"until the consumer stops", followStops},
		{"until the context ends", followCancelled},
		{"until the log is closed", followClosed},
	}
}

func trimmed(t *testing.T, s *Subject) {
	appendAll(t, s, "s", "1", "2", "3", "4", "5")
	appendAll(t, s, "other", "1")
	must(t, s.Log.Trim(t.Context(), "s", 3))
	wantRecords(t, s, "s", 3, "3", "4", "5")
	for _, from := range []state.Seq{0, 1, 2} {
		next, stop := iter.Pull2(s.Log.Read(t.Context(), "s", from))
		record, err, _ := next()
		must(t, err)
		if record.Seq != 3 {
			t.Errorf("from %d: the first record is %d, want 3", from, record.Seq)
		}
		stop()
	}
	wantRecords(t, s, "other", 1, "1")
}

func trimmedCounts(t *testing.T, s *Subject) {
	for _, before := range []state.Seq{6, 100, state.Tail} {
		stream := fmt.Sprint("s", before)
		appendAll(t, s, stream, "1", "2", "3", "4", "5")
		must(t, s.Log.Trim(t.Context(), stream, before))
		wantLast(t, s, stream, 5)
		wantRecords(t, s, stream, 6)
		_, err := s.Log.Append(t.Context(), stream, 0, []byte("new"))
		wantErr(t, "append to a stream that had records", err, state.ErrConflict)
		seq, err := s.Log.Append(t.Context(), stream, 5, []byte("6"))
		must(t, err)
		if seq != 6 {
			t.Errorf("trimmed before %d: the next record is %d, want 6", before, seq)
		}
		wantRecords(t, s, stream, 6, "6")
	}
}

func trimAgain(t *testing.T, s *Subject) {
	appendAll(t, s, "s", "1", "2", "3")
	for _, before := range []state.Seq{0, 1, 3, 3, 2, 0} {
		must(t, s.Log.Trim(t.Context(), "s", before))
	}
	wantRecords(t, s, "s", 3, "3")
	wantLast(t, s, "s", 3)
}

func trimWhileReading(t *testing.T, s *Subject) {
	for range 10 {
		appendAll(t, s, "s", make([]string, 50)...)
	}
	before := state.Seq(0)
	for record, err := range s.Log.Read(t.Context(), "s", 1) {
		must(t, err)
		if record.Seq <= before {
			t.Fatalf("record %d after %d", record.Seq, before)
		}
		if before = record.Seq; before == 10 {
			must(t, s.Log.Trim(t.Context(), "s", 490))
		}
	}
	if before != 500 {
		t.Errorf("reading ended at %d, want 500", before)
	}
}

// expect takes the next record of a sequence.
func expect(t *testing.T, next func() (state.Record, error, bool), seq state.Seq, value string) {
	t.Helper()
	record, err, ok := next()
	if err != nil || !ok || record.Seq != seq || string(record.Value) != value {
		t.Fatalf("got record %d %q, error %v, more %v; want %d %q", record.Seq, record.Value, err, ok, seq, value)
	}
}

// later appends to the stream s from another goroutine, so that the follower most likely waits already, and ends with the test.
func later(t *testing.T, s *Subject, values ...string) {
	t.Helper()
	var group sync.WaitGroup
	t.Cleanup(group.Wait)
	group.Go(func() {
		if _, err := s.Log.Append(context.WithoutCancel(t.Context()), "s", state.Tail, toBytes(values)...); err != nil {
			t.Error(err)
		}
	})
}

func followsBoth(t *testing.T, s *Subject) {
	appendAll(t, s, "s", "1", "2")
	next, stop := iter.Pull2(s.Log.Follow(t.Context(), "s", 1))
	defer stop()
	expect(t, next, 1, "1")
	expect(t, next, 2, "2")
	later(t, s, "3", "4")
	expect(t, next, 3, "3")
	expect(t, next, 4, "4")
	appendAll(t, s, "other", "x")
	later(t, s, "5")
	expect(t, next, 5, "5")
}

// followsEnd appends until the follower has seen one, since nobody can tell when it has begun.
func followsEnd(t *testing.T, s *Subject) {
	appendAll(t, s, "s", "old")
	first := make(chan state.Record, 1)
	var group sync.WaitGroup
	t.Cleanup(group.Wait)
	group.Go(func() {
		for record, err := range s.Log.Follow(t.Context(), "s", state.Tail) {
			if err != nil {
				t.Error(err)
			}
			first <- record
			return
		}
	})
	for i := 2; ; i++ {
		appendAll(t, s, "s", strconv.Itoa(i))
		select {
		case record := <-first:
			if record.Seq < 2 || string(record.Value) != fmt.Sprint(record.Seq) {
				t.Errorf("the first record is %d %q, want a new one", record.Seq, record.Value)
			}
			return
		default:
			runtime.Gosched()
		}
	}
}

func followsFuture(t *testing.T, s *Subject) {
	appendAll(t, s, "s", "1")
	next, stop := iter.Pull2(s.Log.Follow(t.Context(), "s", 3))
	defer stop()
	later(t, s, "2", "3")
	expect(t, next, 3, "3")
}

func manyFollow(t *testing.T, s *Subject) {
	const followers, records = 8, 20
	var group sync.WaitGroup
	t.Cleanup(group.Wait) // the test's context has ended by then, and with it whoever still follows
	for range followers {
		group.Go(func() {
			want := state.Seq(1)
			for record, err := range s.Log.Follow(t.Context(), "s", 1) {
				if err != nil || record.Seq != want {
					t.Errorf("record %d, error %v, want %d", record.Seq, err, want)
					return
				}
				if want++; want > records {
					return
				}
			}
		})
	}
	for i := range records {
		appendAll(t, s, "s", strconv.Itoa(i))
	}
	group.Wait()
}

func followsTrimmed(t *testing.T, s *Subject) {
	appendAll(t, s, "s", "1", "2", "3")
	must(t, s.Log.Trim(t.Context(), "s", state.Tail))
	next, stop := iter.Pull2(s.Log.Follow(t.Context(), "s", 1))
	defer stop()
	later(t, s, "4")
	expect(t, next, 4, "4")
}

func followStops(t *testing.T, s *Subject) {
	appendAll(t, s, "s", "1", "2")
	for record, err := range s.Log.Follow(t.Context(), "s", 1) {
		must(t, err)
		if record.Seq == 2 {
			break
		}
	}
}

func followCancelled(t *testing.T, s *Subject) {
	appendAll(t, s, "s", "1")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ends(t, s.Log.Follow(ctx, "s", 1), cancel, context.Canceled)
}

func followClosed(t *testing.T, s *Subject) {
	appendAll(t, s, "s", "1")
	ends(t, s.Log.Follow(t.Context(), "s", 1), func() { must(t, s.close()) }, state.ErrClosed)
}

// ends lets a follower take one record, ends it while it waits for the next, and wants why it ended as the last element.
func ends(t *testing.T, records iter.Seq2[state.Record, error], end func(), want error) {
	t.Helper()
	next, stop := iter.Pull2(records)
	defer stop()
	expect(t, next, 1, "1")
	var group sync.WaitGroup
	defer group.Wait()
	group.Go(end)
	_, err, ok := next()
	wantErr(t, "the last element", err, want)
	if _, _, more := next(); !ok || more {
		t.Errorf("it yields an error: %v, and more after it: %v", ok, more)
	}
}
