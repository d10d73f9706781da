package governance_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/governance/match"
)

// patterned is a policy of patterns alone.
func patterned(name string, patterns ...match.Pattern) governance.Policy {
	p := open(name)
	p.BlockedPatterns = patterns
	return p
}

func forbidding(change func(*match.Pattern)) match.Pattern {
	p := match.Pattern{Name: "word", Type: match.Substring, Text: "forbidden"}
	change(&p)
	return p
}

func except(until time.Time, tools, principals []string) func(*match.Pattern) {
	return func(p *match.Pattern) {
		p.Except = []match.Exception{{Reason: "agreed", Tools: tools, Principals: principals, Until: until}}
	}
}

func TestPatternTerms(t *testing.T) {
	t.Parallel()
	later, earlier := noon().Add(time.Minute), noon()
	in := func(args string) func(*governance.Call) {
		return func(c *governance.Call) { c.Args = json.RawMessage(args) }
	}
	named := func(c *governance.Call) { c.Name = "forbidden" }
	for name, tt := range map[string]struct {
		pattern match.Pattern
		call    func(*governance.Call)
		want    governance.Effect
		found   int
	}{
		"everywhere":            {forbidding(func(*match.Pattern) {}), in(`{"a":"forbidden"}`), governance.Deny, 0},
		"at":                    {forbidding(func(p *match.Pattern) { p.At = []string{"/a"} }), in(`{"a":"forbidden"}`), governance.Deny, 0},
		"beneath at":            {forbidding(func(p *match.Pattern) { p.At = []string{"/a"} }), in(`{"a":[{"b":"forbidden"}]}`), governance.Deny, 0},
		"a glob in at":          {forbidding(func(p *match.Pattern) { p.At = []string{"/*/b"} }), in(`{"a":[{"b":"forbidden"}]}`), governance.Deny, 0},
		"elsewhere":             {forbidding(func(p *match.Pattern) { p.At = []string{"/a"} }), in(`{"ab":"forbidden"}`), governance.Allow, 0},
		"at both":               {forbidding(func(p *match.Pattern) { p.At = []string{"/b"} }), in(`{"a":"forbidden","b":"forbidden"}`), governance.Deny, 0},
		"at is no name":         {forbidding(func(p *match.Pattern) { p.At = []string{"*"} }), named, governance.Allow, 0},
		"a name":                {forbidding(func(*match.Pattern) {}), named, governance.Deny, 0},
		"names alone":           {forbidding(func(p *match.Pattern) { p.On = match.Names }), in(`{"a":"forbidden"}`), governance.Allow, 0},
		"arguments alone":       {forbidding(func(p *match.Pattern) { p.On = match.Arguments }), named, governance.Allow, 0},
		"results alone":         {forbidding(func(p *match.Pattern) { p.On = match.Results }), in(`{"a":"forbidden"}`), governance.Allow, 0},
		"redacts":               {forbidding(func(p *match.Pattern) { p.Action = match.Redacts }), in(`{"a":"forbidden"}`), governance.Deny, 0},
		"asks":                  {forbidding(func(p *match.Pattern) { p.Action = match.Asks }), in(`{"a":"forbidden"}`), governance.Ask, 1},
		"logs":                  {forbidding(func(p *match.Pattern) { p.Action = match.Logs }), in(`{"a":"forbidden","b":"forbidden"}`), governance.Allow, 2},
		"excepted tool":         {forbidding(except(later, []string{"re*"}, nil)), in(`{"a":"forbidden"}`), governance.Allow, 0},
		"excepted principal":    {forbidding(except(later, nil, []string{"ann"})), in(`{"a":"forbidden"}`), governance.Allow, 0},
		"excepted both":         {forbidding(except(later, []string{"read"}, []string{"a*"})), in(`{"a":"forbidden"}`), governance.Allow, 0},
		"excepted other tool":   {forbidding(except(later, []string{"write"}, []string{"ann"})), in(`{"a":"forbidden"}`), governance.Deny, 0},
		"excepted somebody":     {forbidding(except(later, nil, []string{"bob"})), in(`{"a":"forbidden"}`), governance.Deny, 0},
		"no longer excepted":    {forbidding(except(earlier, []string{"*"}, nil)), in(`{"a":"forbidden"}`), governance.Deny, 0},
		"malformed":             {forbidding(func(p *match.Pattern) { p.Action = match.Logs }), in(`{"a":`), governance.Deny, 0},
		"layers without an end": {forbidding(func(p *match.Pattern) { p.Action = match.Logs }), in(`{"a":"%252525252525252525252525252525"}`), governance.Deny, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g, _ := gate(t, patterned("p", tt.pattern))
			d := g.Decide(t.Context(), call(tt.call))
			if d.Effect != tt.want || len(d.Findings) != tt.found {
				t.Errorf("%v with %d findings (%s, %v), want %v with %d", d.Effect, len(d.Findings), d.Reason, d.Fault, tt.want, tt.found)
			}
		})
	}
}

