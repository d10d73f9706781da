package tools_test

import (
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/governance/audit"
	"github.com/mcp-kernel/mcp-kernel/tools"
)

func resource(uri, template, name string) tools.ResourceSpec {
	return tools.ResourceSpec{
		URI: uri, Template: template, Name: name, Title: "Title", Description: "Holds it.", Audience: tools.ForAgents,
		MIMEType: "text/plain",
	}
}

func read(_ context.Context, r *tools.Request, _ string) ([]tools.ResourceContents, error) {
	if r.Var("key") == "missing" {
		return nil, tools.NotFound(r.Name())
	}
	return []tools.ResourceContents{{Text: "of " + r.Var("key")}}, nil
}

// library is a surface of resources and prompts.
func library() tools.Surface {
	keys := func(_ context.Context, _ *tools.Request, ask tools.Completion) ([]string, error) {
		return []string{ask.Value + "1", ask.Given["key"]}, nil
	}
	return tools.Surface{
		Resources: []tools.Resource{
			tools.NewResource(resource("mem://all", "", "all"), read).WithWatch(
				func(ctx context.Context, _ *tools.Request, _ string, changed func()) (func() error, error) {
					return func() error {
						changed()
						<-ctx.Done()
						return nil
					}, nil
				}),
			tools.NewResource(resource("", "mem://{key}", "one"), read).WithComplete(keys).WithList(
				func(context.Context, *tools.Request) ([]tools.ResourceSpec, error) {
					return []tools.ResourceSpec{{URI: "mem://b", Title: "B"}, {URI: "mem://a", Name: "a"}, {URI: "other://c"}}, nil
				}),
			tools.NewResource(resource("", "mem://{key}/fixed", "two"), read),
		},
		Prompts: []tools.Prompt{
			tools.NewPrompt(tools.PromptSpec{
				Name: "ask", Title: "Ask", Description: "Asks.", Audience: tools.ForAgents,
				Arguments: []tools.PromptArgument{{Name: "what", Description: "What.", Required: true}, {Name: "how", Description: "How."}},
			}, func(_ context.Context, _ *tools.Request, args map[string]string) ([]tools.Message, error) {
				return []tools.Message{{Role: tools.RoleUser, Content: tools.Text(args["what"] + "/" + args["how"])}}, nil
			}).WithComplete("what", keys),
		},
	}
}

