package tools_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/governance/audit"
	"github.com/mcp-kernel/mcp-kernel/modules/primitives"
	"github.com/mcp-kernel/mcp-kernel/tools"
)

type echo struct {
	Text string `json:"text,omitempty" maxLength:"100"`
}

// echoing is a surface of one tool that counts how often it ran and does what its argument says.
func echoing(ran *atomic.Int64) tools.Surface {
	return tools.Surface{Tools: []tools.Tool{
		tools.Func(spec("echo"), func(ctx context.Context, _ *tools.Request, in echo) (echo, error) {
			ran.Add(1)
			switch in.Text {
			case "panic":
				panic("secret dsn=postgres://")
			case "goexit":
				runtime.Goexit()
			case "error":
				return echo{}, errors.New("secret path /etc/shadow")
			case "fail":
				return echo{}, tools.Fail("not_found", "there is no such thing", errors.New("secret cause"))
			case "known", "unknown":
				failure := primitives.FailureUnknown
				if in.Text == "known" {
					failure = primitives.FailureConflict
				}
				return echo{}, fmt.Errorf("secret dir: %w", primitives.Failures{}.New(failure, "write", "changed meanwhile", errors.New("secret cause")))
			case "wait":
				<-ctx.Done()
				return echo{}, ctx.Err()
			case "long":
				return echo{Text: strings.Repeat("x", 101)}, nil
			}
			return in, nil
		}),
	}}
}

