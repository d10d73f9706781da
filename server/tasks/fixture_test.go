package tasks_test

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/modules/primitives"
	"github.com/mcp-kernel/mcp-kernel/server/tasks"
	"github.com/mcp-kernel/mcp-kernel/state"
	"github.com/mcp-kernel/mcp-kernel/state/memstate"
	"github.com/mcp-kernel/mcp-kernel/tools"
)

// A job is what a call does. It becomes a task when it says so.
type job func(ctx context.Context, client tools.Detacher) (tools.Result, error)

// A door makes calls without governing them, and remembers those about tasks. The way through a real gate is under test in
// the package server.
type door struct {
	jobs map[string]job

	mu    sync.Mutex
	about []governance.Call
}

func (d *door) Dispatch(ctx context.Context, c governance.Call, peer tools.Peer) (tools.Result, error) {
	client, ok := peer.(tools.Detacher)
	if !ok {
		return tools.Result{}, errors.New("the peer cannot be detached")
	}
	result, err := d.jobs[c.Name](ctx, client)
	if err != nil && ctx.Err() != nil {
		err = &tools.Error{Code: tools.CodeCancelled, Reason: "the caller cancelled", CallID: c.ID}
	}
	return result, err
}

func (d *door) Manage(ctx context.Context, c governance.Call, run tools.Handler) (tools.Result, error) {
	d.mu.Lock()
	d.about = append(d.about, c)
	d.mu.Unlock()
	if run == nil {
		return tools.Result{}, &tools.Error{Code: tools.CodeUnknown, Reason: "unknown task", CallID: c.ID}
	}
	return run(ctx, nil)
}

// A client waits for the answer of a call, and can be asked nothing while it does.
type client struct{}

func (client) Progress(context.Context, tools.Progress) {}
func (client) Log(context.Context, tools.LogMessage)    {}
func (client) Supports(tools.Capability) bool           { return true }
func (client) Waits() bool                              { return false }
func (client) Ask(_ context.Context, inquiries []tools.Inquiry) ([]json.RawMessage, error) {
	return make([]json.RawMessage, len(inquiries)), nil
}

// A world is a store and the processes that share it.
type world struct {
	t     *testing.T
	store state.Backend
	door  *door
	clock *clock
	ids   func() string

	mu   sync.Mutex
	dead map[string]bool
}

// A clock stands still until it is moved on, beside the bubble's.
type clock struct{ ahead atomic.Int64 }

func (c *clock) now() time.Time       { return time.Now().Add(time.Duration(c.ahead.Load())) }
func (c *clock) move(d time.Duration) { c.ahead.Add(int64(d)) }

func newWorld(t *testing.T, jobs map[string]job) *world {
	t.Helper()
	c := &clock{}
	return &world{
		t: t, store: memstate.New(memstate.Options{Now: c.now}), door: &door{jobs: jobs}, clock: c,
		ids: primitives.NewIDs(c.now, nil).New, dead: map[string]bool{},
	}
}

// process starts a manager, as a process of that name would.
func (w *world) process(name string, change ...func(*tasks.Options)) *tasks.Manager {
	w.t.Helper()
	o := tasks.Options{
		Door: w.door, Store: w.store, Process: name, IDs: w.ids, Now: w.clock.now,
		Lives: func(process string) bool {
			w.mu.Lock()
			defer w.mu.Unlock()
			return !w.dead[process]
		},
		OnFault: func(call string, err error) { w.t.Errorf("call %s: %v", call, err) },
	}
	for _, c := range change {
		c(&o)
	}
	m, err := tasks.New(o)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		_ = m.Close(ctx)
	})
	return m
}

func (w *world) kill(process string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.dead[process] = true
}

func callOf(principal, tool string) governance.Call {
	return governance.Call{ID: "c-" + tool, Kind: governance.KindTool, Name: tool, Caller: governance.Caller{Principal: principal}}
}

// begin starts a tool that becomes a task of alice.
func (w *world) begin(m *tasks.Manager, tool string) tasks.Task {
	w.t.Helper()
	_, task, err := m.Run(w.t.Context(), tasks.Start{Call: callOf("alice", tool), Peer: client{}})
	if err != nil || task == nil {
		w.t.Fatalf("%s became no task: %v", tool, err)
	}
	return *task
}

// get asks for a task as alice does.
func (w *world) get(m *tasks.Manager, id string) (tasks.Task, string) {
	w.t.Helper()
	t, answer, err := m.Get(w.t.Context(), callOf("alice", ""), "tasks/get", id)
	if err != nil {
		w.t.Fatalf("get %s: %v", id, err)
	}
	if len(answer.Content) == 0 {
		return t, ""
	}
	return t, answer.Content[0].Text
}

// until waits until a task has a status.
func (w *world) until(m *tasks.Manager, id string, want tasks.Status) {
	w.t.Helper()
	var t tasks.Task
	for t.Status != want {
		var err error
		if t.Over() {
			w.t.Fatalf("the task is %s: %+v, want %s", t.Status, t, want)
		}
		if t, err = m.Await(w.t.Context(), "alice", id, t); err != nil {
			w.t.Fatalf("await %s: %v", id, err)
		}
	}
}

func said(text string) tools.Result { return tools.Result{Content: []tools.Content{tools.Text(text)}} }

// refusalCode is the code of an error.
func refusalCode(err error) tools.Code {
	if e, ok := errors.AsType[*tools.Error](err); ok {
		return e.Code
	}
	return ""
}

// asTask makes a job one that is a task from its beginning.
func asTask(j job) job {
	return func(ctx context.Context, c tools.Detacher) (tools.Result, error) {
		if err := c.Detach(ctx); err != nil {
			return tools.Result{}, err
		}
		return j(ctx, c)
	}
}

// endless runs until it is cancelled.
func endless(ctx context.Context, _ tools.Detacher) (tools.Result, error) {
	<-ctx.Done()
	return tools.Result{}, ctx.Err()
}

func inquiry(key string) tools.Inquiry {
	return tools.Inquiry{
		Key: key, Method: "elicitation/create", Params: json.RawMessage(`{"message":"` + key + `?"}`),
		Check: func(answer json.RawMessage) error {
			if len(answer) < 2 || answer[0] != '"' {
				return errors.New("want a text")
			}
			return nil
		},
	}
}

// asking asks for two texts and answers with both.
func asking(ctx context.Context, c tools.Detacher) (tools.Result, error) {
	answers, err := c.Ask(ctx, []tools.Inquiry{inquiry("one"), inquiry("two")})
	if err != nil {
		return tools.Result{}, err
	}
	return said(string(answers[0]) + string(answers[1])), nil
}
