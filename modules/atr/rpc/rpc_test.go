package rpc_test

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
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mcp-kernel/mcp-kernel/modules/atr/rpc"
)

// A script is a server that does for each line that it gets what the test says.
type script struct {
	out  *io.PipeWriter
	mu   sync.Mutex
	got  []string
	each func(s *script, line string)
}

func (s *script) say(format string, args ...any) {
	_, _ = fmt.Fprintf(s.out, format+"\n", args...) // the client may have gone
}

func (s *script) lines() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.got...)
}

// pipes starts a script and returns the transport to it.
func pipes(tb testing.TB, limit int, each func(s *script, line string)) (*rpc.Stdio, *script) {
	tb.Helper()
	inRead, inWrite := io.Pipe()
	outRead, outWrite := io.Pipe()
	s := &script{out: outWrite, each: each}
	var server sync.WaitGroup
	server.Go(func() {
		in := bufio.NewReader(inRead)
		for {
			line, err := in.ReadString('\n')
			if err != nil {
				_ = outWrite.Close()
				return
			}
			line = strings.TrimSuffix(line, "\n")
			s.mu.Lock()
			s.got = append(s.got, line)
			s.mu.Unlock()
			s.each(s, line)
		}
	})
	t := rpc.NewStdio(outRead, inWrite, limit)
	tb.Cleanup(func() {
		_ = t.Close()
		_ = inRead.Close()
		server.Wait()
	})
	return t, s
}

// greeting answers initialize, and hands everything else to next.
func greeting(next func(s *script, id, line string)) func(s *script, line string) {
	return func(s *script, line string) {
		var m struct {
			ID     json.RawMessage
			Method string
		}
		_ = json.Unmarshal([]byte(line), &m)
		switch m.Method {
		case "initialize":
			s.say(`{"jsonrpc":"2.0","id":%s,"result":{"protocolVersion":"2025-06-18","capabilities":{"tools":{}},"serverInfo":{"name":"s"},"instructions":"hello"}}`, m.ID)
		case "notifications/initialized":
		default:
			next(s, string(m.ID), line)
		}
	}
}

func connect(tb testing.TB, o rpc.Options) *rpc.Conn {
	tb.Helper()
	c, err := rpc.Connect(tb.Context(), o)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = c.Close() })
	return c
}

