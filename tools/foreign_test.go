package tools_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/tools"
)

func foreignSpec(name string) tools.Spec {
	s := spec(name)
	s.InputSchema, s.OutputSchema = nil, nil
	return s
}

// A definition that is none is a fault of the catalog, like any other.
func TestForeignFaults(t *testing.T) {
	t.Parallel()
	own := spec("own")
	own.InputSchema = json.RawMessage(`{"type":"object"}`)
	described := tools.PromptSpec{Name: "p", Title: "P", Description: "D.", Audience: tools.ForAgents}
	_, err := tools.NewCatalog(module{"m", tools.Surface{
		Tools: []tools.Tool{
			tools.Foreign(foreignSpec("none"), nil, nil),
			tools.Foreign(foreignSpec("list"), json.RawMessage(`[]`), verbatim(`{}`)),
			tools.Foreign(foreignSpec("twice"), json.RawMessage(`{"a":1,"a":2}`), verbatim(`{}`)),
			tools.Foreign(own, json.RawMessage(`{}`), verbatim(`{}`)),
		},
		Resources: []tools.Resource{tools.ForeignResource(
			tools.ResourceSpec{URI: "a://b", Name: "r", Title: "R", Description: "D.", Audience: tools.ForAgents}, json.RawMessage(`{`), nil).WithPass(nil)},
		Prompts: []tools.Prompt{tools.ForeignPrompt(described, json.RawMessage(`"x"`), nil)},
	}})
	want := []string{
		`module m: tool "none": has no function`, `module m: tool "none": definition: is no JSON object`,
		`module m: tool "list": definition: is no JSON object`, `module m: tool "twice": definition: /a: there twice`,
		`module m: tool "own": sets a schema beside its definition`,
		`module m: resource "a://b": has no read function`,
		`module m: resource "a://b": definition: not valid JSON: want a key, got end at byte 1`,
		`module m: resource "a://b": is a single resource and has nothing to complete`,
		`module m: prompt "p": has no function`, `module m: prompt "p": definition: is no JSON object`,
	}
	if diff := cmp.Diff(want, strings.Split(err.Error(), "\n")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func verbatim(result string) func(context.Context, *tools.Request, json.RawMessage) (tools.Result, error) {
	return func(context.Context, *tools.Request, json.RawMessage) (tools.Result, error) {
		return tools.Verbatim(json.RawMessage(result))
	}
}

// Whoever wants to know what arguments there are finds the schemas where those of other tools are.
func TestForeignSchemas(t *testing.T) {
	t.Parallel()
	for definition, want := range map[string][2]string{
		`{"inputSchema":{"type":"object","x":1},"outputSchema":{"type":"object"}}`: {`{"type":"object","x":1}`, `{"type":"object"}`},
		`{"name":"x"}`:            {`{"type":"object"}`, ``},
		`{"inputSchema":"false"}`: {`{"type":"object"}`, ``},
	} {
		s := tools.Foreign(foreignSpec("a"), json.RawMessage(definition), verbatim(`{}`)).Spec()
		if got := [2]string{string(s.InputSchema), string(s.OutputSchema)}; got != want {
			t.Errorf("%s: %q, want %q", definition, got, want)
		}
	}
}

// An answer of another server is cut like any other when it is over the budget, and is no longer theirs then.
func TestForeignIsCut(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("word ", 400)
	tool := tools.Foreign(foreignSpec("talk"), json.RawMessage(`{}`),
		verbatim(`{"content":[{"type":"text","text":"`+long+`","annotations":{}}],"_meta":{"theirs":1}}`))
	all := []string{"*"}
	gate := newGate(t, governance.Policy{Name: "p", AllowedTools: all, MaxResultTokens: new(int64(500))})
	d := newDesk(t, tools.Surface{Tools: []tools.Tool{tool}}, func(o *tools.DispatcherOptions) { o.Gate = gate })
	got, err := d.Dispatch(t.Context(), d.call("talk", `{}`), nil)
	if err != nil || got.Verbatim != nil || len(got.Content) != 2 || !strings.HasPrefix(got.Content[1].Text, "[cut here: ") ||
		string(got.Meta["theirs"]) != "1" || !strings.HasPrefix(long, got.Content[0].Text) {
		t.Errorf("%+v, %v", got, err)
	}
}

// What another server asks goes to the client as it was asked, and its answer back, when the client can be asked that.
func TestForwarded(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		ask   tools.Forwarded
		can   []tools.Capability
		reply string
		want  string
	}{
		"a form":           {tools.Forwarded{Key: "k", Method: "elicitation/create", Params: json.RawMessage(`{"x":1.0}`)}, nil, `{"action":"accept","y":2.50}`, `{"action":"accept","y":2.50}`},
		"no parameters":    {tools.Forwarded{Key: "k", Method: "roots/list"}, nil, `{"roots":[]}`, `{"roots":[]}`},
		"an address":       {tools.Forwarded{Key: "k", Method: "elicitation/create", Params: json.RawMessage(`{"mode":"url"}`)}, []tools.Capability{tools.CanElicit}, `{}`, "elicitation.url"},
		"a model's tools":  {tools.Forwarded{Key: "k", Method: "sampling/createMessage", Params: json.RawMessage(`{"tools":[]}`)}, []tools.Capability{tools.CanSample}, `{}`, "sampling.tools"},
		"context":          {tools.Forwarded{Key: "k", Method: "sampling/createMessage", Params: json.RawMessage(`{"includeContext":"allServers"}`)}, []tools.Capability{tools.CanSample}, `{}`, "sampling.context"},
		"something else":   {tools.Forwarded{Key: "k", Method: "tools/call"}, nil, `{}`, "internal error"},
		"parameters twice": {tools.Forwarded{Key: "k", Method: "roots/list", Params: json.RawMessage(`{"a":1,"a":1}`)}, nil, `{}`, "internal error"},
		"an answer twice":  {tools.Forwarded{Key: "k", Method: "roots/list"}, nil, `{"a":1,"a":1}`, "asks"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tool := tools.Foreign(foreignSpec("ask"), json.RawMessage(`{}`), func(ctx context.Context, r *tools.Request, _ json.RawMessage) (tools.Result, error) {
				replies, err := r.AskAll(ctx, tt.ask)
				if err != nil {
					return tools.Result{}, err
				}
				return tools.Verbatim(replies[0].Forwarded)
			})
			d := newDesk(t, tools.Surface{Tools: []tools.Tool{tool}})
			got, err := d.Dispatch(t.Context(), d.call("ask", `{}`), &person{answers: map[string]string{"k": tt.reply}, can: tt.can})
			said := string(got.Verbatim)
			switch {
			case err != nil:
				said = refusal(t, err).Reason
			case len(got.Pending) > 0:
				said = "asks"
			}
			if !strings.Contains(said, tt.want) {
				t.Errorf("%q, want %q", said, tt.want)
			}
		})
	}
}

