package main

import (
	"encoding/json"
	"fmt"
	"text/tabwriter"

	"github.com/mcp-kernel/mcp-kernel/governance"
	gate "github.com/mcp-kernel/mcp-kernel/governance/inspect"
	"github.com/mcp-kernel/mcp-kernel/governance/match"
)

// A threshold says whether an inspection has found what it is to fail on.
type threshold func(s *gate.Summary) bool

// parseThreshold reads a severity or an effect; without a text nothing reaches the threshold.
func parseThreshold(text string) (threshold, error) {
	var severity match.Severity
	switch {
	case text == "":
		return func(*gate.Summary) bool { return false }, nil
	case text == governance.Deny.String():
		return func(s *gate.Summary) bool { return s.Denied > 0 }, nil
	case text == governance.Ask.String():
		return func(s *gate.Summary) bool { return s.Denied+s.Asked > 0 }, nil
	case severity.UnmarshalText([]byte(text)) != nil:
		return nil, fmt.Errorf("%.40q is no severity (low, medium, high, critical) and no effect (ask, deny)", text)
	}
	return func(s *gate.Summary) bool {
		gravest, found := s.Gravest()
		return found && gravest >= severity
	}, nil
}

// summarize tells on standard error what was found: standard output has the lines.
func (a *app) summarize(s *gate.Summary) {
	if a.output == "json" {
		if text, err := json.Marshal(s); err == nil {
			fmt.Fprintf(a.err, "%s\n", text)
		}
		return
	}
	t := &table{w: tabwriter.NewWriter(a.err, 0, 8, 2, ' ', 0)}
	if len(s.Classes) > 0 {
		t.row("CHECK", "CLASS", "FINDINGS", "RECORDS", "SEVERITY")
	}
	for _, c := range s.Classes {
		t.row(c.Check, oneLine(c.Class, 60), number(c.Findings), number(c.Records), c.Severity.String())
	}
	t.line("%s", tallied(s))
	_ = t.w.Flush() // words for people
}

// tallied is the last line of the summary.
func tallied(s *gate.Summary) string {
	text := fmt.Sprintf("%d records: %d allowed, %d asked about, %d denied", s.Records, s.Allowed, s.Asked, s.Denied)
	if s.Redacted > 0 {
		text += fmt.Sprintf("; %d of the allowed redacted", s.Redacted)
	}
	if s.Would > 0 {
		text += fmt.Sprintf("; %d of the allowed only because of mode audit", s.Would)
	}
	if s.Errors > 0 {
		text += fmt.Sprintf("; %d not read", s.Errors)
	}
	return text
}
