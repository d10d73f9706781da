package compare_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/governance/policy"
	"github.com/mcp-kernel/mcp-kernel/governance/policy/compare"
	"github.com/mcp-kernel/mcp-kernel/state"
	"github.com/mcp-kernel/mcp-kernel/state/memstate"
)

// someFields are what a random policy may say of each field; it says nothing of most.
func someFields() [][]string {
	return [][]string{
		{`allowed_tools: ["*"]`, `allowed_tools: ["file_*"]`, `allowed_tools: [file_read, "web_*"]`, `allowed_tools: ["*_read", "web_?ost", "file_w*"]`},
		{`allowed_resources: ["*"]`, `allowed_resources: ["mem://**"]`, `allowed_resources: ["mem://notes/*"]`},
		{`allowed_prompts: ["*"]`, `allowed_prompts: [ask]`},
		{`mode: audit`, `mode: enforce`, ``, ``, ``, ``},
		{`max_tool_calls_per_request: 1`, `max_tool_calls_per_request: 3`, ``, ``, ``},
		{`max_tokens_per_request: 100`, `max_tokens_per_request: 300`, ``, ``, ``},
		{`max_depth: 1`, `max_depth: 3`, ``, ``, ``},
		{`confidence_threshold: 0.5`, ``, ``, ``, ``},
		{
			`blocked_patterns: [{type: substring, pattern: hunter2}]`, `blocked_patterns: [{type: substring, pattern: hunter2, action: ask}]`,
			`blocked_patterns: [{type: substring, pattern: hunter2, action: redact, on: [results]}]`, `blocked_patterns: [{type: substring, pattern: hunter2, action: log}]`,
			`blocked_patterns: [{type: regex, pattern: 'drop\s+table'}, {type: substring, pattern: hunter, at: [/a]}]`,
			`blocked_patterns: [{type: substring, pattern: hunter2, except: [{reason: test, tools: [file_read], until: 2027-01-01T00:00:00Z}]}]`,
			`blocked_patterns: [{type: substring, pattern: hunter2, on: [arguments]}, {type: substring, pattern: ada, on: [results], action: redact}]`, ``, ``,
		},
		{
			`detect: {email: log}`, `detect: {email: {action: redact, on: [results]}, iban: {action: block, on: [arguments]}}`, `detect: {pii: {action: ask, on: [arguments]}}`,
			`detect: {pii: default}`, `detect: {all: default}`, `detect: {all: block, email: off}`, `detect: {email: {action: block, threshold: 0.99}}`, `detect: {injection: block}`, ``, ``,
		},
		{
			`intent: {deny: [destructive_data]}`, `intent: {deny: [destructive_data, privilege_escalation], threshold: 0.9}`, `intent: {ask: [destructive_data, data_read], unread: allow}`,
			`intent: {deny: [privilege_escalation], ask: [destructive_data]}`, ``, ``, ``,
		},
		{
			`require_approval: [{tools: [file_write], approvers: ["user:ada"]}]`, `require_approval: [{tools: ["file_*"], approvers: ["user:ada", "user:bob"], quorum: 2}]`,
			`require_approval: [{hints: {destructive: true}, approvers: ["user:ada"], expires: 1m, channels: [cli]}]`,
			`require_approval: [{tools: [file_write], approvers: ["user:ada"], channels: [cli]}]`, `require_approval: [{tools: [file_write], approvers: ["user:ada"], expires: 1m}]`,
			`require_approval: [{tools: [file_write], approvers: ["user:ada", "user:bob"]}]`, `require_approval: [{tools: [file_write], approvers: ["user:ada", "user:bob"], quorum: 2}]`, ``, ``,
		},
		{
			"rules: |\n  forbid (principal, action == Action::\"web_post\", resource) when { context.labels.contains(\"read:x\") };\nlabels: [{add: [read:x], tools: [file_read]}]",
			"rules: |\n  forbid (principal, action == Action::\"web_post\", resource) when { context.labels.contains(\"read:x\") };\ndetect: {email: log}\nlabels: [{add: [read:x], found: [email]}]",
			"rules: |\n  permit (principal, action in Action::\"tools/call\", resource) when { resource.read_only };",
			"rules: |\n  forbid (principal, action in Action::\"tools/call\", resource) when { context.depth > 1 };", ``, ``, ``, ``,
		},
	}
}

// someChoices draws what each of one or two policies says of each field.
func someChoices(t *rapid.T) [][]int {
	choices := make([][]int, rapid.IntRange(1, 2).Draw(t, "policies"))
	for i := range choices {
		for field, options := range someFields() {
			choices[i] = append(choices[i], rapid.IntRange(0, len(options)-1).Draw(t, fmt.Sprintf("policy %d, field %d", i, field)))
		}
	}
	return choices
}

