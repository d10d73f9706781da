package inside_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mcp-kernel/mcp-kernel/modules/atr/inside"
	"github.com/mcp-kernel/mcp-kernel/modules/atr/local"
	"github.com/mcp-kernel/mcp-kernel/modules/atr/pin"
	"github.com/mcp-kernel/mcp-kernel/modules/atr/rpc"
)

// A tool is whatever its functions are.
type tool struct {
	name string
	runs func() (any, error)
	run  local.Run
}

func (t tool) Name() string { return t.name }

func (t tool) Prepare(context.Context) (local.Definition, local.Run, error) {
	d := local.Definition{Name: t.name, Description: "Does it.", Input: json.RawMessage(`{"type":"object"}`)}
	var err error
	if t.runs != nil {
		d.Runs, err = t.runs()
	}
	return d, t.run, err
}

func (t tool) digest(tb testing.TB) string {
	tb.Helper()
	d, _, err := t.Prepare(tb.Context())
	if err != nil {
		tb.Fatal(err)
	}
	text, err := d.JSON()
	if err != nil {
		tb.Fatal(err)
	}
	digest, err := pin.Digest(text)
	if err != nil {
		tb.Fatal(err)
	}
	return digest
}

// A desk is a connection to some tools, and what its operator was told.
type desk struct {
	*rpc.Conn

	mu    sync.Mutex
	lines []string
	heard chan string
}

func connect(tb testing.TB, tools ...inside.Tool) *desk {
	tb.Helper()
	d := &desk{heard: make(chan string, 8)}
	var err error
	d.Conn, err = rpc.Connect(tb.Context(), rpc.Options{
		Transport: inside.New(inside.Options{
			Tools: func(context.Context) ([]inside.Tool, error) { return tools, nil },
			Line: func(line string) {
				d.mu.Lock()
				defer d.mu.Unlock()
				d.lines = append(d.lines, line)
			},
		}),
		Notify: func(method string, _ json.RawMessage) { d.heard <- method },
	})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := d.Close(); err != nil {
			tb.Error(err)
		}
	})
	return d
}

func (d *desk) call(ctx context.Context, name, digest string) (string, error) {
	params := json.RawMessage(fmt.Sprintf(`{"name":%q,"arguments":{"a":1.50}}`, name))
	result, err := d.Call(ctx, rpc.Request{Method: "tools/call", Params: params, Meta: json.RawMessage(fmt.Sprintf(`{%q:%q}`, inside.MetaDefinition, digest))})
	return string(result), err
}

func echo(_ context.Context, args json.RawMessage) (local.Answer, error) {
	return local.Answer{Text: string(args)}, nil
}

// Tools are listed and called as those of any server; what cannot be one is left out, and its operator told.
func TestTools(t *testing.T) {
	t.Parallel()
	broken := errors.New("there is no such program: /secret/place")
	good := tool{name: "good", run: echo}
	d := connect(t, good, tool{name: "broken", runs: func() (any, error) { return nil, broken }})
	if s := d.Server(); s.Era != rpc.Legacy || !s.Has("tools") || s.Has("resources") {
		t.Errorf("%+v", s)
	}
	list, err := d.Call(t.Context(), rpc.Request{Method: "tools/list"})
	if err != nil || !strings.Contains(string(list), `"name":"good"`) || strings.Contains(string(list), "broken") {
		t.Errorf("%s, %v", list, err)
	}
	if got, err := d.call(t.Context(), "good", good.digest(t)); err != nil || got != `{"content":[{"text":"{\"a\":1.50}","type":"text"}],"isError":false}` {
		t.Errorf("%s, %v", got, err)
	}
	if _, err := d.Call(t.Context(), rpc.Request{Method: "resources/list"}); err == nil {
		t.Error("there are no resources")
	}
	if _, err := d.Call(t.Context(), rpc.Request{Method: "ping"}); err != nil {
		t.Error(err)
	}
	var refused *rpc.Error
	if _, err := d.call(t.Context(), "broken", "x"); !errors.As(err, &refused) || strings.Contains(refused.Message, "secret") {
		t.Error(err)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.lines) != 2 || !strings.Contains(d.lines[0], "broken is left out: there is no such program: /secret/place") {
		t.Errorf("%q", d.lines)
	}
}

