package replay_test

import (
	"errors"
	"fmt"
	"iter"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/governance/audit"
	"github.com/mcp-kernel/mcp-kernel/governance/policy"
	"github.com/mcp-kernel/mcp-kernel/governance/policy/replay"
)

// set makes a set in which the policies of a text hold, except for those called extra.
func set(t *testing.T, text string) *governance.Set {
	t.Helper()
	policies, err := policy.Decode("p.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	var active []string
	for _, p := range policies {
		if p.Name != "extra" {
			active = append(active, p.Name)
		}
	}
	s, err := governance.NewSet(governance.Ceiling{}, policies, active)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// A past is a journal in the making.
type past struct {
	entries []audit.Entry
	at      time.Time
}

func newPast() *past { return &past{at: time.Date(2026, 1, 5, 12, 0, 0, 0, time.UTC)} }

// call adds a decision, and for a call that passed what came of it. Arguments that are sealed are in the clear here.
func (p *past) call(name, effect, args string, change ...func(*audit.Entry)) *past {
	p.at = p.at.Add(time.Second)
	e := audit.Entry{
		Seq: uint64(len(p.entries) + 1), Kind: audit.KindDecision, At: p.at, Call: fmt.Sprintf("c%d", len(p.entries)), Target: governance.KindTool,
		Name: name, Caller: governance.Caller{Principal: "user:ada"}, Policies: []string{"p"}, Args: audit.Payload{Bytes: int64(len(args))},
	}
	if err := e.Decision.Effect.UnmarshalText([]byte(effect)); err != nil {
		panic(err)
	}
	e.Charges = []audit.Charge{{Shard: "user:ada", Name: "tokens", N: int64(len(args))}}
	for _, c := range change {
		c(&e)
	}
	p.entries = append(p.entries, e)
	if effect == "allow" {
		p.entries = append(p.entries, audit.Entry{
			Seq: e.Seq + 1, Kind: audit.KindOutcome, At: p.at, Call: e.Call, Status: governance.StatusOK, Tokens: int64(len(args)) + 100,
		})
	}
	return p
}

func sealed(text string) func(*audit.Entry) {
	return func(e *audit.Entry) { e.Args.Sealed = []byte(text); e.Args.Bytes = int64(len(text)) }
}

func decided(stage, check string) func(*audit.Entry) {
	return func(e *audit.Entry) { e.Decision.Stage, e.Decision.Check = stage, check }
}

func (p *past) all() iter.Seq2[audit.Entry, error] {
	return func(yield func(audit.Entry, error) bool) {
		for _, e := range p.entries {
			if !yield(e, nil) {
				return
			}
		}
	}
}

func opened(sealed []byte) ([]byte, error) {
	if string(sealed) == "broken" {
		return nil, errors.New("not for this key")
	}
	return sealed, nil
}

// A sum is a report in short.
type sum struct {
	Same, Stricter, Looser, Other int64
	Undecided                     map[string]int64
}

func replayed(t *testing.T, p *past, o replay.Options) (sum, replay.Report) {
	t.Helper()
	r, err := replay.Run(t.Context(), p.all(), o)
	if err != nil {
		t.Fatal(err)
	}
	if n := r.Same + r.Stricter + r.Looser + r.Other; n+total(r.Undecided) != r.Calls {
		t.Errorf("%d decided and %v undecided of %d calls", n, r.Undecided, r.Calls)
	}
	s := sum{r.Same, r.Stricter, r.Looser, r.Other, r.Undecided}
	if len(s.Undecided) == 0 {
		s.Undecided = nil
	}
	return s, r
}

func total(counts map[string]int64) (n int64) {
	for _, c := range counts {
		n += c
	}
	return n
}

func TestRun(t *testing.T) {
	t.Parallel()
	const open = "- {name: p, allowed_tools: [\"*\"]}\n"
	for name, c := range map[string]struct {
		policies string
		past     *past
		options  replay.Options
		want     sum
	}{
		"the same": {open, newPast().call("read", "allow", "{}").call("write", "allow", `{"a":1}`), replay.Options{}, sum{Same: 2}},
		"fewer names": {
			"- {name: p, allowed_tools: [read]}\n", newPast().call("read", "allow", `{"a":1}`).call("write", "allow", `{"a":1}`),
			replay.Options{},
			sum{Same: 1, Stricter: 1},
		},
		"more names": {
			open, newPast().call("write", "deny", `{"a":1}`, decided("allowlist", "allowed_tools")), replay.Options{}, sum{Looser: 1},
		},
		"what no policy says stays": {
			open, newPast().call("none", "deny", `{"a":1}`, decided("allowlist", "catalog")).call("read", "deny", "{}", decided("limits", "frozen")),
			replay.Options{},
			sum{Same: 2},
		},
		"a pattern, without arguments": {
			"- {name: p, allowed_tools: [read, rm], blocked_patterns: [{type: substring, pattern: rm}]}\n",
			newPast().call("read", "allow", `{"a":1}`).call("read", "allow", "{}").call("rm", "allow", `{"a":1}`).call("write", "allow", `{"a":1}`),
			replay.Options{},
			sum{Same: 1, Stricter: 2, Undecided: map[string]int64{replay.NoArguments: 1}},
		},
		"a pattern, with sealed arguments": {
			"- {name: p, allowed_tools: [read], blocked_patterns: [{type: substring, pattern: rm -rf}]}\n",
			newPast().call("read", "allow", "", sealed(`{"a":"rm -rf /"}`)).call("read", "allow", "", sealed(`{"a":"ls"}`)).call("read", "allow", "", sealed("broken")),
			replay.Options{Open: opened},
			sum{Same: 1, Stricter: 1, Undecided: map[string]int64{replay.NoOpening: 1}},
		},
		"sealed arguments without a key": {
			"- {name: p, allowed_tools: [read], blocked_patterns: [{type: substring, pattern: rm -rf}]}\n",
			newPast().call("read", "allow", "", sealed(`{"a":"rm -rf /"}`)),
			replay.Options{},
			sum{Undecided: map[string]int64{replay.NoArguments: 1}},
		},
		"a lower limit": {
			"- {name: p, allowed_tools: [\"*\"], max_tool_calls_per_request: 2}\n",
			newPast().call("a", "allow", "{}").call("a", "allow", "{}").call("a", "allow", "{}"),
			replay.Options{},
			sum{Same: 2, Stricter: 1},
		},
		"a lower limit, not counted": {
			"- {name: p, allowed_tools: [\"*\"], max_tool_calls_per_request: 2}\n",
			newPast().call("a", "allow", "{}").call("a", "allow", "{}").call("a", "allow", "{}"),
			replay.Options{WithoutLimits: true},
			sum{Same: 3},
		},
		"tokens of answers count": {
			"- {name: p, allowed_tools: [\"*\"], max_tokens_per_request: 150}\n",
			newPast().call("a", "allow", "{}").call("a", "allow", "{}").call("a", "allow", "{}"),
			replay.Options{},
			sum{Same: 2, Stricter: 1},
		},
		"what would have been answered is not known": {
			"- {name: p, allowed_tools: [\"*\"], max_tokens_per_request: 1000}\n",
			newPast().call("a", "deny", "{}", decided("allowlist", "allowed_tools")).call("b", "allow", "{}"),
			replay.Options{},
			sum{Looser: 1, Undecided: map[string]int64{replay.NoHistory: 1}},
		},
		"what was not decided makes limits doubtful": {
			"- {name: p, allowed_tools: [\"*\"], max_tool_calls_per_request: 1, blocked_patterns: [{type: substring, pattern: x}]}\n",
			newPast().call("a", "allow", `{"a":1}`).call("b", "allow", "{}"),
			replay.Options{},
			sum{Undecided: map[string]int64{replay.NoArguments: 1, replay.NoHistory: 1}},
		},
		"calls at once": {
			"- {name: p, allowed_tools: [\"*\"], limits: [{per: principal, concurrent: 1}]}\n",
			&past{entries: newPast().call("a", "allow", "{}").call("b", "allow", "{}").entries},
			replay.Options{},
			sum{Same: 2},
		},
		"a policy that the call named": {
			open + "- {name: extra, allowed_tools: [read]}\n",
			newPast().call("write", "allow", "{}", func(e *audit.Entry) { e.Policies = []string{"extra", "p"} }).
				call("write", "allow", "{}", func(e *audit.Entry) { e.Policies = []string{"gone", "p"} }),
			replay.Options{},
			sum{Stricter: 1, Undecided: map[string]int64{replay.NoPolicy: 1}},
		},
		"a policy that was active": {
			"- {name: q, allowed_tools: [\"*\"]}\n", newPast().call("write", "allow", "{}"), replay.Options{Known: []string{"p"}}, sum{Same: 1},
		},
		"only watched before": {
			"- {name: p, allowed_tools: [read]}\n",
			newPast().call("write", "allow", "{}", decided("allowlist", "allowed_tools"), func(e *audit.Entry) { e.Decision.Would = true }),
			replay.Options{},
			sum{Stricter: 1},
		},
		"only watching now": {
			"- {name: p, mode: audit, allowed_tools: [read]}\n", newPast().call("write", "allow", "{}").call("read", "deny", "{}"),
			replay.Options{},
			sum{Stricter: 1, Looser: 1},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.options.Set = set(t, c.policies)
			got, _ := replayed(t, c.past, c.options)
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestTheSamePolicies sees that what the same policies said of arguments is believed without them.
func TestTheSamePolicies(t *testing.T) {
	t.Parallel()
	s := set(t, "- {name: p, allowed_tools: [read], blocked_patterns: [{type: substring, pattern: rm -rf}]}\n")
	snapshot, err := s.Select(&governance.Call{})
	if err != nil {
		t.Fatal(err)
	}
	same := func(e *audit.Entry) { e.PolicyDigest = snapshot.Digest() }
	p := newPast().call("read", "allow", `{"a":1}`, same).call("read", "deny", `{"a":1}`, same, decided("patterns", "blocked_patterns"))
	got, _ := replayed(t, p, replay.Options{Set: s})
	if diff := cmp.Diff(sum{Same: 2}, got); diff != "" {
		t.Error(diff)
	}
}

func TestChangesAreGrouped(t *testing.T) {
	t.Parallel()
	p := newPast()
	for range 5 {
		p.call("write", "allow", "{}").call("send", "allow", "{}").call("write", "allow", "{}")
	}
	from := p.entries[6].At
	_, r := replayed(t, p, replay.Options{Set: set(t, "- {name: p, allowed_tools: [read]}\n"), From: from, MaxShown: 1})
	want := []replay.Change{{
		Kind: "tool", Name: "write", Count: 8, Seq: 7, Call: "c6", Was: replay.Verdict{Effect: "allow"},
		Now: replay.Verdict{Effect: "deny", Check: "allowed_tools", Policy: "p"},
	}}
	if diff := cmp.Diff(want, r.Changes); diff != "" || r.More != 4 || r.Calls != 12 {
		t.Errorf("%d calls, %d more\n%s", r.Calls, r.More, diff)
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	if _, err := replay.Run(t.Context(), newPast().all(), replay.Options{}); err == nil {
		t.Error("replayed under nothing")
	}
	damaged := func(yield func(audit.Entry, error) bool) { yield(audit.Entry{}, audit.ErrDamaged) }
	if _, err := replay.Run(t.Context(), damaged, replay.Options{Set: set(t, "- {name: p}\n")}); !errors.Is(err, audit.ErrDamaged) {
		t.Errorf("%v", err)
	}
}

// TestManyCallers sees that memory does not grow with callers and calls.
func TestManyCallers(t *testing.T) {
	t.Parallel()
	const n = 120_000
	at := time.Date(2026, 1, 5, 12, 0, 0, 0, time.UTC)
	entries := func(yield func(audit.Entry, error) bool) {
		for i := range n {
			e := audit.Entry{
				Seq: uint64(i + 1), Kind: audit.KindDecision, At: at, Call: fmt.Sprint(i), Target: governance.KindTool, Name: "read",
				Caller: governance.Caller{Principal: fmt.Sprint("user:", i)}, Decision: audit.Decision{Effect: governance.Allow},
				Policies: []string{"p"}, Args: audit.Payload{Bytes: 10}, Labels: []string{"a:b"},
			}
			if !yield(e, nil) { // none of them ends
				return
			}
		}
	}
	r, err := replay.Run(t.Context(), entries, replay.Options{Set: set(t, "- {name: p, allowed_tools: [\"*\"], max_tool_calls_per_request: 5, blocked_patterns: [{type: substring, pattern: x}]}\n")})
	if err != nil || r.Calls != n || r.Same+total(r.Undecided) != n {
		t.Errorf("%+v, %v", r, err)
	}
}

func Benchmark(b *testing.B) {
	policies, err := policy.Decode("p.yaml", []byte("- {name: p, allowed_tools: [\"*\"], max_tool_calls_per_request: 100000000}\n"))
	if err != nil {
		b.Fatal(err)
	}
	s, err := governance.NewSet(governance.Ceiling{MaxCalls: 1 << 40, MaxTokens: 1 << 50}, policies, []string{"p"})
	if err != nil {
		b.Fatal(err)
	}
	p := newPast()
	for range 1000 {
		p.call("read", "allow", `{"path":"work:a.txt"}`)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := replay.Run(b.Context(), p.all(), replay.Options{Set: s}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/1000, "ns/call")
}
