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
	"sync/atomic"
	"testing"
	"time"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/modules/primitives"
	"github.com/mcp-kernel/mcp-kernel/server"
	"github.com/mcp-kernel/mcp-kernel/tools"
)

// dispatcher stands in for the real one, whose own tests are elsewhere: it answers at once and remembers what it was
// asked. The whole way, with the real one, is under test in cmd/mcp-kernel.
type dispatcher struct {
	catalog *tools.Catalog

	mu      sync.Mutex
	calls   []governance.Call
	changed map[string]func()
	slow    chan struct{} // closed to let the tool "slow" answer
	running atomic.Int64
}

// Refuse records nothing here; the state tests ask a real dispatcher.
func (*dispatcher) Refuse(context.Context, governance.Call, string) error { return nil }

// surface is what there is to be called.
type surface struct{}

func (surface) Name() string { return "fixture" }

func (surface) Surface() tools.Surface {
	hints := tools.Spec{
		Title: "A tool", Description: "Does a thing.", Audience: tools.ForAgents,
		ReadOnly: tools.Yes, Destructive: tools.No, Idempotent: tools.Yes, OpenWorld: tools.No, Profiles: []string{tools.ProfileDefault},
	}
	type in struct {
		S string `json:"s,omitempty"`
	}
	tool := func(name string) tools.Tool {
		spec := hints
		spec.Name = name
		return tools.Func(spec, func(context.Context, *tools.Request, in) (in, error) { return in{}, nil })
	}
	marked := hints
	marked.Name = "marked"
	marked.InputSchema = json.RawMessage(`{"type":"object","properties":{"region":{"type":"string","x-mcp-header":"Region"}}}`)
	return tools.Surface{
		Tools: []tools.Tool{
			tool("echo"), tool("slow"), tool("progress"), tool("denied"), tool("broken"),
			tools.Raw(marked, func(context.Context, *tools.Request, json.RawMessage) (tools.Result, error) {
				return tools.Result{}, nil
			}),
		},
		Resources: []tools.Resource{
			tools.NewResource(tools.ResourceSpec{URI: "test://one", Name: "one", Title: "One", Description: "A resource.", Audience: tools.ForAgents}, none),
		},
		Prompts: []tools.Prompt{
			tools.NewPrompt(tools.PromptSpec{Name: "greet", Title: "Greet", Description: "A prompt.", Audience: tools.ForAgents}, nobody),
		},
	}
}

func none(context.Context, *tools.Request, string) ([]tools.ResourceContents, error) { return nil, nil }

func nobody(context.Context, *tools.Request, map[string]string) ([]tools.Message, error) {
	return nil, nil
}

func newDispatcher(tb testing.TB) *dispatcher {
	tb.Helper()
	c, err := tools.NewCatalog(surface{})
	if err != nil {
		tb.Fatal(err)
	}
	return &dispatcher{catalog: c, changed: map[string]func(){}, slow: make(chan struct{})}
}

func (d *dispatcher) Catalog() *tools.Catalog { return d.catalog }

func (d *dispatcher) Has(kind governance.Kind, name string) bool {
	return d.catalog.Has(kind, name) || name == "test://\u00e9"
}

func (d *dispatcher) List(context.Context, governance.Caller, string, ...governance.Kind) (tools.Listing, error) {
	return tools.Listing{
		Tools: d.catalog.Tools(tools.ProfileDefault), Resources: d.catalog.Resources(), Templates: d.catalog.Templates(), Prompts: d.catalog.Prompts(),
	}, nil
}

func (*dispatcher) Members(context.Context, governance.Caller) ([]tools.ResourceSpec, error) {
	return []tools.ResourceSpec{{URI: "test://member", Name: "member"}}, nil
}

func (d *dispatcher) Subscribe(_ context.Context, c governance.Call, _ tools.Peer, changed func()) (func(), error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if strings.Contains(c.Name, "secret") {
		return nil, &tools.Error{Code: tools.CodeDenied, Reason: "not yours", CallID: "c"}
	}
	d.changed[c.Name] = changed
	return func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		delete(d.changed, c.Name)
	}, nil
}