// TestWalk shows, for each way a call can end, what the caller gets, what the journal says, whether the handler ran and
// what stays charged.
func TestWalk(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		args    string
		call    string // default "echo"
		caller  governance.Caller
		prepare func(d *desk)
		want    string // code and reason, or the structured answer
		journal []string
		ran     int64
		calls   int64  // charged afterwards
		tokens  int64  // negative: as many as it takes
		fault   string // in the log
	}{
		"answered": {
			args: `{"text":"hi"}`, want: `{"text":"hi"}`, ran: 1, calls: 1, tokens: 26,
			journal: []string{"call-1 allow POLICY_CHECK /", "call-1 ok CHECKPOINT_CREATED "},
		},
		"unknown": {
			call: "ehco", args: `{}`, want: `unknown_name: unknown tool "ehco", did you mean "echo"?`,
			journal: []string{"call-1 deny TOOL_CALL_BLOCKED allowlist/catalog", "call-1 denied CHECKPOINT_CREATED unknown_name"},
		},
		"bad arguments": {
			args: `{"txt":"hi"}`, want: `bad_arguments: /txt: unknown argument, did you mean "text"?; allowed: text`,
			journal: []string{"call-1 allow POLICY_CHECK /", "call-1 bad_arguments CHECKPOINT_CREATED bad_arguments"},
		},
		"nobody": {
			args: `{}`, caller: governance.Caller{Label: "me"}, want: "denied: nobody is authenticated",
			journal: []string{"call-1 deny TOOL_CALL_BLOCKED allowlist/caller", "call-1 denied CHECKPOINT_CREATED denied"},
		},
		"a check errs": { // law 3
			args: `{}`, prepare: func(d *desk) { d.gate.limiter.err = errors.New("backend is down") },
			want: "denied: the limits cannot be counted", fault: "backend is down",
			journal: []string{"call-1 deny POLICY_VIOLATION limits/max_tool_calls_per_request", "call-1 denied CHECKPOINT_CREATED denied"},
		},
		"no room": {
			args: `{}`, prepare: func(d *desk) { d.journal.beginning = audit.ErrNoRoom }, fault: "no room",
			want: "unavailable: the disk is too full to record the call, so it does not run",
		},
		"decision not recorded": { // laws 1 and 3
			args: `{}`, prepare: func(d *desk) { d.journal.deciding = audit.ErrUnwritable }, fault: "cannot be written",
			want: "unavailable: the call cannot be recorded, so it does not run",
		},
		"frozen meanwhile": {
			args: `{}`, prepare: func(d *desk) {
				d.journal.deciding, d.journal.once = &audit.FrozenError{By: "root", Reason: "drill"}, true
			},
			want:    "frozen: calls are frozen: drill",
			journal: []string{"call-1 deny POLICY_VIOLATION limits/frozen", "call-1 denied CHECKPOINT_CREATED frozen"},
		},
		"over limit meanwhile": {
			args: `{}`, prepare: func(d *desk) {
				d.journal.deciding, d.journal.once = &audit.OverLimitError{Over: []audit.Counter{{Name: "calls", Used: 7}}}, true
			},
			want:    "denied: 7 calls are used, by other processes too",
			journal: []string{"call-1 deny POLICY_VIOLATION limits/max_tool_calls_per_request", "call-1 denied CHECKPOINT_CREATED denied"},
		},
		"outcome not recorded": { // law 3
			args: `{}`, prepare: func(d *desk) { d.journal.ending = audit.ErrUnwritable }, ran: 1, calls: 1, tokens: 4,
			want: "unavailable: the answer cannot be recorded, so it is withheld; what was done is done", fault: "cannot be written",
			journal: []string{"call-1 allow POLICY_CHECK /"},
		},
		"panic": { // law 7
			args: `{"text":"panic"}`, want: "internal_error: internal error; the log tells more under this call's id",
			ran: 1, calls: 1, tokens: 127, fault: "secret dsn=postgres://",
			journal: []string{"call-1 allow POLICY_CHECK /", "call-1 panic CHECKPOINT_CREATED internal_error"},
		},
		"goroutine ended": {
			args: `{"text":"goexit"}`, want: "internal_error: internal error; the log tells more under this call's id",
			ran: 1, calls: 1, tokens: 128, fault: "ended its goroutine",
			journal: []string{"call-1 allow POLICY_CHECK /", "call-1 tool_error CHECKPOINT_CREATED internal_error"},
		},
		"error": { // law 7
			args: `{"text":"error"}`, want: "internal_error: internal error; the log tells more under this call's id",
			ran: 1, calls: 1, tokens: 127, fault: "/etc/shadow",
			journal: []string{"call-1 allow POLICY_CHECK /", "call-1 tool_error CHECKPOINT_CREATED internal_error"},
		},
		"failure": {
			args: `{"text":"fail"}`, want: "failed: there is no such thing", ran: 1, calls: 1, tokens: 107, fault: "secret cause",
			journal: []string{"call-1 allow POLICY_CHECK /", "call-1 tool_error CHECKPOINT_CREATED not_found"},
		},
		"known failure": {
			args: `{"text":"known"}`, want: "failed: changed meanwhile", ran: 1, calls: 1, tokens: -1, fault: "secret cause",
			journal: []string{"call-1 allow POLICY_CHECK /", "call-1 tool_error CHECKPOINT_CREATED conflict"},
		},
		"unknown failure": {
			args: `{"text":"unknown"}`, want: "internal_error: internal error; the log tells more under this call's id",
			ran: 1, calls: 1, tokens: 129, fault: "secret dir",
			journal: []string{"call-1 allow POLICY_CHECK /", "call-1 tool_error CHECKPOINT_CREATED internal_error"},
		},
		"answer breaks its schema": {
			args: `{"text":"long"}`, want: "internal_error: internal error; the log tells more under this call's id",
			ran: 1, calls: 1, tokens: 126, fault: "output schema: /text: want at most 100 characters",
			journal: []string{"call-1 allow POLICY_CHECK /", "call-1 tool_error CHECKPOINT_CREATED internal_error"},
		},
		"withheld": {
			args: `{"text":"hi"}`, prepare: func(d *desk) {
				d.gate.review.Store(&governance.Decision{Stage: governance.StageReview, Check: "keys", Reason: "a key", Event: governance.PolicyViolation})
			},
			want: "withheld: a key", ran: 1, calls: 1, tokens: 143,
			journal: []string{"call-1 allow POLICY_CHECK /", "call-1 withheld POLICY_VIOLATION withheld"},
		},
		"drift": {
			args: `{"text":"hi"}`, prepare: func(d *desk) {
				d.gate.review.Store(&governance.Decision{Effect: governance.Allow, Check: governance.CheckConfidence, Event: governance.DriftDetected})
			},
			want: `{"text":"hi"}`, ran: 1, calls: 1, tokens: 26,
			journal: []string{"call-1 allow POLICY_CHECK /", "call-1 ok DRIFT_DETECTED "},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var ran atomic.Int64
			d := newDesk(t, echoing(&ran))
			if c.prepare != nil {
				c.prepare(d)
			}
			gc := d.call("echo", c.args)
			if c.call != "" {
				gc.Name = c.call
			}
			if c.caller != (governance.Caller{}) {
				gc.Caller = c.caller
			}
			result, err := d.Dispatch(t.Context(), gc, nil)
			got := string(result.Structured)
			if err != nil {
				refused := refusal(t, err)
				got = string(refused.Code) + ": " + refused.Reason
				if refused.CallID != "call-1" {
					t.Errorf("the error does not name the call: %v", refused)
				}
				if shown := fmt.Sprintf("%v %s", refused, refused.Result().Meta[tools.MetaDecision]); strings.Contains(shown, "secret") || strings.Contains(shown, "shadow") {
					t.Errorf("an internal is shown: %s", shown)
				}
			}
			if got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
			if lines := d.journal.lines(); !slices.Equal(lines, c.journal) {
				t.Errorf("journal %q\nwant    %q", lines, c.journal)
			}
			if ran.Load() != c.ran {
				t.Errorf("the handler ran %d times, want %d", ran.Load(), c.ran)
			}
			if calls, tokens := d.gate.limiter.of("calls"), d.gate.limiter.of("tokens"); calls != c.calls || tokens != c.tokens && c.tokens >= 0 {
				t.Errorf("%d calls and %d tokens stay charged, want %d and %d", calls, tokens, c.calls, c.tokens)
			}
			if all := strings.Join(d.faults.all(), "\n"); c.fault == "" && all != "" || !strings.Contains(all, c.fault) {
				t.Errorf("faults %q, want %q", all, c.fault)
			}
		})
	}
}

