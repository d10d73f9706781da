package governance_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/governance/match"
)

// approvals say what they were asked for, and answer with a grant, an error or a panic.
type approvals struct {
	grant *governance.Grant
	err   error
	panic bool
	asked [][]governance.Requirement
}

func (a *approvals) Redeem(_ context.Context, _ *governance.Call, needs []governance.Requirement) (*governance.Grant, error) {
	a.asked = append(a.asked, slices.Clone(needs))
	if a.panic {
		panic("oh")
	}
	return a.grant, a.err
}

// agreeing is a policy that wants people to agree, and everything else allows.
func agreeing(rules ...governance.ApprovalRule) governance.Policy {
	return governance.Policy{Name: "careful", AllowedTools: []string{"*"}, RequireApproval: rules}
}

// TestRequirements completes rules, and finds those that apply to a call.
func TestRequirements(t *testing.T) {
	t.Parallel()
	hour := time.Hour
	rules := []governance.ApprovalRule{
		{Tools: []string{"re*"}},
		{Name: "destroys", Hints: map[string]bool{"destructive": true}},
		{Name: "both", Tools: []string{"read"}, Hints: map[string]bool{"read_only": true}},
		{
			Name: "full", Tools: []string{"read"}, Approvers: []string{"user:bob", "caller"}, Quorum: 2, Expires: &hour, Message: "Why.",
			Channels: []governance.Channel{governance.ChannelClient, governance.ChannelConsole},
		},
		{Name: "client", Tools: []string{"read"}, Channels: []governance.Channel{governance.ChannelClient}},
		{Name: "elsewhere", Resources: []string{"*"}, Prompts: []string{"*"}},
	}
	elsewhere := []governance.Channel{governance.ChannelCLI, governance.ChannelConsole}
	of := func(name string) governance.Requirement {
		return governance.Requirement{
			Policy: "careful", Rule: name, Approvers: []string{"operators"}, Quorum: 1, Expires: 15 * time.Minute, Channels: elsewhere,
		}
	}
	client := of("client")
	client.Approvers, client.Channels = []string{"operators", "caller"}, []governance.Channel{governance.ChannelClient}
	full := governance.Requirement{
		Policy: "careful", Rule: "full", Message: "Why.", Approvers: []string{"user:bob", "caller"}, Quorum: 2, Expires: time.Hour,
		Channels: []governance.Channel{governance.ChannelClient, governance.ChannelConsole},
	}
	for _, c := range []struct {
		name string
		call *governance.Call
		want []governance.Requirement
	}{
		{"a tool that may destroy", call(), []governance.Requirement{of("require_approval[0]"), of("destroys"), full, client}},
		{"a tool that reads", call(func(c *governance.Call) { c.Hints.ReadOnly = true }), []governance.Requirement{of("require_approval[0]"), of("both"), full, client}},
		{"another", call(func(c *governance.Call) { c.Name = "list"; c.Hints.ReadOnly = true }), nil},
		{"a task of the tool", call(func(c *governance.Call) { c.Kind = governance.KindTask }), nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			a := &approvals{}
			g, _ := gate(t, agreeing(rules...), func(o *governance.Options) { o.Approvals = a })
			d := g.Decide(t.Context(), c.call)
			if want := map[bool]governance.Effect{true: governance.Ask, false: governance.Allow}[len(c.want) > 0]; d.Effect != want {
				t.Fatalf("got %+v", d)
			}
			if len(c.want) == 0 {
				return
			}
			if diff := cmp.Diff(c.want, d.Approval.Needs); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff([][]governance.Requirement{c.want}, a.asked); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestAgreed shows what the gate makes of an agreement, of none, and of not knowing.
func TestAgreed(t *testing.T) {
	t.Parallel()
	rule := governance.ApprovalRule{Name: "reads", Tools: []string{"read"}}
	for _, c := range []struct {
		name string
		have *approvals
		want string
	}{
		{"nobody keeps any", nil, `ask approval/require_approval reads: rule "reads" of policy "careful" wants a person to agree`},
		{"none", &approvals{}, `ask approval/require_approval reads: rule "reads" of policy "careful" wants a person to agree`},
		{"one", &approvals{grant: &governance.Grant{ID: "a1", By: []string{"user:ada", "user:bob"}}}, "allow approval/require_approval reads: approval a1: agreed to by user:ada, user:bob"},
		{"a fault", &approvals{err: errors.New("secret")}, "deny approval/require_approval : whether people have agreed cannot be known"},
		{"a panic", &approvals{panic: true}, "deny approval/require_approval : the check require_approval could not judge the call"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			g, l := gate(t, agreeing(rule), func(o *governance.Options) {
				if c.have != nil {
					o.Approvals = c.have
				}
			})
			asked := call()
			d := g.Decide(t.Context(), asked)
			if got := fmt.Sprintf("%s %s/%s %s: %s", d.Effect, d.Stage, d.Check, d.Rule, d.Reason); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
			if d.Effect == governance.Allow && (d.Timeout <= 0 || d.Event != governance.PolicyCheck || d.Approval.Grant == nil) {
				t.Errorf("got %+v", d)
			}
			if _, err := g.Settle(t.Context(), asked, d, governance.Used{}); err != nil || l.counts()["ann/calls"] != 0 {
				t.Errorf("%v stays charged, %v", l.counts(), err)
			}
		})
	}
}

// TestAskedLast asks people only about what nothing else stops, and about everything that anybody wants to know.
func TestAskedLast(t *testing.T) {
	t.Parallel()
	p := agreeing(governance.ApprovalRule{Name: "reads", Tools: []string{"read"}})
	p.BlockedPatterns = []match.Pattern{{Name: "rm", Type: match.Substring, Text: "rm -rf"}}
	a := &approvals{grant: &governance.Grant{ID: "a1"}}
	g, _ := gate(t, p, func(o *governance.Options) {
		o.Approvals = a
		o.Limits = []governance.Check{answering("careful", governance.Decision{Effect: governance.Ask, Rule: "odd", Reason: "this is odd"}, nil)}
	})
	if d := g.Decide(t.Context(), call(func(c *governance.Call) { c.Args = []byte(`{"a":"rm -rf"}`) })); d.Effect != governance.Deny {
		t.Errorf("got %+v", d)
	}
	if d := g.Decide(t.Context(), call(func(c *governance.Call) { c.Unknown = true })); d.Effect != governance.Ask {
		t.Errorf("of what does not exist: %+v", d)
	}
	if len(a.asked) != 0 {
		t.Fatalf("an agreement was used up for what does not run: %v", a.asked)
	}
	d := g.Decide(t.Context(), call())
	if !d.Allowed() || len(a.asked) != 1 {
		t.Fatalf("got %+v, asked %v", d, a.asked)
	}
	var rules []string
	for _, n := range a.asked[0] {
		rules = append(rules, n.Rule+": "+n.Message)
	}
	if want := []string{"odd: this is odd", "reads: "}; !slices.Equal(rules, want) {
		t.Errorf("asked %q", rules)
	}
}

// TestExplainUsesNothingUp lets an agent ask what would be decided without spending what people have agreed to.
func TestExplainUsesNothingUp(t *testing.T) {
	t.Parallel()
	a := &approvals{grant: &governance.Grant{ID: "a1"}}
	g, _ := gate(t, agreeing(governance.ApprovalRule{Name: "reads", Tools: []string{"read"}}), func(o *governance.Options) { o.Approvals = a })
	traces := g.Explain(t.Context(), call())
	last := traces[len(traces)-1]
	if last.Check != governance.CheckApproval || last.Outcome != governance.TraceAsk || len(a.asked) != 0 {
		t.Errorf("got %+v, asked %v", last, a.asked)
	}
}

// TestApprovalIsPartOfTheDigest gives policies that ask differently different digests.
func TestApprovalIsPartOfTheDigest(t *testing.T) {
	t.Parallel()
	seen := map[string]int{}
	for i, p := range []governance.Policy{
		agreeing(), agreeing(governance.ApprovalRule{Tools: []string{"a"}}), agreeing(governance.ApprovalRule{Tools: []string{"b"}}),
		agreeing(governance.ApprovalRule{Tools: []string{"a"}, Quorum: 2}),
		agreeing(governance.ApprovalRule{Tools: []string{"a"}, Channels: []governance.Channel{governance.ChannelCLI}}),
	} {
		s, err := governance.Compile(governance.Ceiling{}, p)
		if err != nil {
			t.Fatal(err)
		}
		if first, twice := seen[s.Digest()]; twice {
			t.Errorf("policies %d and %d mean the same", first, i)
		}
		seen[s.Digest()] = i
	}
}

func TestChannelTexts(t *testing.T) {
	t.Parallel()
	for _, c := range []governance.Channel{governance.ChannelClient, governance.ChannelCLI, governance.ChannelConsole} {
		text, err := c.MarshalText()
		var back governance.Channel
		if err != nil || back.UnmarshalText(text) != nil || back != c {
			t.Errorf("%v: %s, %v", c, text, err)
		}
	}
	for _, bad := range []string{"", "invalid", "mail"} {
		if new(governance.Channel).UnmarshalText([]byte(bad)) == nil {
			t.Errorf("%q is a channel", bad)
		}
	}
}
