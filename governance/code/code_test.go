package code_test

import (
	"context"
	"slices"
	"testing"

	"github.com/mcp-kernel/mcp-kernel/governance/code"
)

// check examines a text and fails the test on an error.
func check(t *testing.T, language, text string) code.Report {
	t.Helper()
	var e code.Engine
	report, err := e.Check(t.Context(), code.Source{Code: text, Language: language}, code.Options{})
	if err != nil {
		t.Fatalf("Check: %v", err)
	}
	return report
}

// has reports whether a rule was found with at least a severity.
func has(r code.Report, rule string, least code.Severity) bool {
	return slices.ContainsFunc(r.Findings, func(f code.Finding) bool { return f.RuleID == rule && f.Severity >= least })
}

func TestFinds(t *testing.T) {
	t.Parallel()
	for _, test := range hostile() {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if r := check(t, test.language, test.code); !has(r, test.rule, test.least) {
				t.Errorf("%s\nwant %s of at least %s, got %+v", test.code, test.rule, test.least, r.Findings)
			}
		})
	}
}

// Without a language the same is found wherever the text tells its language.
func TestFindsWithoutLanguage(t *testing.T) {
	t.Parallel()
	for _, test := range hostile() {
		if test.told {
			continue
		}
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if r := check(t, "", test.code); !has(r, test.rule, test.least) {
				t.Errorf("%s\nwant %s of at least %s, got %s %+v", test.code, test.rule, test.least, r.Language, r.Findings)
			}
		})
	}
}

func TestPasses(t *testing.T) {
	t.Parallel()
	for _, test := range benign() {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if r := check(t, test.language, test.code); len(r.Findings) != 0 {
				t.Errorf("%s\nwant no findings, got %+v", test.code, r.Findings)
			}
		})
	}
}

func TestCancelled(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var e code.Engine
	if _, err := e.Check(ctx, code.Source{Code: "x = 1", Language: "python"}, code.Options{}); err == nil {
		t.Error("no error though nobody waits")
	}
}