func TestTheStrictestPatternDecides(t *testing.T) {
	t.Parallel()
	log := match.Pattern{Name: "log", Type: match.Substring, Text: "one", Action: match.Logs, Severity: new(match.Low)}
	ask := match.Pattern{Name: "ask", Type: match.Substring, Text: "two", Action: match.Asks}
	block := match.Pattern{Name: "block", Type: match.Substring, Text: "three"}
	g, _ := gate(t, patterned("p", log, ask, block))
	d := g.Decide(t.Context(), call(func(c *governance.Call) { c.Args = json.RawMessage(`{"a":"one two b25lIGFuZCBhbm90aGVy"}`) }))
	want := []match.Finding{
		{Check: "blocked_patterns", Rule: "log", Class: "log", Severity: match.Low, Confidence: 1, Pointer: "/a", Span: match.Span{Start: 0, End: 3}},
		{Check: "blocked_patterns", Rule: "log", Class: "log", Severity: match.Low, Confidence: 1, Pointer: "/a", Span: match.Span{Start: 8, End: 28}, Form: "base64"},
		{Check: "blocked_patterns", Rule: "ask", Class: "ask", Severity: match.High, Confidence: 1, Pointer: "/a", Span: match.Span{Start: 4, End: 7}},
	}
	if diff := cmp.Diff(want, d.Findings); diff != "" || d.Effect != governance.Ask || d.Rule != "ask" {
		t.Errorf("%v by %q\n%s", d.Effect, d.Rule, diff)
	}
	d = g.Decide(t.Context(), call(func(c *governance.Call) { c.Args = json.RawMessage(`{"a":"one two","b":"three"}`) }))
	if d.Effect != governance.Deny || d.Rule != "block" || len(d.Findings) != 2 {
		t.Errorf("%v by %q with %d findings", d.Effect, d.Rule, len(d.Findings))
	}
}

func TestPatternsOfTwoPoliciesAddUp(t *testing.T) {
	t.Parallel()
	excepted := forbidding(except(noon().Add(time.Hour), []string{"*"}, nil))
	plain := forbidding(func(*match.Pattern) {})
	for name, tt := range map[string]struct {
		policies []governance.Policy
		patterns int
	}{
		"the same twice":             {[]governance.Policy{patterned("a", plain), patterned("b", plain)}, 1},
		"the default written out":    {[]governance.Policy{patterned("a", plain), patterned("b", forbidding(func(p *match.Pattern) { p.On = match.Arguments | match.Names }))}, 1},
		"an exception in one of two": {[]governance.Policy{patterned("a", excepted), patterned("b", plain)}, 2},
	} {
		s, err := governance.Compile(governance.Ceiling{}, tt.policies...)
		if err != nil {
			t.Fatal(err)
		}
		if got := len(s.Effective().BlockedPatterns); got != tt.patterns {
			t.Errorf("%s: %d patterns, want %d", name, got, tt.patterns)
		}
	}
	set, err := governance.NewSet(governance.Ceiling{}, []governance.Policy{patterned("a", excepted), patterned("b", plain)}, []string{"a", "b"})
	if err != nil {
		t.Fatal(err)
	}
	g, _ := gate(t, open("x"), func(o *governance.Options) { o.Select = set.Select })
	if d := g.Decide(t.Context(), call(func(c *governance.Call) { c.Args = json.RawMessage(`{"a":"forbidden"}`) })); d.Effect != governance.Deny || d.Policy != "b" {
		t.Errorf("%v by %q: one policy's exception opens another's", d.Effect, d.Policy)
	}
}

