package server

import (
	"context"
	"slices"

	"github.com/mark3labs/mcp-go/mcp"

	"github.com/mcp-kernel/mcp-kernel/server/tasks"
	"github.com/mcp-kernel/mcp-kernel/tools"
)

// A listenFilter is what a client wants to be told: what the protocol knows, and tasks.
type listenFilter struct {
	mcp.SubscriptionFilter
	TaskIDs []string `json:"taskIds,omitempty"`
}

// empty reports whether nothing is wanted.
func (f *listenFilter) empty() bool { return f.IsEmpty() && len(f.TaskIDs) == 0 }

// size is how many subscriptions the filter asks for.
func (f *listenFilter) size() int { return len(f.ResourceSubscriptions) + len(f.TaskIDs) }

// openTasks agrees to tell of those of the wanted tasks that the caller has. Each is asked for by a governed call, and so is
// it again whenever something of it is told.
func (s *Server) openTasks(ctx context.Context, r *request, l *listener) *rpcError {
	wanted := l.filter.TaskIDs
	l.filter.TaskIDs = nil
	switch {
	case len(wanted) == 0:
		return nil
	case s.opts.Tasks == nil:
		return nil // it is told nothing, which the acknowledgement says
	case !r.knowsTasks():
		return needsTasks()
	}
	for _, id := range slices.Compact(slices.Sorted(slices.Values(wanted))) {
		t, answer, err := s.opts.Tasks.Get(ctx, r.about(), r.env.method, id)
		if err != nil {
			if e := asToolError(err); e.Code != tools.CodeUnknown {
				return taskFault(r, err)
			}
			continue
		}
		l.filter.TaskIDs = append(l.filter.TaskIDs, id)
		l.late = append(l.late, func() { s.tellTask(ctx, r, l, t, answer) })
	}
	return nil
}

// tellTask tells a listener what a task is at, and again whenever that changes, until the task is over.
func (s *Server) tellTask(ctx context.Context, r *request, l *listener, t tasks.Task, answer tools.Result) {
	id := t.ID
	for {
		l.notify("notifications/tasks", append(s.appendTask([]byte{'{'}, r, &t, &answer), '}'))
		if t.Over() {
			return
		}
		if _, err := s.opts.Tasks.Await(ctx, r.as().Identity(), id, t); err != nil {
			return
		}
		var err error
		if t, answer, err = s.opts.Tasks.Get(ctx, r.about(), r.env.method, id); err != nil {
			return
		}
	}
}
