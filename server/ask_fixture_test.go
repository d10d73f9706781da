package server_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/governance/audit"
	"github.com/mcp-kernel/mcp-kernel/governance/match"
	"github.com/mcp-kernel/mcp-kernel/modules/primitives"
	"github.com/mcp-kernel/mcp-kernel/server"
	"github.com/mcp-kernel/mcp-kernel/state"
	"github.com/mcp-kernel/mcp-kernel/tools"
)

// A curious module asks its clients all kinds of things. Its tools are as short as those of the product should be.
type curious struct{}

func (curious) Name() string { return "curious" }

type nothing struct {
	S string `json:"s,omitempty"`
}

type said struct {
	Text string `json:"text"`
}

const nameForm = `{"type":"object","properties":{"name":{"type":"string","maxLength":20}},"required":["name"]}`

func askName(key string, early bool) tools.Question {
	return tools.Question{Key: key, Message: "What is your name?", Schema: json.RawMessage(nameForm), Early: early}
}

// greet asks for a name.
func greet(early bool) func(context.Context, *tools.Request, nothing) (said, error) {
	return func(ctx context.Context, r *tools.Request, _ nothing) (said, error) {
		answer, err := r.Ask(ctx, askName("user_name", early))
		if err != nil || !answer.Accepted() {
			return said{string(answer.Action)}, err
		}
		var who struct {
			Name string `json:"name"`
		}
		err = answer.Decode(&who)
		return said{"hello " + who.Name}, err
	}
}

func steps(ctx context.Context, r *tools.Request, _ nothing) (said, error) {
	one, err := r.Ask(ctx, tools.Question{Message: "one?"})
	if err != nil {
		return said{}, err
	}
	two, err := r.Ask(ctx, tools.Question{Message: "two, after " + string(one.Action) + "?"})
	return said{string(one.Action) + " " + string(two.Action)}, err
}

func everything(ctx context.Context, r *tools.Request, _ nothing) (said, error) {
	replies, err := r.AskAll(ctx, askName("user_name", false),
		tools.Sampling{Key: "greeting", Messages: []tools.Turn{tools.Say(tools.RoleUser, "Generate a greeting")}, MaxTokens: 50},
		tools.RootsQuery{Key: "client_roots"})
	if err != nil {
		return said{}, err
	}
	return said{fmt.Sprintf("%s %s %v", replies[0].Answer.Content, replies[1].Sampled.Text(), replies[2].Roots)}, nil
}

func withTools(ctx context.Context, r *tools.Request, _ nothing) (said, error) {
	s, err := r.Sample(ctx, tools.Sampling{
		Messages: []tools.Turn{
			tools.Say(tools.RoleUser, "weather?"),
			{Role: tools.RoleAssistant, Blocks: []tools.Block{{Use: &tools.ToolUse{ID: "u1", Name: "weather", Input: json.RawMessage(`{}`)}}}},
			{Role: tools.RoleUser, Blocks: []tools.Block{{Result: &tools.ToolOutput{ToolUseID: "u1", Content: []tools.Content{tools.Text("rain")}}}}},
		},
		System: "be brief", MaxTokens: 10, Choice: "auto", Models: &tools.ModelPreferences{Hints: []string{"small"}, Speed: 1},
		Tools: []tools.SampleTool{{Name: "weather", InputSchema: json.RawMessage(`{"type":"object"}`)}},
	})
	if err != nil {
		return said{}, err
	}
	return said{fmt.Sprintf("%s %s %v", s.Model, s.StopReason, s.Blocks[0].Use.Name)}, nil
}

func open(ctx context.Context, r *tools.Request, _ nothing) (said, error) {
	answer, err := r.Ask(ctx, tools.Question{Message: "Pay", URL: "https://example.org/pay?n=1"})
	return said{string(answer.Action)}, err
}

func nested(ctx context.Context, r *tools.Request, _ nothing) (said, error) {
	var all []string
	for range 2 {
		inner, err := r.Call(ctx, "greet", nil)
		if err != nil {
			return said{}, err
		}
		all = append(all, string(inner.Structured))
	}
	return said{strings.Join(all, "+")}, nil
}

