package server_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/governance/approval"
	"github.com/mcp-kernel/mcp-kernel/modules/primitives"
	"github.com/mcp-kernel/mcp-kernel/server"
	"github.com/mcp-kernel/mcp-kernel/server/tasks"
	"github.com/mcp-kernel/mcp-kernel/state/memstate"
	"github.com/mcp-kernel/mcp-kernel/tools"
)

// A calm module asks nobody anything.
type calm struct{}

func (calm) Name() string { return "calm" }

func (calm) Surface() tools.Surface {
	tool := func(name string, task tools.TaskSupport) tools.Tool {
		return tools.Func(tools.Spec{
			Name: name, Title: "T", Description: "D.", Audience: tools.ForAgents, Profiles: []string{tools.ProfileDefault},
			ReadOnly: tools.No, Destructive: tools.Yes, Idempotent: tools.No, OpenWorld: tools.No, Task: task,
		}, func(context.Context, *tools.Request, nothing) (said, error) { return said{"done"}, nil })
	}
	return tools.Surface{Tools: []tools.Tool{tool("calm", tools.TaskNever), tool("long", tools.TaskMay)}}
}

// newAsking returns a server whose policy wants the caller's person or an operator to agree to everything that can be
// invoked.
func newAsking(t *testing.T) (*server.Server, *approval.Desk) {
	t.Helper()
	desk, err := approval.New(approval.Options{
		Store: memstate.New(memstate.Options{}), Sweep: -1,
		Show: func(canonical []byte) (string, bool) { return string(canonical), true },
	})
	if err != nil {
		t.Fatal(err)
	}
	all := []string{"*"}
	snapshot, err := governance.Compile(governance.Ceiling{}, governance.Policy{
		Name: "careful", AllowedTools: all, AllowedResources: all, AllowedPrompts: all,
		RequireApproval: []governance.ApprovalRule{{
			Name: "all", Tools: all, Resources: all, Prompts: all,
			Channels: []governance.Channel{governance.ChannelClient, governance.ChannelCLI},
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	b := &book{}
	gate, err := governance.New(governance.Options{
		Select: func(*governance.Call) (*governance.Snapshot, error) { return snapshot, nil }, Limiter: b, Approvals: desk,
	})
	if err != nil {
		t.Fatal(err)
	}
	catalog, err := tools.NewCatalog(curious{}, calm{})
	if err != nil {
		t.Fatal(err)
	}
	d, err := tools.NewDispatcher(tools.DispatcherOptions{Catalog: catalog, Gate: gate, Journal: b, Approvals: desk})
	if err != nil {
		t.Fatal(err)
	}
	ids := primitives.NewIDs(nil, nil).New
	manager, err := tasks.New(tasks.Options{
		Door: d, Store: memstate.New(memstate.Options{}), Process: "p", Lives: func(string) bool { return true }, IDs: ids, Now: time.Now,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = manager.Close(context.Background()) })
	s, err := server.New(server.Options{Dispatcher: d, Tasks: manager, IDs: ids, Now: time.Now, Version: "1"})
	if err != nil {
		t.Fatal(err)
	}
	return s, desk
}

// waitingFor returns the only request that waits.
func waitingFor(t *testing.T, d *approval.Desk) approval.Request {
	t.Helper()
	all, err := d.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range all {
		if r.Status == approval.Waiting {
			return r
		}
	}
	t.Fatalf("nothing waits among %+v", all)
	return approval.Request{}
}

// agree is what a client sends back when its person agrees.
func agree(id string) string {
	return fmt.Sprintf(`{"approval-%s":{"action":"accept","content":{"approve":true}}}`, id)
}

// TestApprovalModern asks in the 2026 era, and tries everything that must not do in place of an answer.
func TestApprovalModern(t *testing.T) {
	t.Parallel()
	s, d := newAsking(t)
	c := host(t, s, "user:ada")
	asked := c.call("calm", `{"elicitation":{}}`, `,"arguments":{"s":"a"}`)
	r := waitingFor(t, d)
	if asked.say() != "asks approval-"+r.ID {
		t.Fatalf("got %s", asked.say())
	}
	if q := string(asked.Result.InputRequests["approval-"+r.ID]); !strings.Contains(q, `user:ada wants to call the tool calm`) || !strings.Contains(q, `{\"s\":\"a\"}`) {
		t.Errorf("asked %s", q)
	}
	state := asked.Result.RequestState
	again := func(more string) string {
		answer := c.call("calm", `{"elicitation":{}}`, more)
		return strings.ReplaceAll(answer.say(), r.ID, "ID")
	}
	for _, try := range []struct{ name, more, want string }{
		{"an answer without the state", `,"arguments":{"s":"a"},"inputResponses":` + agree(r.ID), "asks approval-ID"},
		{"a forged state", `,"arguments":{"s":"a"},"inputResponses":` + agree(r.ID) + `,"requestState":"AAAA"`, "-32602"},
		{"the state of other arguments", `,"arguments":{"s":"b"},"inputResponses":` + agree(r.ID) + fmt.Sprintf(`,"requestState":%q`, state), "-32602"},
		{"an argument that agrees", `,"arguments":{"s":"a","approved":true}`, "error bad_arguments"},
	} {
		if got := again(try.more); !strings.HasPrefix(got, try.want) {
			t.Errorf("%s: %s, want %s", try.name, got, try.want)
		}
	}
	eve := host(t, s, "user:eve")
	stolen := eve.call("calm", `{"elicitation":{}}`, `,"arguments":{"s":"a"},"inputResponses":`+agree(r.ID)+fmt.Sprintf(`,"requestState":%q`, state))
	if got := stolen.say(); !strings.HasPrefix(got, "-32602") {
		t.Errorf("somebody else's state: %s", got)
	}
	if now := waitingFor(t, d); now.ID != r.ID || len(now.Votes) != 0 {
		t.Fatalf("something counted: %+v", now)
	}
	done := `,"arguments":{ "s" : "a" },"inputResponses":` + agree(r.ID) + fmt.Sprintf(`,"requestState":%q`, state)
	if got := again(done); got != "done" {
		t.Errorf("agreed to: %s", got)
	}
	if got := again(done); !strings.HasPrefix(got, "asks approval-") || got == "asks approval-ID" {
		t.Errorf("replayed: %s", got)
	}
}

// TestApprovalOfATask asks before a call becomes a task.
func TestApprovalOfATask(t *testing.T) {
	t.Parallel()
	s, d := newAsking(t)
	c := host(t, s, "user:ada")
	const able = `{"elicitation":{},"extensions":{"io.modelcontextprotocol/tasks":{}}}`
	asked := c.call("long", able, "")
	r := waitingFor(t, d)
	if asked.say() != "asks approval-"+r.ID {
		t.Fatalf("got %s", asked.say())
	}
	done := c.call("long", able, `,"inputResponses":`+agree(r.ID)+fmt.Sprintf(`,"requestState":%q`, asked.Result.RequestState))
	if done.Result.ResultType != "task" {
		t.Errorf("got %s %q", done.say(), done.Result.ResultType)
	}
}

// TestApprovalLegacy asks in the 2025 era while the call waits.
func TestApprovalLegacy(t *testing.T) {
	t.Parallel()
	for answer, want := range map[string]string{
		`{"action":"accept","content":{"approve":true}}`:  "done",
		`{"action":"accept","content":{"approve":false}}`: "error denied: approval ID was refused by user:ada. Do not try to get the same done in another way",
		`{"action":"decline"}`:                            "error denied: approval ID was refused by user:ada. Do not try to get the same done in another way",
		`{"action":"cancel"}`:                             "error approval_required: approval ID is needed",
		`{"action":"accept"}`:                             "error approval_required: approval ID is needed",
	} {
		t.Run(answer, func(t *testing.T) {
			t.Parallel()
			s, d := newAsking(t)
			c := begin(t, s, `{"elicitation":{}}`)
			c.send(`{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"calm","arguments":{"s":"a"}}}`)
			asked := parse(t, c.line())
			r := waitingFor(t, d)
			if asked.Method != "elicitation/create" || !strings.Contains(string(asked.Params), r.ID) {
				t.Fatalf("got %s %s", asked.Method, asked.Params)
			}
			c.send(`{"jsonrpc":"2.0","id":%s,"result":%s}`, asked.ID, answer)
			got := parse(t, c.line())
			if said := strings.ReplaceAll(got.say(), r.ID, "ID"); !strings.HasPrefix(said, want) {
				t.Errorf("got %s, want %s", said, want)
			}
		})
	}
}

// TestApprovalWithoutForms answers a client that cannot be asked with what to do, whatever it invokes.
func TestApprovalWithoutForms(t *testing.T) {
	t.Parallel()
	s, d := newAsking(t)
	c := begin(t, s, `{}`)
	for _, call := range []struct{ method, params, done string }{
		{"tools/call", `{"name":"calm"}`, `"text":"done"`},
		{"resources/read", `{"uri":"test://asking"}`, "elicitation"},
		{"prompts/get", `{"name":"asking"}`, "elicitation"},
	} {
		line := c.ask(`{"jsonrpc":"2.0","id":1,"method":%q,"params":%s}`, call.method, call.params)
		r := waitingFor(t, d)
		if !strings.Contains(line, "approval "+r.ID+" is needed") || !strings.Contains(line, "approval_required") {
			t.Errorf("%s: %s", call.method, line)
		}
		if _, err := d.Answer(t.Context(), r, approval.Vote{By: "user:root", Operator: true, Channel: governance.ChannelCLI, Approve: true}); err != nil {
			t.Fatal(err)
		}
		if line = c.ask(`{"jsonrpc":"2.0","id":2,"method":%q,"params":%s}`, call.method, call.params); !strings.Contains(line, call.done) || !json.Valid([]byte(line)) {
			t.Errorf("%s: %s, want %s", call.method, line, call.done)
		}
	}
}
