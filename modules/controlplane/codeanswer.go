package controlplane

import "github.com/mcp-kernel/mcp-kernel/governance/code"

// codeAnswer is a code.Report as callers see it: the seed's "safe", and words instead of numbers.
type codeAnswer struct {
	Safe         bool          `json:"safe" doc:"verdict is allow"`
	Verdict      string        `json:"verdict" enum:"allow,review,block"`
	Parsed       bool          `json:"parsed" doc:"a real parser accepted the code; false: it was only tokenised"`
	Language     string        `json:"language"`
	Findings     []codeFinding `json:"findings"`
	Total        int           `json:"total"`
	Truncated    bool          `json:"truncated" doc:"findings lists fewer than total"`
	Critical     int           `json:"critical"`
	High         int           `json:"high"`
	Medium       int           `json:"medium"`
	Low          int           `json:"low"`
	RulesChecked int           `json:"rules_checked"`
}

type codeFinding struct {
	RuleID     string `json:"rule_id"`
	Severity   string `json:"severity"`
	Confidence string `json:"confidence"`
	CWE        string `json:"cwe,omitempty"`
	Line       int    `json:"line"`
	Column     int    `json:"column"`
	EndLine    int    `json:"end_line"`
	EndColumn  int    `json:"end_column"`
	Excerpt    string `json:"excerpt"`
	Message    string `json:"message"`
	Fix        string `json:"fix,omitempty"`
}

func answerOf(r code.Report) codeAnswer {
	a := codeAnswer{
		Safe: r.Verdict == code.Allow, Verdict: r.Verdict.String(), Parsed: r.Parsed, Language: string(r.Language),
		Findings: make([]codeFinding, len(r.Findings)), Total: r.Total, Truncated: r.Truncated, RulesChecked: r.RulesChecked,
		Critical: r.Counts.Critical, High: r.Counts.High, Medium: r.Counts.Medium, Low: r.Counts.Low,
	}
	for i, f := range r.Findings {
		a.Findings[i] = codeFinding{
			RuleID: f.RuleID, Severity: f.Severity.String(), Confidence: f.Confidence.String(), CWE: f.CWE, Line: f.Line, Column: f.Column,
			EndLine: f.EndLine, EndColumn: f.EndColumn, Excerpt: f.Excerpt, Message: f.Message, Fix: f.Fix,
		}
	}
	return a
}
