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

// Over reports whether the execution takes no more calls at the time.
func (e Execution) Over(at time.Time) bool { return e.Closed || !at.Before(e.Expires) }

// Executions keeps explicit executions in a state backend, each under the identity that opened it.
type Executions struct {
	store state.Backend
	now   func() time.Time

	mu     sync.Mutex
	cached map[string]seen // by key
}

type seen struct {
	execution Execution
	at        time.Time
}

// NewExecutions returns the executions of a backend, which the caller owns.
func NewExecutions(store state.Backend, now func() time.Time) *Executions {
	return &Executions{store: store, now: now, cached: map[string]seen{}}
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
	open, err := x.store.List(ctx, executionsOf(identity), "", maxExecutions)
	if err != nil {
		return Execution{}, err
	}
	if len(open) >= maxExecutions {
		return Execution{}, faultf(NoSpace, "%d executions are open: close some, or let them expire", len(open))
	}
	e.Handle, e.Opened, e.Closed = "x-"+rand.Text(), x.now().UTC(), false
	e.Expires = e.Opened.Add(life)
	return e, x.save(ctx, identity, e)
}

func (x *Executions) save(ctx context.Context, identity string, e Execution) error {
	value, err := json.Marshal(e)
	if err != nil {
		return err
	}
	return x.store.Set(ctx, executionKey(identity, e.Handle), value, max(e.Expires.Sub(x.now()), time.Second))
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
