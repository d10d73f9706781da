package governance_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/governance/match"
)

// open is a policy that allows everything.
func open(name string) governance.Policy {
	every := []string{"*"}
	return governance.Policy{Name: name, AllowedTools: every, AllowedResources: every, AllowedPrompts: every}
}

func compiled(tb testing.TB, policies ...governance.Policy) *governance.Snapshot {
	tb.Helper()
	s, err := governance.Compile(governance.Ceiling{}, policies...)
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

func TestComposition(t *testing.T) {
	t.Parallel()
	b := governance.Policy{
		Name: "b", Mode: governance.AuditOnly, MaxTokensPerRequest: new(int64(500)), MaxToolCallsPerRequest: new(int64(50_000)),
		BlockedPatterns: []match.Pattern{{Name: "rm", Type: match.Substring, Text: "rm -rf"}, {Type: match.Glob, Text: "*.exe"}},
		AllowedTools:    []string{"read", "write", "read"}, AllowedResources: []string{"vfs://*"},
		ConfidenceThreshold: new(0.5), Timeout: new(time.Minute),
	}
	a := governance.Policy{
		Name: "a", MaxTokensPerRequest: new(int64(900)), MaxToolCallsPerRequest: new(int64(0)),
		BlockedPatterns: []match.Pattern{{Name: "same", Type: match.Substring, Text: "rm -rf"}},
		AllowedTools:    []string{"read"}, ConfidenceThreshold: new(0.9), Timeout: new(time.Hour),
	}
	names := func(policy string, names ...string) governance.From[[]string] {
		return governance.From[[]string]{Value: append([]string{}, names...), Policy: policy}
	}
	want := governance.Effective{
		Policies:               []string{"a", "b"},
		Mode:                   governance.From[governance.Mode]{Value: governance.Enforce, Policy: "a"},
		MaxTokensPerRequest:    governance.From[int64]{Value: 500, Policy: "b"},
		MaxToolCallsPerRequest: governance.From[int64]{Value: 0, Policy: "a"},
		BlockedPatterns: []governance.EffectivePattern{
			{Name: "same", Type: match.Substring, Text: "rm -rf", Policy: "a"},
			{Name: "blocked_patterns[1]", Type: match.Glob, Text: "*.exe", Policy: "b"},
		},
		AllowedTools:        []governance.From[[]string]{names("a", "read"), names("b", "read", "write")},
		AllowedResources:    []governance.From[[]string]{names("a"), names("b", "vfs://*")},
		AllowedPrompts:      []governance.From[[]string]{names("a"), names("b")},
		ConfidenceThreshold: governance.From[float64]{Value: 0.9, Policy: "a"},
		Timeout:             governance.From[governance.Duration]{Value: governance.Duration(time.Minute), Policy: "b"},
	}
	s := compiled(t, b, a)
	if diff := cmp.Diff(want, s.EffectiveForOperator()); diff != "" {
		t.Error(diff)
	}
	shown, err := json.Marshal(s.Effective())
	if err != nil || strings.Contains(string(shown), "rm -rf") || !strings.Contains(string(shown), `"timeout":{"value":"1m0s","policy":"b"}`) {
		t.Errorf("an agent sees %s, %v", shown, err)
	}
}

func TestNoPolicyAllowsNothing(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]*governance.Snapshot{"compiled": compiled(t), "zero": {}, "nil": nil} {
		for kind := range governance.KindTask + 1 {
			if policy, ok := s.Allowed(kind, "tool:x"); ok || policy != "" {
				t.Errorf("%s: %v is allowed by %q", name, kind, policy)
			}
		}
		if s.Names() != nil || s.Effective().BlockedPatterns == nil {
			t.Errorf("%s: %+v", name, s.Effective())
		}
	}
	e := compiled(t).Effective()
	if e.MaxTokensPerRequest != (governance.From[int64]{Value: governance.DefaultMaxTokens, Policy: governance.CeilingName}) || e.Mode.Value != governance.Enforce {
		t.Errorf("%+v", e)
	}
}