// A definition whose schema holds refuses what does not fit, before its function; one that cannot be a schema is a fault.
func TestEnforced(t *testing.T) {
	t.Parallel()
	const definition = `{"inputSchema":{"type":"object","properties":{"a":{"type":"string","maxLength":3},"b":{"oneOf":[{"type":"integer"},{"type":"null"}]}},"additionalProperties":false}}`
	ran := 0
	tool := tools.Foreign(foreignSpec("held"), json.RawMessage(definition), func(context.Context, *tools.Request, json.RawMessage) (tools.Result, error) {
		ran++
		return tools.Verbatim(json.RawMessage(`{"content":[]}`))
	}).Enforced()
	d := newDesk(t, tools.Surface{Tools: []tools.Tool{tool}})
	for args, good := range map[string]bool{
		`{"a":"abc","b":1}`: true, `{}`: true, `{"b":null}`: true, `{"a":"abcd"}`: false, `{"b":"x"}`: false, `{"c":1}`: false, `[]`: false,
	} {
		before := ran
		_, err := d.Dispatch(t.Context(), d.call("held", args), nil)
		if (err == nil) != good || (ran > before) != good {
			t.Errorf("%s: %v, ran %v", args, err, ran > before)
		}
	}
	_, err := tools.NewCatalog(module{"m", tools.Surface{Tools: []tools.Tool{
		tools.Foreign(foreignSpec("looped"), json.RawMessage(`{"inputSchema":{"type":"object","$ref":"#"}}`), verbatim(`{}`)).Enforced(),
	}}})
	if err == nil || !strings.Contains(err.Error(), "refers to itself") {
		t.Error(err)
	}
}
