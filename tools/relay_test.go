package tools_test

import (
	"context"
	"encoding/json"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/governance/audit"
	"github.com/mcp-kernel/mcp-kernel/governance/match"
	"github.com/mcp-kernel/mcp-kernel/tools"
)

// relaying are a relay, two tools that it may call, and another relay.
func relaying(ran *atomic.Int64) tools.Surface {
	to := func(args json.RawMessage) (string, json.RawMessage, error) {
		var in struct {
			Name string          `json:"name"`
			Args json.RawMessage `json:"args"`
		}
		err := json.Unmarshal(args, &in)
		return in.Name, in.Args, err
	}
	relay := func(name string) tools.Tool {
		s := spec(name)
		s.InputSchema = json.RawMessage(`{"type":"object","properties":{"name":{"type":"string"},"args":{"type":"object"}},"required":["name"],"additionalProperties":false}`)
		return tools.Relay(s, to)
	}
	operators := spec("restore")
	operators.Audience, operators.InputSchema = tools.ForOperators, json.RawMessage(`{"type":"object"}`)
	raw := spec("raw")
	raw.InputSchema = json.RawMessage(`{"type":"object"}`)
	s := echoing(ran)
	s.Tools = append(s.Tools, relay("relay"), relay("again"),
		tools.Raw(operators, func(context.Context, *tools.Request, json.RawMessage) (tools.Result, error) {
			ran.Add(1)
			return tools.Result{}, nil
		}),
		tools.Raw(raw, func(_ context.Context, r *tools.Request, args json.RawMessage) (tools.Result, error) {
			ran.Add(1)
			return tools.Verbatim(json.RawMessage(`{"content":[],"got":` + string(args) + `,"name":"` + r.Name() + `"}`))
		}))
	return s
}

// A call of a relay is one of the tool that it is for, for everybody: who is asked, what is counted, what is written down.
func TestRelay(t *testing.T) {
	t.Parallel()
	only := func(p governance.Policy) []governance.Policy {
		p.Name, p.AllowedResources = "only", []string{"*"}
		return []governance.Policy{p}
	}
	for name, c := range map[string]struct {
		call, args string
		policies   []governance.Policy
		want       string
		journal    []string // the name and the effect of the decision
		ran        int64
		calls      int64
	}{
		"answered":           {args: `{"name":"raw","args":{"n":1.50}}`, want: `{"content":[],"got":{"n":1.50},"name":"raw"}`, journal: []string{"raw allow"}, ran: 1, calls: 1},
		"without arguments":  {args: `{"name":"echo"}`, want: `{}`, journal: []string{"echo allow"}, ran: 1, calls: 1},
		"bad for the tool":   {args: `{"name":"echo","args":{"txt":1}}`, want: `bad_arguments: /txt: unknown argument`, journal: []string{"echo allow"}},
		"itself":             {args: `{"name":"relay","args":{"name":"echo"}}`, want: `bad_arguments: "relay" is called by itself`, journal: []string{"relay allow"}},
		"another relay":      {args: `{"name":"again","args":{"name":"echo"}}`, want: `bad_arguments: "again" is called by itself`, journal: []string{"relay allow"}},
		"unknown":            {args: `{"name":"ehco"}`, want: `unknown_name: unknown tool "ehco"`, journal: []string{"ehco deny"}},
		"another's audience": {args: `{"name":"restore"}`, want: `unknown_name: unknown tool "restore"`, journal: []string{"restore deny"}},
		"a name with a tail": {args: `{"name":"echo\u0000"}`, want: `unknown_name: `, journal: []string{"echo\x00 deny"}},
		"another spelling":   {args: `{"Name":"echo"}`, want: `bad_arguments: `, journal: []string{"relay allow"}},
		"two names":          {args: `{"name":"echo","name":"raw"}`, want: `bad_arguments: `, journal: []string{"relay allow"}},
		"two names, folded":  {args: `{"name":"echo","NAME":"raw"}`, want: `bad_arguments: `, journal: []string{"relay allow"}},
		"two arguments":      {args: `{"name":"raw","args":{"a":1,"a":2}}`, want: `bad_arguments: `, journal: []string{"relay allow"}},
		"no object":          {args: `{"name":"raw","args":[1]}`, want: `bad_arguments: `, journal: []string{"relay allow"}},
		"null":               {args: `{"name":"raw","args":null}`, want: `bad_arguments: `, journal: []string{"relay allow"}},
		"not allowed": {
			args: `{"name":"raw"}`, policies: only(governance.Policy{AllowedTools: []string{"echo", "relay"}}),
			want: `denied: `, journal: []string{"raw deny"},
		},
		"the relay not allowed": {
			args: `{"name":"raw"}`, policies: only(governance.Policy{AllowedTools: []string{"echo", "raw"}}),
			want: `denied: `, journal: []string{"relay deny"},
		},
		"a pattern": {
			args: `{"name":"raw","args":{"q":"DROP TABLE x"}}`, policies: only(governance.Policy{AllowedTools: []string{"*"}, BlockedPatterns: []match.Pattern{{Name: "drop", Type: match.Substring, Text: "drop table"}}}),
			want: `denied: `, journal: []string{"raw deny"},
		},
		"no calls left": {
			args: `{"name":"raw"}`, policies: only(governance.Policy{AllowedTools: []string{"*"}, MaxToolCallsPerRequest: new(int64)}),
			want: `denied: `, journal: []string{"raw deny"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var ran atomic.Int64
			d := newDesk(t, relaying(&ran), func(o *tools.DispatcherOptions) {
				if c.policies != nil {
					o.Gate = newGate(t, c.policies...)
				}
			})
			got, err := d.Dispatch(t.Context(), d.call("relay", c.args), nil)
			text := string(got.Verbatim) + string(got.Structured)
			if err != nil {
				text = err.Error()
			}
			if !strings.HasPrefix(text, c.want) {
				t.Errorf("%s, want %s", text, c.want)
			}
			var journal []string
			for i := range d.journal.entries {
				if e := &d.journal.entries[i]; e.Kind == audit.KindDecision {
					journal = append(journal, e.Name+" "+e.Decision.Effect.String())
				}
			}
			if diff := cmp.Diff(c.journal, journal); diff != "" {
				t.Errorf("journal (-want +got):\n%s", diff)
			}
			if ran.Load() != c.ran || c.policies == nil && d.gate.limiter.of(governance.CounterCalls) != c.calls {
				t.Errorf("%d ran, %d charged; want %d, %d", ran.Load(), d.gate.limiter.of(governance.CounterCalls), c.ran, c.calls)
			}
		})
	}
}