// able asks only for what the client says it can be asked.
func able(ctx context.Context, r *tools.Request, _ nothing) (said, error) {
	var ask []tools.Query
	if r.Supports(tools.CanElicit) {
		ask = append(ask, tools.Question{Message: "sure?"})
	}
	if r.Supports(tools.CanSample) {
		ask = append(ask, tools.Sampling{Messages: []tools.Turn{tools.Say(tools.RoleUser, "hi")}, MaxTokens: 5})
	}
	_, err := r.AskAll(ctx, ask...)
	return said{fmt.Sprint(len(ask))}, err
}

func (curious) Surface() tools.Surface {
	tool := func(name string, fn func(context.Context, *tools.Request, nothing) (said, error)) tools.Tool {
		return tools.Func(tools.Spec{
			Name: name, Title: "T", Description: "D.", Audience: tools.ForAgents, Profiles: []string{tools.ProfileDefault},
			ReadOnly: tools.No, Destructive: tools.No, Idempotent: tools.No, OpenWorld: tools.Yes, Timeout: 2 * time.Second,
		}, fn)
	}
	read := func(ctx context.Context, r *tools.Request, _ string) ([]tools.ResourceContents, error) {
		answer, err := r.Ask(ctx, askName("who", false))
		return []tools.ResourceContents{{Text: string(answer.Content)}}, err
	}
	get := func(ctx context.Context, r *tools.Request, _ map[string]string) ([]tools.Message, error) {
		answer, err := r.Ask(ctx, askName("who", false))
		return []tools.Message{{Role: tools.RoleUser, Content: tools.Text(string(answer.Content))}}, err
	}
	return tools.Surface{
		Tools: []tools.Tool{
			tool("greet", greet(false)), tool("early", greet(true)), tool("steps", steps), tool("everything", everything),
			tool("with_tools", withTools), tool("open", open), tool("nested", nested), tool("able", able),
		},
		Resources: []tools.Resource{tools.NewResource(
			tools.ResourceSpec{URI: "test://asking", Name: "asking", Title: "R", Description: "D.", Audience: tools.ForAgents}, read)},
		Prompts: []tools.Prompt{tools.NewPrompt(
			tools.PromptSpec{Name: "asking", Title: "P", Description: "D.", Audience: tools.ForAgents}, get)},
	}
}

// book is a journal and a limiter in memory.
type book struct {
	mu      sync.Mutex
	entries []audit.Entry
}

func (b *book) Begin(context.Context) (tools.Slot, error) { return page{b}, nil }
func (*book) Payload(_ string, raw []byte) (audit.Payload, error) {
	return audit.Payload{Preview: string(raw)}, nil
}
func (*book) Release(...governance.Charge) {}
func (*book) Take(_ context.Context, _ string, claims ...state.Claim) ([]state.Taken, error) {
	taken := make([]state.Taken, len(claims))
	for i, c := range claims {
		taken[i] = state.Taken{Name: c.Name, OK: true, Limit: c.Limit}
	}
	return taken, nil
}

// lines are what was recorded of outcomes: name, status and failure.
func (b *book) lines() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	var lines []string
	for i := range b.entries {
		if e := &b.entries[i]; e.Kind == audit.KindOutcome {
			lines = append(lines, strings.TrimSpace(e.Name+" "+e.Status.String()+" "+e.Failure))
		}
	}
	return lines
}

// arguments are the arguments as the last decision recorded them.
func (b *book) arguments() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	last := ""
	for i := range b.entries {
		if e := &b.entries[i]; e.Kind == audit.KindDecision {
			last = e.Args.Preview
		}
	}
	return last
}

type page struct{ b *book }

func (p page) add(kind audit.Kind, e *audit.Entry) error {
	p.b.mu.Lock()
	defer p.b.mu.Unlock()
	e.Kind = kind
	p.b.entries = append(p.b.entries, *e)
	return nil
}

func (p page) Decision(_ context.Context, e *audit.Entry) error { return p.add(audit.KindDecision, e) }

func (p page) Outcome(_ context.Context, e *audit.Entry) error { return p.add(audit.KindOutcome, e) }
func (page) End()                                              {}

func newCurious(t *testing.T, b *book, change func(*server.Options)) *server.Server {
	t.Helper()
	return newGoverned(t, b, curious{}, change)
}