// changed draws what else the policies may say of one or two fields.
func changed(t *rapid.T, choices [][]int) [][]int {
	other := make([][]int, len(choices))
	for i := range choices {
		other[i] = slices.Clone(choices[i])
	}
	for range rapid.IntRange(1, 2).Draw(t, "changes") {
		fields := someFields()
		i, field := rapid.IntRange(0, len(other)-1).Draw(t, "changed policy"), rapid.IntRange(0, len(fields)-1).Draw(t, "changed field")
		other[i][field] = rapid.IntRange(0, len(fields[field])-1).Draw(t, "change")
	}
	return other
}

// chosen makes the set of what was chosen. Of a field that two choices name, the first counts.
func chosen(t *rapid.T, choices [][]int) (set *governance.Set, text string) {
	var policies []governance.Policy
	var names []string
	for i := range choices {
		name := fmt.Sprintf("p%d", i)
		one := "- name: " + name + "\n"
		said := map[string]bool{}
		for k, options := range someFields() {
			for line := range strings.Lines(options[choices[i][k]]) {
				field, _, _ := strings.Cut(line, ":")
				if inner := strings.HasPrefix(line, " "); !inner && said[field] {
					continue
				}
				said[field] = true
				one += "  " + strings.TrimSuffix(line, "\n") + "\n"
			}
		}
		p, err := policy.Decode(name+".yaml", []byte(one))
		if err != nil {
			t.Fatalf("%s\n%v", one, err)
		}
		policies, names, text = append(policies, p...), append(names, name), text+one
	}
	set, err := governance.NewSet(governance.Ceiling{}, policies, names)
	if err != nil {
		t.Fatal(err)
	}
	return set, text
}

// A trial is a call with what came before it and what it would answer.
type trial struct {
	call          governance.Call
	calls, tokens int64 // used
	answer        json.RawMessage
}