// What passes is not respelt, in either direction.
func TestRaw(t *testing.T) {
	t.Parallel()
	tr, s := pipes(t, 0, greeting(func(s *script, id, _ string) {
		s.say(`{"result":{"n":1.0e2, "x":null,"big":12345678901234567890,"é":"\u00e9"},"id":%s,"jsonrpc":"2.0"}`, id)
	}))
	c := connect(t, rpc.Options{Transport: tr})
	got, err := c.Call(t.Context(), rpc.Request{Method: "tools/call", Params: json.RawMessage("{\"a\":1.50,\n\"b\":{}}"), Meta: json.RawMessage(`{"k":1e1}`)})
	if want := `{"n":1.0e2, "x":null,"big":12345678901234567890,"é":"\u00e9"}`; err != nil || string(got) != want {
		t.Errorf("%s, %v", got, err)
	}
	want := []string{
		`{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"mcp-kernel","version":"1"}}}`,
		`{"jsonrpc":"2.0","method":"notifications/initialized"}`,
		`{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"_meta":{"k":1e1},"a":1.50, "b":{}}}`,
	}
	if diff := cmp.Diff(want, s.lines()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	server := rpc.Server{Era: rpc.Legacy, Version: "2025-06-18", Info: json.RawMessage(`{"name":"s"}`), Capabilities: json.RawMessage(`{"tools":{}}`), Instructions: "hello"}
	if diff := cmp.Diff(server, c.Server()); diff != "" || !c.Server().Has("tools") || c.Server().Has("prompts") {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// A server that knows no initialize is spoken to as in the 2026 era.
func TestModern(t *testing.T) {
	t.Parallel()
	tr, s := pipes(t, 0, func(s *script, line string) {
		var m struct {
			ID     json.RawMessage
			Method string
		}
		_ = json.Unmarshal([]byte(line), &m)
		switch m.Method {
		case "initialize":
			s.say(`{"jsonrpc":"2.0","id":%s,"error":{"code":-32601,"message":"what?"}}`, m.ID)
		case "server/discover":
			s.say(`{"jsonrpc":"2.0","id":%s,"result":{"supportedVersions":["2026-07-28"],"capabilities":{"tools":{}},"resultType":"complete"}}`, m.ID)
		default:
			s.say(`{"jsonrpc":"2.0","id":%s,"result":{"resultType":"complete"}}`, m.ID)
		}
	})
	c := connect(t, rpc.Options{Transport: tr, Client: json.RawMessage(`{"name":"me"}`)})
	if c.Server().Era != rpc.Modern {
		t.Errorf("%+v", c.Server())
	}
	if _, err := c.Call(t.Context(), rpc.Request{Method: "tools/list", Capabilities: json.RawMessage(`{"roots":{}}`), Progress: func(json.RawMessage) {}}); err != nil {
		t.Fatal(err)
	}
	want := `{"jsonrpc":"2.0","id":3,"method":"tools/list","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{"roots":{}},"io.modelcontextprotocol/clientInfo":{"name":"me"},"progressToken":3}}}`
	if diff := cmp.Diff(want, s.lines()[2]); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestHandshakeFaults(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		answer string // to the first request; empty ends the server
		era    rpc.Era
		want   string
	}{
		"an unknown version": {`{"jsonrpc":"2.0","id":1,"result":{"protocolVersion":"1999-01-01"}}`, rpc.EraUnknown, `initialize: the server wants to speak version "1999-01-01" of the protocol, which is unknown`},
		"an odd answer":      {`{"jsonrpc":"2.0","id":1,"result":[]}`, rpc.EraUnknown, `initialize: the answer cannot be read`},
		"a refusal":          {`{"jsonrpc":"2.0","id":1,"error":{"code":-32000,"message":"go away"}}`, rpc.EraUnknown, `initialize: the server answered with error -32000: "go away"`},
		"no initialize":      {`{"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"no"}}`, rpc.Legacy, `initialize: the server answered with error -32601: "no"`},
		"the other era":      {`{"jsonrpc":"2.0","id":1,"result":{"supportedVersions":["2030-01-01"]}}`, rpc.Modern, `server/discover: the server speaks versions ["2030-01-01"] of the protocol, and none of ours`},
		"the end":            {"", rpc.EraUnknown, `the connection to the server has ended`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tr, _ := pipes(t, 0, func(s *script, _ string) {
				if tt.answer == "" {
					_ = s.out.Close()
					return
				}
				s.say("%s", tt.answer)
			})
			_, err := rpc.Connect(t.Context(), rpc.Options{Transport: tr, Era: tt.era})
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v, want %s", err, tt.want)
			}
		})
	}
}

// Whatever a server does, each call ends with what became of it, and the others go on.
func TestBadServers(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 5000)
	for name, tt := range map[string]struct {
		each func(s *script, id string) // for the first call; the second is answered
		want string                     // of the first call's error; empty for none
	}{
		"garbage before": {func(s *script, id string) {
			s.say("Listening on 8080\n\n{\"half\":\n[1,2]")
			s.say(`{"id":%s,"result":1}`, id)
		}, ""},
		"answers twice":   {func(s *script, id string) { s.say("{\"id\":%s,\"result\":1}\n{\"id\":%s,\"result\":2}", id, id) }, ""},
		"answers another": {func(s *script, id string) { s.say("{\"id\":999,\"result\":1}\n{\"id\":%s,\"result\":1}", id) }, ""},
		"id as a text":    {func(s *script, id string) { s.say("{\"id\":\"%s\",\"result\":1}\n{\"id\":%s,\"result\":1}", id, id) }, ""},
		"two ids": {func(s *script, id string) {
			s.say("{\"id\":%s,\"ID\":1,\"result\":1}\n{\"id\":%s,\"result\":1}", id, id)
		}, ""},
		"result and error": {func(s *script, id string) {
			s.say("{\"id\":%s,\"result\":1,\"error\":{}}\n{\"id\":%s,\"result\":1}", id, id)
		}, ""},
		"too large":           {func(s *script, id string) { s.say(`{"id":%s,"result":"%s"}`, id, long) }, "the server's message is too large: more than 4096 bytes"},
		"too large, id hides": {func(s *script, id string) { s.say("{\"result\":\"%s\"}\n{\"id\":%s,\"result\":1}", long, id) }, ""},
		"an error":            {func(s *script, id string) { s.say(`{"id":%s,"error":{"code":1,"message":"m","data":{"a":1.0}}}`, id) }, `the server answered with error 1: "m"`},
		"odd error":           {func(s *script, id string) { s.say("{\"id\":%s,\"error\":\"no\"}\n{\"id\":%s,\"result\":1}", id, id) }, ""},
		"error without id": {func(s *script, id string) {
			s.say("{\"id\":null,\"error\":{\"code\":-32700,\"message\":\"\"}}\n{\"id\":%s,\"result\":1}", id)
		}, ""},
		"dies": {func(s *script, _ string) { _ = s.out.Close() }, "the connection to the server has ended"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			first := true
			tr, _ := pipes(t, 4096, greeting(func(s *script, id, _ string) {
				if first {
					first = false
					tt.each(s, id)
					return
				}
				s.say(`{"id":%s,"result":{"second":true}}`, id)
			}))
			c := connect(t, rpc.Options{Transport: tr})
			_, err := c.Call(t.Context(), rpc.Request{Method: "tools/call"})
			if got := fmt.Sprint(err); tt.want == "" && err != nil || !strings.Contains(got, tt.want) {
				t.Errorf("the call: %v, want %q", err, tt.want)
			}
			got, err := c.Call(t.Context(), rpc.Request{Method: "tools/call"})
			if name == "dies" {
				if !errors.Is(err, rpc.ErrClosed) || !errors.Is(c.Err(), rpc.ErrClosed) {
					t.Errorf("after the end: %v, %v", err, c.Err())
				}
				return
			}
			if err != nil || string(got) != `{"second":true}` {
				t.Errorf("the next call: %s, %v", got, err)
			}
		})
	}
}

