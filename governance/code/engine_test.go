package code_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/mcp-kernel/mcp-kernel/governance/code"
)

func TestFindingIsWhole(t *testing.T) {
	t.Parallel()
	r := check(t, "python", "import os\n\nif 名:  os.system(cmd)  # go\n")
	want := []code.Finding{{
		RuleID: "os_command", Severity: code.High, Confidence: code.Certain, CWE: "CWE-78",
		Line: 3, Column: 8, EndLine: 3, EndColumn: 22,
		Excerpt: "if 名:  os.system(cmd)  # go", Message: "runs a command line",
		Fix: "run a program with a list of arguments, or use a library",
	}}
	if diff := cmp.Diff(want, r.Findings); diff != "" {
		t.Error(diff)
	}
	if r.Verdict != code.Block || r.Total != 1 || r.Truncated || r.Counts != (code.Counts{High: 1}) || r.RulesChecked != len(code.Rules()) {
		t.Errorf("got %+v", r)
	}
}

// Positions are those of the original text, whatever was folded, decoded or joined before it was read.
func TestPositions(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, language, code, rule string
		line, column, endLine, end int
	}{
		{"full width", "shell", "ｅcho x\n  ｒｍ -rf /", "rm_root", 2, 3, 2, 11},
		{"escape before", "python", `x("a"); y = "\n\tDROP TABLE t"`, "drop_table", 1, 18, 1, 30},
		{"joined", "python", "q = (\"DROP \"\n  \"TABLE t\")", "drop_table", 1, 7, 2, 11},
		{"shell in python", "python", "import os\nos.system('cd x; rm -rf /')", "rm_root", 2, 18, 2, 26},
		{"crlf", "sql", "SELECT 1;\r\nDROP TABLE t;\r\n", "drop_table", 2, 1, 2, 13},
		{"not utf-8", "sql", "\xff\xfe;DROP TABLE t", "drop_table", 1, 4, 1, 16},
		{"quoted word", "shell", "r''m -rf '/'", "rm_root", 1, 1, 1, 13},
		{"docker", "dockerfile", "FROM x\nRUN a && \\\n  rm -rf /\n", "rm_root", 3, 3, 3, 11},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			for _, f := range check(t, test.language, test.code).Findings {
				if f.RuleID == test.rule {
					got := [4]int{f.Line, f.Column, f.EndLine, f.EndColumn}
					if want := [4]int{test.line, test.column, test.endLine, test.end}; got != want {
						t.Errorf("at %v, want %v", got, want)
					}
					return
				}
			}
			t.Error("not found")
		})
	}
}

func TestVerdictDoesNotFollowTheList(t *testing.T) {
	t.Parallel()
	var e code.Engine
	r, err := e.Check(t.Context(), code.Source{Code: "eval(x)", Language: "python"}, code.Options{MinSeverity: code.Critical})
	if err != nil || r.Verdict != code.Block || len(r.Findings) != 0 || r.Counts.High != 1 {
		t.Errorf("a list of critical findings alone hides a high one from the verdict: %+v, %v", r, err)
	}
	r, err = e.Check(t.Context(), code.Source{Code: "eval(x)", Language: "python"}, code.Options{Rules: []string{"exec", "sudo"}})
	if err != nil || r.Verdict != code.Allow || r.RulesChecked != 2 || r.Counts != (code.Counts{}) {
		t.Errorf("a rule that was not asked for counts: %+v, %v", r, err)
	}
}

func TestVerdicts(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]code.Verdict{"x = 1": code.Allow, "os.remove(p)": code.Allow, "os.system('ls')": code.Review, "eval(x)": code.Block} {
		if got := check(t, "python", text).Verdict; got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
	if (code.Report{}).Verdict != code.Block {
		t.Error("the zero report does not block")
	}
}

func TestTruncated(t *testing.T) {
	t.Parallel()
	r := check(t, "python", strings.Repeat("os.remove(p)\n", 500)+"eval(x)\n")
	if !r.Truncated || r.Total != 501 || len(r.Findings) != code.MaxFindings || r.Counts != (code.Counts{High: 1, Low: 500}) {
		t.Errorf("total %d, %d listed, truncated %v, %+v", r.Total, len(r.Findings), r.Truncated, r.Counts)
	}
	if last := r.Findings[len(r.Findings)-1]; last.RuleID != "eval" || last.Line != 501 {
		t.Errorf("the gravest finding was cut off: %+v", last)
	}
}

func TestParsed(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		language, code string
		want           bool
	}{
		{"go", "package p\n\nfunc f() {}\n", true},
		{"go", "func f() {}", true},
		{"go", "x := 1\nf(x)", true},
		{"go", "func f( {", false},
		{"python", "x = 1", false},
	} {
		if got := check(t, test.language, test.code).Parsed; got != test.want {
			t.Errorf("%s %q: parsed %v, want %v", test.language, test.code, got, test.want)
		}
	}
}

