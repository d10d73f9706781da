package tasks

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/tools"
)

// Why a task's context ended.
var (
	errEnding   = errors.New("the kernel ends")
	errExpired  = errors.New("the task ran for longer than it is kept")
	errByClient = errors.New("the client cancelled the task")
)

// A Start is a call that may become a task.
type Start struct {
	Call  governance.Call       // as it is made
	Peer  tools.Asker           // the client, as long as it waits for the answer
	Later func(Task) tools.Peer // makes what is told what the handler says once the client has the task instead; nil drops it
	TTL   time.Duration         // what the client asks for; 0 is Options.TTL, and Options.MaxTTL is the most
}

// Run makes a governed call. It returns as soon as the call has ended, or has become a task, which then is not nil and can
// be found by its id. Until then the call is cancelled with ctx, and from then on only by Cancel. The error is an *Error.
func (m *Manager) Run(ctx context.Context, s Start) (tools.Result, *Task, error) {
	r := &running{m: m, start: s, detached: make(chan struct{}), done: make(chan struct{}), changed: make(chan struct{})}
	inner, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	r.cancel = cancel
	r.unlink = context.AfterFunc(ctx, func() { cancel(context.Cause(ctx)) })
	if !m.enter(r) {
		cancel(nil)
		r.unlink()
		return tools.Result{}, nil, ending(s.Call.ID)
	}
	go r.run(inner)
	select {
	case <-r.detached:
		t := r.first
		return tools.Result{}, &t, nil
	case <-r.done:
	}
	if r.isTask() { // it ended at once
		t := r.first
		return tools.Result{}, &t, nil
	}
	return r.result, nil, r.err
}

func (m *Manager) enter(r *running) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return false
	}
	m.calls[r] = struct{}{}
	m.group.Add(1)
	return true
}

// leave ends what Run began.
func (m *Manager) leave(r *running) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.calls, r)
	m.forget(r)
	m.group.Done()
}

// forget makes a call no task of this process. It is called with mu held.
func (m *Manager) forget(r *running) {
	if r.id == "" || m.tasks[r.id] != r {
		return
	}
	delete(m.tasks, r.id)
	if m.own[r.at.owner]--; m.own[r.at.owner] == 0 {
		delete(m.own, r.at.owner)
	}
}

// A running is a call that may become a task, or is one, and what its handler talks to.
type running struct {
	m      *Manager
	start  Start
	cancel context.CancelCauseFunc
	unlink func() bool // ends that the call ends with the request

	detached chan struct{} // closed when it has become a task
	done     chan struct{} // closed when nothing of it runs any more
	result   tools.Result  // of a call that became no task
	err      error

	// Set by Detach before detached is closed.
	id     string // of the task
	at     place
	first  Task // as the client gets it
	later  tools.Peer
	expiry *time.Timer

	mu      sync.Mutex
	begun   bool                       // Detach was called
	refused error                      // what it returned
	changed chan struct{}              // closed, and replaced, when the record has changed
	answers map[string]json.RawMessage // that came and were not taken
}

var _ tools.Detacher = (*running)(nil)

func (r *running) isTask() bool {
	select {
	case <-r.detached:
		return true
	default:
		return false
	}
}

// run makes the call, and keeps what came of it when it is a task.
func (r *running) run(ctx context.Context) {
	defer r.m.leave(r)
	defer close(r.done)
	defer r.cancel(nil)
	result, err := r.m.opts.Door.Dispatch(ctx, r.start.Call, r)
	if !r.settle() {
		r.unlink()
		r.result, r.err = result, err
		return
	}
	r.expiry.Stop()
	r.finish(context.WithoutCancel(ctx), context.Cause(ctx), result, err)
	r.m.mu.Lock()
	r.m.forget(r)
	r.m.mu.Unlock()
	r.tell()
}

// settle reports whether the call has become a task, and sees that it does not any more: its handler may not have come back.
func (r *running) settle() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.begun {
		r.begun, r.refused = true, &tools.Error{Code: tools.CodeCancelled, Reason: "the call has ended", CallID: r.start.Call.ID}
	}
	return r.isTask()
}

// finish keeps how the call ended. A record that is over, because the client cancelled, stays as it is.
func (r *running) finish(ctx context.Context, cause error, result tools.Result, err error) {
	refused := r.refusal(cause, err)
	if refused != nil && answered(refused) {
		result, refused = refused.Result(), nil
	}
	const tries = 5
	for try := range tries {
		if err = r.conclude(ctx, &result, refused); err == nil || errors.Is(err, errOver) || errors.Is(err, errNoTask) {
			return
		}
		time.Sleep(time.Duration(try*try) * 20 * time.Millisecond) // a disk may recover
	}
	r.m.opts.OnFault(r.start.Call.ID, fmt.Errorf("keep the end of task %s: %w", r.id, err)) // whoever asks is told that it is lost
}

