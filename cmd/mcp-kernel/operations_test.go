package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestOperationsAreTested: every fault that docs/operations.md tells of names tests, and each of them is there.
func TestOperationsAreTested(t *testing.T) {
	t.Parallel()
	root := filepath.Join("..", "..")
	page := read(t, filepath.Join(root, "docs", "operations.md"))
	_, page, _ = strings.Cut(page, "\n## Faults\n")
	page, _, _ = strings.Cut(page, "\n## ")
	named := regexp.MustCompile("`([a-z/-]+)` (Test[A-Za-z0-9]+)")
	rows := 0
	for line := range strings.Lines(page) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		if !strings.HasPrefix(line, "| ") || strings.HasPrefix(line, "| fault |") {
			continue
		}
		rows++
		if len(cells) != 5 {
			t.Errorf("%d cells in %s", len(cells), line)
			continue
		}
		tests := named.FindAllStringSubmatch(cells[4], -1)
		if len(tests) == 0 || len(tests) != strings.Count(cells[4], "Test") {
			t.Errorf("no tests, or some without their package: %s", cells[4])
		}
		for _, test := range tests {
			if !hasTest(t, filepath.Join(root, filepath.FromSlash(test[1])), test[2]) {
				t.Errorf("%s: there is no %s in %s", strings.TrimSpace(cells[0]), test[2], test[1])
			}
		}
	}
	if rows < 18 {
		t.Errorf("%d rows: the table was not found", rows)
	}
}

// hasTest reports whether a folder has a test of that name.
func hasTest(t *testing.T, dir, name string) bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(text), "\nfunc "+name+"(t *testing.T) {") {
			return true
		}
	}
	return false
}
