package tasks

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/state"
	"github.com/mcp-kernel/mcp-kernel/tools"
)

// Get makes a governed call that returns a task of its caller and, when it is Completed, its answer, which is reviewed
// again before it is handed out. call says who asks; its kind, name and arguments are set here, and what as which
// method. The error is an *Error: of CodeUnknown when the caller has no such task.
func (m *Manager) Get(ctx context.Context, call governance.Call, what, id string) (Task, tools.Result, error) {
	return m.manage(ctx, call, what, id, func(ctx context.Context, at place) (Task, tools.Result, error) {
		r, version, err := m.load(ctx, at)
		if err != nil || r.Status != Completed {
			return r.task(version), status(r), err
		}
		result, err := m.answer(ctx, at, r)
		return r.task(version), result, err
	})
}

// Cancel makes a governed call that ends a task of its caller. Its handler is told, and the task is Cancelled at once. One
// that was over before stays what it is, and late is true. The error is as of Get.
func (m *Manager) Cancel(ctx context.Context, call governance.Call, what, id string) (t Task, late bool, err error) {
	t, _, err = m.manage(ctx, call, what, id, func(ctx context.Context, at place) (Task, tools.Result, error) {
		r, version, err := m.load(ctx, at)
		if err != nil || r.Status.over() {
			late = err == nil
			return r.task(version), status(r), err
		}
		r, version, err = m.edit(ctx, at, func(r *record) error {
			r.become(Cancelled, "the client cancelled the task", m.opts.Now())
			return nil
		})
		if errors.Is(err, errOver) {
			late, err = true, nil
		}
		if here := m.here(at.id); here != nil && err == nil {
			here.cancel(errByClient)
			here.tell()
		}
		return r.task(version), status(r), err
	})
	return t, late, err
}

// Update makes a governed call that answers questions of a task of its caller, by key; those that it does not ask, or not
// any more, are dropped. call.Answers are judged by the gate. The error is as of Get.
func (m *Manager) Update(ctx context.Context, call governance.Call, what, id string, answers map[string]json.RawMessage) (Task, error) {
	t, _, err := m.manage(ctx, call, what, id, func(ctx context.Context, at place) (Task, tools.Result, error) {
		if r, version, err := m.load(ctx, at); err != nil || r.Status.over() {
			return r.task(version), status(r), err
		}
		r, version, err := m.give(ctx, at, answers)
		return r.task(version), status(r), err
	})
	return t, err
}

// Answer gives a task the answer that its client gave to one question when the server asked it. A nil answer says that the
// client could not. It is judged by the gate before the handler sees it.
func (m *Manager) Answer(ctx context.Context, identity, id, key string, answer json.RawMessage) error {
	if answer == nil {
		answer = noAnswer()
	}
	_, _, err := m.give(ctx, placeOf(identity, id), map[string]json.RawMessage{key: answer})
	if errors.Is(err, errNoTask) {
		return nil
	}
	return err
}

// give puts answers into a record, and tells whoever waits for them.
func (m *Manager) give(ctx context.Context, at place, answers map[string]json.RawMessage) (*record, state.Version, error) {
	r, version, err := m.edit(ctx, at, func(r *record) error {
		open := slices.DeleteFunc(slices.Clone(r.Questions), func(q Question) bool {
			answer, came := answers[q.Key]
			if came {
				if r.Answers == nil {
					r.Answers = map[string]json.RawMessage{}
				}
				r.Answers[q.Key] = answer
			}
			return came
		})
		if len(open) != len(r.Questions) {
			r.ask(open, m.opts.Now())
		}
		return nil
	})
	if errors.Is(err, errOver) {
		err = nil
	}
	if here := m.here(at.id); here != nil && err == nil {
		here.take(context.WithoutCancel(ctx))
	}
	return r, version, err
}

// status is what is reviewed and recorded of a task that is told about and has no answer: what it asks, too.
func status(r *record) tools.Result {
	if r == nil {
		return tools.Result{}
	}
	told := tools.Result{Content: []tools.Content{tools.Text(string(r.Status) + " " + r.Message)}}
	for _, q := range r.Questions {
		told.Pending = append(told.Pending, tools.Inquiry{Key: q.Key, Method: q.Method, Params: q.Params})
	}
	return told
}

func (m *Manager) here(id string) *running {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.tasks[id]
}

