package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/governance/match"
)

// effectiveRows prints what holds, field by field in the order of a file, each with the policy that gave it. What a policy
// need not have is left out where none has it.
func effectiveRows(t *table, e governance.Effective) {
	t.row("FIELD", "VALUE", "FROM")
	t.row("policies", joined(e.Policies), "")
	t.row("mode", e.Mode.Value.String(), e.Mode.Policy)
	t.row("max_tokens_per_request", number(e.MaxTokensPerRequest.Value), e.MaxTokensPerRequest.Policy)
	t.row("max_tool_calls_per_request", number(e.MaxToolCallsPerRequest.Value), e.MaxToolCallsPerRequest.Policy)
	for _, list := range []struct {
		field string
		from  []governance.From[[]string]
	}{
		{governance.CheckTools, e.AllowedTools}, {governance.CheckResources, e.AllowedResources}, {governance.CheckPrompts, e.AllowedPrompts},
	} {
		for _, from := range list.from {
			t.row(list.field, joined(from.Value), from.Policy)
		}
	}
	for i := range e.BlockedPatterns {
		patternRows(t, &e.BlockedPatterns[i])
	}
	t.row(governance.CheckConfidence, fraction(e.ConfidenceThreshold.Value), orDash(e.ConfidenceThreshold.Policy))
	t.row("timeout", e.Timeout.Value.String(), e.Timeout.Policy)
	boundRows(t, &e)
	judgedRows(t, &e)
}

// patternRows prints a pattern, and below it what is let pass all the same.
func patternRows(t *table, p *governance.EffectivePattern) {
	words := []string{p.Name + ": " + p.Type.String() + " " + p.Text}
	add := func(when bool, format string, args ...any) {
		if when {
			words = append(words, fmt.Sprintf(format, args...))
		}
	}
	add(p.CaseSensitive, "case sensitive")
	add(len(p.At) > 0, "at %s", strings.Join(p.At, " "))
	add(p.On != 0, "on %s", p.On)
	add(p.Action != match.Blocks, "action %s", p.Action)
	add(p.Severity != nil, "severity %v", p.Severity)
	t.row(governance.CheckPatterns, strings.Join(words, "; "), p.Policy)
	for i := range p.Except {
		t.row("", "  "+exception(&p.Except[i]), "")
	}
}

// exception says what is let pass, and until when.
func exception(x *match.Exception) string {
	text := "except"
	if len(x.Tools) > 0 {
		text += " for " + strings.Join(x.Tools, ", ")
	}
	if len(x.Principals) > 0 {
		text += " by " + strings.Join(x.Principals, ", ")
	}
	return fmt.Sprintf("%s until %s: %s", text, x.Until.UTC().Format(time.RFC3339), oneLine(x.Reason, 200))
}

// boundRows prints limits and bounds.
func boundRows(t *table, e *governance.Effective) {
	for i := range e.Limits {
		l := &e.Limits[i]
		value := l.Name + ": " + number(l.Max) + " " + l.Metric + " per " + l.Per
		if len(l.Tools) > 0 {
			value += " of " + joined(l.Tools)
		}
		if l.Window > 0 {
			value += " in " + l.Window.String()
		}
		t.row(governance.CheckRates, value, l.Policy)
	}
	for _, bound := range []struct {
		field string
		from  governance.From[int64]
	}{{governance.CheckMaxDepth, e.MaxDepth}, {governance.CheckFanOut, e.MaxFanOut}, {governance.CheckResult, e.MaxResultTokens}} {
		if bound.from.Policy != "" {
			t.row(bound.field, number(bound.from.Value), bound.from.Policy)
		}
	}
}

// judgedRows prints what calls and answers are judged by besides patterns.
func judgedRows(t *table, e *governance.Effective) {
	for i := range e.Labels {
		l := &e.Labels[i]
		value := strings.Join(l.Add, ", ") + ": " + about(l.Tools, l.Resources, l.Prompts, l.Hints)
		if len(l.Found) > 0 {
			value += "; once an answer holds " + strings.Join(l.Found, ", ")
		}
		t.row(governance.CheckLabels, value, l.Policy)
	}
	for _, r := range e.Rules {
		value := r.ID + ": " + r.Effect
		if r.Line > 0 {
			value += fmt.Sprintf(", line %d", r.Line)
		}
		t.row(governance.CheckRules, value, r.Policy)
	}
	for i := range e.RequireApproval {
		t.row(governance.CheckApproval, agreement(&e.RequireApproval[i]), e.RequireApproval[i].Policy)
	}
	for i := range e.Intent {
		t.row("intent", purposes(&e.Intent[i]), e.Intent[i].Policy)
	}
	for i := range e.Detect {
		t.row("detect", detection(&e.Detect[i]), e.Detect[i].Policy)
	}
}

// about says which calls a rule is about.
func about(tools, resources, prompts []string, hints map[string]bool) string {
	words := slices.Concat(tools, resources, prompts)
	for _, hint := range slices.Sorted(maps.Keys(hints)) {
		words = append(words, fmt.Sprintf("%s=%t", hint, hints[hint]))
	}
	return orDash(strings.Join(words, ", "))
}

// agreement says what a rule for approval wants.
func agreement(a *governance.EffectiveApproval) string {
	text := fmt.Sprintf("%s: %s: %d of %s over %s, within %s", a.Name, about(a.Tools, a.Resources, a.Prompts, a.Hints),
		a.Quorum, joined(a.Approvers), joinedChannels(a.Channels), a.Expires)
	if a.Message != "" {
		text += ": " + oneLine(a.Message, 200)
	}
	return text
}

// purposes says what calls must not be for, or not without being asked.
func purposes(i *governance.EffectiveIntent) string {
	var words []string
	if len(i.Deny) > 0 {
		words = append(words, "deny "+strings.Join(i.Deny, ", "))
	}
	if len(i.Ask) > 0 {
		words = append(words, "ask "+strings.Join(i.Ask, ", "))
	}
	if i.Threshold > 0 {
		words = append(words, "threshold "+fraction(i.Threshold))
	}
	if i.Unread != "" {
		words = append(words, "unread "+i.Unread)
	}
	return joined(words)
}

// detection says what is done about what detectors find.
func detection(d *governance.EffectiveDetect) string {
	text := d.What + ": " + d.Action
	if where := make([]string, len(d.On)); len(where) > 0 {
		for i, on := range d.On {
			where[i] = on.String()
		}
		text += " on " + strings.Join(where, ", ")
	}
	if d.Threshold > 0 {
		text += ", threshold " + fraction(d.Threshold)
	}
	return text
}
