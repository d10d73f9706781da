package tools_test

import (
	"context"
	"encoding/json"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/tools"
)

// under returns what puts a desk under one policy that allows everything else.
func under(tb testing.TB, change func(*governance.Policy)) func(*tools.DispatcherOptions) {
	tb.Helper()
	all := []string{"*"}
	p := governance.Policy{Name: "p", AllowedTools: all, AllowedResources: all, AllowedPrompts: all}
	change(&p)
	return func(o *tools.DispatcherOptions) { o.Gate = newGate(tb, p) }
}

// doing is a tool that takes an optional object and does what run does.
func doing(name string, run func(ctx context.Context, r *tools.Request) (tools.Result, error)) tools.Tool {
	return tools.Raw(tools.Spec{
		Name: name, Title: name, Description: name, Audience: tools.ForAgents,
		ReadOnly: tools.Yes, Destructive: tools.No, Idempotent: tools.Yes, OpenWorld: tools.No, InputSchema: json.RawMessage(`{"type":"object"}`),
	}, func(ctx context.Context, r *tools.Request, _ json.RawMessage) (tools.Result, error) {
		return run(ctx, r)
	})
}

func TestPlacesComeBackWhateverHappens(t *testing.T) {
	t.Parallel()
	surface := tools.Surface{Tools: []tools.Tool{
		doing("fine", func(context.Context, *tools.Request) (tools.Result, error) { return tools.Result{}, nil }),
		doing("panics", func(context.Context, *tools.Request) (tools.Result, error) { panic("oh") }),
		doing("goes", func(context.Context, *tools.Request) (tools.Result, error) {
			runtime.Goexit()
			return tools.Result{}, nil
		}),
		doing("waits", func(ctx context.Context, _ *tools.Request) (tools.Result, error) {
			<-ctx.Done()
			return tools.Result{}, ctx.Err()
		}),
	}}
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, surface, under(t, func(p *governance.Policy) {
			p.Timeout = new(time.Second)
			p.Limits = []governance.Limit{{Per: governance.PerPrincipal, Metric: governance.MetricConcurrent, Max: 1}}
		}))
		for _, name := range []string{"fine", "panics", "goes", "waits", "unknown", "fine"} {
			_, err := d.Dispatch(t.Context(), d.call(name, `{}`), nil)
			if err != nil && strings.Contains(err.Error(), "at once") {
				t.Errorf("%s: a place was not given back before: %v", name, err)
			}
			synctest.Wait()
		}
	})
}

func TestAStragglerKeepsItsPlace(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		end := make(chan struct{})
		d := newDesk(t, tools.Surface{Tools: []tools.Tool{
			doing("deaf", func(context.Context, *tools.Request) (tools.Result, error) { <-end; return tools.Result{}, nil }),
			doing("fine", func(context.Context, *tools.Request) (tools.Result, error) { return tools.Result{}, nil }),
		}}, under(t, func(p *governance.Policy) {
			p.Timeout = new(time.Second)
			p.Limits = []governance.Limit{{Per: governance.PerPrincipal, Metric: governance.MetricConcurrent, Max: 1}}
		}))
		if _, err := d.Dispatch(t.Context(), d.call("deaf", `{}`), nil); refusal(t, err).Code != tools.CodeTimeout {
			t.Fatal(err)
		}
		if _, err := d.Dispatch(t.Context(), d.call("fine", `{}`), nil); refusal(t, err).Code != tools.CodeDenied {
			t.Errorf("while it runs: %v", err)
		}
		close(end)
		synctest.Wait()
		if _, err := d.Dispatch(t.Context(), d.call("fine", `{}`), nil); err != nil {
			t.Errorf("when it came back: %v", err)
		}
	})
}