// manage makes one governed call about a task.
func (m *Manager) manage(
	ctx context.Context, call governance.Call, what, id string, act func(context.Context, place) (Task, tools.Result, error),
) (Task, tools.Result, error) {
	at := placeOf(call.Caller.Identity(), id)
	known, _, err := m.load(ctx, at)
	if err != nil && !errors.Is(err, errNoTask) {
		return Task{}, tools.Result{}, m.unavailable(call.ID, err)
	}
	call.Kind, call.Name, call.Args = governance.KindTask, strings.ToValidUTF8(id, "\uFFFD"), arguments(what, id)
	if err != nil { // denied and recorded as what does not exist
		_, err = m.opts.Door.Manage(ctx, call, nil)
		return Task{}, tools.Result{}, err
	}
	call.Name = known.Tool
	var t Task
	result, err := m.opts.Door.Manage(ctx, call, func(ctx context.Context, _ *tools.Request) (tools.Result, error) {
		var result tools.Result
		var err error
		if t, result, err = act(ctx, at); errors.Is(err, errNoTask) {
			return result, &tools.Error{Code: tools.CodeUnknown, Reason: "unknown task: it has expired"}
		}
		return result, err
	})
	if err != nil {
		return Task{}, tools.Result{}, err
	}
	return t, result, nil
}

// arguments are those of a call about a task, as the gate judges and the journal keeps them.
func arguments(what, id string) json.RawMessage {
	text, err := json.Marshal(struct {
		Method string `json:"method"`
		TaskID string `json:"task_id"`
	}{what, id})
	if err != nil {
		return nil
	}
	return text
}

func (m *Manager) unavailable(call string, err error) *tools.Error {
	m.opts.OnFault(call, err)
	return &tools.Error{Code: tools.CodeUnavailable, Reason: "tasks cannot be looked up now: try again later", CallID: call}
}

// List returns at most limit tasks of an identity whose ids come behind after, which may be empty, in the order of their
// creation, and whether there are more. Like other listings it runs nothing and is no call: it tells nothing but what is
// going on.
func (m *Manager) List(ctx context.Context, identity, after string, limit int) (page []Task, more bool, err error) {
	at := placeOf(identity, "")
	found, err := m.opts.Store.List(ctx, at.collection(), after, limit+1)
	if err != nil {
		return nil, false, m.unavailable("", fmt.Errorf("list tasks: %w", err))
	}
	more = len(found) > limit
	for _, entry := range found[:min(len(found), limit)] {
		at.id = strings.TrimPrefix(entry.Key, at.collection()+"/")
		r, version, err := m.load(ctx, at)
		if errors.Is(err, errNoTask) {
			continue // it has just expired
		}
		if err != nil {
			return nil, false, m.unavailable("", err)
		}
		page = append(page, r.task(version))
	}
	return page, more, nil
}

// Await returns a task of an identity once it is not what it was when it was last seen; a zero Task has not been seen. It
// runs nothing and is no call. The error is an *Error of CodeUnknown when there is none any more, or the context's.
func (m *Manager) Await(ctx context.Context, identity, id string, seen Task) (Task, error) {
	at := placeOf(identity, id)
	for {
		changed, stop := m.changes(at.id)
		r, version, err := m.load(ctx, at)
		switch {
		case errors.Is(err, errNoTask):
			stop()
			return Task{}, &tools.Error{Code: tools.CodeUnknown, Reason: "unknown task: it has expired"}
		case err != nil || version != seen.version:
			stop()
			if err != nil {
				return Task{}, err
			}
			return r.task(version), nil
		}
		select {
		case <-changed:
		case <-m.closing:
			err = ending("")
		case <-ctx.Done():
			err = context.Cause(ctx)
		}
		stop()
		if err != nil {
			return Task{}, err
		}
	}
}

// Watch calls changed whenever a task of an identity is not what it was last, from the t that was seen on, until it is over,
// ctx ends or the Manager closes, and then ended, all from one goroutine that Close waits for. Neither may block.
func (m *Manager) Watch(ctx context.Context, identity string, t Task, changed func(Task), ended func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		ended()
		return
	}
	m.group.Go(func() {
		defer ended()
		for !t.Over() {
			var err error
			if t, err = m.Await(ctx, identity, t.ID, t); err != nil {
				return
			}
			changed(t)
		}
	})
}

// changes tells when it is worth looking at a task again: when it has changed, if this process runs it, else after a
// while.
func (m *Manager) changes(id string) (again <-chan struct{}, stop func()) {
	if here := m.here(id); here != nil {
		here.mu.Lock()
		defer here.mu.Unlock()
		return here.changed, func() {}
	}
	due := make(chan struct{})
	timer := time.AfterFunc(m.opts.Watch, func() { close(due) })
	return due, func() { timer.Stop() }
}
