package standard_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/governance/policy"
	"github.com/mcp-kernel/mcp-kernel/governance/policy/lint"
	"github.com/mcp-kernel/mcp-kernel/governance/policy/templates"
	"github.com/mcp-kernel/mcp-kernel/governance/policy/trial"
	"github.com/mcp-kernel/mcp-kernel/internal/config"
	"github.com/mcp-kernel/mcp-kernel/modules/standard"
)

var update = flag.Bool("update", false, "copy the templates to configs/templates")

// TestTemplates decides the fixtures of every template by its policy, over the kernel's own catalog: all are as expected,
// and no part of a policy is untouched.
func TestTemplates(t *testing.T) {
	t.Parallel()
	catalog, err := standard.CatalogOf(t.Context(), config.Default())
	if err != nil {
		t.Fatal(err)
	}
	surface := standard.RuleSurface(catalog)
	for _, name := range templates.Names() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text, _ := templates.Policy(name)
			policies, err := policy.Decode(name+".yaml", text)
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range lint.Policies(lint.Options{Surface: surface}, policies...) {
				if f.Severity == lint.Warning {
					t.Error(f.String())
				}
			}
			if len(policies) != 1 || policies[0].Name != name || policies[0].Description == "" {
				t.Fatalf("holds %d policies, want one of its name, described", len(policies))
			}
			fixtures, ok := templates.Fixtures(name)
			if !ok {
				t.Fatal("has no fixtures")
			}
			suite, err := policy.DecodeSuite(name+".test.yaml", fixtures)
			if err != nil {
				t.Fatal(err)
			}
			set, err := governance.NewSet(governance.Ceiling{MaxTokens: 1 << 40, MaxCalls: 1 << 40}, policies, []string{name})
			if err != nil {
				t.Fatal(err)
			}
			covered := trial.NewCoverage(policies...)
			results, err := trial.Run(t.Context(), &suite, trial.Options{Set: set, Surface: surface}, covered)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range results {
				for _, problem := range r.Problems {
					t.Errorf("%s:%d: %s: %s", suite.File, r.Case.Place.Line, r.Case.Name, problem)
				}
			}
			for _, part := range covered.Untouched() {
				t.Errorf("%s:%d: no fixture touches %s %s", part.File, part.At.Line, part.Field, part.What)
			}
		})
	}
}

// TestTemplatesAreDocumented sees that configs/templates shows what is built in.
func TestTemplatesAreDocumented(t *testing.T) {
	t.Parallel()
	dir := filepath.Join("..", "..", "configs", "templates")
	want := map[string][]byte{}
	for _, name := range templates.Names() {
		want[name+".yaml"], _ = templates.Policy(name)
		want[name+".test.yaml"], _ = templates.Fixtures(name)
	}
	for file, text := range want {
		path := filepath.Join(dir, file)
		if *update {
			if err := os.WriteFile(path, text, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if have, err := os.ReadFile(path); err != nil || !bytes.Equal(have, text) {
			t.Errorf("%s is not the built-in template, %v: run the test with -update", path, err)
		}
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != len(want) {
		t.Errorf("%s holds %d files, want %d, %v", dir, len(entries), len(want), err)
	}
}
