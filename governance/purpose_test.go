package governance_test

import (
	"encoding/json"
	"testing"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/governance/intent"
)

func TestIntent(t *testing.T) {
	t.Parallel()
	const drop = `{"query":"DROP TABLE customers"}`
	for _, c := range []struct {
		name     string
		settings *intent.Settings
		mode     governance.Mode
		tool     string
		args     string
		want     governance.Decision
	}{
		{"nothing is asked", nil, governance.Enforce, "execute_sql", drop, governance.Decision{Effect: governance.Allow}},
		{"nothing is denied", &intent.Settings{}, governance.Enforce, "execute_sql", drop, governance.Decision{Effect: governance.Allow}},
		{"another intent is", &intent.Settings{Deny: []string{"data_exfiltration"}}, governance.Enforce, "execute_sql", drop, governance.Decision{Effect: governance.Allow}},
		{"denied", &intent.Settings{Deny: []string{"destructive_data"}}, governance.Enforce, "execute_sql", drop, governance.Decision{Check: "intent", Rule: "destructive_data"}},
		{"asked about", &intent.Settings{Ask: []string{"destructive_data"}}, governance.Enforce, "execute_sql", drop, governance.Decision{Effect: governance.Ask, Check: "intent", Rule: "destructive_data"}},
		{"only noted", &intent.Settings{Deny: []string{"destructive_data"}}, governance.AuditOnly, "execute_sql", drop, governance.Decision{Effect: governance.Allow, Would: true, Check: "intent", Rule: "destructive_data"}},
		{"only spoken of", &intent.Settings{Deny: []string{"destructive_data"}}, governance.Enforce, "create_issue", `{"title":"Docs","body":"Explain how DROP TABLE works"}`, governance.Decision{Effect: governance.Allow}},
		{"malformed", &intent.Settings{Deny: []string{"destructive_data"}}, governance.Enforce, "execute_sql", `{"query":`, governance.Decision{Check: "blocked_patterns"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := watchful()
			p.Intent, p.Mode = c.settings, c.mode
			g, _ := gate(t, p)
			got := g.Decide(t.Context(), call(func(call *governance.Call) { call.Name, call.Args = c.tool, json.RawMessage(c.args) }))
			if got.Effect != c.want.Effect || got.Check != c.want.Check || got.Rule != c.want.Rule || got.Would != c.want.Would {
				t.Errorf("%v (would: %t) by %s/%s: %s", got.Effect, got.Would, got.Check, got.Rule, got.Reason)
			}
			if c.want.Check == "intent" && len(got.Findings) == 0 {
				t.Error("no evidence")
			}
		})
	}
}
