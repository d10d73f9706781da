package policy_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/governance/match"
	"github.com/mcp-kernel/mcp-kernel/governance/policy"
)

func TestDecode(t *testing.T) {
	t.Parallel()
	data := []byte("\ufeff- name: p\r\n  mode: audit\r\n  timeout: 30s\r\n  blocked_patterns: [{type: glob, pattern: \"*.exe\"}]\r\n")
	got, err := policy.Decode("a.yaml", data)
	if err != nil {
		t.Fatal(err)
	}
	timeout := 30 * time.Second
	want := []governance.Policy{{
		Name: "p", Mode: governance.AuditOnly, Timeout: &timeout,
		BlockedPatterns: []match.Pattern{{Type: match.Glob, Text: "*.exe"}},
		Source: governance.Source{
			File: "a.yaml", Start: governance.Position{Line: 1, Column: 3},
			Field: map[string]governance.Position{
				"name": {Line: 1, Column: 9}, "mode": {Line: 2, Column: 9}, "timeout": {Line: 3, Column: 12},
				"blocked_patterns": {Line: 4, Column: 21}, "blocked_patterns[0]": {Line: 4, Column: 22},
				"blocked_patterns[0].name": {Line: 4, Column: 22},
				"blocked_patterns[0].type": {Line: 4, Column: 29}, "blocked_patterns[0].pattern": {Line: 4, Column: 44},
			},
		},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestFaultsAreTyped(t *testing.T) {
	t.Parallel()
	_, err := policy.Decode("a.yaml", []byte("- name: p\n  timeout: 5\n"))
	var got *governance.PolicyError
	if !errors.As(err, &got) {
		t.Fatalf("%T", err)
	}
	want := &governance.PolicyError{
		File: "a.yaml", At: governance.Position{Line: 2, Column: 12}, Policy: "p", Field: "timeout",
		Problem: `found the number 5, want a length of time as in "30s": if these are seconds, write 5s`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestBounds(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ text, want string }{
		"size":         {strings.Repeat("#", policy.MaxFileBytes+1), "more than 1048576 bytes"},
		"brackets":     {"- name: " + strings.Repeat("[", policy.MaxFileBytes-8), "nested more than 8 deep"},
		"braces":       {"- " + strings.Repeat("{a: ", 200_000), "nested more than 8 deep"},
		"dashes":       {strings.Repeat("- ", policy.MaxFileBytes/2), "nested more than 4 deep"},
		"many faults":  {strings.Repeat("- nonsense\n", 1000), "and 900 more"},
		"fields":       {"- name: p\n" + strings.Repeat("  nonsense: 1\n", 60_000), "a.yaml:65:11: a record of more than 64 fields"},
		"empty lines":  {"- name: |\n    " + strings.Repeat("\n", 1_000_000), "a.yaml:23:1: more than 20 empty lines"},
		"blank lines":  {"- name: |\n" + strings.Repeat("    \r\n", 100_000), "more than 20 empty lines"},
		"laughs":       {"- &a [x]\n" + strings.Repeat("- [*a, *a, *a]\n", 50), "anchors and aliases"},
		"staircase":    {staircase(1000), "a record of more than 64 fields"},
		"zero byte":    {"- name: \"a\x00b\"\n", "a.yaml:1:"},
		"lone return":  {"- name: p\r  mode: enforce\r  colour: red\r", "unknown field"},
		"long unknown": {"- " + strings.Repeat("k", 100_000) + ": 1\n", "unknown field"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := policy.Decode("a.yaml", []byte(tt.text))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("got %.300v, want %q in it", err, tt.want)
			}
			if len(err.Error()) > 100_000 {
				t.Errorf("the message has %d bytes", len(err.Error()))
			}
		})
	}
}

// staircase is a mapping within a mapping and so on.
func staircase(depth int) string {
	var b strings.Builder
	for i := range depth {
		fmt.Fprintf(&b, "%*sa:\n", i, "")
	}
	return b.String()
}

func TestLoad(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"b.yaml": "- name: b\n", "a.yml": "- name: a\n", ".hidden.yaml": "nonsense", "notes.txt": "nonsense",
		"sub/c.yaml": "- name: c\n", "twin/d.yaml": "- name: a\n- namee: e\n", "none/readme": "",
	} {
		write(t, filepath.Join(dir, name), text)
	}
	got, err := policy.Load(t.Context(), dir, filepath.Join(dir, "sub", "c.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, p := range got {
		names = append(names, p.Name)
	}
	if diff := cmp.Diff([]string{"a", "b", "c"}, names); diff != "" {
		t.Error(diff)
	}

	_, err = policy.Load(t.Context(), dir, filepath.Join(dir, "twin"), filepath.Join(dir, "none"), filepath.Join(dir, "absent"))
	for _, want := range []string{
		"twin/d.yaml:1:9: policy \"a\": name: is already the name of the policy at " + filepath.Join(dir, "a.yml") + ":1:9",
		"twin/d.yaml:2:3: policy \"#2\": unknown field \"namee\": did you mean name?",
		"none: no *.yaml or *.yml in it",
		"absent: no such file or directory",
	} {
		if err == nil || !strings.Contains(filepath.ToSlash(err.Error()), filepath.ToSlash(want)) {
			t.Errorf("%q is not in\n%v", want, err)
		}
	}

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := policy.Load(ctx, dir); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// anyPolicy draws a valid policy.
func anyPolicy(t *rapid.T, name string) governance.Policy {
	p := governance.Policy{
		Name:        name,
		Description: rapid.String().Draw(t, "description"),
		Mode:        rapid.SampledFrom([]governance.Mode{governance.Enforce, governance.AuditOnly}).Draw(t, "mode"),
	}
	p.MaxTokensPerRequest = rapid.Ptr(rapid.Int64Min(0), true).Draw(t, "tokens")
	p.MaxToolCallsPerRequest = rapid.Ptr(rapid.Int64Min(0), true).Draw(t, "calls")
	p.ConfidenceThreshold = rapid.Ptr(rapid.Float64Range(0, 1), true).Draw(t, "confidence")
	if rapid.Bool().Draw(t, "timed") {
		d := time.Duration(rapid.Int64Min(1).Draw(t, "timeout"))
		p.Timeout = &d
	}
	entry := rapid.Custom(func(t *rapid.T) string {
		return "a" + strings.Map(func(r rune) rune {
			if strings.ContainsRune(`[]\`, r) {
				return '*'
			}
			return r
		}, rapid.String().Draw(t, "entry")) + "z"
	})
	p.AllowedTools = rapid.SliceOfN(entry, 0, 3).Draw(t, "tools")
	p.AllowedResources = rapid.SliceOfN(entry, 0, 3).Draw(t, "resources")
	p.AllowedPrompts = rapid.SliceOfN(entry, 0, 3).Draw(t, "prompts")
	for i := range rapid.IntRange(0, 3).Draw(t, "patterns") {
		p.BlockedPatterns = append(p.BlockedPatterns, match.Pattern{
			Name: []string{"", fmt.Sprint("n", i)}[rapid.IntRange(0, 1).Draw(t, "named")],
			Type: match.Substring, Text: rapid.StringN(1, 50, -1).Draw(t, "text"),
			CaseSensitive: rapid.Bool().Draw(t, "case"),
		})
	}
	return p
}

func TestEncodeIsReadBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var want []governance.Policy
		for i := range rapid.IntRange(1, 3).Draw(t, "n") {
			want = append(want, anyPolicy(t, fmt.Sprint("p", i)))
		}
		if governance.Validate(want...) != nil {
			t.Skip()
		}
		text := policy.Encode(want...)
		got, err := policy.Decode("a.yaml", text)
		if err != nil {
			t.Fatalf("%v in\n%s", err, text)
		}
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty(), cmpopts.IgnoreFields(governance.Policy{}, "Source")); diff != "" {
			t.Fatalf("%s in\n%s", diff, text)
		}
	})
}

// FuzzDecode demands that no file crashes, that faults have places, and that what decodes has one meaning.
func FuzzDecode(f *testing.F) {
	seeds, err := filepath.Glob(filepath.Join(fixtures, "*", "*.yaml"))
	if err != nil || len(seeds) == 0 {
		f.Fatalf("no seeds: %v", err)
	}
	for _, seed := range seeds {
		data, err := os.ReadFile(seed)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		policies, err := policy.Decode("f.yaml", data)
		if err != nil {
			var fault *governance.PolicyError
			if !errors.As(err, &fault) || fault.At.Line < 1 || fault.At.Column < 1 {
				t.Fatalf("a fault without a place: %v", err)
			}
			return
		}
		text := policy.Encode(policies...)
		again, err := policy.Decode("g.yaml", text)
		if err != nil {
			t.Fatalf("%v in\n%s", err, text)
		}
		if !bytes.Equal(policy.Encode(again...), text) {
			t.Fatalf("read back as\n%s of\n%s", policy.Encode(again...), text)
		}
	})
}

func BenchmarkDecode(b *testing.B) {
	var text bytes.Buffer
	text.WriteString("- name: p\n  allowed_tools:\n")
	for i := range 10_000 {
		fmt.Fprintf(&text, "    - tool_%d\n", i)
	}
	b.SetBytes(int64(text.Len()))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := policy.Decode("a.yaml", text.Bytes()); err != nil {
			b.Fatal(err)
		}
	}
}