func (d *dispatcher) Dispatch(ctx context.Context, c governance.Call, p tools.Peer) (tools.Result, error) {
	d.mu.Lock()
	d.calls = append(d.calls, c)
	d.mu.Unlock()
	switch {
	case !d.Has(c.Kind, c.Name) && c.Kind != governance.KindCompletion:
		return tools.Result{}, &tools.Error{Code: tools.CodeUnknown, Reason: "unknown " + c.Kind.String(), CallID: "c"}
	case c.Kind == governance.KindCompletion:
		return tools.Result{Values: []string{"one", "two"}, Total: 7, More: true}, nil
	case c.Kind == governance.KindPrompt:
		return tools.Result{Messages: []tools.Message{{Role: tools.RoleUser, Content: tools.Text("hello")}}}, nil
	case c.Kind == governance.KindResource:
		return tools.Result{Contents: []tools.ResourceContents{{URI: c.Name, Text: "text"}}}, nil
	}
	switch c.Name {
	case "slow":
		d.running.Add(1)
		defer d.running.Add(-1)
		select {
		case <-d.slow:
		case <-ctx.Done():
			return tools.Result{}, &tools.Error{Code: tools.CodeCancelled, Reason: "cancelled", CallID: "c"}
		}
	case "progress":
		for i := range 300 {
			p.Progress(ctx, tools.Progress{Done: float64(i + 1), Total: 300})
		}
		p.Log(ctx, tools.LogMessage{Level: "warning", Logger: "test", Data: map[string]int{"n": 1}})
		go p.Progress(context.WithoutCancel(ctx), tools.Progress{Done: 1000}) // too late, most of the time
	case "denied":
		return tools.Result{}, &tools.Error{Code: tools.CodeDenied, Reason: "policy says no", CallID: "c", Details: json.RawMessage(`{"check":"x"}`)}
	case "broken":
		return tools.Result{}, errors.New("dsn=secret")
	}
	return tools.Result{Content: []tools.Content{tools.Text(string(c.Args))}, Structured: json.RawMessage(`{"s":"x"}`)}, nil
}

// A client is one host on the other end of the pipes.
type client struct {
	t    *testing.T
	d    *dispatcher
	s    *server.Server
	in   *io.PipeWriter
	out  *bufio.Reader
	stop context.CancelFunc
	done chan error
}

func connect(t *testing.T, change func(*server.Options)) *client {
	t.Helper()
	d := newDispatcher(t)
	o := server.Options{Dispatcher: d, IDs: primitives.NewIDs(nil, nil).New, Now: time.Now, Version: "1.0"}
	if change != nil {
		change(&o)
	}
	s, err := server.New(o)
	if err != nil {
		t.Fatal(err)
	}
	inRead, inWrite := io.Pipe()
	outRead, outWrite := io.Pipe()
	ctx, stop := context.WithCancel(t.Context())
	c := &client{t: t, d: d, s: s, in: inWrite, out: bufio.NewReaderSize(outRead, 1<<20), stop: stop, done: make(chan error, 1)}
	go func() {
		err := s.ServeStdio(ctx, inRead, outWrite, governance.Caller{Principal: "user:test"})
		_ = outWrite.Close()
		c.done <- err
	}()
	t.Cleanup(func() {
		stop()
		_ = inWrite.Close()
		_ = outRead.Close()
	})
	return c
}

func (c *client) send(format string, args ...any) {
	c.t.Helper()
	if _, err := fmt.Fprintf(c.in, format+"\n", args...); err != nil {
		c.t.Fatal(err)
	}
}

// line returns the next line, or "" at the end.
func (c *client) line() string {
	c.t.Helper()
	line, err := c.out.ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		c.t.Fatal(err)
	}
	return strings.TrimSuffix(line, "\n")
}

func (c *client) ask(format string, args ...any) string {
	c.t.Helper()
	c.send(format, args...)
	return c.line()
}
