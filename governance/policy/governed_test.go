package policy_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/governance/policy"
	"github.com/mcp-kernel/mcp-kernel/governance/rules"
)

// folder writes files and returns where.
func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestRulesInAFile(t *testing.T) {
	t.Parallel()
	const text = "@id(\"a\")\nforbid (principal, action, resource);\n"
	dir := folder(t, map[string]string{"p.yaml": "- name: p\n  rules: {file: sub/a.cedar}\n", "sub/a.cedar": "\ufeff" + text})
	policies, err := policy.Load(t.Context(), filepath.Join(dir, "p.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	want := rules.Source{File: filepath.Join(dir, "sub", "a.cedar"), Text: text}
	if diff := cmp.Diff(want, policies[0].Rules); diff != "" {
		t.Error(diff)
	}
}

func TestFaultsOfRulesInAFile(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ file, want string }{
		"a fault in it":  {"bad.cedar", `bad.cedar:2:37: policy "p": rules: not Cedar: found ")" where "resource" must be`},
		"not there":      {"none.cedar", `p.yaml:2:17: policy "p": rules.file: the rules cannot be read: `},
		"outside":        {"../a.cedar", `p.yaml:2:17: policy "p": rules.file: "../a.cedar" is not within the folder of this file: name one that is`},
		"from the root":  {"/etc/a.cedar", `p.yaml:2:17: policy "p": rules.file: "/etc/a.cedar" is not within the folder of this file: name one that is`},
		"far too large":  {"large.cedar", `large.cedar has 262145 bytes: at most 262144 are read`},
		"a folder of it": {".", `p.yaml:2:17: policy "p": rules.file: the rules cannot be read: `},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := folder(t, map[string]string{
				"p.yaml":      "- name: p\n  rules: {file: " + c.file + "}\n",
				"bad.cedar":   "@id(\"a\")\nforbid (principal, action, ressource);\n",
				"large.cedar": strings.Repeat(" ", rules.MaxBytes+1),
			})
			policies, err := policy.Load(t.Context(), filepath.Join(dir, "p.yaml"))
			if err == nil || policies != nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want %s", err, c.want)
			}
		})
	}
}

// TestGovernedPoliciesAreReadBack writes policies with all that most do not have, and reads the same.
func TestGovernedPoliciesAreReadBack(t *testing.T) {
	t.Parallel()
	globs := []string{"web_*", "shell", "it's", "a: b", "#x", "{y}"}
	rapid.Check(t, func(t *rapid.T) {
		some := func(from []string, label string) []string {
			return rapid.SliceOfNDistinct(rapid.SampledFrom(from), 1, len(from), rapid.ID).Draw(t, label)
		}
		p := governance.Policy{Name: "p", MaxDepth: new(int64(3)), MaxResultTokens: new(int64(4000))}
		for range rapid.IntRange(0, 3).Draw(t, "limits") {
			l := governance.Limit{
				Per:    rapid.SampledFrom([]governance.Per{governance.PerPrincipal, governance.PerAgent, governance.PerTool, governance.PerAgent | governance.PerTool}).Draw(t, "per"),
				Metric: governance.Metric(rapid.IntRange(1, 5).Draw(t, "metric")), Max: rapid.Int64Range(0, 1<<40).Draw(t, "max"),
			}
			if rapid.Bool().Draw(t, "named") {
				l.Name = "l"
			}
			if l.Metric != governance.MetricConcurrent {
				l.Window = time.Duration(rapid.IntRange(1, 90).Draw(t, "window")) * time.Second
			}
			if rapid.Bool().Draw(t, "tools") {
				l.Tools = some(globs, "names")
			}
			p.Limits = append(p.Limits, l)
		}
		for range rapid.IntRange(0, 3).Draw(t, "labels") {
			p.Labels = append(p.Labels, governance.LabelRule{
				Add: some([]string{"a:b", "untrusted:web", "x:y/z-1.2_3:4"}, "add"), Tools: some(globs, "of"),
				Hints: map[string]bool{"open_world": rapid.Bool().Draw(t, "hint")},
			})
		}
		space := rapid.SampledFrom([]string{"", "\n", "\n\n", "  // a comment\n", "\n\n\n", "\t"})
		for range rapid.IntRange(0, 2).Draw(t, "rules") {
			p.Rules.Text += space.Draw(t, "before") + "forbid (principal, action, resource)\n  when { \"ä\" == \"b\" };" + space.Draw(t, "after")
		}
		got, err := policy.Decode("p.yaml", policy.Encode(p))
		if err != nil {
			t.Fatalf("%v in\n%s", err, policy.Encode(p))
		}
		ignore := cmp.Options{cmpopts.IgnoreFields(governance.Policy{}, "Source"), cmpopts.IgnoreFields(rules.Source{}, "File", "Start", "Indent"), cmpopts.EquateEmpty()}
		if diff := cmp.Diff(p, got[0], ignore); diff != "" {
			t.Fatalf("%s in\n%s", diff, policy.Encode(p))
		}
	})
}