// TestNoWayAroundTheGate is law 1: this build is governed, and nothing outside of the package can reach a handler: no
// type of the surface has an exported field or method that is, takes or returns one, but for the constructors' options.
func TestNoWayAroundTheGate(t *testing.T) {
	t.Parallel()
	if !tools.Governed() {
		t.Error("the normal build is not governed")
	}
	for _, typ := range []reflect.Type{
		reflect.TypeFor[tools.Tool](), reflect.TypeFor[tools.Resource](), reflect.TypeFor[tools.Prompt](),
		reflect.TypeFor[tools.Catalog](), reflect.TypeFor[tools.Dispatcher](), reflect.TypeFor[tools.Request](),
	} {
		for f := range typ.Fields() {
			if f.IsExported() {
				t.Errorf("%s.%s is exported", typ, f.Name)
			}
		}
		for m := range reflect.PointerTo(typ).Methods() {
			ends := typ == reflect.TypeFor[tools.Dispatcher]() && m.Name == "Subscribe" // returns how to end what it began
			for out := range m.Type.Outs() {
				if out.Kind() == reflect.Func && !ends {
					t.Errorf("%s.%s returns a function", typ, m.Name)
				}
			}
		}
	}
}

// TestTimeoutOfAHandlerThatDoesNotListen shows that the caller is answered at the deadline, that the handler keeps its
// slot until it comes back, that too many of them refuse further calls, and that Close waits for them.
func TestTimeoutOfAHandlerThatDoesNotListen(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		s := spec("stuck")
		s.Timeout = time.Second
		d := newDesk(t, tools.Surface{Tools: []tools.Tool{
			tools.Func(s, func(context.Context, *tools.Request, struct{}) (struct{}, error) {
				<-release
				return struct{}{}, nil
			}),
		}}, func(o *tools.DispatcherOptions) { o.MaxStragglers = 1 })
		start := time.Now()
		_, err := d.Dispatch(t.Context(), d.call("stuck", "{}"), nil)
		if refused := refusal(t, err); refused.Code != tools.CodeTimeout || time.Since(start) != time.Second {
			t.Errorf("%v after %s", refused, time.Since(start))
		}
		if open := d.journal.open.Load(); open != 1 {
			t.Errorf("%d slots are held, want the handler's", open)
		}
		_, err = d.Dispatch(t.Context(), d.call("stuck", "{}"), nil)
		if refused := refusal(t, err); refused.Code != tools.CodeOverloaded {
			t.Errorf("second call: %v", refused)
		}
		closed := make(chan error)
		go func() { closed <- d.Close(t.Context()) }()
		synctest.Wait()
		select {
		case err := <-closed:
			t.Errorf("closed with a running handler: %v", err)
		default:
		}
		if _, err := d.Dispatch(t.Context(), d.call("stuck", "{}"), nil); refusal(t, err).Code != tools.CodeUnavailable {
			t.Errorf("call while closing: %v", err)
		}
		close(release)
		if err := <-closed; err != nil {
			t.Error(err)
		}
		want := []string{
			"call-1 allow POLICY_CHECK /", "call-1 timeout CHECKPOINT_CREATED timeout",
			"call-2 deny POLICY_VIOLATION limits/capacity", "call-2 denied CHECKPOINT_CREATED overloaded",
		}
		if got := d.journal.lines(); !slices.Equal(got, want) {
			t.Errorf("journal %q", got)
		}
	})
}