func TestCeilingBoundsEveryPolicy(t *testing.T) {
	t.Parallel()
	p := governance.Policy{Name: "p", MaxTokensPerRequest: new(int64(math.MaxInt64)), MaxToolCallsPerRequest: new(int64(math.MaxInt64)), Timeout: new(time.Hour)}
	s, err := governance.Compile(governance.Ceiling{MaxTokens: 10, MaxCalls: 3, Timeout: time.Second}, p)
	if err != nil {
		t.Fatal(err)
	}
	e := s.Effective()
	if e.MaxTokensPerRequest != (governance.From[int64]{Value: 10, Policy: governance.CeilingName}) ||
		e.MaxToolCallsPerRequest.Value != 3 || e.Timeout.Value != governance.Duration(time.Second) {
		t.Errorf("%+v", e)
	}
}

func TestAllowed(t *testing.T) {
	t.Parallel()
	tools := func(lists ...[]string) *governance.Snapshot {
		var policies []governance.Policy
		for i, l := range lists {
			policies = append(policies, governance.Policy{Name: fmt.Sprint("p", i), AllowedTools: l, AllowedResources: l, AllowedPrompts: l})
		}
		return compiled(t, policies...)
	}
	type call struct {
		kind governance.Kind
		name string
	}
	tool := func(name string) call { return call{governance.KindTool, name} }
	resource := func(name string) call { return call{governance.KindResource, name} }
	tests := map[string]struct {
		snapshot *governance.Snapshot
		call     call
		policy   string
		ok       bool
	}{
		"exact":                   {tools([]string{"a"}), tool("a"), "p0", true},
		"other case":              {tools([]string{"a"}), tool("A"), "p0", false},
		"nil list":                {tools(nil), tool("a"), "p0", false},
		"empty list":              {tools([]string{}), tool("a"), "p0", false},
		"empty name":              {tools([]string{"*"}), tool(""), "", false},
		"everything":              {tools([]string{"*"}), tool("anything"), "p0", true},
		"glob":                    {tools([]string{"file_*"}), tool("file_read"), "p0", true},
		"glob matches whole":      {tools([]string{"file_*"}), tool("my_file_read"), "p0", false},
		"escaped star":            {tools([]string{`\*`}), tool("a"), "p0", false},
		"disjoint":                {tools([]string{"read"}, []string{"search"}), tool("read"), "p1", false},
		"in both":                 {tools([]string{"read", "x"}, []string{"read"}), tool("read"), "p0", true},
		"exact and glob":          {tools([]string{"read"}, []string{"r*"}), tool("read"), "p0", true},
		"glob and exact":          {tools([]string{"r*"}, []string{"read"}), tool("rest"), "p1", false},
		"two globs":               {tools([]string{"r*"}, []string{"*d"}), tool("reed"), "p0", true},
		"one of two globs":        {tools([]string{"r*"}, []string{"*d"}), tool("rest"), "p1", false},
		"everything and one":      {tools([]string{"*"}, []string{"a"}), tool("b"), "p1", false},
		"resource":                {tools([]string{"vfs://work/*"}), resource("vfs://work/a/b"), "p0", true},
		"climbing":                {tools([]string{"vfs://work/*"}), resource("vfs://work/../secret"), "p0", false},
		"climbing, encoded":       {tools([]string{"vfs://work/*"}), resource("vfs://work/%2e%2E/secret"), "p0", false},
		"encoded slash":           {tools([]string{"vfs://work/*"}), resource("vfs://work/..%2fsecret"), "p0", false},
		"backslash":               {tools([]string{"vfs://work/*"}), resource(`vfs://work\..\secret`), "p0", false},
		"dots in a name":          {tools([]string{"vfs://work/*"}), resource("vfs://work/a..b/...c"), "p0", true},
		"climbing but everything": {tools([]string{"*"}), resource("vfs://work/../secret"), "p0", true},
		"completion":              {tools([]string{"vfs://*"}), call{governance.KindCompletion, "resource:vfs://a"}, "p0", true},
		"completion of a prompt":  {tools([]string{"greet"}), call{governance.KindCompletion, "prompt:greet"}, "p0", true},
		"completion, bare":        {tools([]string{"*"}), call{governance.KindCompletion, "greet"}, "", false},
		"subscription":            {tools([]string{"vfs://*"}), call{governance.KindSubscription, "resource:file:///x"}, "p0", false},
		"subscription, odd form":  {tools([]string{"*"}), call{governance.KindSubscription, "Resource:file:///x"}, "", false},
		"task":                    {tools([]string{"a"}), call{governance.KindTask, "a"}, "p0", true},
		"unknown kind":            {tools([]string{"*"}), call{governance.KindTask + 1, "a"}, "", false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for range 2 { // the second time it is remembered
				if policy, ok := tt.snapshot.Allowed(tt.call.kind, tt.call.name); policy != tt.policy || ok != tt.ok {
					t.Errorf("got %q, %v; want %q, %v", policy, ok, tt.policy, tt.ok)
				}
			}
		})
	}
}

