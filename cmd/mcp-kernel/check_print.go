package main

import (
	"fmt"
	"strings"
)

// printCheck writes a result in the format that was asked for.
func (a *app) printCheck(r *checkResult) error {
	if a.output == "sarif" {
		return a.printSARIF(r)
	}
	return a.print(r, func(t *table) { checkLines(t, r) })
}

// checkLines writes a line for each finding as compilers do, the line of source below it, and what it comes to.
func checkLines(t *table, r *checkResult) {
	for _, f := range r.Findings {
		t.line("%s:%d:%d: %s: %s [%s]", f.Path, f.Line, f.Column, f.Severity, f.Message, f.RuleID)
		if f.Excerpt != "" {
			t.line("    %s", oneLine(f.Excerpt, 120))
		}
	}
	switch {
	case r.Total == 0:
		t.line("nothing found in %s", counted(r.Files, "file"))
	case r.Truncated:
		t.line("%s in %s, of which %d are listed", counted(r.Total, "finding"), counted(r.Files, "file"), len(r.Findings))
	default:
		t.line("%s in %s", counted(r.Total, "finding"), counted(r.Files, "file"))
	}
}

// counted is a number and what it counts.
func counted(n int, noun string) string {
	if n != 1 {
		noun = strings.TrimSuffix(noun, "s") + "s"
	}
	return fmt.Sprintf("%d %s", n, noun)
}
