package trial_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/governance/policy"
	"github.com/mcp-kernel/mcp-kernel/governance/policy/trial"
	"github.com/mcp-kernel/mcp-kernel/governance/rules"
)

const tried = `
- name: tried
  max_tool_calls_per_request: 3
  allowed_tools: [read, "write_*", web]
  allowed_prompts: [ask]
  blocked_patterns:
    - {name: secret, type: substring, pattern: hunter2}
    - {type: glob, pattern: "*.exe"}
  limits: [{name: once, per: [principal, tool], tools: [web], calls: 1, window: 1m}]
  labels: [{add: [untrusted:web], tools: [web]}]
  rules: |
    @id("no-writes-after-web")
    forbid (principal, action, resource is Tool)
    when { context.labels.contains("untrusted:web") && !resource.read_only };
- name: watching
  mode: audit
  allowed_tools: []
`

// parsed returns a set of policies and a suite of cases.
func parsed(t *testing.T, suite string, active ...string) (*governance.Set, *policy.Suite, []governance.Policy) {
	t.Helper()
	policies, err := policy.Decode("p.yaml", []byte(tried))
	if err != nil {
		t.Fatal(err)
	}
	set, err := governance.NewSet(governance.Ceiling{}, policies, active)
	if err != nil {
		t.Fatal(err)
	}
	s, err := policy.DecodeSuite("p.test.yaml", []byte(suite))
	if err != nil {
		t.Fatal(err)
	}
	return set, &s, policies
}

func surface() rules.Surface {
	return rules.Surface{Tools: []rules.Tool{
		{Name: "read", ReadOnly: true, Input: []byte(`{"type":"object"}`)},
		{Name: "write_it", Destructive: true, Input: []byte(`{"type":"object"}`)},
	}}
}

func TestRun(t *testing.T) {
	t.Parallel()
	set, suite, policies := parsed(t, `
tools: [{name: web, hints: {read_only: true}}]
cases:
  - {name: reads, call: {tool: read}, expect: {effect: allow, event: POLICY_CHECK}}
  - {name: wrong on purpose, call: {tool: nothing}, expect: {effect: allow, check: limits, rule: x, policy: y, event: POLICY_CHECK, pointer: /z, reason: nobody, would: true}}
  - {name: hits, call: {tool: read, args: {a: [hunter2]}}, expect: {effect: deny, rule: secret, pointer: /a/0}}
  - {name: counts, after: [{tool: read, times: 3}], call: {tool: read}, expect: {effect: deny, check: max_tool_calls_per_request}}
  - {name: begins anew, call: {tool: read}, expect: allow}
  - {name: remembers, after: [{tool: web}], call: {tool: write_it}, expect: {effect: deny, check: rules, rule: no-writes-after-web}}
  - {name: rates, after: [{tool: web}], call: {tool: web}, expect: {effect: deny, check: limits, rule: once}}
  - {name: what came before is not so, after: [{tool: web, times: 2}], call: {tool: read}, expect: allow}
`, "tried")
	covered := trial.NewCoverage(policies[0])
	results, err := trial.Run(t.Context(), suite, trial.Options{Set: set, Surface: surface()}, covered)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string][]string{}
	for _, r := range results {
		if !r.Passed() {
			got[r.Case.Name] = r.Problems
		}
	}
	want := map[string][]string{
		"wrong on purpose": {
			`effect is deny, not allow: "nothing" is not in allowed_tools of policy "tried"`,
			`check is "allowed_tools", not "limits"`, `rule is empty, not "x"`, `policy is "tried", not "y"`,
			`pointer is empty, not "/z"`, `event is "TOOL_CALL_BLOCKED", not "POLICY_CHECK"`,
			`reason is "\"nothing\" is not in allowed_tools of policy \"tried\"", which does not match nobody`, `would is false, not true`,
		},
		"what came before is not so": {
			"after[0]: call 2 came to deny, not allow (line 11): 1 of 1 calls per principal and tool in 1m0s are used; the window ends at 2026-01-05T12:01:00Z",
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	var rest []string
	for _, p := range covered.Untouched() {
		rest = append(rest, fmt.Sprintf("%s:%d %s %s", p.File, p.At.Line, p.Field, p.What))
	}
	wantRest := []string{"p.yaml:5 allowed_prompts[0] ask", "p.yaml:8 blocked_patterns[1] blocked_patterns[1]"}
	if !slices.Equal(rest, wantRest) || covered.Parts()-covered.Touched() != len(rest) {
		t.Errorf("untouched of %d: %q, want %q", covered.Parts(), rest, wantRest)
	}
}

func TestAuditOnly(t *testing.T) {
	t.Parallel()
	set, suite, _ := parsed(t, `
tools: [{name: web}]
cases:
  - {name: would be refused, call: {tool: read}, expect: {effect: allow, would: true, check: allowed_tools, event: TOOL_CALL_BLOCKED}}
`, "watching")
	results, err := trial.Run(t.Context(), suite, trial.Options{Set: set, Surface: surface()}, nil)
	if err != nil || !results[0].Passed() {
		t.Errorf("%+v, %v", results, err)
	}
}

func TestWhatCannotBeTried(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ suite, want string }{
		"a tool that is there already": {"tools: [{name: read}]\ncases: []\n", `there is a tool "read" already`},
	} {
		set, suite, _ := parsed(t, c.suite, "tried")
		if _, err := trial.Run(t.Context(), suite, trial.Options{Set: set, Surface: surface()}, nil); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := trial.Run(t.Context(), &policy.Suite{}, trial.Options{}, nil); err == nil {
		t.Error("tried nothing")
	}
}
