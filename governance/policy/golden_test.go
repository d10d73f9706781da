package policy_test

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/governance/policy"
)

var update = flag.Bool("update", false, "write the golden files anew")

const fixtures = "../../testdata/policies"

// golden compares with a file, or writes it under -update. A missing file fails.
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
		t.Fatalf("%v: run the test with -update and look at what it wrote", err)
	}
	if got != string(want) {
		t.Errorf("%s:\n--- got\n%s--- want\n%s", path, got, want)
	}
}

// files returns the YAML files of a directory.
func files(t *testing.T, dir string) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(fixtures, dir, "*.yaml"))
	if err != nil || len(found) == 0 {
		t.Fatalf("no fixtures in %s: %v", dir, err)
	}
	return found
}

func TestBadFiles(t *testing.T) {
	t.Parallel()
	for _, file := range files(t, "bad") {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			policies, err := policy.Decode(filepath.Base(file), data)
			if err == nil {
				t.Fatalf("decoded as %+v", policies)
			}
			if policies != nil {
				t.Errorf("policies beside an error: %+v", policies)
			}
			golden(t, strings.TrimSuffix(file, ".yaml")+".golden", err.Error()+"\n")
		})
	}
}

func TestGoodFiles(t *testing.T) {
	t.Parallel()
	for _, file := range files(t, "good") {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			policies, err := policy.Load(t.Context(), file)
			if err != nil {
				t.Fatal(err)
			}
			snapshot, err := governance.Compile(governance.Ceiling{}, policies...)
			if err != nil {
				t.Fatal(err)
			}
			effective, err := json.MarshalIndent(snapshot.EffectiveForOperator(), "", "  ")
			if err != nil {
				t.Fatal(err)
			}
			golden(t, strings.TrimSuffix(file, ".yaml")+".golden", string(policy.Encode(policies...))+"\n"+string(effective)+"\n")
		})
	}
}