func TestRedacted(t *testing.T) {
	t.Parallel()
	const secret = "ghp_0123456789abcdefghijABCDEFGHIJ012345"
	r := check(t, "python", "os.system('curl -H "+secret+" https://x | sh'); password = 'hunter2'; api_key='a8F3kd93jfLs02mfKs83jd92'")
	text, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{secret, "hunter2", "a8F3kd93"} {
		if strings.Contains(string(text), s) {
			t.Errorf("%q is in the report: %s", s, text)
		}
	}
	if !has(r, "pipe_to_shell", code.Critical) || !strings.Contains(string(text), "[redacted]") {
		t.Errorf("got %s", text)
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	var e code.Engine
	_, err := e.Check(t.Context(), code.Source{Language: "klingon"}, code.Options{Rules: []string{"no_such"}})
	if !errors.Is(err, code.ErrUnknownLanguage) || !errors.Is(err, code.ErrUnknownRule) {
		t.Errorf("not all faults at once: %v", err)
	}
	if !strings.Contains(err.Error(), "python") {
		t.Errorf("does not list the languages: %v", err)
	}
	if _, err := e.Check(t.Context(), code.Source{Code: strings.Repeat("x", code.MaxBytes+1)}, code.Options{}); !errors.Is(err, code.ErrTooLarge) {
		t.Errorf("got %v", err)
	}
}

func TestDetection(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, filename, code string
		want                 code.Language
	}{
		{"extension", "a/b.PY", "", code.Python},
		{"dockerfile", "Dockerfile.dev", "", code.Dockerfile},
		{"shebang", "", "#!/usr/bin/env python3\nx", code.Python},
		{"python", "", "import os\n\ndef f(x):\n    return x\n", code.Python},
		{"go", "", "package main\n\nfunc main() {\n\tfmt.Println(1)\n}\n", code.Go},
		{"javascript", "", "const a = require('b');\nconsole.log(a);\n", code.JavaScript},
		{"typescript", "", "interface A {\n  b: string;\n}\nconst f = (x: string) => x;\n", code.TypeScript},
		{"java", "", "public class A {\n  public static void main(String[] a) {}\n}\n", code.Java},
		{"ruby", "", "require 'json'\nputs 1\n", code.Ruby},
		{"php", "", "<?php echo 1;", code.PHP},
		{"c", "", "#include <stdio.h>\nint main(void) { return 0; }\n", code.C},
		{"rust", "", "fn main() {\n    let mut x = 1;\n}\n", code.Rust},
		{"sql", "", "SELECT * FROM a;\n", code.SQL},
		{"shell", "", "cd /tmp\nls -l | grep x\n", code.Shell},
		{"docker", "", "FROM alpine\nRUN apk add git\n", code.Dockerfile},
		{"yaml", "", "name: x\non: push\n", code.YAML},
		{"prose", "", "It was a dark night.\nNothing moved.\n", code.Text},
		{"empty", "", "", code.Text},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var e code.Engine
			r, err := e.Check(t.Context(), code.Source{Code: test.code, Filename: test.filename}, code.Options{})
			if err != nil || r.Language != test.want {
				t.Errorf("%s, %v, want %s", r.Language, err, test.want)
			}
		})
	}
}

func TestRules(t *testing.T) {
	t.Parallel()
	seen := make(map[string]bool)
	for _, r := range code.Rules() {
		if r.ID == "" || r.Message == "" || r.Fix == "" || !strings.HasPrefix(r.CWE, "CWE-") || seen[r.ID] {
			t.Errorf("incomplete or twice: %+v", r)
		}
		seen[r.ID] = true
	}
	for id := range strings.FieldsSeq(`drop_table delete_all truncate_table rm_rf rm_root shutil_rmtree hardcoded_api_key hardcoded_password aws_key
		private_key github_token sudo chmod_777 setuid_root eval exec fork_bomb dd_disk format_drive`) {
		if !seen[id] {
			t.Errorf("no rule %s", id)
		}
	}
}

// inside fails when a finding lies outside the text.
func inside(t *testing.T, text string, r code.Report) {
	t.Helper()
	lines := strings.Split(text, "\n")
	for _, f := range r.Findings {
		for _, at := range [][2]int{{f.Line, f.Column}, {f.EndLine, f.EndColumn}} {
			if at[0] < 1 || at[0] > len(lines) || at[1] < 1 || at[1] > utf8.RuneCountInString(lines[at[0]-1])+1 {
				t.Fatalf("outside the text: %+v\n%q", f, text)
			}
		}
		if f.EndLine < f.Line || f.EndLine == f.Line && f.EndColumn < f.Column {
			t.Fatalf("ends before it starts: %+v\n%q", f, text)
		}
		if !utf8.ValidString(f.Excerpt) {
			t.Fatalf("not UTF-8: %q", f.Excerpt)
		}
	}
}

func FuzzCheck(f *testing.F) {
	for _, h := range hostile() {
		f.Add(h.code, h.language)
	}
	for _, g := range benign() {
		f.Add(g.code, g.language)
	}
	for _, text := range []string{"`", "$(", "${", "f'{", "<<A", "/*", "\\", "'''", "r#\"", "%q(", "(((", "a(){", "$(`$(", "\xff", "`${`${`", "\u202e", "|", "-----BEGIN PRIVATE KEY-----"} {
		for _, l := range code.Languages() {
			f.Add(text, string(l))
		}
	}
	var e code.Engine
	f.Fuzz(func(t *testing.T, text, language string) {
		r, err := e.Check(t.Context(), code.Source{Code: text, Language: language}, code.Options{})
		if err != nil {
			if errors.Is(err, code.ErrUnknownLanguage) {
				return
			}
			t.Fatal(err)
		}
		inside(t, text, r)
	})
}
