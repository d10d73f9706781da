package statetest

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mcp-kernel/mcp-kernel/state"
)

func logLaws() []law {
	return []law{
		{"an unknown stream is empty", emptyStream},
		{"records are numbered from 1", numbered},
		{"append behind what was seen", appendsBehind},
		{"appending nothing compares", appendsNothing},
		{"records are copied", recordsCopied},
		{"nil is stored as empty", nilRecord},
		{"the time of a record", recordTime},
		{"reading from a number on", readsFrom},
		{"reading ends where it began to end", readEnds},
		{"streams do not mix", streamsApart},
		{"many at once stay together", appendTogether},
		{"one of many appends behind", oneAppends},
		{"large records", largeRecords},
		{"bad names", badStreams},
	}
}

// appendAll appends records at the end and returns the number of the last.
func appendAll(t *testing.T, s *Subject, stream string, values ...string) state.Seq {
	t.Helper()
	seq, err := s.Log.Append(t.Context(), stream, state.Tail, toBytes(values)...)
	must(t, err)
	return seq
}

func toBytes(values []string) [][]byte {
	records := make([][]byte, len(values))
	for i, v := range values {
		records[i] = []byte(v)
	}
	return records
}

// wantRecords wants exactly these values from a number on, numbered one after the other; the first of them has that
// number.
func wantRecords(t *testing.T, s *Subject, stream string, from state.Seq, want ...string) {
	t.Helper()
	var got []string
	next := from
	for record, err := range s.Log.Read(t.Context(), stream, from) {
		must(t, err)
		if record.Seq != next {
			t.Errorf("%s: record %d where %d was wanted", stream, record.Seq, next)
		}
		next = record.Seq + 1
		got = append(got, string(record.Value))
	}
	if !slices.Equal(got, want) {
		t.Errorf("%s from %d: %q, want %q", stream, from, got, want)
	}
}

func wantLast(t *testing.T, s *Subject, stream string, want state.Seq) {
	t.Helper()
	last, err := s.Log.Last(t.Context(), stream)
	must(t, err)
	if last != want {
		t.Errorf("%s: last is %d, want %d", stream, last, want)
	}
}

func emptyStream(t *testing.T, s *Subject) {
	wantLast(t, s, "none", 0)
	wantRecords(t, s, "none", 1)
	must(t, s.Log.Trim(t.Context(), "none", 10))
	wantLast(t, s, "none", 0)
	if seq := appendAll(t, s, "none", "x"); seq != 1 {
		t.Errorf("the first record has number %d, want 1", seq)
	}
}

func numbered(t *testing.T, s *Subject) {
	for i, values := range [][]string{{"1"}, {"2", "3", "4"}, {"5"}} {
		seq := appendAll(t, s, "s", values...)
		if want := []state.Seq{1, 4, 5}[i]; seq != want {
			t.Errorf("append of %q returned %d, want %d", values, seq, want)
		}
	}
	wantLast(t, s, "s", 5)
	wantRecords(t, s, "s", 1, "1", "2", "3", "4", "5")
}

func appendsBehind(t *testing.T, s *Subject) {
	ctx := t.Context()
	for _, c := range []struct {
		after state.Seq
		want  state.Seq // 0 is a conflict
	}{{1, 0}, {0, 2}, {0, 0}, {1, 0}, {3, 0}, {2, 4}, {4, 6}, {state.Tail - 1, 0}} {
		seq, err := s.Log.Append(ctx, "s", c.after, []byte("a"), []byte("b"))
		if c.want == 0 {
			wantErr(t, fmt.Sprintf("behind %d", c.after), err, state.ErrConflict)
		} else if must(t, err); seq != c.want {
			t.Errorf("behind %d: returned %d, want %d", c.after, seq, c.want)
		}
	}
	wantRecords(t, s, "s", 1, "a", "b", "a", "b", "a", "b")
}

func appendsNothing(t *testing.T, s *Subject) {
	ctx := t.Context()
	appendAll(t, s, "s", "1", "2")
	for _, after := range []state.Seq{2, state.Tail} {
		seq, err := s.Log.Append(ctx, "s", after)
		must(t, err)
		if seq != 2 {
			t.Errorf("behind %d: returned %d, want 2", after, seq)
		}
	}
	_, err := s.Log.Append(ctx, "s", 1)
	wantErr(t, "behind 1", err, state.ErrConflict)
	wantLast(t, s, "s", 2)
}

func recordsCopied(t *testing.T, s *Subject) {
	ctx := t.Context()
	value := []byte("mine")
	_, err := s.Log.Append(ctx, "s", state.Tail, value)
	must(t, err)
	copy(value, "XXXX")
	for record, err := range s.Log.Read(ctx, "s", 1) {
		must(t, err)
		copy(record.Value, "YYYY")
	}
	wantRecords(t, s, "s", 1, "mine")
}

func nilRecord(t *testing.T, s *Subject) {
	_, err := s.Log.Append(t.Context(), "s", state.Tail, nil, []byte{})
	must(t, err)
	for record, err := range s.Log.Read(t.Context(), "s", 1) {
		must(t, err)
		if record.Value == nil || len(record.Value) > 0 {
			t.Errorf("record %d is %#v, want empty and not nil", record.Seq, record.Value)
		}
	}
	wantLast(t, s, "s", 2)
}

