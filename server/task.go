package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
	mcpserver "github.com/mark3labs/mcp-go/server"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/server/tasks"
	"github.com/mcp-kernel/mcp-kernel/tools"
)

// extensionTasks is the extension of the 2026 era by which a client says that it knows tasks.
const extensionTasks = "io.modelcontextprotocol/tasks"

// taskHooks declare tasks as each era does: as an extension in the 2026 era, as a capability in the one version of the 2025
// era that knows them.
func (s *Server) taskHooks() *mcpserver.Hooks {
	hooks := &mcpserver.Hooks{}
	if s.opts.Tasks == nil {
		return hooks
	}
	hooks.AddAfterInitialize(func(_ context.Context, _ any, _ *mcp.InitializeRequest, result *mcp.InitializeResult) {
		if result.ProtocolVersion >= mcp.ProtocolVersion20251125 {
			result.Capabilities.Tasks = mcp.NewTasksCapability()
		}
	})
	hooks.AddAfterDiscover(func(_ context.Context, _ any, _ *mcp.DiscoverRequest, result *mcp.DiscoverResult) {
		result.Capabilities.Extensions = map[string]any{extensionTasks: struct{}{}}
	})
	return hooks
}

// knowsTasks reports whether the client of a request can be given tasks.
func (r *request) knowsTasks() bool {
	if !r.meta.modern {
		return r.conn.session.speaks(mcp.ProtocolVersion20251125)
	}
	var caps struct {
		Extensions map[string]json.RawMessage `json:"extensions"`
	}
	if len(r.meta.caps) == 0 || json.Unmarshal(r.meta.caps, &caps) != nil {
		return false
	}
	settings := caps.Extensions[extensionTasks]
	return len(settings) > 0 && settings[0] == '{'
}

// taskOf is how a tool call may become a task, or nil when it is waited for. In the 2026 era the client need only know
// tasks, in the 2025 era it asks for one.
func (s *Server) taskOf(r *request, kind governance.Kind) (*tasks.Start, *rpcError) {
	if s.opts.Tasks == nil || kind != governance.KindTool {
		return nil, nil
	}
	support := s.opts.Dispatcher.Catalog().TaskSupport(r.env.name)
	if r.meta.modern {
		if support == tools.TaskNever || !r.knowsTasks() {
			return nil, nil
		}
		return &tasks.Start{Peer: r.round}, nil
	}
	if r.env.task.to == 0 || !r.knowsTasks() {
		return nil, nil
	}
	if support == tools.TaskNever {
		return nil, &rpcError{code: codeNoMethod, message: fmt.Sprintf("tool %q does not run as a task: call it without one", clip(r.env.name))}
	}
	ttl, fault := r.env.taskTTL()
	asker, ok := r.asker().(tools.Asker)
	if fault != nil || !ok {
		return nil, fault
	}
	return &tasks.Start{Peer: asker, TTL: ttl, Later: r.follow}, nil
}

// taskTTL is how long the client of the 2025 era wants a task to be kept; 0 when it does not say.
func (e *envelope) taskTTL() (time.Duration, *rpcError) {
	var task *struct {
		TTL *float64 `json:"ttl"`
	}
	if json.Unmarshal(e.task.of(e.text), &task) != nil || task == nil || task.TTL != nil && *task.TTL < 0 {
		return 0, &rpcError{code: codeParams, message: "invalid params: task must be an object whose ttl is a number of milliseconds"}
	}
	if task.TTL == nil {
		return 0, nil
	}
	const most = float64(1 << 40)
	return max(time.Duration(min(*task.TTL, most))*time.Millisecond, time.Millisecond), nil
}

// begin makes a call, which may go on as a task.
func (s *Server) begin(ctx context.Context, r *request, call governance.Call) (tools.Result, *tasks.Task, error) {
	start, fault := s.taskOf(r, call.Kind)
	switch {
	case fault != nil:
		return tools.Result{}, nil, fault
	case start == nil:
		answer, err := s.opts.Dispatcher.Dispatch(ctx, call, r.asker())
		return answer, nil, err
	}
	start.Call = call
	return s.opts.Tasks.Run(ctx, *start)
}

// tasked answers a request about tasks.
func (s *Server) tasked(ctx context.Context, r *request) ([]byte, *rpcError) {
	if fault := r.meta.fault(); fault != nil {
		return nil, fault
	}
	serve, ok := s.taskMethods(r.meta.modern)[r.env.method]
	if s.opts.Tasks == nil || !ok || !r.meta.modern && !r.knowsTasks() {
		return nil, &rpcError{code: codeNoMethod, message: "method " + clip(r.env.method) + " is not known in this protocol version"}
	}
	if r.meta.modern && !r.knowsTasks() {
		return nil, needsTasks()
	}
	return serve(ctx, r)
}

