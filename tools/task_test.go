package tools_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/tools"
)

// A taker is a client that can be given a task.
type taker struct {
	detached int
	refusal  error
}

func (*taker) Progress(context.Context, tools.Progress) {}
func (*taker) Log(context.Context, tools.LogMessage)    {}
func (*taker) Supports(tools.Capability) bool           { return true }
func (*taker) Waits() bool                              { return true }
func (*taker) Ask(_ context.Context, inquiries []tools.Inquiry) ([]json.RawMessage, error) {
	return make([]json.RawMessage, len(inquiries)), nil
}

func (t *taker) Detach(context.Context) error {
	t.detached++
	return t.refusal
}

// longTools are tools of every support. What they answer says whether their call was a task when they began.
func longTools(t *taker, ran *int) []tools.Tool {
	tool := func(name string, support tools.TaskSupport, late bool) tools.Tool {
		return tools.Raw(tools.Spec{
			Name: name, Title: "T", Description: "D.", Audience: tools.ForAgents, ReadOnly: tools.Yes, Destructive: tools.No,
			Idempotent: tools.Yes, OpenWorld: tools.No, Task: support, TaskLate: late,
			InputSchema: json.RawMessage(`{"type":"object","properties":{"inner":{"type":"string"}},"additionalProperties":false}`),
		}, func(ctx context.Context, r *tools.Request, args json.RawMessage) (tools.Result, error) {
			*ran++
			if late {
				if err := r.Detach(ctx); err != nil {
					return tools.Result{}, err
				}
			}
			if strings.Contains(string(args), "inner") {
				return r.Call(ctx, "must", nil)
			}
			return tools.Result{Content: []tools.Content{tools.Text(map[bool]string{true: "task", false: "awaited"}[t.detached > 0])}}, nil
		})
	}
	return []tools.Tool{
		tool("never", tools.TaskNever, false), tool("may", tools.TaskMay, false), tool("must", tools.TaskMust, false), tool("late", tools.TaskMust, true),
	}
}

func TestWhichCallsBecomeTasks(t *testing.T) {
	t.Parallel()
	full := &tools.Error{Code: tools.CodeOverloaded, Reason: "too many"}
	for name, c := range map[string]struct {
		tool, args string
		knows      bool  // the client knows tasks
		refusal    error // of Detach
		want       string
		detached   int
	}{
		"never":                         {"never", `{}`, true, nil, "awaited", 0},
		"may":                           {"may", `{}`, true, nil, "task", 1},
		"may, for one who cannot":       {"may", `{}`, false, nil, "awaited", 0},
		"must":                          {"must", `{}`, true, nil, "task", 1},
		"must, for one who cannot":      {"must", `{}`, false, nil, "needs_task", 0},
		"late":                          {"late", `{}`, true, nil, "task", 1},
		"late, for one who cannot":      {"late", `{}`, false, nil, "needs_task", 0},
		"bad arguments are no task":     {"may", `{"x":1}`, true, nil, "bad_arguments", 0},
		"unknown names are no task":     {"other", `{}`, true, nil, "unknown_name", 0},
		"a call within a call is none":  {"never", `{"inner":"x"}`, true, nil, "needs_task", 0},
		"one too many":                  {"may", `{}`, true, full, "overloaded", 1},
		"any other fault stays hidden":  {"may", `{}`, true, errors.New("dsn=secret"), "internal_error", 1},
		"one too many does not begin":   {"must", `{}`, true, full, "overloaded", 1},
		"one too many is told the late": {"late", `{}`, true, full, "overloaded", 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, ran := &taker{refusal: c.refusal}, 0
			d := newDesk(t, tools.Surface{Tools: longTools(client, &ran)})
			var peer tools.Peer
			if c.knows {
				peer = client
			}
			result, err := d.Dispatch(t.Context(), d.call(c.tool, c.args), peer)
			var got string
			if err != nil {
				got = string(refusal(t, err).Code)
			} else {
				got = result.Content[0].Text
			}
			if got != c.want || client.detached != c.detached {
				t.Errorf("%s after %d wishes to detach, want %s after %d", got, client.detached, c.want, c.detached)
			}
			if c.refusal != nil && c.tool != "late" && ran > 0 {
				t.Error("the handler ran although its task could not begin")
			}
		})
	}
}

// What a client asks about a task is decided and recorded under the name of the tool, and costs no call.
func TestManage(t *testing.T) {
	t.Parallel()
	client, ran := &taker{}, 0
	d := newDesk(t, tools.Surface{Tools: longTools(client, &ran)})
	told := func(context.Context, *tools.Request) (tools.Result, error) {
		return tools.Result{Content: []tools.Content{tools.Text(strings.Repeat("long ", 1000))}}, nil
	}
	about := func(name string) governance.Call { return d.of(governance.KindTask, name, `{"task_id":"x"}`) }
	if _, err := d.Manage(t.Context(), about("may"), told); err != nil {
		t.Fatal(err)
	}
	calls, tokens := d.gate.limiter.of("calls"), d.gate.limiter.of("tokens")
	if calls != 0 || tokens != int64(len(`{"task_id":"x"}`)) {
		t.Errorf("it cost %d calls and %d tokens", calls, tokens)
	}
	for name, call := range map[string]governance.Call{
		"no such task": about("may"), "no such tool": about("other"), "another kind": d.call("may", `{}`),
	} {
		run := told
		if name == "no such task" {
			run = nil
		}
		if _, err := d.Manage(t.Context(), call, run); refusal(t, err).Code != tools.CodeUnknown {
			t.Errorf("%s: %v", name, err)
		}
	}
	if got := len(d.journal.lines()); got != 8 {
		t.Errorf("%d entries, want two for each: %q", got, d.journal.lines())
	}
	if ran != 0 {
		t.Error("a tool ran")
	}
}

func TestAListOfToolsThatLacksOneLacksItsTasks(t *testing.T) {
	t.Parallel()
	client, ran := &taker{}, 0
	d := newDesk(t, tools.Surface{Tools: longTools(client, &ran)}, func(o *tools.DispatcherOptions) {
		o.Gate = newGate(t, governance.Policy{Name: "few", AllowedTools: []string{"never"}})
	})
	_, err := d.Manage(t.Context(), d.of(governance.KindTask, "may", `{}`), func(context.Context, *tools.Request) (tools.Result, error) {
		t.Error("it was told")
		return tools.Result{}, nil
	})
	if refusal(t, err).Code != tools.CodeDenied {
		t.Error(err)
	}
}

func TestSupportThatMakesNoSense(t *testing.T) {
	t.Parallel()
	for _, spec := range []tools.Spec{{TaskLate: true}, {Task: 7}} {
		spec.Name, spec.Title, spec.Description, spec.Audience = "x", "T", "D.", tools.ForAgents
		spec.ReadOnly, spec.Destructive, spec.Idempotent, spec.OpenWorld = tools.Yes, tools.No, tools.Yes, tools.No
		spec.InputSchema = json.RawMessage(`{"type":"object"}`)
		tool := tools.Raw(spec, func(context.Context, *tools.Request, json.RawMessage) (tools.Result, error) {
			return tools.Result{}, nil
		})
		if _, err := tools.NewCatalog(module{"m", tools.Surface{Tools: []tools.Tool{tool}}}); err == nil || !strings.Contains(err.Error(), "TaskLate goes with the last two") {
			t.Errorf("%+v: %v", spec, err)
		}
	}
}
