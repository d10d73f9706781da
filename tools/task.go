package tools

import (
	"context"
	"encoding/json"

	"github.com/mcp-kernel/mcp-kernel/governance"
)

// TaskSupport says whether a tool's call may go on as a task: the client gets a handle instead of the answer, and asks
// for the answer later.
type TaskSupport uint8

// The kinds of support.
const (
	TaskNever TaskSupport = iota // the answer is always awaited
	TaskMay                      // a client that knows tasks gets one, any other awaits the answer
	TaskMust                     // a client that does not know tasks is refused
)

// String returns the word of the protocol: "forbidden", "optional" or "required".
func (s TaskSupport) String() string {
	switch s {
	case TaskMay:
		return "optional"
	case TaskMust:
		return "required"
	default:
		return "forbidden"
	}
}

// A Detacher is a Peer whose client can be answered with a task while the call goes on.
type Detacher interface {
	Asker
	// Detach makes the call a task. From its return on nobody waits for the call, which goes on when its client hangs up,
	// and questions to the client wait for their answers. When it fails the call must end with the error, which may be
	// shown. A second time does nothing.
	Detach(ctx context.Context) error
}

// tasksNeeded is what a client must declare to get a task.
const tasksNeeded = `{"requiredCapabilities":{"extensions":{"io.modelcontextprotocol/tasks":{}}}}`

// Detach makes the call a task from here on, when the client knows tasks and the tool is one that TaskLate lets decide:
// others are one from their beginning. The error of a client that does not is of CodeNeedsTask; a tool that only may be a
// task can ignore it and go on.
func (r *Request) Detach(ctx context.Context) error {
	d, ok := r.peer.(Detacher)
	if !ok || r.ended.Load() || r.call.Depth > 0 {
		return r.needsTask()
	}
	return d.Detach(ctx)
}

func (r *Request) needsTask() *Error {
	return &Error{
		Code: CodeNeedsTask, CallID: r.call.ID, failure: string(CodeNeedsTask), Details: json.RawMessage(tasksNeeded),
		Reason: "this takes so long that it runs as a task, and the client has not said that it knows tasks",
	}
}

// bindTask binds a tool that may run as a task: the call is one before its handler begins. Denials and bad arguments have
// been answered by then.
func (t *Tool) bindTask(c *call) (Handler, error) {
	h, err := t.bind(c)
	if err != nil {
		return nil, err
	}
	_, able := c.peer.(Detacher)
	able = able && c.gov.Depth == 0
	switch {
	case able && !t.spec.TaskLate:
		return func(ctx context.Context, r *Request) (Result, error) {
			if err := r.Detach(ctx); err != nil {
				return Result{}, err
			}
			return h(ctx, r)
		}, nil
	case !able && t.spec.Task == TaskMust:
		return func(_ context.Context, r *Request) (Result, error) { return Result{}, r.needsTask() }, nil
	default:
		return h, nil
	}
}

// TaskSupport returns what the tool of that name says of tasks; TaskNever when there is none.
func (c *Catalog) TaskSupport(name string) TaskSupport {
	if t := c.tools[name]; t != nil {
		return t.spec.Task
	}
	return TaskNever
}

// Manage makes one governed call of KindTask: what a client asks about a task that it has, or what it tells one. Its name
// is that of the task's tool, which must be for the caller's audience and on its allowlist; run does what is asked. A nil
// run, for a task that does not exist, is denied and recorded as an unknown name. It charges no call, and no tokens for
// the answer: both were charged when the task ran. The error is an *Error.
func (d *Dispatcher) Manage(ctx context.Context, gc governance.Call, run Handler) (Result, error) {
	t := d.Catalog().tools[gc.Name]
	if gc.Kind != governance.KindTask || run == nil || t == nil || !visible(t.spec.Audience, gc.Caller) {
		return d.walk(ctx, gc, nil, nil)
	}
	return d.walk(ctx, gc, nil, &target{hints: readOnly(), bind: func(*call) (Handler, error) { return run, nil }})
}
