package tasks

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/mcp-kernel/mcp-kernel/state"
	"github.com/mcp-kernel/mcp-kernel/tools"
)

// What can happen to a record.
var (
	errNoTask  = errors.New("no such task")
	errOver    = errors.New("the task is over")
	errTooMany = errors.New("too many tries to write a task's record")
)

// load reads a record. One that no living process runs and that is not over has failed.
func (m *Manager) load(ctx context.Context, at place) (*record, state.Version, error) {
	r, version, err := m.read(ctx, at)
	if err != nil || r.Status.over() || m.runs(r) {
		return r, version, err
	}
	r, version, err = m.edit(ctx, at, func(r *record) error {
		r.end(nil, &tools.Error{
			Code: tools.CodeUnavailable, CallID: r.Call,
			Reason: "the kernel that ran it has ended: what was begun may have had an effect, and its answer is lost",
		}, m.opts.Now())
		return nil
	})
	if errors.Is(err, errOver) { // by then
		return m.read(ctx, at)
	}
	return r, version, err
}

// runs reports whether somebody runs the task of a record.
func (m *Manager) runs(r *record) bool {
	if r.Owner != m.opts.Process {
		return m.opts.Lives(r.Owner)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.tasks[r.ID] != nil
}

func (m *Manager) read(ctx context.Context, at place) (*record, state.Version, error) {
	if !isID(at.id) {
		return nil, 0, errNoTask
	}
	item, err := m.opts.Store.Get(ctx, at.key())
	switch {
	case errors.Is(err, state.ErrNotFound):
		return nil, 0, errNoTask
	case err != nil:
		return nil, 0, fmt.Errorf("task %s: %w", at.id, err)
	}
	r, err := parse(item.Value)
	return r, item.Version, err
}

func parse(value []byte) (*record, error) {
	r := new(record)
	if err := json.Unmarshal(value, r); err != nil {
		return nil, fmt.Errorf("record of a task: %w", err)
	}
	return r, nil
}

// edit changes the record of a task that is not over, whatever others do to it meanwhile.
func (m *Manager) edit(ctx context.Context, at place, change func(*record) error) (*record, state.Version, error) {
	const tries = 100
	for range tries {
		r, version, err := m.read(ctx, at)
		switch {
		case err != nil:
			return nil, 0, err
		case r.Status.over():
			return r, version, errOver
		}
		if err := change(r); err != nil {
			return nil, 0, err
		}
		version, err = m.swap(ctx, at, version, r)
		if !errors.Is(err, state.ErrConflict) {
			return r, version, err
		}
	}
	return nil, 0, fmt.Errorf("task %s: %w", at.id, errTooMany)
}

// swap writes a record in the place of one version of it; 0 is none.
func (m *Manager) swap(ctx context.Context, at place, old state.Version, r *record) (state.Version, error) {
	left := r.left(m.opts.Now())
	if left <= 0 {
		return 0, errNoTask
	}
	value, err := json.Marshal(r)
	if err != nil {
		return 0, fmt.Errorf("record of task %s: %w", at.id, err)
	}
	return m.opts.Store.CompareAndSwap(ctx, at.key(), old, value, roundUp(left))
}

// roundUp makes whole milliseconds, which is what drivers count in.
func roundUp(d time.Duration) time.Duration {
	return (d + time.Millisecond - 1).Truncate(time.Millisecond)
}

// keepAnswer stores an answer, in as many pieces as the store wants, before the record says that it is there.
func (m *Manager) keepAnswer(ctx context.Context, at place, result *tools.Result, ttl time.Duration) (pieces int, err error) {
	text, err := json.Marshal(result)
	if err != nil {
		return 0, fmt.Errorf("answer of task %s: %w", at.id, err)
	}
	for ; len(text) > 0; pieces++ {
		n := min(len(text), state.MaxValue)
		if err := m.opts.Store.Set(ctx, at.piece(pieces), text[:n], ttl); err != nil {
			return 0, fmt.Errorf("answer of task %s: %w", at.id, err)
		}
		text = text[n:]
	}
	return pieces, nil
}

// answer reads the answer of a task that has one.
func (m *Manager) answer(ctx context.Context, at place, r *record) (tools.Result, error) {
	var text []byte
	for n := range r.Pieces {
		item, err := m.opts.Store.Get(ctx, at.piece(n))
		if err != nil {
			return tools.Result{}, fmt.Errorf("answer of task %s: %w", at.id, err)
		}
		text = append(text, item.Value...)
	}
	var result tools.Result
	if err := json.Unmarshal(text, &result); err != nil {
		return tools.Result{}, fmt.Errorf("answer of task %s: %w", at.id, err)
	}
	return result, nil
}
