package governance_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/governance/rules"
	"github.com/mcp-kernel/mcp-kernel/state/memstate"
)

func ruleSchema(tb testing.TB) *rules.Schema {
	tb.Helper()
	input := json.RawMessage(`{"type":"object","properties":{"path":{"type":"string"}},"required":["path"]}`)
	s, err := rules.NewSchema(rules.Surface{Tools: []rules.Tool{
		{Name: "read", ReadOnly: true, Input: input}, {Name: "post", OpenWorld: true, Input: input},
	}})
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

// ruled returns a gate under the policies, whose rules are bound.
func ruled(tb testing.TB, policies ...governance.Policy) (*governance.Gate, *governance.Set) {
	tb.Helper()
	var names []string
	for _, p := range policies {
		names = append(names, p.Name)
	}
	set, err := governance.NewSet(governance.Ceiling{MaxTokens: 1 << 50, MaxCalls: 1 << 50}, policies, names)
	if err == nil {
		err = set.Bind(ruleSchema(tb))
	}
	if err != nil {
		tb.Fatal(err)
	}
	store := memstate.New(memstate.Options{Now: noon})
	tb.Cleanup(func() { _ = store.Close() })
	labels, err := governance.NewLabels(store, time.Hour, noon)
	if err != nil {
		tb.Fatal(err)
	}
	g, err := governance.New(governance.Options{Select: set.Select, Limiter: store, Labels: labels, Now: noon})
	if err != nil {
		tb.Fatal(err)
	}
	return g, set
}

func withRules(name, text string) governance.Policy {
	p := open(name)
	p.Rules.Text = text
	return p
}

const noPosts = `@id("no-posts") @reason("secrets were read")
forbid (principal, action == Action::"post", resource) when { context.labels.contains("read:secret") };`

func TestAfterASecretNothingIsPosted(t *testing.T) {
	t.Parallel()
	p := withRules("p", noPosts)
	p.Labels = []governance.LabelRule{{Add: []string{"read:secret"}, Tools: []string{"read"}}}
	g, _ := ruled(t, p)
	if d := g.Decide(t.Context(), call(of("post"))); !d.Allowed() {
		t.Fatalf("before: %+v", d)
	}
	if d := g.Decide(t.Context(), call()); !d.Allowed() {
		t.Fatalf("the reading: %+v", d)
	}
	d := g.Decide(t.Context(), call(of("post")))
	if d.Allowed() || d.Stage != governance.StagePatterns || d.Check != governance.CheckRules || d.Rule != "no-posts" || d.Policy != "p" ||
		d.Event != governance.PolicyViolation || d.Reason != `rule "no-posts" of policy "p" forbids it: secrets were read` {
		t.Errorf("%+v", d)
	}
	traces := g.Explain(t.Context(), call(of("post")))
	found := 0
	for _, tr := range traces {
		switch tr.Check {
		case governance.CheckRules:
			found++
			if tr.Rule != "no-posts" || tr.Outcome != governance.TraceFail {
				t.Errorf("%+v", tr)
			}
		case governance.CheckLabels:
			found++
			if len(tr.Labels) != 1 || tr.Labels[0] != "read:secret" {
				t.Errorf("%+v", tr)
			}
		}
	}
	if found != 2 {
		t.Errorf("%+v", traces)
	}
}

func TestForbidWinsAndPoliciesAddUp(t *testing.T) {
	t.Parallel()
	forbid := withRules("a", `@id("f") forbid (principal, action == Action::"read", resource) when { context.args.path like "/etc/*" };`)
	permit := withRules("b", `@id("p") permit (principal, action == Action::"read", resource);`)
	g, _ := ruled(t, forbid, permit)
	for name, c := range map[string]struct {
		call *governance.Call
		want string
	}{
		"permitted, and not forbidden": {call(), ""},
		"permitted, and forbidden":     {call(func(c *governance.Call) { c.Args = []byte(`{"path":"/etc/passwd"}`) }), `rule "f" of policy "a" forbids it`},
		"not permitted":                {call(of("post")), `no rule of policy "b" permits it`},
		"not what the schema says":     {call(func(c *governance.Call) { c.Args = []byte(`{"path":5}`) }), "the rules cannot judge the arguments: /path is not what the input schema says"},
		"nothing that the schema has":  {call(of("delete")), "the rules do not know what the call names"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := g.Decide(t.Context(), c.call)
			if d.Reason != c.want || d.Allowed() != (c.want == "") {
				t.Errorf("%+v", d)
			}
		})
	}
}

func TestFaultsOfRulesDenyInAuditMode(t *testing.T) {
	t.Parallel()
	p := withRules("a", `@id("f") forbid (principal, action == Action::"read", resource) when { context.args.path like "/etc/*" };`)
	p.Mode = governance.AuditOnly
	g, _ := ruled(t, p)
	d := g.Decide(t.Context(), call(func(c *governance.Call) { c.Args = []byte(`{"path":"/etc/passwd"}`) }))
	if !d.Allowed() || !d.Would || d.Rule != "f" {
		t.Errorf("what is forbidden passes and is told: %+v", d)
	}
	d = g.Decide(t.Context(), call(func(c *governance.Call) { c.Args = []byte(`{"path":5}`) }))
	if d.Allowed() || d.Fault == nil {
		t.Errorf("what cannot be judged: %+v", d)
	}
}

