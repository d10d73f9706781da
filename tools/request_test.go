package tools_test

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/tools"
)

// A peer notes what it is told.
type peer struct {
	mu   sync.Mutex
	told []string
}

func (p *peer) Progress(_ context.Context, at tools.Progress) { p.tell(fmt.Sprintf("%+v", at)) }
func (p *peer) Log(_ context.Context, m tools.LogMessage)     { p.tell(fmt.Sprintf("%+v", m)) }

func (p *peer) tell(s string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.told = append(p.told, s)
}

func TestRequest(t *testing.T) {
	t.Parallel()
	var seen []any
	var kept *tools.Request
	d := newDesk(t, tools.Surface{Tools: []tools.Tool{
		tools.Func(spec("x"), func(ctx context.Context, r *tools.Request, _ struct{}) (struct{}, error) {
			kept = r
			seen = []any{r.ID(), r.Caller().Principal, r.Execution(), r.Name(), string(r.Args()), r.Depth(), r.At().Unix(), r.Policies(), r.Vars()}
			r.Progress(ctx, 1, 2, "half")
			r.Log(ctx, "info", "x", "said")
			return struct{}{}, nil
		}),
	}})
	d.gate.pass()
	call := d.call("x", "{}")
	call.Execution, call.Policies, call.Depth = "e1", []string{"p"}, 2
	p := &peer{}
	if _, err := d.Dispatch(t.Context(), call, p); err != nil {
		t.Fatal(err)
	}
	want := []any{"call-1", "alice", "e1", "x", "{}", 2, int64(0), []string{"p"}, map[string]string(nil)}
	if !reflect.DeepEqual(seen, want) {
		t.Errorf("got  %v\nwant %v", seen, want)
	}
	kept.Progress(t.Context(), 2, 2, "late")
	kept.Log(t.Context(), "info", "x", "late")
	if told := []string{"{Done:1 Total:2 Message:half}", "{Level:info Logger:x Data:said}"}; !slices.Equal(p.told, told) {
		t.Errorf("told %q", p.told)
	}
	if _, err := d.Dispatch(t.Context(), d.call("x", "{}"), nil); err != nil { // nobody to tell
		t.Error(err)
	}
}

// TestNotices shows the five events in the order of their entries.
func TestNotices(t *testing.T) {
	t.Parallel()
	var events governance.Stream
	reader := events.Subscribe(16)
	d := newDesk(t, library(), func(o *tools.DispatcherOptions) { o.Events = &events })
	if _, err := d.Dispatch(t.Context(), d.call("nosuch", ""), nil); err == nil {
		t.Fatal("answered")
	}
	d.gate.review.Store(&governance.Decision{Effect: governance.Allow, Event: governance.DriftDetected, Confidence: 0.1})
	if _, err := d.Dispatch(t.Context(), d.of(governance.KindResource, "mem://all", ""), nil); err != nil {
		t.Fatal(err)
	}
	d.gate.broken.Store(&governance.Decision{Stage: governance.StagePatterns, Event: governance.PolicyViolation})
	if _, err := d.Dispatch(t.Context(), d.of(governance.KindResource, "mem://all", ""), nil); err == nil {
		t.Fatal("answered")
	}
	events.Close()
	var got []string
	for n := range reader.All(t.Context()) {
		got = append(got, fmt.Sprintf("%s %s %d", n.Event, n.Call, n.Seq))
	}
	want := []string{
		"TOOL_CALL_BLOCKED call-1 1", "CHECKPOINT_CREATED call-1 2", "POLICY_CHECK call-2 3", "DRIFT_DETECTED call-2 4",
		"CHECKPOINT_CREATED call-2 4", "POLICY_VIOLATION call-3 5", "CHECKPOINT_CREATED call-3 6",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestBoundsOfArguments(t *testing.T) {
	t.Parallel()
	d := newDesk(t, tools.Surface{Tools: []tools.Tool{fn[echo](), renamed(raw(`{"type":"object"}`))}},
		func(o *tools.DispatcherOptions) { o.MaxArgs = 30 })
	for _, name := range []string{"x", "raw"} {
		_, err := d.Dispatch(t.Context(), d.call(name, `{"text":"`+strings.Repeat("x", 30)+`"}`), nil)
		want := "the arguments are 41 bytes, at most 30 are taken: send less, or a reference"
		if refused := refusal(t, err); refused.Code != tools.CodeBadArguments || refused.Reason != want {
			t.Errorf("%s: %v", name, refused)
		}
	}
}

func renamed(t tools.Tool) tools.Tool {
	s := t.Spec()
	s.Name = "raw"
	return tools.Raw(s, func(context.Context, *tools.Request, json.RawMessage) (tools.Result, error) {
		return tools.Result{}, nil
	})
}

// TestCloseCancelsWhatDoesNotEnd shows that Close cancels handlers when its own context ends.
func TestCloseCancelsWhatDoesNotEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, tools.Surface{Tools: []tools.Tool{
			tools.Func(spec("x"), func(ctx context.Context, _ *tools.Request, _ struct{}) (struct{}, error) {
				<-ctx.Done()
				return struct{}{}, ctx.Err()
			}),
		}})
		answered := make(chan error, 1)
		go func() {
			_, err := d.Dispatch(context.Background(), d.call("x", ""), nil)
			answered <- err
		}()
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := d.Close(ctx); err != nil {
			t.Error(err)
		}
		if refused := refusal(t, <-answered); refused.Code != tools.CodeUnavailable {
			t.Errorf("%v", refused)
		}
	})
}

func TestReplaceAndHas(t *testing.T) {
	t.Parallel()
	d := newDesk(t, library())
	for name, want := range map[string]bool{"mem://all": true, "mem://x": true, "mem://x/y": false} {
		if got := d.Has(governance.KindResource, name); got != want {
			t.Errorf("has %s: %v", name, got)
		}
	}
	if !d.Has(governance.KindPrompt, "ask") || d.Has(governance.KindTool, "x") || d.Has(governance.KindTask, "x") {
		t.Error("kinds are mixed up")
	}
	next, err := tools.NewCatalog(module{"m", tools.Surface{Tools: []tools.Tool{fn[echo]()}}})
	if err != nil {
		t.Fatal(err)
	}
	d.Replace(nil)
	d.Replace(next)
	if d.Has(governance.KindPrompt, "ask") || !d.Has(governance.KindTool, "x") || d.Catalog() != next {
		t.Error("the catalog was not replaced")
	}
	if got := len(d.Catalog().Resources()) + len(d.Catalog().Templates()); got != 0 {
		t.Errorf("%d resources", got)
	}
}