func TestRememberedRulingsAreBounded(t *testing.T) {
	t.Parallel()
	s := compiled(t, governance.Policy{Name: "p", AllowedTools: []string{"a*"}})
	for i := range 5000 {
		if _, ok := s.Allowed(governance.KindTool, fmt.Sprint("a", i)); !ok {
			t.Fatal(i)
		}
		if _, ok := s.Allowed(governance.KindTool, strings.Repeat("b", i)); ok {
			t.Fatal(i)
		}
	}
}

func TestDigest(t *testing.T) {
	t.Parallel()
	base := governance.Policy{
		Name: "p", Description: "one", AllowedTools: []string{"a", "b", "f*"},
		BlockedPatterns: []match.Pattern{{Name: "x", Type: match.Regex, Text: "x+"}, {Name: "y", Type: match.Substring, Text: "y"}},
		Timeout:         new(time.Second),
	}
	with := func(change func(*governance.Policy)) governance.Policy {
		p := base
		change(&p)
		return p
	}
	want := compiled(t, base).Digest()
	if !strings.HasPrefix(want, "sha256:") || len(want) != 71 {
		t.Fatal(want)
	}
	same := map[string][]governance.Policy{
		"name":           {with(func(p *governance.Policy) { p.Name, p.Description = "q", "two" })},
		"order of names": {with(func(p *governance.Policy) { p.AllowedTools = []string{"f*", "b", "a", "b"} })},
		"needless name":  {with(func(p *governance.Policy) { p.AllowedTools = []string{"f*", "b", "a", "fob"} })},
		"names of rules": {with(func(p *governance.Policy) {
			p.BlockedPatterns = []match.Pattern{{Type: match.Substring, Text: "y"}, {Type: match.Regex, Text: "x+"}}
		})},
		"twice":           {base, with(func(p *governance.Policy) { p.Name = "q" })},
		"beside open":     {base, open("q")},
		"what is default": {with(func(p *governance.Policy) { p.MaxToolCallsPerRequest = new(int64(governance.DefaultMaxCalls)) })},
	}
	for name, policies := range same {
		if got := compiled(t, policies...).Digest(); got != want {
			t.Errorf("%s: the digest differs", name)
		}
	}
	other := map[string]func(*governance.Policy){
		"mode":      func(p *governance.Policy) { p.Mode = governance.AuditOnly },
		"tool":      func(p *governance.Policy) { p.AllowedTools = []string{"a", "f*"} },
		"kind":      func(p *governance.Policy) { p.AllowedTools, p.AllowedPrompts = nil, p.AllowedTools },
		"pattern":   func(p *governance.Policy) { p.BlockedPatterns = p.BlockedPatterns[:1] },
		"calls":     func(p *governance.Policy) { p.MaxToolCallsPerRequest = new(int64(1)) },
		"tokens":    func(p *governance.Policy) { p.MaxTokensPerRequest = new(int64(1)) },
		"timeout":   func(p *governance.Policy) { p.Timeout = nil },
		"threshold": func(p *governance.Policy) { p.ConfidenceThreshold = new(0.1) },
	}
	for name, change := range other {
		if compiled(t, with(change)).Digest() == want {
			t.Errorf("%s: the digest is the same", name)
		}
	}
}