func TestFanOutOfATree(t *testing.T) {
	t.Parallel()
	reached := 0
	leaf := doing("leaf", func(context.Context, *tools.Request) (tools.Result, error) { return tools.Result{}, nil })
	twig := doing("twig", func(ctx context.Context, r *tools.Request) (tools.Result, error) {
		for range 3 {
			if _, err := r.Call(ctx, "leaf", nil); err != nil {
				return tools.Result{}, err
			}
			reached++
		}
		return tools.Result{}, nil
	})
	root := doing("root", func(ctx context.Context, r *tools.Request) (tools.Result, error) {
		for range 3 {
			if _, err := r.Call(ctx, "twig", nil); err != nil {
				return tools.Result{}, err
			}
			reached++
		}
		return tools.Result{}, nil
	})
	d := newDesk(t, tools.Surface{Tools: []tools.Tool{leaf, twig, root}}, under(t, func(p *governance.Policy) { p.MaxFanOut = new(int64(6)) }))
	for range 2 { // each call from outside has a tree of its own
		reached = 0
		_, err := d.Dispatch(t.Context(), d.call("root", `{}`), nil)
		if refusal(t, err).Reason != "one call has led to 6 others: at most 6 are allowed" || reached != 5 { // twig 3 leaf + twig 1 leaf, and the second twig unfinished
			t.Errorf("%v after %d", err, reached)
		}
	}
}

func TestLongAnswersAreCut(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("0123456789", 100) + "ä" + strings.Repeat("x", 500)
	structured := json.RawMessage(`{"text":"` + strings.Repeat("y", 900) + `"}`)
	var kept []tools.Rest
	surface := tools.Surface{Tools: []tools.Tool{
		doing("short", func(context.Context, *tools.Request) (tools.Result, error) {
			return tools.Result{Content: []tools.Content{tools.Text("ok")}}, nil
		}),
		doing("long", func(context.Context, *tools.Request) (tools.Result, error) {
			return tools.Result{Content: []tools.Content{tools.Text("head "), tools.Text(long), tools.Text(" tail")}}, nil
		}),
		doing("structured", func(context.Context, *tools.Request) (tools.Result, error) {
			return tools.Result{Structured: structured, Content: []tools.Content{tools.Text(string(structured))}}, nil
		}),
	}}
	d := newDesk(t, surface, under(t, func(p *governance.Policy) { p.MaxResultTokens = new(int64(400)) }), func(o *tools.DispatcherOptions) {
		o.Keep = func(_ context.Context, r tools.Rest) (tools.Kept, error) {
			kept = append(kept, r)
			return tools.Kept{URI: "result://" + r.Call, Bytes: len(r.Text), Until: time.Unix(900, 0)}, nil
		}
	})
	short, err := d.Dispatch(t.Context(), d.call("short", `{}`), nil)
	if err != nil || len(short.Content) != 1 || len(kept) != 0 {
		t.Fatalf("%+v, %v", short, err)
	}
	cut, err := d.Dispatch(t.Context(), d.call("long", `{}`), nil)
	if err != nil {
		t.Fatal(err)
	}
	shown := cut.Content[0].Text + cut.Content[1].Text + cut.Content[2].Text
	if len(kept) != 1 || shown+kept[0].Text != "head "+long+" tail" || len(shown) != 400-192 || kept[0].Caller.Principal != "alice" {
		t.Errorf("%d bytes shown, %d kept", len(shown), len(kept[0].Text))
	}
	note, link := cut.Content[3], cut.Content[4]
	if !strings.HasPrefix(note.Text, "[cut here: ") || !strings.Contains(note.Text, link.URI) || link.Type != tools.TypeResourceLink || cut.IsError {
		t.Errorf("%+v %+v", note, link)
	}
	part, err := d.Dispatch(t.Context(), d.call("structured", `{}`), nil)
	if err != nil || part.Structured != nil || !part.IsError || part.Meta["io.mcp-kernel/cut"] == nil {
		t.Errorf("%+v, %v", part, err)
	}
}

func TestWhatCannotBeKeptIsLost(t *testing.T) {
	t.Parallel()
	d := newDesk(t, tools.Surface{Tools: []tools.Tool{doing("long", func(context.Context, *tools.Request) (tools.Result, error) {
		return tools.Result{Content: []tools.Content{tools.Text(strings.Repeat("é", 1000))}}, nil
	})}}, under(t, func(p *governance.Policy) { p.MaxResultTokens = new(int64(300)) }))
	cut, err := d.Dispatch(t.Context(), d.call("long", `{}`), nil)
	if err != nil {
		t.Fatal(err)
	}
	const want = "[cut here: 1892 more bytes did not fit and are lost: ask for less]"
	if len(cut.Content) != 2 || cut.Content[0].Text != strings.Repeat("é", 54) || cut.Content[1].Text != want {
		t.Errorf("%+v", cut.Content)
	}
}
