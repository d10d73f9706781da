package statetest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/mcp-kernel/mcp-kernel/state"
)

func refuseLaws() []law {
	return []law{
		{"an ended context has no effect", endedContext},
		{"after Close everything is refused", closedBackend},
	}
}

func refuseLogLaws() []law {
	return []law{
		{"an ended context has no effect", endedLogContext},
		{"after Close everything is refused", closedLog},
	}
}

// uses returns one use of each method of a backend, on what prepared wrote.
func uses(ctx context.Context, b state.Backend, version state.Version) map[string]func() error {
	return map[string]func() error{
		"Get":              func() error { _, err := b.Get(ctx, "things/a"); return err },
		"Set":              func() error { return b.Set(ctx, "things/a", []byte("2"), 0) },
		"Delete":           func() error { return b.Delete(ctx, "things/a") },
		"Write":            func() error { return b.Write(ctx, state.Put{Key: "things/a", Value: []byte("2")}) },
		"Write of nothing": func() error { return b.Write(ctx) },
		"CompareAndSwap": func() error {
			_, err := b.CompareAndSwap(ctx, "things/a", version, []byte("2"), 0)
			return err
		},
		"Take": func() error {
			_, err := b.Take(ctx, "alice", state.Claim{Name: "n", N: 1, Limit: 1})
			return err
		},
		"List": func() error { _, err := b.List(ctx, "things", "", 1); return err },
	}
}

func endedContext(t *testing.T, s *Subject) {
	must(t, s.Backend.Set(t.Context(), "things/a", []byte("1"), 0))
	version := versionOf(t, s.Backend, "things/a")
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	late, cancel := context.WithDeadline(t.Context(), time.Unix(0, 0))
	defer cancel()
	for name, use := range uses(cancelled, s.Backend, version) {
		wantErr(t, name, use(), context.Canceled)
	}
	for name, use := range uses(late, s.Backend, version) {
		wantErr(t, name, use(), context.DeadlineExceeded)
	}
	wantValue(t, s.Backend, "things/a", "1")
	take(t, s, "alice", one(state.Claim{Name: "n"}), state.Taken{Name: "n", OK: true})
}

func closedBackend(t *testing.T, s *Subject) {
	must(t, s.Backend.Set(t.Context(), "things/a", []byte("1"), 0))
	version := versionOf(t, s.Backend, "things/a")
	must(t, s.Backend.Close())
	must(t, s.Backend.Close())
	for name, use := range uses(t.Context(), s.Backend, version) {
		wantErr(t, name, use(), state.ErrClosed)
	}
}

// logUses returns one use of each method of a log.
func logUses(ctx context.Context, l state.Log) map[string]func() error {
	return map[string]func() error{
		"Append": func() error { _, err := l.Append(ctx, "s", state.Tail, []byte("2")); return err },
		"Read":   func() error { return failure(l.Read(ctx, "s", 1)) },
		"Follow": func() error { return failure(l.Follow(ctx, "s", 1)) },
		"Last":   func() error { _, err := l.Last(ctx, "s"); return err },
		"Trim":   func() error { return l.Trim(ctx, "s", state.Tail) },
	}
}

// failure returns the error of a sequence that is to yield nothing else.
func failure(records func(func(state.Record, error) bool)) (fault error) {
	for record, err := range records {
		if fault != nil || err == nil || record.Seq != 0 {
			return errors.New("the sequence yields more than an error")
		}
		fault = err
	}
	return fault
}

func endedLogContext(t *testing.T, s *Subject) {
	appendAll(t, s, "s", "1")
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	for name, use := range logUses(cancelled, s.Log) {
		wantErr(t, name, use(), context.Canceled)
	}
	wantRecords(t, s, "s", 1, "1")
}

// closedLog closes the store itself: a prefixed view of its backend would only close the view.
func closedLog(t *testing.T, s *Subject) {
	appendAll(t, s, "s", "1")
	must(t, s.close())
	must(t, s.close())
	for name, use := range logUses(t.Context(), s.Log) {
		wantErr(t, name, use(), state.ErrClosed)
	}
}