// newGoverned returns a server in front of the real dispatcher and gate. Its policy blocks one word.
func newGoverned(t *testing.T, b *book, m tools.Module, change func(*server.Options)) *server.Server {
	t.Helper()
	all := []string{"*"}
	snapshot, err := governance.Compile(governance.Ceiling{}, governance.Policy{
		Name: "open", AllowedTools: all, AllowedResources: all, AllowedPrompts: all,
		BlockedPatterns: []match.Pattern{
			{Name: "word", Type: match.Substring, Text: "forbidden"},
			{Name: "key", Type: match.Substring, Text: "sesame", On: match.Results, Action: match.Redacts},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	gate, err := governance.New(governance.Options{
		Select: func(*governance.Call) (*governance.Snapshot, error) { return snapshot, nil }, Limiter: b,
	})
	if err != nil {
		t.Fatal(err)
	}
	catalog, err := tools.NewCatalog(m)
	if err != nil {
		t.Fatal(err)
	}
	d, err := tools.NewDispatcher(tools.DispatcherOptions{Catalog: catalog, Gate: gate, Journal: b})
	if err != nil {
		t.Fatal(err)
	}
	o := server.Options{Dispatcher: d, IDs: primitives.NewIDs(nil, nil).New, Now: time.Now, Version: "1"}
	if change != nil {
		change(&o)
	}
	s, err := server.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// host connects a client of a principal to a server.
func host(t *testing.T, s *server.Server, principal string) *client {
	t.Helper()
	inRead, inWrite := io.Pipe()
	outRead, outWrite := io.Pipe()
	ctx, stop := context.WithCancel(t.Context())
	c := &client{t: t, s: s, in: inWrite, out: bufio.NewReaderSize(outRead, 1<<20), stop: stop, done: make(chan error, 1)}
	go func() {
		err := s.ServeStdio(ctx, inRead, outWrite, governance.Caller{Principal: principal})
		_ = outWrite.Close()
		c.done <- err
	}()
	t.Cleanup(func() {
		stop()
		_ = errors.Join(inWrite.Close(), outRead.Close())
	})
	return c
}

// begin is a host of the 2025 era that can be asked for what it declares.
func begin(t *testing.T, s *server.Server, capabilities string) *client {
	t.Helper()
	c := host(t, s, "user:ada")
	c.ask(`{"jsonrpc":"2.0","id":"init","method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":%s,"clientInfo":{"name":"h","version":"1"}}}`, capabilities)
	return c
}

// A reply is what came back for a call, as far as these tests care.
type reply struct {
	ID     json.RawMessage
	Method string
	Params json.RawMessage
	Error  *struct {
		Code    int
		Message string
		Data    json.RawMessage
	}
	Result struct {
		ResultType        string
		StructuredContent said
		Content           []struct{ Text string }
		IsError           bool
		RequestState      string
		InputRequests     map[string]json.RawMessage
	}
}

func parse(t *testing.T, line string) reply {
	t.Helper()
	var r reply
	if err := json.Unmarshal([]byte(line), &r); err != nil {
		t.Fatalf("%v: %s", err, line)
	}
	return r
}

// say is what the reply comes to in a few words.
func (r *reply) say() string {
	switch {
	case r.Error != nil:
		return fmt.Sprintf("%d %s", r.Error.Code, r.Error.Message)
	case r.Result.ResultType == "input_required":
		keys := ""
		for key := range r.Result.InputRequests {
			keys += " " + key
		}
		return "asks" + keys
	case r.Result.IsError && len(r.Result.Content) > 0:
		text, _, _ := strings.Cut(r.Result.Content[0].Text, " (call ")
		return "error " + text
	default:
		return r.Result.StructuredContent.Text
	}
}

const everyCapability = `{"elicitation":{"form":{},"url":{}},"sampling":{"tools":{}},"roots":{}}`

// call makes a call of the 2026 era; more is what stands behind the name in params, as in `,"arguments":{}`.
func (c *client) call(name, capabilities, more string) reply {
	c.t.Helper()
	return parse(c.t, c.ask(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":%q%s,"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":%s}}}`,
		name, more, capabilities))
}

// retry makes the call again, with answers and the state of the reply before.
func (c *client) retry(name string, before *reply, answers string) reply {
	c.t.Helper()
	return c.call(name, everyCapability, fmt.Sprintf(`,"inputResponses":%s,"requestState":%q`, answers, before.Result.RequestState))
}