func TestCancellationAndFreeze(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		end  func(d *desk, cancel context.CancelFunc)
		code tools.Code
	}{
		"cancelled": {func(_ *desk, cancel context.CancelFunc) { cancel() }, tools.CodeCancelled},
		"frozen":    {func(d *desk, _ context.CancelFunc) { d.Freeze() }, tools.CodeFrozen},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var ran atomic.Int64
			d := newDesk(t, echoing(&ran))
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			done := make(chan error)
			go func() {
				_, err := d.Dispatch(ctx, d.call("echo", `{"text":"wait"}`), nil)
				done <- err
			}()
			for ran.Load() == 0 {
				runtime.Gosched()
			}
			c.end(d, cancel)
			if refused := refusal(t, <-done); refused.Code != c.code {
				t.Errorf("%v", refused)
			}
			if got := d.journal.lines()[1]; got != "call-1 cancelled CHECKPOINT_CREATED "+string(c.code) {
				t.Errorf("journal %q", got)
			}
		})
	}
}

// TestInnerCalls is law 4 for calls within calls: they are governed calls of the same caller, one deeper, at most as
// wide, and impossible once the outer call has ended.
func TestInnerCalls(t *testing.T) {
	t.Parallel()
	var kept *tools.Request
	d := newDesk(t, tools.Surface{Tools: []tools.Tool{
		tools.Func(spec("outer"), func(ctx context.Context, r *tools.Request, _ struct{}) (struct{}, error) {
			kept = r
			_, err := r.CallWith(ctx, tools.Inner{Name: "nosuch", Args: json.RawMessage(`{}`), Policies: []string{"b"}})
			return struct{}{}, err
		}),
	}})
	gc := d.call("outer", "")
	gc.Policies = []string{"a"}
	_, err := d.Dispatch(t.Context(), gc, nil)
	if refused := refusal(t, err); refused.Code != tools.CodeUnknown || refused.CallID == "call-1" {
		t.Errorf("%v", refused)
	}
	inner := d.journal.entries[1]
	if inner.Parent != "call-1" || inner.Depth != 1 || inner.Caller != gc.Caller || inner.Name != "nosuch" {
		t.Errorf("inner entry %+v", inner)
	}
	if _, err := kept.Call(t.Context(), "outer", nil); refusal(t, err).Code != tools.CodeCancelled {
		t.Errorf("call after the end: %v", err)
	}
}

// TestOperatorsTools shows that a tool for operators does not exist for an agent.
func TestOperatorsTools(t *testing.T) {
	t.Parallel()
	s := spec("restore")
	s.Audience = tools.ForOperators
	d := newDesk(t, tools.Surface{Tools: []tools.Tool{
		tools.Func(s, func(context.Context, *tools.Request, struct{}) (struct{}, error) { return struct{}{}, nil }),
	}})
	_, err := d.Dispatch(t.Context(), d.call("restore", "{}"), nil)
	if refused := refusal(t, err); refused.Code != tools.CodeUnknown || refused.Reason != `unknown tool "restore"` {
		t.Errorf("agent: %v", refused)
	}
	operator := d.call("restore", "{}")
	operator.Caller.Operator = true
	if _, err := d.Dispatch(t.Context(), operator, nil); err != nil {
		t.Errorf("operator: %v", err)
	}
	for _, caller := range []governance.Caller{{Principal: "alice"}, {Principal: "root", Operator: true}} {
		listing, err := d.List(t.Context(), caller, tools.ProfileFull)
		if err != nil || (len(listing.Tools) == 1) != caller.Operator {
			t.Errorf("%+v sees %d tools, %v", caller, len(listing.Tools), err)
		}
	}
}
