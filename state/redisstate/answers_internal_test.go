package redisstate

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/mcp-kernel/mcp-kernel/state"
)

// TestForeignAnswers wants what no script of ours returns to be an error: somebody else has written there, or answers.
func TestForeignAnswers(t *testing.T) {
	t.Parallel()
	claims := []state.Claim{{Name: "n"}}
	for name, read := range map[string]func() error{
		"taken: no list":      func() error { _, err := takenOf("OK", claims); return err },
		"taken: too short":    func() error { _, err := takenOf([]any{int64(1)}, claims); return err },
		"taken: texts":        func() error { _, err := takenOf([]any{"1", "1", "1", "0"}, claims); return err },
		"item: no text":       func() error { _, err := itemOf("key", int64(1)); return err },
		"item: short":         func() error { _, err := itemOf("key", "value"); return err },
		"number: no text":     func() error { _, err := number(int64(1)); return err },
		"number: negative":    func() error { _, err := number("-1"); return err },
		"texts: no list":      func() error { _, err := texts("x"); return err },
		"texts: a number":     func() error { _, err := texts([]any{"x", int64(1)}); return err },
		"record: no list":     func() error { _, err := recordOf("x"); return err },
		"record: two fields":  func() error { _, err := recordOf([]any{"1-1", []any{"a", "b", "c", "d"}}); return err },
		"record: foreign id":  func() error { _, err := recordOf([]any{"x-1", []any{"v", ""}}); return err },
		"record: without one": func() error { _, err := recordOf([]any{"1", []any{"v", ""}}); return err },
	} {
		if err := read(); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestNewEnough(t *testing.T) {
	t.Parallel()
	for version, want := range map[string]error{"6.2.14": ErrOld, "7.0.15": nil, "10.0": nil, "": nil, "unknown": nil} {
		if err := newEnough(version); !errors.Is(err, want) {
			t.Errorf("%q: %v, want %v", version, err, want)
		}
	}
}

func TestFactsOf(t *testing.T) {
	t.Parallel()
	facts := factsOf("# Server\r\nredis_version:7.0.15\r\n\r\n# Memory\r\nmaxmemory_policy:noeviction\r\n")
	if facts["redis_version"] != "7.0.15" || facts["maxmemory_policy"] != "noeviction" {
		t.Errorf("facts are %q", facts)
	}
}

// A mute client never connects, so that calls stay where they are.
type mute struct{ client }

// TestQueueIsBounded gives a queue without workers more than it holds: nobody waits for longer than its patience.
func TestQueueIsBounded(t *testing.T) {
	t.Parallel()
	q := startQueue(mute{}, 1, 0, time.Millisecond)
	for range queued + 2 {
		if _, err := q.do(t.Context(), command("get", "key")()); !errors.Is(err, ErrTimeout) {
			t.Fatalf("error %v, want %v", err, ErrTimeout)
		}
	}
	q.patience = time.Hour
	q.stop()
	if _, err := q.do(t.Context(), command("get", "key")()); !errors.Is(err, state.ErrClosed) {
		t.Errorf("after stop: error %v, want %v", err, state.ErrClosed)
	}
}

// TestGivenUp wants a call that was given up before its turn not to be sent.
func TestGivenUp(t *testing.T) {
	t.Parallel()
	q := startQueue(mute{}, 1, 0, time.Minute)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	c := command("get", "key")()
	c.done = make(chan struct{})
	if _, err := q.do(ctx, c); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want %v", err, context.Canceled)
	}
	c.phase.Store(givenUp)
	q.send([]*call{c}) // mute would panic
}

// TestWhere names servers for people.
func TestWhere(t *testing.T) {
	t.Parallel()
	o := Options{Addresses: []string{"a:1", "b:2"}, Master: "main", Password: "hunter2"}
	if got := o.where(); !strings.Contains(got, "main") || !strings.Contains(got, "a:1,b:2") || strings.Contains(got, "hunter") {
		t.Errorf("where is %q", got)
	}
}