// taskMethods are what can be asked about tasks in an era.
func (s *Server) taskMethods(modern bool) map[string]func(context.Context, *request) ([]byte, *rpcError) {
	methods := map[string]func(context.Context, *request) ([]byte, *rpcError){"tasks/get": s.taskGet, "tasks/cancel": s.taskCancel}
	if modern {
		methods["tasks/update"] = s.taskUpdate
	} else {
		methods["tasks/list"], methods["tasks/result"] = s.taskList, s.taskResult
	}
	return methods
}

func needsTasks() *rpcError {
	return &rpcError{
		code: codeCapability, message: "the client has not declared the extension " + extensionTasks + ", which this needs",
		data: json.RawMessage(`{"requiredCapabilities":{"extensions":{"` + extensionTasks + `":{}}}}`),
	}
}

// taskID is which task a request is about.
func (r *request) taskID() (string, *rpcError) {
	var params struct {
		TaskID *string `json:"taskId"`
	}
	if json.Unmarshal(r.env.rawParams(), &params) != nil || params.TaskID == nil || *params.TaskID == "" {
		return "", &rpcError{code: codeParams, message: "invalid params: taskId must be a non-empty string"}
	}
	return *params.TaskID, nil
}

// about is the call that a request about a task is.
func (r *request) about() governance.Call { return r.call(governance.KindTask, "", nil) }

func taskFault(r *request, err error) *rpcError {
	return protocolError(governance.KindTask, r, asToolError(err))
}

// taskGet answers tasks/get: what a task is at, and in the 2026 era what has come of it.
func (s *Server) taskGet(ctx context.Context, r *request) ([]byte, *rpcError) {
	id, fault := r.taskID()
	if fault != nil {
		return nil, fault
	}
	call := r.about()
	t, answer, err := s.opts.Tasks.Get(ctx, call, r.env.method, id)
	if err != nil {
		return nil, taskFault(r, err)
	}
	return s.closeResult(s.appendTask([]byte{'{'}, r, &t, &answer), r.meta.modern, &tools.Result{CallID: call.ID}, false), nil
}

// taskCancel answers tasks/cancel.
func (s *Server) taskCancel(ctx context.Context, r *request) ([]byte, *rpcError) {
	id, fault := r.taskID()
	if fault != nil {
		return nil, fault
	}
	call := r.about()
	t, late, err := s.opts.Tasks.Cancel(ctx, call, r.env.method, id)
	b := []byte{'{'}
	switch {
	case err != nil:
		return nil, taskFault(r, err)
	case r.meta.modern:
	case late:
		return nil, &rpcError{code: codeParams, message: "the task is over and cannot be cancelled: it is " + legacyStatus(&t)}
	default:
		b = s.appendTask(b, r, &t, nil)
	}
	return s.closeResult(b, r.meta.modern, &tools.Result{CallID: call.ID}, false), nil
}

// taskUpdate answers tasks/update: answers to what a task asks.
func (s *Server) taskUpdate(ctx context.Context, r *request) ([]byte, *rpcError) {
	id, fault := r.taskID()
	if fault != nil {
		return nil, fault
	}
	if r.env.responses.to == 0 {
		return nil, &rpcError{code: codeParams, message: "invalid params: inputResponses must be an object"}
	}
	answers := round{}
	if fault := answers.take(r.env); fault != nil {
		return nil, fault
	}
	call := r.about()
	call.Answers = r.env.responses.of(r.env.text)
	if _, err := s.opts.Tasks.Update(ctx, call, r.env.method, id, answers.given); err != nil {
		return nil, taskFault(r, err)
	}
	return s.closeResult([]byte{'{'}, true, &tools.Result{CallID: call.ID}, false), nil
}

// taskList answers tasks/list: those of the caller whose tools it may call.
func (s *Server) taskList(ctx context.Context, r *request) ([]byte, *rpcError) {
	var params struct {
		Cursor *string `json:"cursor"`
	}
	if json.Unmarshal(r.env.rawParams(), &params) != nil {
		return nil, &rpcError{code: codeParams, message: "invalid params: cursor must be a string"}
	}
	after, ok := openCursor(r.env.method, params.Cursor)
	if !ok {
		return nil, &rpcError{code: codeParams, message: "invalid params: unknown cursor; start the listing again without one"}
	}
	visible, err := s.opts.Dispatcher.List(ctx, r.as(), tools.ProfileFull)
	if err != nil {
		return nil, taskFault(r, err)
	}
	page, more, err := s.opts.Tasks.List(ctx, r.as().Identity(), after, s.opts.PageSize)
	if err != nil {
		return nil, taskFault(r, err)
	}
	b, n := []byte(`{"tasks":[`), 0
	for i := range page {
		if slices.ContainsFunc(visible.Tools, func(t tools.Spec) bool { return t.Name == page[i].Tool }) {
			b = append(s.appendTask(append(appendComma(b, n), '{'), r, &page[i], nil), '}')
			n++
		}
	}
	if b = append(b, ']'); more && len(page) > 0 {
		b = appendField(b, "nextCursor", sealCursor(r.env.method, page[len(page)-1].ID))
	}
	return append(b, '}'), nil
}

// errStream is why a client is told no more of a task.
var errStream = errors.New("the client listens no more")
