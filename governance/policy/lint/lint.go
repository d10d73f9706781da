// Package lint finds what is allowed in a policy and is probably not meant: entries that another makes needless, globs that
// nothing matches, rules about calls that never come so far, patterns that hit everything or cost more than they need, bounds
// that are never reached, questions that nobody can answer, exceptions that end, lists that open everything beside tools
// that destroy, or more than was called. Every finding has its place and what to do about it. What is wrong outright, package
// policy refuses.
package lint

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/governance/rules"
)

// Severity says how likely a finding is a mistake. The zero value is a warning.
type Severity uint8

// The severities.
const (
	Warning Severity = iota // it does not do what it seems to
	Note                    // it does, and that is worth knowing
)

// String returns "warning" or "note".
func (s Severity) String() string {
	if s == Note {
		return "note"
	}
	return "warning"
}

// MarshalText implements encoding.TextMarshaler; the text is what String returns.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// A Finding is one thing that is probably not meant.
type Finding struct {
	File     string   `json:"file,omitempty"`
	Line     int      `json:"line,omitempty"`
	Column   int      `json:"column,omitempty"`
	Policy   string   `json:"policy"`
	Field    string   `json:"field"` // path, as in "allowed_tools[2]"
	Severity Severity `json:"severity"`
	Problem  string   `json:"problem"`
	Fix      string   `json:"fix"`
}

// String returns file:line:column: severity: policy "name": field: problem: fix, of which it leaves out what is not known.
func (f *Finding) String() string {
	text := fmt.Sprintf("%s: policy %q: %s: %s: %s", f.Severity, f.Policy, f.Field, f.Problem, f.Fix)
	if f.File != "" {
		text = fmt.Sprintf("%s:%d:%d: %s", f.File, f.Line, f.Column, text)
	}
	return text
}

// Options say what the policies are about. What is empty is not looked at.
type Options struct {
	Surface   rules.Surface      // tools and prompts that there are
	Resources []string           // URIs and templates that there are
	Ceiling   governance.Ceiling // what no policy exceeds
	Now       time.Time          // by which exceptions have expired; zero does not look

	Unseen []string                      // other servers, by name, of which it is not known what they offer
	Closed map[governance.Channel]string // ways by which nobody can answer here, and why not

	// Called are the names that were called since Since, of each kind; nil does not look.
	Called map[governance.Kind]map[string]bool
	Since  time.Time
}

// Policies returns what is found in policies that are valid, in the order of their places.
func Policies(o Options, policies ...governance.Policy) []Finding {
	var found []Finding
	for i := range policies {
		l := linter{o: &o, p: &policies[i]}
		l.lists()
		l.opens()
		l.patterns()
		l.numbers()
		l.limits()
		l.labels()
		l.rules()
		l.approvals()
		l.detects()
		l.used()
		l.whole()
		found = append(found, l.found...)
	}
	slices.SortStableFunc(found, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return found
}

// A linter looks at one policy.
type linter struct {
	o     *Options
	p     *governance.Policy
	found []Finding
}

func (l *linter) warn(field, fix, format string, args ...any) {
	l.add(Warning, field, fix, format, args...)
}

func (l *linter) note(field, fix, format string, args ...any) {
	l.add(Note, field, fix, format, args...)
}

func (l *linter) add(s Severity, field, fix, format string, args ...any) {
	at := l.p.Source.At(field)
	l.found = append(l.found, Finding{
		File: l.p.Source.File, Line: at.Line, Column: at.Column, Policy: l.p.Name, Field: field, Severity: s,
		Problem: fmt.Sprintf(format, args...), Fix: fix,
	})
}

// opens looks for lists that open everything beside what writes or destroys.
func (l *linter) opens() {
	asks := slices.ContainsFunc(l.p.RequireApproval, func(r governance.ApprovalRule) bool { return r.Hints["destructive"] })
	if !slices.Contains(l.p.AllowedTools, "*") || l.p.Mode == governance.AuditOnly || l.p.Rules.Text != "" || asks {
		return
	}
	destroys := 0
	for _, t := range l.o.Surface.Tools {
		if t.Destructive {
			destroys++
		}
	}
	if destroys > 0 {
		l.note(fmt.Sprintf("%s[%d]", governance.CheckTools, slices.Index(l.p.AllowedTools, "*")),
			`name the tools, add a rule that asks resource.destructive, or require approval by hints`,
			"everything is allowed, %d tools that delete or overwrite included, and whatever another server adds", destroys)
	}
}

// numbers looks for bounds that are never reached, or that leave nothing.
func (l *linter) numbers() {
	above := func(field string, value *int64, most int64) {
		if value != nil && most > 0 && *value > most {
			l.warn(field, fmt.Sprintf("write %d or less, or raise governance.ceiling in the configuration", most),
				"%d is above the kernel's ceiling of %d, which holds", *value, most)
		}
	}
	above(governance.CheckTokens, l.p.MaxTokensPerRequest, l.o.Ceiling.MaxTokens)
	above(governance.CheckCalls, l.p.MaxToolCallsPerRequest, l.o.Ceiling.MaxCalls)
	if t, most := l.p.Timeout, l.o.Ceiling.Timeout; t != nil && most > 0 && *t > most {
		l.warn("timeout", fmt.Sprintf("write %v or less, or raise governance.ceiling in the configuration", most),
			"%v is above the kernel's ceiling of %v, which holds", *t, most)
	}
	if n := l.p.MaxToolCallsPerRequest; n != nil && *n == 0 && l.allowsAny() {
		l.warn(governance.CheckCalls, "empty the allowlists if nothing may be called", "0 allows no call of what the lists allow")
	}
	if c := l.p.ConfidenceThreshold; c != nil && *c == 0 {
		l.note(governance.CheckConfidence, "strike it, or write more", "0 reports no answer as drifting")
	}
}

func (l *linter) allowsAny() bool {
	return len(l.p.AllowedTools)+len(l.p.AllowedResources)+len(l.p.AllowedPrompts) > 0
}

// limits looks for limits that another of the policy makes needless.
func (l *linter) limits() {
	for i, a := range l.p.Limits {
		field := fmt.Sprintf("%s[%d]", governance.CheckRates, i)
		if a.Max == 0 {
			l.warn(field, "leave the tools out of the allowlist", "admits nothing")
		}
		for j, b := range l.p.Limits {
			same := a.Per == b.Per && a.Metric == b.Metric && a.Window == b.Window && slices.Equal(a.Tools, b.Tools)
			if i != j && same && (b.Max < a.Max || b.Max == a.Max && j < i) {
				l.warn(field, "strike it", "is never reached: %s[%d] counts the same and admits %d", governance.CheckRates, j, b.Max)
				break
			}
		}
	}
}

// whole looks at the policy as such.
func (l *linter) whole() {
	switch {
	case !l.allowsAny():
		l.warn("name", `write what may be called, or ["*"]: lists that are left out allow nothing`, "allows nothing")
	case l.p.Mode == governance.AuditOnly:
		l.note("mode", "write enforce when the journal shows nothing that should pass", "nothing is enforced: what would be refused is only recorded")
	}
}