// conclude writes how the call ended.
func (r *running) conclude(ctx context.Context, result *tools.Result, refused *tools.Error) error {
	pieces := 0
	if refused == nil {
		var err error
		left := roundUp(r.first.Created.Add(r.first.TTL).Sub(r.m.opts.Now()))
		if left <= 0 {
			return errNoTask
		}
		if pieces, err = r.m.keepAnswer(ctx, r.at, result, left); err != nil {
			return err
		}
	}
	_, _, err := r.m.edit(ctx, r.at, func(rec *record) error {
		rec.Pieces = pieces
		rec.end(result, refused, r.m.opts.Now())
		return nil
	})
	return err
}

// refusal is why there is no answer, or nil.
func (r *running) refusal(cause, err error) *tools.Error {
	if err == nil {
		return nil
	}
	refused, ok := errors.AsType[*tools.Error](err)
	switch {
	case !ok:
		return &tools.Error{Code: tools.CodeInternal, Reason: "internal error", CallID: r.start.Call.ID}
	case refused.Code == tools.CodeCancelled && errors.Is(cause, errEnding):
		return ending(refused.CallID)
	default:
		return refused
	}
}

// tell wakes whoever waits for a change of the record.
func (r *running) tell() {
	r.mu.Lock()
	defer r.mu.Unlock()
	close(r.changed)
	r.changed = make(chan struct{})
}

// Detach implements tools.Detacher.
func (r *running) Detach(ctx context.Context) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.begun {
		r.begun = true
		r.refused = r.detach(ctx)
	}
	return r.refused
}

// detach makes the call a task: kept first, then the request's no more.
func (r *running) detach(ctx context.Context) error {
	m, call := r.m, &r.start.Call
	now := m.opts.Now().UTC()
	rec := &record{
		ID: m.opts.IDs(), Owner: m.opts.Process, Tool: call.Name, Call: call.ID, Status: Working,
		Created: now, Updated: now, TTL: m.ttl(r.start.TTL),
	}
	r.id, r.at = rec.ID, placeOf(call.Caller.Identity(), rec.ID)
	if err := m.admit(ctx, r); err != nil {
		return err
	}
	version, err := m.swap(ctx, r.at, 0, rec)
	if err == nil && !r.unlink() {
		r.cancel(context.Canceled)
		err = errors.Join(context.Canceled, m.opts.Store.Delete(context.WithoutCancel(ctx), r.at.key())) // nobody was told of it
	}
	if err != nil {
		m.mu.Lock()
		m.forget(r)
		m.mu.Unlock()
		return fmt.Errorf("begin task: %w", err)
	}
	r.first = rec.task(version)
	r.expiry = time.AfterFunc(rec.TTL, func() { r.cancel(errExpired) })
	if r.start.Later != nil {
		r.later = r.start.Later(r.first)
	}
	close(r.detached)
	select {
	case m.wake <- struct{}{}:
	default: // the keeper is about to look anyhow
	}
	return nil
}

// ttl is how long a task is kept whose client asks for so much.
func (m *Manager) ttl(asked time.Duration) time.Duration {
	if asked <= 0 {
		asked = m.opts.TTL
	}
	return roundUp(min(max(asked, time.Second), m.opts.MaxTTL))
}

// admit makes a call one of the tasks that run here, unless there are too many.
func (m *Manager) admit(ctx context.Context, r *running) error {
	kept, err := m.opts.Store.List(ctx, r.at.collection(), "", m.opts.MaxKept)
	if err != nil {
		return fmt.Errorf("begin task: %w", err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case m.closed:
		return ending(r.start.Call.ID)
	case len(kept) >= m.opts.MaxKept:
		return r.tooMany(fmt.Sprintf("%d tasks are kept for you: wait until some expire", len(kept)))
	case m.own[r.at.owner] >= m.opts.MaxOwn:
		return r.tooMany(fmt.Sprintf("%d tasks of yours run: wait for some, or cancel them", m.opts.MaxOwn))
	case len(m.tasks) >= m.opts.MaxRunning:
		return r.tooMany("too many tasks run: try again later")
	}
	m.tasks[r.id] = r
	m.own[r.at.owner]++
	return nil
}

func (r *running) tooMany(reason string) error {
	return &tools.Error{Code: tools.CodeOverloaded, Reason: reason, CallID: r.start.Call.ID}
}

// Progress implements tools.Peer.
func (r *running) Progress(ctx context.Context, p tools.Progress) {
	if peer := r.peer(); peer != nil {
		peer.Progress(ctx, p)
	}
}

// Log implements tools.Peer.
func (r *running) Log(ctx context.Context, l tools.LogMessage) {
	if peer := r.peer(); peer != nil {
		peer.Log(ctx, l)
	}
}

// peer is who is told what the handler says.
func (r *running) peer() tools.Peer {
	if r.isTask() {
		return r.later
	}
	return r.start.Peer
}