// A call of what is another by now, of what is not there, and one that does not say what it means, is refused, and the list
// is said to have changed.
func TestChanged(t *testing.T) {
	t.Parallel()
	version := "one"
	good := tool{name: "good", run: echo, runs: func() (any, error) { return version, nil }}
	d := connect(t, good)
	digest := good.digest(t)
	version = "two"
	for _, wrong := range [][2]string{{"good", digest}, {"good", ""}, {"other", digest}} {
		var refused *rpc.Error
		if got, err := d.call(t.Context(), wrong[0], wrong[1]); !errors.As(err, &refused) || !strings.Contains(refused.Message, "is not what was agreed to") {
			t.Errorf("%q: %s, %v", wrong, got, err)
		}
		select {
		case method := <-d.heard:
			if method != "notifications/tools/list_changed" {
				t.Error(method)
			}
		case <-time.After(30 * time.Second):
			t.Fatal("nothing was said")
		}
	}
	if _, err := d.call(t.Context(), "good", good.digest(t)); err != nil {
		t.Error(err)
	}
}

// What a tool does wrong is its caller's or its operator's matter, and nobody else's.
func TestErrors(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		run       local.Run
		want, bad string
	}{
		"arguments": {func(context.Context, json.RawMessage) (local.Answer, error) {
			return local.Answer{}, fmt.Errorf("%w: a is missing", local.ErrArguments)
		}, `"isError":true`, ""},
		"a fault": {func(context.Context, json.RawMessage) (local.Answer, error) {
			return local.Answer{}, fmt.Errorf("%w: hush", local.ErrBroken)
		}, "", "the log of the kernel says why"},
		"a panic": {func(context.Context, json.RawMessage) (local.Answer, error) { panic("hush") }, "", "the log of the kernel says why"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			one := tool{name: "one", run: tt.run}
			d := connect(t, one)
			got, err := d.call(t.Context(), "one", one.digest(t))
			if tt.bad == "" && (err != nil || !strings.Contains(got, tt.want)) || tt.bad != "" && (err == nil || !strings.Contains(err.Error(), tt.bad) || strings.Contains(err.Error(), "hush")) {
				t.Errorf("%s, %v", got, err)
			}
		})
	}
}

// A call that nobody waits for any more ends, and so does every call when the connection does.
func TestEnds(t *testing.T) {
	t.Parallel()
	began, ended := make(chan bool, 2), make(chan bool, 2)
	one := tool{name: "one", run: func(ctx context.Context, _ json.RawMessage) (local.Answer, error) {
		began <- true
		<-ctx.Done()
		ended <- true
		return local.Answer{}, ctx.Err()
	}}
	d := connect(t, one)
	digest := one.digest(t)
	ctx, cancel := context.WithCancel(t.Context())
	var calls sync.WaitGroup
	for _, ctx := range []context.Context{ctx, t.Context()} {
		calls.Go(func() {
			if _, err := d.call(ctx, "one", digest); err == nil {
				t.Error("a call that was given up was answered")
			}
		})
		<-began
	}
	cancel()
	await(t, ended)
	if err := d.Close(); err != nil {
		t.Error(err)
	}
	await(t, ended)
	calls.Wait()
}

func await(t *testing.T, c chan bool) {
	t.Helper()
	select {
	case <-c:
	case <-time.After(30 * time.Second):
		t.Fatal("it has not ended")
	}
}

func BenchmarkCall(b *testing.B) {
	one := tool{name: "one", run: echo}
	d, digest := connect(b, one), one.digest(b)
	for b.Loop() {
		if _, err := d.call(b.Context(), "one", digest); err != nil {
			b.Fatal(err)
		}
	}
}