// A server that sends nothing but noise is left.
func TestNoise(t *testing.T) {
	t.Parallel()
	tr, _ := pipes(t, 0, greeting(func(s *script, _, _ string) {
		for range 2000 {
			s.say("noise")
		}
	}))
	var told int
	c := connect(t, rpc.Options{Transport: tr, OnNoise: func(error) { told++ }})
	if _, err := c.Call(t.Context(), rpc.Request{Method: "x"}); !errors.Is(err, rpc.ErrNoise) {
		t.Error(err)
	}
	<-c.Done()
	if told != 1000 {
		t.Errorf("told %d times", told)
	}
}

// Progress comes in its order and before the answer; other notifications go elsewhere.
func TestNotifications(t *testing.T) {
	t.Parallel()
	tr, _ := pipes(t, 0, greeting(func(s *script, id, _ string) {
		for i := range 3 {
			s.say(`{"method":"notifications/progress","params":{"progressToken":%s,"progress":%d.0}}`, id, i)
		}
		s.say(`{"method":"notifications/progress","params":{"progressToken":77,"progress":1}}`)
		s.say(`{"method":"notifications/tools/list_changed"}`)
		s.say(`{"id":%s,"result":{}}`, id)
	}))
	var progress, other []string
	c := connect(t, rpc.Options{Transport: tr, Notify: func(method string, params json.RawMessage) { other = append(other, method+string(params)) }})
	_, err := c.Call(t.Context(), rpc.Request{Method: "x", Progress: func(p json.RawMessage) { progress = append(progress, string(p)) }})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{`{"progressToken":2,"progress":0.0}`, `{"progressToken":2,"progress":1.0}`, `{"progressToken":2,"progress":2.0}`}
	if diff := cmp.Diff(want, progress); diff != "" || len(other) != 1 || other[0] != "notifications/tools/list_changed" {
		t.Errorf("%q (-want +got):\n%s", other, diff)
	}
}

