package trial

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/governance/match"
	"github.com/mcp-kernel/mcp-kernel/governance/policy"
	"github.com/mcp-kernel/mcp-kernel/modules/primitives"
)

// unmet says what of a step is not as expected.
func unmet(s *policy.Step, c *came) []string {
	e, d := &s.Expect, &c.decision
	problems := misjudged(s, c)
	differs := func(field, want, got string) {
		if want != "" && want != got {
			problems = append(problems, fmt.Sprintf("%s is %s, not %s", field, quoted(got), quoted(want)))
		}
	}
	differs("check", e.Check, d.Check)
	differs("rule", e.Rule, d.Rule)
	differs("policy", e.Policy, d.Policy)
	differs("pointer", e.Pointer, d.Pointer)
	if e.Event != governance.EventNone {
		differs("event", e.Event.String(), d.Event.String())
	}
	if e.Reason != nil && !e.Reason.MatchString(d.Reason) {
		problems = append(problems, fmt.Sprintf("reason is %s, which does not match %s", quoted(d.Reason), e.Reason))
	}
	if e.Would != nil && *e.Would != d.Would {
		problems = append(problems, fmt.Sprintf("would is %v, not %v", d.Would, *e.Would))
	}
	if e.Labels != nil && !slices.Equal(e.Labels, c.labels) {
		problems = append(problems, fmt.Sprintf("labels are %s, not %s", list(c.labels), list(e.Labels)))
	}
	problems = append(problems, unfound(e.Findings, d.Findings)...)
	return append(problems, unleft(e, &c.left)...)
}

// misjudged says whether the effect is another than expected.
func misjudged(s *policy.Step, c *came) []string {
	e, d := &s.Expect, &c.decision
	got, want := d.Effect.String(), e.Effect.String()
	if e.Fate != policy.FateNone {
		want = e.Fate.String()
		switch judged := d.Stage == governance.StageReview; {
		case judged:
			got = fateOf(c).String()
		default:
			got = "that the call came to " + got
		}
	}
	if got == want {
		return nil
	}
	problem := fmt.Sprintf("effect is %s, not %s", got, want)
	if d.Reason != "" {
		problem += ": " + d.Reason
	}
	if d.Fault != nil {
		problem += ": " + d.Fault.Error()
	}
	return []string{problem}
}

// fateOf is what becomes of an answer or a definition.
func fateOf(c *came) policy.Fate {
	switch {
	case c.decision.Effect == governance.Ask:
		return policy.AskFirst
	case c.decision.Effect != governance.Allow:
		return policy.Withhold
	case c.left.redacted:
		return policy.Redact
	default:
		return policy.Pass
	}
}

// unfound says which findings are not among those that there are.
func unfound(want []policy.Found, got []match.Finding) []string {
	if want != nil && len(want) == 0 && len(got) > 0 {
		return []string{"findings are " + findings(got) + ", and none is expected"}
	}
	var problems []string
	for i := range want {
		if !slices.ContainsFunc(got, func(f match.Finding) bool { return fits(&want[i], &f) }) {
			problems = append(problems, fmt.Sprintf("finding %s is not among %s", wanted(&want[i]), findings(got)))
		}
	}
	return problems
}

func fits(want *policy.Found, f *match.Finding) bool {
	return (want.Check == "" || want.Check == f.Check) && (want.Rule == "" || want.Rule == f.Rule) &&
		(want.Class == "" || want.Class == f.Class) && (want.Pointer == nil || *want.Pointer == f.Pointer)
}

func wanted(f *policy.Found) string {
	words := strings.Join(slices.DeleteFunc([]string{f.Check, f.Rule, f.Class}, func(word string) bool { return word == "" }), " ")
	if f.Pointer != nil {
		words += " at " + quoted(*f.Pointer)
	}
	return words
}

// findings are those that there are, in one line.
func findings(found []match.Finding) string {
	if len(found) == 0 {
		return "none"
	}
	words := make([]string, len(found))
	for i := range found {
		words[i] = fmt.Sprintf("%s %s at %s", found[i].Check, found[i].Class, quoted(found[i].Pointer))
	}
	return strings.Join(words, ", ")
}

// unleft says in what the answer that reaches the agent is another than expected.
func unleft(e *policy.Expectation, left *remains) []string {
	var problems []string
	if e.Text != nil && *e.Text != left.text {
		problems = append(problems, fmt.Sprintf("text is %s, not %s", quoted(left.text), quoted(*e.Text)))
	}
	if e.Structured != nil && !same(e.Structured, left.structured) {
		problems = append(problems, fmt.Sprintf("structured is %s, not %s", quoted(string(left.structured)), e.Structured))
	}
	return problems
}

// same reports whether two documents mean the same.
func same(a, b json.RawMessage) bool {
	first, err := primitives.Canonical(a)
	if err != nil {
		return false
	}
	second, err := primitives.Canonical(b)
	return err == nil && bytes.Equal(first, second)
}

func list(words []string) string { return "[" + strings.Join(words, ", ") + "]" }

func quoted(text string) string {
	if text == "" {
		return "empty"
	}
	return fmt.Sprintf("%q", text)
}
