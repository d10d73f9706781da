package code_test

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mcp-kernel/mcp-kernel/governance/code"
)

var update = flag.Bool("update", false, "write the golden files anew")

// examine reports on a file, whose name tells the language.
func examine(t *testing.T, path string) code.Report {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var e code.Engine
	name := filepath.Base(path)
	if strings.HasSuffix(name, ".Dockerfile") {
		name = "Dockerfile"
	}
	r, err := e.Check(t.Context(), code.Source{Code: string(text), Filename: name}, code.Options{})
	if err != nil {
		t.Fatal(err)
	}
	inside(t, string(text), r)
	return r
}

// Ordinary code raises no alarm that would block it.
func TestBenignCorpus(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/benign/*")
	if err != nil || len(files) < 30 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, path := range files {
		t.Run(filepath.Base(path), func(t *testing.T) {
			t.Parallel()
			if r := examine(t, path); r.Verdict == code.Block {
				t.Errorf("%s: %+v", r.Language, r.Findings)
			}
		})
	}
}

// Every hostile file has the finding that its name begins with, and the report that lies beside it.
func TestHostileCorpus(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/hostile/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range files {
		if strings.HasSuffix(path, ".golden") {
			continue
		}
		t.Run(filepath.Base(path), func(t *testing.T) {
			t.Parallel()
			r := examine(t, path)
			if rule, _, _ := strings.Cut(filepath.Base(path), "."); !has(r, rule, code.Low) {
				t.Errorf("no %s: %+v", rule, r.Findings)
			}
			compare(t, path+".golden", r)
		})
	}
}

func compare(t *testing.T, path string, r code.Report) {
	t.Helper()
	got, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	golden(t, path, string(got)+"\n")
}

// golden compares a text with a file, or writes the file.
func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v; run with -update and read what it wrote", err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Error(diff)
	}
}
