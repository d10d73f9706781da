package inspect

import (
	"context"
	"encoding/json"
	"strings"
	"unicode/utf8"

	"github.com/mcp-kernel/mcp-kernel/governance/code"
	"github.com/mcp-kernel/mcp-kernel/governance/match"
)

// code examines the source code that a call brings along: the argument "code", in the language that the argument "language"
// or the ending of "filename" names, as verify_code_safety takes them.
func (i *Inspector) code(ctx context.Context, args json.RawMessage) []match.Finding {
	if len(args) == 0 || args[0] != '{' {
		return nil
	}
	source := sourceOf(args)
	if source.Code == "" {
		return nil
	}
	report, err := i.codes.Check(ctx, source, code.Options{})
	if err != nil {
		return nil // longer than is examined
	}
	lines := lineStarts(source.Code)
	found := make([]match.Finding, len(report.Findings))
	for n, f := range report.Findings {
		found[n] = match.Finding{
			Check: checkCode, Rule: f.RuleID, Class: f.RuleID, Severity: match.Severity(f.Severity), Confidence: sureness(f.Confidence),
			Pointer: "/code",
			Span:    match.Span{Start: offsetOf(source.Code, lines, f.Line, f.Column), End: offsetOf(source.Code, lines, f.EndLine, f.EndColumn)},
		}
	}
	return found
}

// sourceOf returns the code among arguments. A language that nobody knows is as good as none.
func sourceOf(args []byte) code.Source {
	var s code.Source
	members(args, func(name, value []byte) {
		if value[0] != '"' {
			return
		}
		switch string(name) {
		case "code":
			s.Code = string(unquoted(value))
		case "language":
			s.Language = string(unquoted(value))
		case "filename":
			s.Filename = string(unquoted(value))
		}
	})
	if _, err := code.ParseLanguage(s.Language); err != nil {
		s.Language = ""
	}
	return s
}

// sureness is a confidence of code safety as a number, in the middle of what it says.
func sureness(c code.Confidence) float64 {
	switch c {
	case code.Certain:
		return 0.95
	case code.Likely:
		return 0.75
	default:
		return 0.5
	}
}

// lineStarts returns where the lines of a text begin.
func lineStarts(text string) []int {
	starts := []int{0}
	for at := 0; ; {
		n := strings.IndexByte(text[at:], '\n')
		if n < 0 {
			return starts
		}
		at += n + 1
		starts = append(starts, at)
	}
}

// offsetOf returns the byte of a line and a column, which count from 1, columns in characters.
func offsetOf(text string, lines []int, line, column int) int {
	if line < 1 || line > len(lines) {
		return len(text)
	}
	at := lines[line-1]
	for ; column > 1 && at < len(text); column-- {
		_, size := utf8.DecodeRuneInString(text[at:])
		at += size
	}
	return at
}
