package server_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/governance/match"
	"github.com/mcp-kernel/mcp-kernel/modules/primitives"
	"github.com/mcp-kernel/mcp-kernel/server"
	"github.com/mcp-kernel/mcp-kernel/server/tasks"
	"github.com/mcp-kernel/mcp-kernel/state/memstate"
	"github.com/mcp-kernel/mcp-kernel/tools"
)

// A busy module's tools run as tasks. What works, works until the test lets it.
type busy struct{ let chan struct{} }

func (busy) Name() string { return "busy" }

func (m busy) work(ctx context.Context, r *tools.Request, _ nothing) (said, error) {
	r.Progress(ctx, 1, 2, "half")
	select {
	case <-m.let:
		return said{"worked"}, nil
	case <-ctx.Done():
		return said{}, ctx.Err()
	}
}

func (m busy) Surface() tools.Surface {
	tool := func(name string, support tools.TaskSupport, late bool, fn func(context.Context, *tools.Request, nothing) (said, error)) tools.Tool {
		return tools.Func(tools.Spec{
			Name: name, Title: "T", Description: "D.", Audience: tools.ForAgents, Profiles: []string{tools.ProfileDefault},
			ReadOnly: tools.No, Destructive: tools.No, Idempotent: tools.No, OpenWorld: tools.Yes, Task: support, TaskLate: late,
		}, fn)
	}
	return tools.Surface{Tools: []tools.Tool{
		tool("work", tools.TaskMay, false, m.work),
		tool("must", tools.TaskMust, false, func(context.Context, *tools.Request, nothing) (said, error) { return said{"must"}, nil }),
		tool("never", tools.TaskNever, false, func(context.Context, *tools.Request, nothing) (said, error) { return said{"at once"}, nil }),
		tool("greet", tools.TaskMay, false, greet(false)),
		tool("breaks", tools.TaskMay, false, func(context.Context, *tools.Request, nothing) (said, error) { panic("dsn=secret") }),
		tool("fails", tools.TaskMay, false, func(context.Context, *tools.Request, nothing) (said, error) {
			return said{}, tools.Fail("not_found", "there is none", nil)
		}),
		tool("late", tools.TaskMust, true, func(ctx context.Context, r *tools.Request, in nothing) (said, error) {
			answer, err := greet(false)(ctx, r, in)
			if err != nil {
				return said{}, err
			}
			if err := r.Detach(ctx); err != nil {
				return said{}, err
			}
			second, err := r.Ask(ctx, tools.Question{Key: "sure", Message: "Sure?"})
			return said{answer.Text + " " + string(second.Action)}, err
		}),
	}}
}

// A workplace is a server with tasks in front of the real dispatcher and gate.
type workplace struct {
	*server.Server
	options server.Options
	door    *tools.Dispatcher
	book    *book
	let     chan struct{}
}

func newWorkplace(t *testing.T) *workplace {
	t.Helper()
	all := []string{"*"}
	snapshot, err := governance.Compile(governance.Ceiling{}, governance.Policy{
		Name: "open", AllowedTools: all, AllowedResources: all, AllowedPrompts: all,
		BlockedPatterns: []match.Pattern{{Name: "word", Type: match.Substring, Text: "forbidden"}},
	})
	w := &workplace{book: &book{}, let: make(chan struct{})}
	need := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	need(err)
	gate, err := governance.New(governance.Options{
		Select: func(*governance.Call) (*governance.Snapshot, error) { return snapshot, nil }, Limiter: w.book,
	})
	need(err)
	catalog, err := tools.NewCatalog(busy{w.let})
	need(err)
	w.door, err = tools.NewDispatcher(tools.DispatcherOptions{Catalog: catalog, Gate: gate, Journal: w.book})
	need(err)
	ids := primitives.NewIDs(nil, nil).New
	manager, err := tasks.New(tasks.Options{
		Door: w.door, Store: memstate.New(memstate.Options{}), Process: "p", Lives: func(string) bool { return true }, IDs: ids, Now: time.Now,
	})
	need(err)
	t.Cleanup(func() {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		_ = manager.Close(ctx)
	})
	w.options = server.Options{Dispatcher: w.door, Tasks: manager, IDs: ids, Now: time.Now, Version: "1"}
	w.Server, err = server.New(w.options)
	need(err)
	return w
}

// A wire is a message of the server, as far as these tests care.
type wire struct {
	ID     string
	Method string
	Params task
	Error  *struct {
		Code    int
		Message string
		Data    json.RawMessage
	}
	Result struct {
		task
		Task              *task
		Tasks             []task
		ResultType        string
		StructuredContent said
		IsError           bool
		Capabilities      struct {
			Tasks      json.RawMessage
			Extensions map[string]json.RawMessage
		}
		RequestState string
		Tools        []struct {
			Name      string
			Execution struct{ TaskSupport string }
		}
		Meta map[string]json.RawMessage `json:"_meta"`
	}
}

// A task is what either era says of one.
type task struct {
	TaskID        string
	Status        string
	StatusMessage string
	CreatedAt     string
	TTL           int64
	TTLMs         int64
	InputRequests map[string]json.RawMessage
	Result        *struct {
		StructuredContent said
		IsError           bool
		Content           []struct{ Text string }
	}
	Error         *struct{ Code int }
	Notifications struct{ TaskIDs []string }
	Meta          map[string]json.RawMessage `json:"_meta"`
}

// hear returns the next message that is a request or notification of the method, or the answer of the id.
func (c *client) hear(which string) (wire, string) {
	c.t.Helper()
	for {
		line := c.line()
		if line == "" {
			c.t.Fatalf("the end came before %s", which)
		}
		var m struct {
			ID     json.RawMessage
			Method string
		}
		if err := json.Unmarshal([]byte(line), &m); err != nil {
			c.t.Fatal(err)
		}
		if m.Method == which || m.Method == "" && strings.Trim(string(m.ID), `"`) == which {
			return read(c.t, line), line
		}
	}
}

func read(t *testing.T, line string) wire {
	t.Helper()
	var m wire
	if err := json.Unmarshal([]byte(line), &m); err != nil {
		t.Fatalf("%v: %s", err, line)
	}
	return m
}

// old asks in the 2025 era, and new in the 2026 era with the tasks extension and forms declared.
func (c *client) old(id, method, params string) wire {
	c.t.Helper()
	c.send(`{"jsonrpc":"2.0","id":%q,"method":%q,"params":%s}`, id, method, params)
	m, _ := c.hear(id)
	return m
}

const knowing = `"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{"elicitation":{},"extensions":{"io.modelcontextprotocol/tasks":{}}}}`

func knowingly(id, method, params string) string {
	return fmt.Sprintf(`{"jsonrpc":"2.0","id":%q,"method":%q,"params":{%s%s}}`, id, method, params, knowing)
}

func (c *client) new(id, method, params string) wire {
	c.t.Helper()
	c.send("%s", knowingly(id, method, params))
	m, _ := c.hear(id)
	return m
}

// over polls until a task is over.
func (c *client) over(id string) wire {
	c.t.Helper()
	for {
		m := c.new("poll", "tasks/get", fmt.Sprintf(`"taskId":%q,`, id))
		switch {
		case m.Error != nil:
			c.t.Fatalf("tasks/get: %+v", m.Error)
		case m.Result.ResultType != "complete":
			c.t.Fatalf("a status is %q", m.Result.ResultType)
		case m.Result.Status != "working" && m.Result.Status != "input_required":
			return m
		}
		time.Sleep(time.Millisecond)
	}
}
