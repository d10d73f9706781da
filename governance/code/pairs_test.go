package code_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mcp-kernel/mcp-kernel/governance/code"
)

// A pair is a snippet that a careful reviewer would stop, or its twin that differs only in what makes it safe. A gap is one that a
// reviewer would stop and Check does not yet.
type pair struct{ verdict, name, text string }

// pairs reads a file of snippets, each behind a line "-- unsafe: what --", "-- safe: what --" or "-- gap: what --".
func pairs(t *testing.T, path string) []pair {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var list []pair
	for line := range strings.Lines(string(text)) {
		head, ok := strings.CutPrefix(line, "-- ")
		verdict, name, named := strings.Cut(strings.TrimSuffix(head, " --\n"), ": ")
		if ok && named && (verdict == "unsafe" || verdict == "safe" || verdict == "gap") {
			list = append(list, pair{verdict: verdict, name: name})
			continue
		}
		list[len(list)-1].text += line
	}
	return list
}

// What a reviewer would stop is found, by the rules and on the lines that found.txt lists, and its harmless twin is not.
func TestPairs(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/pairs/*.*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	var all strings.Builder
	for _, path := range files {
		fmt.Fprintf(&all, "# %s\n", filepath.Base(path))
		language, _, _ := strings.Cut(filepath.Base(path), ".")
		for _, p := range pairs(t, path) {
			r := check(t, language, p.text)
			switch stopped := r.Verdict != code.Allow; {
			case p.verdict == "unsafe" && !stopped:
				t.Errorf("%s: missed %s\n%s", filepath.Base(path), p.name, p.text)
			case p.verdict == "safe" && stopped:
				t.Errorf("%s: false alarm %s\n%s%+v", filepath.Base(path), p.name, p.text, r.Findings)
			case p.verdict == "gap" && stopped:
				t.Errorf("%s: a gap no more %s\n", filepath.Base(path), p.name)
			case p.verdict == "unsafe":
				fmt.Fprintf(&all, "%s:%s\n", p.name, summary(r))
			}
		}
	}
	golden(t, "testdata/pairs/found.txt", all.String())
}

// summary lists the rules that found something worth stopping for, and the lines they found it on.
func summary(r code.Report) string {
	var b strings.Builder
	for _, f := range r.Findings {
		if f.Severity >= code.Medium {
			fmt.Fprintf(&b, " %s@%d", f.RuleID, f.Line)
		}
	}
	return b.String()
}