func TestScanResult(t *testing.T) {
	t.Parallel()
	s, err := governance.Compile(governance.Ceiling{}, patterned("p",
		match.Pattern{Name: "call", Type: match.Substring, Text: "alpha"},
		match.Pattern{Name: "log", Type: match.Substring, Text: "beta", On: match.Results, Action: match.Logs},
		match.Pattern{Name: "cut", Type: match.Substring, Text: "gamma", On: match.Results, Action: match.Redacts, At: []string{"/text"}},
		match.Pattern{Name: "stop", Type: match.Substring, Text: "delta", On: match.Results},
	))
	if err != nil {
		t.Fatal(err)
	}
	for doc, want := range map[string]struct {
		rule    string
		action  match.Action
		found   int
		without string
	}{
		`{"text":"alpha"}`:                       {"", 0, 0, `{"text":"alpha"}`},
		`{"text":"beta"}`:                        {"log", match.Logs, 1, `{"text":"beta"}`},
		`{"text":"beta gamma","other":"gamma"}`:  {"cut", match.Redacts, 2, `{"text":"beta [cut:1]","other":"gamma"}`},
		`{"text":"gamma","other":["del","ta"] }`: {"stop", match.Blocks, 2, `{"text":"[cut:1]","other":["del","ta"] }`},
	} {
		scan, err := s.ScanResult(call(), json.RawMessage(doc), noon())
		if err != nil || scan.Found != (want.rule != "") || scan.Rule != want.rule || scan.Action != want.action || len(scan.Findings) != want.found {
			t.Errorf("%s: %+v, %v", doc, scan, err)
		}
		if left, err := match.Redact([]byte(doc), scan.Redact); err != nil || string(left) != want.without {
			t.Errorf("%s: %s, %v", doc, left, err)
		}
	}
	if _, err := s.ScanResult(call(), json.RawMessage(`{`), noon()); err == nil {
		t.Error("half a document is an answer")
	}
	if scan, err := (*governance.Snapshot)(nil).ScanResult(call(), json.RawMessage(`{`), noon()); err != nil || scan.Found {
		t.Errorf("no snapshot: %+v, %v", scan, err)
	}
}

func TestDigestKnowsTheTermsOfPatterns(t *testing.T) {
	t.Parallel()
	digests := make(map[string]string)
	for name, p := range map[string]match.Pattern{
		"plain":      forbidding(func(*match.Pattern) {}),
		"at":         forbidding(func(p *match.Pattern) { p.At = []string{"/a"} }),
		"on":         forbidding(func(p *match.Pattern) { p.On = match.Results }),
		"action":     forbidding(func(p *match.Pattern) { p.Action = match.Logs }),
		"severity":   forbidding(func(p *match.Pattern) { p.Severity = new(match.Low) }),
		"exception":  forbidding(except(noon(), []string{"a"}, nil)),
		"exception2": forbidding(except(noon(), []string{"b"}, nil)),
	} {
		s, err := governance.Compile(governance.Ceiling{}, patterned("p", p))
		if err != nil {
			t.Fatal(err)
		}
		if other, twice := digests[s.Digest()]; twice {
			t.Errorf("%s and %s have the same digest", name, other)
		}
		digests[s.Digest()] = name
	}
}

func TestAgentsSeeNoWayAroundAPattern(t *testing.T) {
	t.Parallel()
	pattern := forbidding(except(noon(), []string{"a"}, nil))
	pattern.At = []string{"/a"}
	s, err := governance.Compile(governance.Ceiling{}, patterned("p", pattern))
	if err != nil {
		t.Fatal(err)
	}
	want := []governance.EffectivePattern{{Name: "word", Type: match.Substring, Policy: "p"}}
	if diff := cmp.Diff(want, s.Effective().BlockedPatterns); diff != "" {
		t.Error(diff)
	}
	if all := s.EffectiveForOperator().BlockedPatterns; len(all[0].At) != 1 || len(all[0].Except) != 1 {
		t.Errorf("operators see %+v", all)
	}
}