// What a server asks is answered, a few at a time, and withdrawn when it says so.
func TestAsked(t *testing.T) {
	t.Parallel()
	tr, s := pipes(t, 0, greeting(func(s *script, _, line string) {
		switch {
		case strings.Contains(line, `"method":"tools/call"`):
			s.say(`{"id":"a","method":"ping"}`)
			s.say(`{"id":"slow","method":"elicitation/create","params":{"n":1.0}}`)
			s.say(`{"id":"slow","method":"elicitation/create"}`)
			s.say(`{"id":"over","method":"elicitation/create"}`)
			s.say(`{"method":"notifications/cancelled","params":{"requestId":"slow"}}`)
		case strings.Contains(line, `"id":"over"`):
			s.say(`{"id":2,"result":{}}`)
		}
	}))
	withdrawn := make(chan struct{})
	c := connect(t, rpc.Options{Transport: tr, MaxAsked: 1, Ask: func(ctx context.Context, _ any, method string, params json.RawMessage) (json.RawMessage, *rpc.Error) {
		if string(params) != `{"n":1.0}` || method != "elicitation/create" {
			return nil, &rpc.Error{Code: rpc.CodeParams, Message: "odd"}
		}
		<-ctx.Done()
		close(withdrawn)
		return json.RawMessage(`{}`), nil
	}})
	if _, err := c.Call(t.Context(), rpc.Request{Method: "tools/call"}); err != nil {
		t.Fatal(err)
	}
	<-withdrawn
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	answers := map[string]bool{}
	for _, line := range s.lines()[3:] {
		answers[line] = true
	}
	for _, want := range []string{
		`{"jsonrpc":"2.0","id":"slow","error":{"code":-32600,"message":"the id is that of a request that is being answered"}}`,
		`{"jsonrpc":"2.0","id":"over","error":{"code":-32603,"message":"too many requests at once"}}`,
	} {
		if !answers[want] {
			t.Errorf("not answered: %s\n%s", want, strings.Join(s.lines(), "\n"))
		}
	}
}

// Who stops waiting tells the server, and a late answer is dropped.
func TestCancel(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		tr, s := pipes(t, 0, greeting(func(*script, string, string) {}))
		c := connect(t, rpc.Options{Transport: tr, MaxPending: 1})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		var second error
		go func() {
			time.Sleep(time.Millisecond)
			_, second = c.Call(t.Context(), rpc.Request{Method: "x"})
		}()
		if _, err := c.Call(ctx, rpc.Request{Method: "x"}); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		synctest.Wait()
		s.say(`{"id":2,"result":{}}`)
		synctest.Wait()
		want := `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":2,"reason":"context deadline exceeded"}}`
		if lines := s.lines(); lines[len(lines)-1] != want || !errors.Is(second, rpc.ErrBusy) {
			t.Errorf("%s, %v", lines[len(lines)-1], second)
		}
	})
}

// A server that reads nothing holds up nobody for longer than they wait.
func TestUnread(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		stuck := make(chan struct{})
		tr, _ := pipes(t, 0, greeting(func(*script, string, string) { <-stuck }))
		c := connect(t, rpc.Options{Transport: tr})
		for range 100 {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			if _, err := c.Call(ctx, rpc.Request{Method: "x"}); !errors.Is(err, context.DeadlineExceeded) {
				t.Error(err)
			}
			cancel()
		}
		close(stuck)
	})
}

// Nor does it hold up who gives up when there is no room left even to tell it so.
func TestUnreadCancellation(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		stuck := make(chan struct{})
		tr, _ := pipes(t, 0, greeting(func(*script, string, string) { <-stuck }))
		c := connect(t, rpc.Options{Transport: tr})
		var callers sync.WaitGroup
		for range 100 {
			callers.Go(func() {
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				began := time.Now()
				if _, err := c.Call(ctx, rpc.Request{Method: "x"}); !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != time.Second {
					t.Errorf("after %v: %v", time.Since(began), err)
				}
			})
		}
		time.AfterFunc(time.Minute, func() { close(stuck) })
		callers.Wait()
		<-stuck
	})
}

func FuzzReceive(f *testing.F) {
	f.Add([]byte(`{"id":2,"result":{}}`))
	f.Add([]byte("{\"id\":2,\"error\":{\"code\":1}}\n{\"method\":\"x\",\"id\":\"\\\"\"}"))
	f.Add([]byte(`{"a":"}{","b":[{"c":1}],"id":2,"result":-1.5e3}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		tr, _ := pipes(t, 1<<16, greeting(func(s *script, id, _ string) {
			_, _ = s.out.Write(append(text, '\n'))
			s.say(`{"id":%s,"result":{}}`, id)
		}))
		c := connect(t, rpc.Options{Transport: tr, Ask: func(context.Context, any, string, json.RawMessage) (json.RawMessage, *rpc.Error) {
			return json.RawMessage(`{}`), nil
		}})
		if result, err := c.Call(t.Context(), rpc.Request{Method: "x"}); err == nil && !json.Valid(result) {
			t.Errorf("%q", result)
		}
	})
}
