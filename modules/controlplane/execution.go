package controlplane

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"sync"
	"time"

	"github.com/mcp-kernel/mcp-kernel/state"
)

// Bounds of explicit executions.
const (
	defaultLife   = time.Hour
	longestLife   = 24 * time.Hour
	rest          = 15 * time.Minute       // after which nothing of an execution that is over runs any more
	maxExecutions = 100                    // open ones of an identity
	freshFor      = 250 * time.Millisecond // how long a looked-up execution is believed without asking the backend
	maxCached     = 1024
)

// An Execution is a budget that an agent opened for one piece of work: a child of its implicit execution. What is used
// in it is charged to both, so it can only narrow.
type Execution struct {
	Handle    string    `json:"execution" doc:"name it in _meta \"io.mcp-kernel/execution\" or in kernel_execute's context"`
	Opened    time.Time `json:"opened"`
	Expires   time.Time `json:"expires"`
	Closed    bool      `json:"closed,omitempty"`
	MaxCalls  *int64    `json:"max_calls,omitempty"`
	MaxTokens *int64    `json:"max_tokens,omitempty"`
	Purpose   string    `json:"purpose,omitempty"`
}

// storedExecution is an execution as it is kept.
type storedExecution struct {
	Execution
	Ended time.Time `json:"ended,omitzero"` // when it was closed
}

// rests reports whether nothing of the execution can run any more.
func (e *storedExecution) rests(now time.Time) bool {
	since := e.Expires
	if e.Closed && e.Ended.Before(since) {
		since = e.Ended
	}
	return now.After(since.Add(rest))
}

// Over reports whether the execution takes no more calls at the time.
func (e Execution) Over(at time.Time) bool { return e.Closed || !at.Before(e.Expires) }

// Executions keeps explicit executions in a state backend, each under the identity that opened it. One that is over is cleared
// away, with its counters, when its identity opens another.
type Executions struct {
	store  state.Backend
	now    func() time.Time
	forget func(ctx context.Context, identity, handle string) error

	mu     sync.Mutex
	cached map[string]seen // by key
}

type seen struct {
	execution Execution
	at        time.Time
}

// NewExecutions returns the executions of a backend, which the caller owns. forget clears the counters of an execution that is
// over for good; nil leaves them.
func NewExecutions(store state.Backend, now func() time.Time, forget func(ctx context.Context, identity, handle string) error) *Executions {
	return &Executions{store: store, now: now, forget: forget, cached: map[string]seen{}}
}

func executionKey(identity, handle string) string { return executionsOf(identity) + "/" + handle }

func executionsOf(identity string) string { return "execution-" + treeOf(identity) }

// Open makes an execution that lasts life; 0 means one hour.
func (x *Executions) Open(ctx context.Context, identity string, life time.Duration, e Execution) (Execution, error) {
	if life == 0 {
		life = defaultLife
	}
	switch {
	case life < time.Second || life > longestLife:
		return Execution{}, faultf(Invalid, "ttl must be between 1s and %s", longestLife)
	case e.MaxCalls != nil && *e.MaxCalls < 0 || e.MaxTokens != nil && *e.MaxTokens < 0:
		return Execution{}, faultf(Invalid, "a budget must not be negative")
	}
	open, err := x.clear(ctx, identity)
	if err != nil {
		return Execution{}, err
	}
	if open >= maxExecutions {
		return Execution{}, faultf(NoSpace, "%d executions are open, or were until a few minutes ago: close some, or let them expire", open)
	}
	e.Handle, e.Opened, e.Closed = "x-"+rand.Text(), x.now().UTC(), false
	e.Expires = e.Opened.Add(life)
	return e, x.save(ctx, identity, e)
}

// clear removes the executions of an identity that have been over for a while, and returns how many there still are.
func (x *Executions) clear(ctx context.Context, identity string) (open int, err error) {
	entries, err := x.store.List(ctx, executionsOf(identity), "", 2*maxExecutions)
	if err != nil {
		return 0, err
	}
	for _, entry := range entries {
		var e storedExecution
		if err := json.Unmarshal(entry.Value, &e); err != nil {
			return 0, err
		}
		if !e.rests(x.now()) {
			open++
			continue
		}
		if x.forget != nil {
			if err := x.forget(ctx, identity, e.Handle); err != nil {
				return 0, err
			}
		}
		if err := x.store.Delete(ctx, entry.Key); err != nil {
			return 0, err
		}
	}
	return open, nil
}

func (x *Executions) save(ctx context.Context, identity string, e Execution) error {
	stored := storedExecution{Execution: e}
	if e.Closed {
		stored.Ended = x.now().UTC()
	}
	value, err := json.Marshal(stored)
	if err != nil {
		return err
	}
	return x.store.Set(ctx, executionKey(identity, e.Handle), value, 0) // until it is cleared away
}

// Find returns an execution of the identity, open or closed. One of another identity is not found.
func (x *Executions) Find(ctx context.Context, identity, handle string) (Execution, error) {
	key := executionKey(identity, handle)
	if e, ok := x.recall(key); ok {
		return e, nil
	}
	item, err := x.store.Get(ctx, key)
	switch {
	case errors.Is(err, state.ErrNotFound):
		return Execution{}, faultf(NotFound, "there is no such execution, or it has expired: open one with execution_open")
	case err != nil:
		return Execution{}, err
	}
	var e Execution
	if err := json.Unmarshal(item.Value, &e); err != nil {
		return Execution{}, err
	}
	x.remember(key, e)
	return e, nil
}

// Close ends an execution. Calls that are running may finish.
func (x *Executions) Close(ctx context.Context, identity, handle string) (Execution, error) {
	e, err := x.Find(ctx, identity, handle)
	if err != nil {
		return Execution{}, err
	}
	e.Closed = true
	x.remember(executionKey(identity, handle), e)
	return e, x.save(ctx, identity, e)
}

func (x *Executions) recall(key string) (Execution, bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	s, ok := x.cached[key]
	return s.execution, ok && x.now().Sub(s.at) < freshFor
}

func (x *Executions) remember(key string, e Execution) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if len(x.cached) >= maxCached {
		clear(x.cached) // rare, and only costs look-ups
	}
	x.cached[key] = seen{execution: e, at: x.now()}
}