func TestValidateReportsEveryFault(t *testing.T) {
	t.Parallel()
	bad := governance.Policy{
		Mode: 7, MaxTokensPerRequest: new(int64(-1)), MaxToolCallsPerRequest: new(int64(-2)), ConfidenceThreshold: new(math.NaN()), Timeout: new(time.Duration(0)),
		BlockedPatterns: []match.Pattern{{Type: match.Regex, Text: "("}, {Text: "x"}, {Name: "a b", Type: match.Glob, Text: "x"}},
		AllowedTools:    []string{""}, AllowedResources: []string{"[a"}, AllowedPrompts: []string{" x", "\xff"},
	}
	_, err := governance.Compile(governance.Ceiling{}, open("twin"), bad, open("twin"))
	for _, want := range []string{
		`policy "#2": name: missing`, `policy "#2": mode: unknown`, `policy "#2": max_tokens_per_request: -1 is negative`,
		`policy "#2": max_tool_calls_per_request: -2 is negative`, `policy "#2": confidence_threshold: NaN is outside`, `policy "#2": timeout: 0s is not positive`,
		`policy "#2": blocked_patterns[0].pattern:`, `policy "#2": blocked_patterns[1].type:`, `policy "#2": blocked_patterns[2].name: "a b" has characters`,
		`policy "#2": allowed_tools[0]: empty`, `policy "#2": allowed_resources[0]: "[a": glob`, `policy "#2": allowed_prompts[0]: " x" begins or ends`,
		`policy "#2": allowed_prompts[1]: not valid UTF-8`, `policy "twin": name: is already the name of the policy #1`,
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s is not in\n%v", want, err)
		}
	}
	if _, ok := errors.AsType[*governance.PolicyError](err); !ok {
		t.Errorf("%T", err)
	}
}

func TestSet(t *testing.T) {
	t.Parallel()
	narrow := governance.Policy{Name: "narrow", AllowedTools: []string{"read"}}
	watch := open("watch")
	watch.Mode = governance.AuditOnly
	set, err := governance.NewSet(governance.Ceiling{}, []governance.Policy{open("base"), narrow, watch}, []string{"base", "base"})
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		policies, composed []string
		fails              bool
	}{
		"none":          {nil, []string{"base"}, false},
		"one":           {[]string{"narrow"}, []string{"base", "narrow"}, false},
		"order, twice":  {[]string{"watch", "narrow", "narrow", "base"}, []string{"base", "narrow", "watch"}, false},
		"active":        {[]string{"base"}, []string{"base"}, false},
		"unknown":       {[]string{"narrow", "typo"}, nil, true},
		"empty":         {[]string{""}, nil, true},
		"far too many":  {make([]string, 17), nil, true},
		"in other case": {[]string{"Narrow"}, nil, true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for range 2 {
				s, err := set.Select(&governance.Call{Policies: tt.policies})
				if (err != nil) != tt.fails {
					t.Fatal(err)
				}
				if diff := cmp.Diff(tt.composed, s.Names()); diff != "" {
					t.Error(diff)
				}
			}
		})
	}
	if s, _ := set.Select(&governance.Call{Policies: []string{"watch"}}); s.Effective().Mode.Value != governance.Enforce {
		t.Error("a call turned enforcement off")
	}
}

func TestSetWithoutActivePoliciesOpensNothing(t *testing.T) {
	t.Parallel()
	set, err := governance.NewSet(governance.Ceiling{}, []governance.Policy{open("base")}, nil)
	if err != nil {
		t.Fatal(err)
	}
	s, err := set.Select(&governance.Call{Policies: []string{"base"}})
	if _, ok := s.Allowed(governance.KindTool, "x"); ok || err != nil {
		t.Errorf("naming a policy opened what no active policy allows: %v", err)
	}
}

func TestSetFaultsAndCopies(t *testing.T) {
	t.Parallel()
	_, err := governance.NewSet(governance.Ceiling{}, []governance.Policy{open("a"), {Name: "b", Timeout: new(time.Duration(-1))}}, []string{"a", "c", "d"})
	for _, want := range []string{`policy "b": timeout`, `unknown policy "c": there are a, b`, `unknown policy "d"`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s is not in %v", want, err)
		}
	}
	mine := open("a")
	set, err := governance.NewSet(governance.Ceiling{}, []governance.Policy{mine}, []string{"a"})
	if err != nil {
		t.Fatal(err)
	}
	mine.AllowedTools[0] = "changed"
	got, ok := set.Policy("a")
	if !ok || got.AllowedTools[0] != "*" {
		t.Errorf("the set shares its policies: %v", got.AllowedTools)
	}
	if _, ok := set.Policy("b"); ok {
		t.Error("found what is not there")
	}
	if diff := cmp.Diff([]string{"a"}, set.Names()); diff != "" {
		t.Error(diff)
	}
}