func TestResourcesPromptsAndCompletion(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		kind       governance.Kind
		name, args string
		want       tools.Result // without Meta
		refused    string
	}{
		"resource": {
			governance.KindResource, "mem://all", "",
			tools.Result{Contents: []tools.ResourceContents{{URI: "mem://all", MIMEType: "text/plain", Text: "of "}}},
			"",
		},
		"member": {
			governance.KindResource, "mem://a%20b", "",
			tools.Result{Contents: []tools.ResourceContents{{URI: "mem://a%20b", MIMEType: "text/plain", Text: "of a b"}}},
			"",
		},
		"missing":   {governance.KindResource, "mem://missing", "", tools.Result{}, `unknown_name: resource "mem://missing" does not exist`},
		"no match":  {governance.KindResource, "mem://a/b", "", tools.Result{}, `unknown_name: unknown resource "mem://a/b"`},
		"arguments": {governance.KindResource, "mem://all", `{"a":1}`, tools.Result{}, `bad_arguments: /a: unknown argument; allowed: none`},
		"prompt": {
			governance.KindPrompt, "ask", `{"what":"{how}"}`,
			tools.Result{Description: "Asks.", Messages: []tools.Message{{Role: tools.RoleUser, Content: tools.Text("{how}/")}}},
			"",
		},
		"prompt without":      {governance.KindPrompt, "ask", ``, tools.Result{}, `bad_arguments: /what: missing, want string`},
		"prompt with another": {governance.KindPrompt, "ask", `{"what":"","hwo":""}`, tools.Result{}, `bad_arguments: /hwo: unknown argument, did you mean "how"?; allowed: what, how`},
		"prompt with number":  {governance.KindPrompt, "ask", `{"what":1}`, tools.Result{}, `bad_arguments: /what: want string, got number`},
		"prompt at length":    {governance.KindPrompt, "ask", `{"what":"` + strings.Repeat("x", 65537) + `"}`, tools.Result{}, `bad_arguments: /what: want at most 65536 characters`},
		"complete prompt": {
			governance.KindCompletion, "prompt:ask", `{"argument":{"name":"what","value":"x"},"context":{"key":"k"}}`,
			tools.Result{Values: []string{"x1", "k"}, Total: 2},
			"",
		},
		"complete nothing": {
			governance.KindCompletion, "prompt:ask", `{"argument":{"name":"how","value":"x"},"context":null}`, tools.Result{}, "",
		},
		"complete template": {
			governance.KindCompletion, "resource:mem://{key}", `{"argument":{"name":"key","value":"x"},"context":null}`,
			tools.Result{Values: []string{"x1", ""}, Total: 2},
			"",
		},
		"complete another": {
			governance.KindCompletion, "prompt:ask", `{"argument":{"name":"whut","value":"x"},"context":null}`,
			tools.Result{},
			`bad_arguments: /argument/name: unknown argument, did you mean "what"?; allowed: what, how`,
		},
		"complete tool": {governance.KindCompletion, "tool:echo", `{}`, tools.Result{}, `unknown_name: unknown completion "tool:echo"`},
		"task":          {governance.KindTask, "echo", `{}`, tools.Result{}, `unknown_name: unknown task "echo"`},
		"subscription":  {governance.KindSubscription, "resource:mem://all", ``, tools.Result{}, `unknown_name: unknown subscription "resource:mem://all"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t, library())
			result, err := d.Dispatch(t.Context(), d.of(c.kind, c.name, c.args), nil)
			if err != nil {
				refused := refusal(t, err)
				if got := string(refused.Code) + ": " + refused.Reason; got != c.refused {
					t.Errorf("got  %s\nwant %s", got, c.refused)
				}
				return
			}
			if result.CallID != "call-1" {
				t.Errorf("answers call %q", result.CallID)
			}
			result.CallID = ""
			if c.refused != "" || !reflect.DeepEqual(result, c.want) {
				t.Errorf("got  %+v\nwant %+v %s", result, c.want, c.refused)
			}
		})
	}
}

func TestListShowsWhatThePoliciesAllow(t *testing.T) {
	t.Parallel()
	d := newDesk(t, library())
	all, err := d.List(t.Context(), governance.Caller{Principal: "alice"}, tools.ProfileDefault)
	if err != nil {
		t.Fatal(err)
	}
	want := tools.Listing{
		Resources: []tools.ResourceSpec{resource("mem://all", "", "all")},
		Templates: []tools.ResourceSpec{resource("", "mem://{key}", "one"), resource("", "mem://{key}/fixed", "two")},
		Prompts:   d.Catalog().Prompts(),
	}
	if !reflect.DeepEqual(all, want) {
		t.Errorf("got  %+v\nwant %+v", all, want)
	}
	if lines := d.journal.lines(); len(lines) != 0 {
		t.Errorf("a listing was recorded as a call: %q", lines)
	}
	members, err := d.Members(t.Context(), governance.Caller{Principal: "alice"})
	wantMembers := []tools.ResourceSpec{
		{URI: "mem://a", Name: "a", MIMEType: "text/plain", Audience: tools.ForAgents},
		{URI: "mem://b", Name: "one", Title: "B", MIMEType: "text/plain", Audience: tools.ForAgents},
	}
	if err != nil || !reflect.DeepEqual(members, wantMembers) {
		t.Errorf("members %+v, %v\nwant %+v", members, err, wantMembers)
	}
	if lines := d.journal.lines(); len(lines) != 2 || !strings.Contains(lines[0], "allow POLICY_CHECK") {
		t.Errorf("the family's handler ran without its entries: %q", lines)
	}
	if charged := d.gate.limiter.of("calls"); charged != 0 {
		t.Errorf("listing charged %d calls", charged)
	}
	nothing := newDesk(t, library(), func(o *tools.DispatcherOptions) {
		o.Gate = newGate(t, governance.Policy{Name: "closed", AllowedResources: []string{"mem://a"}})
	})
	some, err := nothing.List(t.Context(), governance.Caller{Principal: "alice"}, tools.ProfileDefault)
	if err != nil || !reflect.DeepEqual(some, tools.Listing{}) {
		t.Errorf("a closed policy shows %+v, %v", some, err)
	}
}

func TestSubscription(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, library(), func(o *tools.DispatcherOptions) { o.MaxWatches = 1 })
		changes := 0
		subscribe := func(uri string) (func(), error) {
			return d.Subscribe(t.Context(), d.of(governance.KindSubscription, "resource:"+uri, ""), nil, func() { changes++ })
		}
		stop, err := subscribe("mem://all")
		if err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if changes != 1 {
			t.Errorf("%d changes, want 1", changes)
		}
		if _, err := subscribe("mem://all"); refusal(t, err).Code != tools.CodeOverloaded {
			t.Errorf("second subscription: %v", err)
		}
		if _, err := subscribe("mem://a"); refusal(t, err).Code != tools.CodeUnknown {
			t.Errorf("what cannot be watched: %v", err)
		}
		stop()
		stop()
		synctest.Wait()
		if _, err := subscribe("mem://all"); err != nil {
			t.Errorf("after the first has ended: %v", err)
		}
		want := []string{
			"call-1 allow POLICY_CHECK /", "call-1 ok CHECKPOINT_CREATED ",
			"call-2 allow POLICY_CHECK /", "call-2 tool_error CHECKPOINT_CREATED overloaded",
			"call-3 deny TOOL_CALL_BLOCKED allowlist/catalog", "call-3 denied CHECKPOINT_CREATED unknown_name",
			"call-4 allow POLICY_CHECK /", "call-4 ok CHECKPOINT_CREATED ",
		}
		if got := d.journal.lines(); !slices.Equal(got, want) {
			t.Errorf("journal %q", got)
		}
		if err := d.Close(t.Context()); err != nil { // ends the last one
			t.Error(err)
		}
	})
}

func TestCatalogReportsEveryFault(t *testing.T) {
	t.Parallel()
	fn := func(context.Context, *tools.Request, struct{}) (struct{}, error) { return struct{}{}, nil }
	twisted := spec("Twisted name")
	twisted.Destructive, twisted.OpenWorld, twisted.Title, twisted.Profiles = tools.Yes, tools.HintUnset, "", []string{"deefault"}
	one := module{"one", tools.Surface{
		Tools: []tools.Tool{tools.Func(spec("same"), fn), tools.Func(twisted, fn), {}},
		Resources: []tools.Resource{
			tools.NewResource(resource("", "mem://{a}", "a"), read), tools.NewResource(resource("mem://x{y}", "", "b"), nil),
			tools.NewResource(resource("mem://x", "", "single"), read).WithList(nil),
			{},
		},
		Prompts: []tools.Prompt{tools.NewPrompt(tools.PromptSpec{
			Name: "p", Arguments: []tools.PromptArgument{{Name: "a"}, {Name: "a", Description: "A."}},
		}, nil).WithComplete("b", nil)},
	}}
	two := module{"two", tools.Surface{
		Tools:     []tools.Tool{tools.Func(spec("same"), fn)},
		Resources: []tools.Resource{tools.NewResource(resource("", "mem://{b}", "a"), read)},
	}}
	for i := range 13 {
		s := spec("t" + string(rune('a'+i)))
		s.Profiles = []string{tools.ProfileDefault}
		two.surface.Tools = append(two.surface.Tools, tools.Func(s, fn))
	}
	_, err := tools.NewCatalog(one, two, nil)
	if err == nil {
		t.Fatal("no fault")
	}
	want := []string{
		`module one: tool "Twisted name": a name is 1 to 47 letters, digits, _ and -`,
		`module one: tool "Twisted name": has no title`,
		`module one: tool "Twisted name": does not say OpenWorld: Yes or No`,
		`module one: tool "Twisted name": is both read-only and destructive`,
		`module one: tool "Twisted name": unknown profile "deefault", did you mean "default"?`,
		`module one: tool "": does not say its audience: ForAgents or ForOperators`,
		`module one: tool "": was not made by Func or Raw`,
		`module two: tool "same": module one has one of that name: rename one`,
		`module one: resource "mem://x{y}": URI "mem://x{y}": has braces: use Template`,
		`module one: resource "mem://x{y}": has no read function`,
		`module one: resource "mem://x": is a single resource and cannot list others`,
		`module two: template "mem://{}": module one has one of that name: rename one`,
		`module two: resource named "a": module one has one of that name: rename one`,
		`module one: prompt "p": has no title`,
		`module one: prompt "p": has no description`,
		`module one: prompt "p": argument "a" has no description`,
		`module one: prompt "p": argument "a" has no name or is there twice`,
		`module one: prompt "p": completes "b", which is no argument, or with nothing`,
		`module one: prompt "p": has no function`,
		`profile "default" has 13 tools, at most 12 fit what a model should read`,
		`a module is nil`,
	}
	got := strings.Split(err.Error(), "\n")
	for _, w := range want {
		if !slices.Contains(got, w) {
			t.Errorf("missing: %s", w)
		}
	}
	if t.Failed() {
		t.Logf("got\n%v", err)
	}
}

func TestCatalogDigest(t *testing.T) {
	t.Parallel()
	a, b := module{"a", library()}, module{"b", tools.Surface{Tools: []tools.Tool{fn[echo]()}}}
	first, err := tools.NewCatalog(a, b)
	if err != nil {
		t.Fatal(err)
	}
	second, err := tools.NewCatalog(b, a)
	if err != nil {
		t.Fatal(err)
	}
	only, err := tools.NewCatalog(b)
	if err != nil {
		t.Fatal(err)
	}
	if first.Digest() != second.Digest() || first.Digest() == only.Digest() || !strings.HasPrefix(first.Digest(), "sha256:") {
		t.Errorf("%s, %s, %s", first.Digest(), second.Digest(), only.Digest())
	}
}

func TestDispatcherOptions(t *testing.T) {
	t.Parallel()
	_, err := tools.NewDispatcher(tools.DispatcherOptions{MaxArgs: -1})
	want := "dispatcher options: Catalog is nil\ndispatcher options: Gate is nil\ndispatcher options: Journal is nil\n" +
		"dispatcher options: a bound is negative"
	if err == nil || err.Error() != want {
		t.Errorf("%v", err)
	}
}

type listed struct {
	Items []string          `json:"items"`
	Index map[string]int    `json:"index"`
	Next  *string           `json:"next"`
	Kind  string            `json:"kind,omitempty" enum:"a"`
	Deep  []map[string]bool `json:"deep"`
}

func (listed) Doubt() float64 { return 0.25 }

func TestAnswersFitTheirSchema(t *testing.T) {
	t.Parallel()
	d := newDesk(t, tools.Surface{Tools: []tools.Tool{
		tools.Func(spec("x"), func(context.Context, *tools.Request, struct{}) (listed, error) {
			return listed{Deep: []map[string]bool{nil}}, nil
		}),
	}}, func(o *tools.DispatcherOptions) { o.MaxResult = 60 })
	result, err := d.Dispatch(t.Context(), d.call("x", ""), nil)
	want := `{"items":[],"index":{},"next":null,"deep":[{}]}`
	if err != nil || string(result.Structured) != want || result.Content[0].Text != want || result.Doubt != 0.25 {
		t.Errorf("%+v, %v", result, err)
	}
	if e := d.journal.entries[1]; e.SchemaValid != audit.Yes {
		t.Errorf("schema validity %v", e.SchemaValid)
	}
}

func TestRawAnswers(t *testing.T) {
	t.Parallel()
	s := spec("x")
	s.InputSchema = json.RawMessage(`{"type":"object"}`)
	s.OutputSchema = json.RawMessage(`{"type":"object","properties":{"n":{"type":"integer"}},"required":["n"]}`)
	d := newDesk(t, tools.Surface{Tools: []tools.Tool{
		tools.Raw(s, func(_ context.Context, _ *tools.Request, args json.RawMessage) (tools.Result, error) {
			return tools.Result{Structured: args, Content: []tools.Content{tools.Text("text")}}, nil
		}),
	}}, func(o *tools.DispatcherOptions) { o.MaxResult = 100 })
	for args, want := range map[string]string{
		`{"n":1}`:   "",
		`{"n":"1"}`: "internal_error: internal error; the log tells more under this call's id",
		`{}`:        "internal_error: internal error; the log tells more under this call's id",
		`{"n":1,"x":"` + strings.Repeat("x", 50) + `"}`: "failed: the answer is 128 bytes, at most 100 are sent: ask for less",
	} {
		_, err := d.Dispatch(t.Context(), d.call("x", args), nil)
		got := ""
		if err != nil {
			got = string(refusal(t, err).Code) + ": " + refusal(t, err).Reason
		}
		if got != want {
			t.Errorf("%s: got %q, want %q", args, got, want)
		}
	}
}

func TestRefusalAsAToolsAnswer(t *testing.T) {
	t.Parallel()
	d := newDesk(t, library())
	_, err := d.Dispatch(t.Context(), d.call("nosuch", ""), nil)
	got := refusal(t, err).Result()
	want := tools.Result{
		IsError: true,
		Content: []tools.Content{tools.Text(`unknown_name: unknown tool "nosuch" (call call-1)`)},
		Meta: map[string]json.RawMessage{tools.MetaDecision: json.RawMessage(
			`{"code":"unknown_name","reason":"unknown tool \"nosuch\"","call_id":"call-1","effect":"deny","stage":"allowlist",` +
				`"check":"catalog","event":"TOOL_CALL_BLOCKED"}`)},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %s\nwant %s", got.Meta[tools.MetaDecision], want.Meta[tools.MetaDecision])
	}
	if !errors.Is(tools.Fail("x", "y", context.Canceled), context.Canceled) {
		t.Error("the cause of a failure is lost to the log")
	}
}
