// Package statetest is the conformance suite of state.Backend and state.Log: what it asserts is what they mean, for every
// driver. A driver's tests call TestBackend and TestLog with a function that opens an empty store; everything runs once
// bare and once under a prefix, and a random walk is compared with a model of a few lines. Only what is particular to a
// driver (crashes, files, servers) needs tests of its own.
package statetest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/mcp-kernel/mcp-kernel/state"
)

// A Subject is a store under test. Backend and Log belong to one store: closing the one closes the other.
type Subject struct {
	Backend state.Backend
	Log     state.Log

	Now     func() time.Time    // the store's clock; nil is time.Now
	Advance func(time.Duration) // lets the store's clock pass so much time; nil is time.Sleep

	close func() error // of the store, whatever prefix Backend has
}

// An Open returns a new and empty store, which it closes with t.Cleanup. Stores of several tests are open at once.
type Open func(t *testing.T) Subject

// virtual reports whether time can be passed without waiting.
func (s *Subject) virtual() bool { return s.Advance != nil }

func (s *Subject) now() time.Time {
	if s.Now == nil {
		return time.Now()
	}
	return s.Now()
}

func (s *Subject) advance(d time.Duration) {
	if s.Advance == nil {
		time.Sleep(d)
		return
	}
	s.Advance(d)
}

// A law is one thing that every driver does.
type law struct {
	name  string
	holds func(t *testing.T, s *Subject)
}

// TestBackend holds a driver to the contract of state.Backend.
func TestBackend(t *testing.T, open Open) {
	t.Helper()
	groups := map[string][]law{
		"items": itemLaws(), "keys": keyLaws(), "expiry": expiryLaws(), "swap": swapLaws(), "list": listLaws(),
		"take": takeLaws(), "refuse": refuseLaws(), "model": {{"random walk", walkBackend}},
	}
	run(t, open, groups)
}

// TestLog holds a driver to the contract of state.Log.
func TestLog(t *testing.T, open Open) {
	t.Helper()
	groups := map[string][]law{
		"log": logLaws(), "trim": trimLaws(), "follow": followLaws(), "refuse": refuseLogLaws(),
		"model": {{"random walk", walkLog}},
	}
	run(t, open, groups)
}

func run(t *testing.T, open Open, groups map[string][]law) {
	t.Helper()
	for _, prefix := range []string{"", "a b:%é"} {
		name := "bare"
		if prefix != "" {
			name = "prefix " + prefix
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for group, laws := range groups {
				for _, law := range laws {
					t.Run(group+"/"+law.name, func(t *testing.T) {
						t.Parallel()
						s := open(t)
						s.close = s.Backend.Close
						s.Backend = state.Prefixed(prefix, s.Backend)
						s.Log = state.PrefixedLog(prefix, s.Log)
						law.holds(t, &s)
					})
				}
			}
		})
	}
}

// A reporter is a test, or one run of a random walk.
type reporter interface {
	Helper()
	Errorf(format string, args ...any)
	Fatal(args ...any)
}

// must fails the test at once when something went wrong that is not the point of it.
func must(t reporter, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// wantErr reports an error that is not the wanted one.
func wantErr(t reporter, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s: error %v, want %v", what, err, want)
	}
}

// wantValue reports a key that does not have a value. "absent" is what a missing one is compared as.
func wantValue(t reporter, b state.Backend, key, want string) {
	t.Helper()
	if got := valueOf(t, b, key); got != want {
		t.Errorf("%q has value %.40q, want %.40q", key, got, want)
	}
}

const absent = "absent"

func valueOf(t reporter, b state.Backend, key string) string {
	t.Helper()
	item, err := b.Get(context.Background(), key)
	if errors.Is(err, state.ErrNotFound) {
		return absent
	}
	must(t, err)
	return string(item.Value)
}

// versionOf returns the version of a key, 0 when there is none.
func versionOf(t reporter, b state.Backend, key string) state.Version {
	t.Helper()
	item, err := b.Get(context.Background(), key)
	if !errors.Is(err, state.ErrNotFound) {
		must(t, err)
	}
	return item.Version
}