func someTrial(t *rapid.T) trial {
	texts := []string{"hello", "hunter2", "write to ada@example.org", "account GB82 WEST 1234 5698 7654 32", "DROP TABLE customers", "sudo usermod -aG sudo mallory", "SELECT name FROM customers WHERE id = 7"}
	keys := []string{"a", "sql", "command", "text"}
	doc := func(label string) json.RawMessage {
		all := map[string]string{}
		for range rapid.IntRange(0, 2).Draw(t, label) {
			all[rapid.SampledFrom(keys).Draw(t, label+" key")] = rapid.SampledFrom(texts).Draw(t, label+" value")
		}
		text, err := json.Marshal(all)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	kind := rapid.SampledFrom([]governance.Kind{governance.KindTool, governance.KindTool, governance.KindTool, governance.KindResource, governance.KindPrompt}).Draw(t, "kind")
	names := map[governance.Kind][]string{
		governance.KindTool: {"file_read", "file_write", "web_fetch", "web_post", "other"}, governance.KindResource: {"mem://notes/1", "mem://x", "file:///x"}, governance.KindPrompt: {"ask", "none"},
	}
	c := governance.Call{ID: "trial", Kind: kind, Name: rapid.SampledFrom(names[kind]).Draw(t, "name"), Caller: governance.Caller{Principal: "user:eve"}, At: noon()}
	c.Depth = rapid.IntRange(0, 4).Draw(t, "depth")
	if kind != governance.KindResource {
		c.Args = doc("arguments")
	}
	for _, tool := range surface().Tools {
		if tool.Name == c.Name {
			c.Hints = governance.Hints{ReadOnly: tool.ReadOnly, NonDestructive: !tool.Destructive, ClosedWorld: !tool.OpenWorld}
		}
	}
	if rapid.Bool().Draw(t, "touched") {
		c.Labels = []string{"read:x"}
	}
	return trial{
		call: c, calls: rapid.Int64Range(0, 4).Draw(t, "calls"), tokens: rapid.SampledFrom([]int64{0, 200, 400}).Draw(t, "tokens"), answer: doc("answer"),
	}
}

func noon() time.Time { return time.Date(2026, time.January, 5, 12, 0, 0, 0, time.UTC) }

// An outcome is what became of a trial: how little of the call passes, whom it must be agreed with, and what came back.
type outcome struct {
	call   int // 0 runs, 1 asks, 2 is refused
	asks   []governance.Requirement
	answer int      // 0 passes, 1 is withheld; of a call that both sides let run
	left   []string // of the answer
	would  bool
}

func (o *outcome) String() string {
	return fmt.Sprintf("call %d asking %+v, answer %d with %q, would %v", o.call, o.asks, o.answer, o.left, o.would)
}

// outcomeOf judges a trial by one set, with counters of its own. In mode audit it is what really happens.
func outcomeOf(t *rapid.T, set *governance.Set, x trial) outcome {
	store := memstate.New(memstate.Options{Now: noon, MaxBytes: 1 << 20})
	labels, err := governance.NewLabels(store, 0, noon)
	if err != nil {
		t.Fatal(err)
	}
	gate, err := governance.New(governance.Options{Select: set.Select, Limiter: store, Labels: labels, Now: noon})
	if err != nil {
		t.Fatal(err)
	}
	claims := []state.Claim{
		{Name: governance.CounterCalls, N: x.calls, Limit: 1 << 40, Window: governance.DefaultWindow},
		{Name: governance.CounterTokens, N: x.tokens, Limit: 1 << 40, Window: governance.DefaultWindow},
	}
	if _, err := store.Take(t.Context(), x.call.Caller.Identity(), claims...); err != nil {
		t.Fatal(err)
	}
	var tree governance.Tree
	call := x.call
	call.Tree = &tree
	d := gate.Decide(t.Context(), &call)
	d.Hold.Release()
	o := outcome{would: d.Would}
	switch {
	case d.Effect == governance.Ask && d.Approval != nil:
		o.call, o.asks = 1, d.Approval.Needs
	case d.Effect == governance.Ask:
		o.call = 1
	case d.Effect == governance.Deny:
		o.call = 2
	}
	// The answer is judged whatever the call's decision was: a human may have agreed to it.
	r := gate.Review(t.Context(), &call, &governance.Outcome{Status: governance.StatusOK, Result: x.answer, Confidence: 1}, d)
	o.left = left(t, x.answer)
	switch {
	case r.Effect != governance.Allow:
		o.answer, o.left = 1, nil
	case r.Redacted != nil:
		o.left = left(t, r.Redacted)
	}
	o.would = o.would || r.Would
	return o
}

// left are the words of a document.
func left(t *rapid.T, doc json.RawMessage) []string {
	var all map[string]string
	if err := json.Unmarshal(doc, &all); err != nil {
		t.Fatalf("%s: %v", doc, err)
	}
	var words []string
	for key, text := range all {
		for word := range strings.FieldsSeq(text) {
			if !strings.HasPrefix(word, "[") { // what stands for something that was taken out
				words = append(words, key+" "+word)
			}
		}
	}
	slices.Sort(words)
	return words
}

// more says what one outcome lets pass that another does not; empty is nothing.
func more(a, b *outcome) string {
	switch {
	case a.call < b.call:
		return "the call"
	case a.call == 2 || b.call == 2:
		return ""
	case a.call == 1 && b.call == 1 && !met(a.asks, b.asks):
		return "the call, with less of people's word"
	}
	if i := slices.IndexFunc(a.left, func(word string) bool { return !slices.Contains(b.left, word) }); i >= 0 {
		return "of the answer " + a.left[i]
	}
	return ""
}

// met reports whether whoever meets requirements has met others.
func met(needs, others []governance.Requirement) bool {
	for _, other := range others {
		if !slices.ContainsFunc(needs, func(n governance.Requirement) bool {
			return n.Quorum >= other.Quorum && n.Expires <= other.Expires &&
				!slices.ContainsFunc(n.Approvers, func(who string) bool { return !slices.Contains(other.Approvers, who) }) &&
				!slices.ContainsFunc(n.Channels, func(c governance.Channel) bool { return !slices.Contains(other.Channels, c) })
		}) {
			return false
		}
	}
	return true
}

// TestNoCallContradictsTheVerdict draws policies and calls: where the verdict is not that it was only sampled, no call may
// pass that it excludes.
func TestNoCallContradictsTheVerdict(t *testing.T) {
	t.Parallel()
	verdicts := map[string]int{}
	rapid.Check(t, func(t *rapid.T) {
		choices := someChoices(t)
		first, one := chosen(t, choices)
		second, two := chosen(t, changed(t, choices))
		r, err := compare.Sets(t.Context(), first, second, compare.Options{Surface: surface(), Resources: []string{"mem://notes/1"}})
		if err != nil {
			t.Fatal(err)
		}
		verdicts[fmt.Sprint(r.Relation, " ", r.Sampled)]++
		if r.Sampled || r.Relation == compare.Incomparable || r.Relation == compare.Undecided {
			return
		}
		for range 40 {
			x := someTrial(t)
			a, b := outcomeOf(t, first, x), outcomeOf(t, second, x)
			looser, stricter := more(&b, &a), more(&a, &b)
			if looser != "" && r.Relation != compare.Looser || stricter != "" && r.Relation != compare.Stricter {
				t.Fatalf("%s, but of %s %s %s (answers %s, labels %v, depth %d, used %d, %d)\nfirst lets pass %q: %s\nsecond lets pass %q: %s\n%s\nand\n%s\n%+v", r.Relation,
					x.call.Kind, x.call.Name, x.call.Args, x.answer, x.call.Labels, x.call.Depth, x.calls, x.tokens, stricter, &a, looser, &b, one, two, r)
			}
		}
	})
	t.Log(verdicts)
}