func TestUnboundRulesDeny(t *testing.T) {
	t.Parallel()
	g, _ := gate(t, withRules("p", noPosts), func(o *governance.Options) { o.Labels = failing{} })
	if d := g.Decide(t.Context(), call()); d.Allowed() || d.Check != governance.CheckRules || d.Fault == nil {
		t.Errorf("%+v", d)
	}
}

func TestBindReportsEveryFault(t *testing.T) {
	t.Parallel()
	a := withRules("a", noPosts)
	a.Source.File = "a.yaml"
	b := withRules("b", `forbid (principal, action == Action::"reed", resource);`)
	b.Rules.File = "b.cedar"
	set, err := governance.NewSet(governance.Ceiling{}, []governance.Policy{a, b, open("c")}, []string{"c"})
	if err != nil {
		t.Fatal(err)
	}
	err = set.Bind(ruleSchema(t))
	const want = `a.yaml:2:87: policy "a": rules: rule "no-posts": nothing adds the label "read:secret": write a policy's labels first
b.cedar:1:38: policy "b": rules: rule "rules[0]": there is no action or tool "reed": did you mean "read"?`
	if err == nil || err.Error() != want {
		t.Errorf("%v, want\n%s", err, want)
	}
}

func TestNarrowingBindsTheRulesToo(t *testing.T) {
	t.Parallel()
	narrow := withRules("narrow", `@id("n") forbid (principal, action == Action::"read", resource);`)
	set, err := governance.NewSet(governance.Ceiling{}, []governance.Policy{open("base"), narrow}, []string{"base"})
	if err != nil {
		t.Fatal(err)
	}
	if err := set.Bind(ruleSchema(t)); err != nil {
		t.Fatal(err)
	}
	g, err := governance.New(governance.Options{Select: set.Select, Limiter: newLedger(), Now: noon})
	if err != nil {
		t.Fatal(err)
	}
	if d := g.Decide(t.Context(), call()); !d.Allowed() {
		t.Errorf("%+v", d)
	}
	if d := g.Decide(t.Context(), call(func(c *governance.Call) { c.Policies = []string{"narrow"} })); d.Rule != "n" {
		t.Errorf("%+v", d)
	}
}

func TestRulesChangeTheDigest(t *testing.T) {
	t.Parallel()
	seen := map[string]string{}
	for name, p := range map[string]governance.Policy{
		"plain": open("p"), "rules": withRules("p", noPosts), "labels": touching(),
		"limits": limited(governance.Limit{Per: governance.PerTool, Metric: governance.MetricCalls, Max: 1, Window: time.Minute}),
	} {
		s, err := governance.Compile(governance.Ceiling{}, p)
		if err != nil {
			t.Fatal(err)
		}
		if other, twice := seen[s.Digest()]; twice || !strings.HasPrefix(s.Digest(), "sha256:") {
			t.Errorf("%s and %s are the same", name, other)
		}
		seen[s.Digest()] = name
	}
}

// BenchmarkRules measures a decision under 100 rules: of a call that none of them is about, and of one that two are.
func BenchmarkRules(b *testing.B) {
	text := `@id("hit") forbid (principal, action == Action::"post", resource) when { context.args.path like "/etc/*" };
	@id("label") forbid (principal, action == Action::"post", resource) when { resource.open_world && context.depth > 3 };`
	for range 98 {
		text += `forbid (principal, action == Action::"completion/complete", resource) when { principal.name == "x" };`
	}
	g, _ := ruled(b, withRules("p", text))
	for name, c := range map[string]*governance.Call{"no rule applies": call(), "two rules apply": call(of("post"))} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			ctx := b.Context()
			for b.Loop() {
				if d := g.Decide(ctx, c); !d.Allowed() {
					b.Fatalf("%+v", d)
				}
			}
		})
	}
}

// BenchmarkLimits measures a decision and its settlement under no rate, and under three in two shards.
func BenchmarkLimits(b *testing.B) {
	rate := func(per governance.Per, m governance.Metric) governance.Limit {
		return governance.Limit{Per: per, Metric: m, Max: 1 << 40, Window: time.Minute}
	}
	for name, limits := range map[string][]governance.Limit{
		"none":  nil,
		"three": {rate(governance.PerPrincipal, governance.MetricCalls), rate(governance.PerPrincipal, governance.MetricBytesOut), rate(governance.PerTool, governance.MetricCalls)},
	} {
		b.Run(name, func(b *testing.B) {
			g, _ := ruled(b, limited(limits...))
			c := call()
			b.ReportAllocs()
			ctx := b.Context()
			for b.Loop() {
				d := g.Decide(ctx, c)
				if _, err := g.Settle(ctx, c, d, governance.Used{Calls: 1, Tokens: 12, In: 12, Out: 100}); err != nil || !d.Allowed() {
					b.Fatalf("%+v, %v", d, err)
				}
			}
		})
	}
}