func recordTime(t *testing.T, s *Subject) {
	before := s.now().Truncate(time.Millisecond)
	appendAll(t, s, "s", "1")
	after := s.now()
	for record, err := range s.Log.Read(t.Context(), "s", 1) {
		must(t, err)
		if record.At.Before(before) || record.At.After(after) || record.At.Location() != time.UTC {
			t.Errorf("appended at %v, want UTC and between %v and %v", record.At, before, after)
		}
	}
}

// readsFrom has more records than a driver is likely to fetch at once.
func readsFrom(t *testing.T, s *Subject) {
	var all []string
	for i := range 10 {
		var some []string
		for j := range 50 {
			some = append(some, strconv.Itoa(i*50+j+1))
		}
		appendAll(t, s, "s", some...)
		all = append(all, some...)
	}
	for _, from := range []state.Seq{1, 2, 250, 499, 500} {
		wantRecords(t, s, "s", from, all[from-1:]...)
	}
	for _, from := range []state.Seq{501, 502, state.Tail - 1, state.Tail} {
		wantRecords(t, s, "s", from)
	}
	for record, err := range s.Log.Read(t.Context(), "s", 0) {
		must(t, err)
		if record.Seq != 1 {
			t.Errorf("from 0: the first record is %d, want 1", record.Seq)
		}
		break
	}
}

func readEnds(t *testing.T, s *Subject) {
	appendAll(t, s, "s", "1", "2", "3")
	read := 0
	for _, err := range s.Log.Read(t.Context(), "s", 1) {
		must(t, err)
		appendAll(t, s, "s", "more")
		if read++; read > 3 {
			t.Fatal("a Read goes on with what is appended while it reads")
		}
	}
	wantLast(t, s, "s", 6)
}

func streamsApart(t *testing.T, s *Subject) {
	for _, name := range odd() {
		appendAll(t, s, name, name)
	}
	for _, name := range odd() {
		wantRecords(t, s, name, 1, name)
	}
	must(t, s.Backend.Set(t.Context(), "a/b", []byte("item"), 0))
	wantRecords(t, s, "a/b", 1, "a/b")
}

// appendTogether lets many append three records at a time, which have to stay neighbours.
func appendTogether(t *testing.T, s *Subject) {
	const workers, each = 8, 10
	var group sync.WaitGroup
	for worker := range workers {
		group.Go(func() {
			for i := range each {
				value := fmt.Appendf(nil, "%d.%d", worker, i)
				if _, err := s.Log.Append(t.Context(), "s", state.Tail, value, value, value); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	wantLast(t, s, "s", 3*workers*each)
	var values []string
	for record, err := range s.Log.Read(t.Context(), "s", 1) {
		must(t, err)
		values = append(values, string(record.Value))
	}
	seen := map[string]bool{}
	for three := range slices.Chunk(values, 3) {
		if seen[three[0]] || three[0] != three[1] || three[1] != three[2] {
			t.Errorf("%q are neighbours", three)
		}
		seen[three[0]] = true
	}
}

func oneAppends(t *testing.T, s *Subject) {
	const workers = 16
	won := make([]bool, workers)
	var group sync.WaitGroup
	for worker := range workers {
		group.Go(func() {
			_, err := s.Log.Append(t.Context(), "s", 0, []byte("won"))
			if won[worker] = err == nil; err != nil && !errors.Is(err, state.ErrConflict) {
				t.Error(err)
			}
		})
	}
	group.Wait()
	wantRecords(t, s, "s", 1, "won")
	if first := slices.Index(won, true); first < 0 || slices.Contains(won[first+1:], true) {
		t.Errorf("who appended first: %v, want one", won)
	}
}

func largeRecords(t *testing.T, s *Subject) {
	ctx := t.Context()
	large := bytes.Repeat([]byte("0123456789abcdef"), state.MaxValue/16)
	_, err := s.Log.Append(ctx, "s", state.Tail, large, large)
	must(t, err)
	wantRecords(t, s, "s", 1, string(large), string(large))
	_, err = s.Log.Append(ctx, "s", state.Tail, append(large, 'x'))
	wantErr(t, "one byte more", err, state.ErrInvalid)
	_, err = s.Log.Append(ctx, "s", state.Tail, large, large, []byte("x"))
	wantErr(t, "one byte more together", err, state.ErrInvalid)
	_, err = s.Log.Append(ctx, "s", state.Tail, make([][]byte, state.MaxBatch+1)...)
	wantErr(t, "one record more", err, state.ErrInvalid)
	wantLast(t, s, "s", 2)
}

func badStreams(t *testing.T, s *Subject) {
	ctx := t.Context()
	for _, name := range []string{"", "\x00", "\xff", strings.Repeat("s", state.MaxKey+1)} {
		_, err := s.Log.Append(ctx, name, state.Tail, nil)
		wantErr(t, "Append", err, state.ErrInvalid)
		_, err = s.Log.Last(ctx, name)
		wantErr(t, "Last", err, state.ErrInvalid)
		wantErr(t, "Trim", s.Log.Trim(ctx, name, 1), state.ErrInvalid)
		wantErr(t, "Read", failure(s.Log.Read(ctx, name, 1)), state.ErrInvalid)
		wantErr(t, "Follow", failure(s.Log.Follow(ctx, name, 1)), state.ErrInvalid)
	}
}
