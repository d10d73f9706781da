package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mcp-kernel/mcp-kernel/governance/code"
)

// sources lays out a directory of sources, good and bad.
func sources(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"clean.py":                 "print('hello')\n",
		"sub/bad.py":               "import os\nos.system(cmd)\nos.remove(p)\n",
		"sub/deploy":               "#!/bin/sh\ncurl https://example.org/i | sh\n",
		"sub/no language.bin":      "rm -rf /\n",
		"sub/key.txt":              "AKIAIOSFODNN7EXAMPLE\n",
		"node_modules/a/bad.js":    "eval(x);\n",
		".hidden/bad.py":           "eval(x)\n",
		".github/workflows/ci.yml": "on: push\njobs:\n  a:\n    steps:\n      - run: curl https://example.org/i | bash\n",
		"testdata/bad.py":          "eval(x)\n",
	} {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestCheckText(t *testing.T) {
	t.Parallel()
	dir := sources(t)
	o := cli(t, "check", dir)
	want := `.github/workflows/ci.yml:5:43: critical: runs what it downloads or decodes, unseen [pipe_to_shell]
    - run: curl https://example.org/i | bash
sub/bad.py:2:1: high: runs a command line [os_command]
    os.system(cmd)
sub/deploy:2:30: critical: runs what it downloads or decodes, unseen [pipe_to_shell]
    curl https://example.org/i | sh
sub/key.txt:1:1: critical: has an AWS access key id in it [aws_key]
    [redacted]
4 findings in 5 files
`
	got := strings.ReplaceAll(filepath.ToSlash(o.out), filepath.ToSlash(dir)+"/", "")
	if diff := cmp.Diff(want, got); diff != "" || o.code != exitFault {
		t.Errorf("exit %d (-want +got):\n%s", o.code, diff)
	}
}

func TestCheckThreshold(t *testing.T) {
	t.Parallel()
	dir := sources(t)
	for _, c := range []struct {
		name string
		args []string
		code int
		says string
	}{
		{"clean", []string{filepath.Join(dir, "clean.py")}, exitOK, "nothing found in 1 file"},
		{"low", []string{"--severity", "low", filepath.Join(dir, "sub", "bad.py")}, exitFault, "2 findings"},
		{"high", []string{"--severity", "high", filepath.Join(dir, "sub", "bad.py")}, exitFault, "1 finding in"},
		{"critical", []string{"--severity", "critical", filepath.Join(dir, "sub", "bad.py")}, exitOK, "nothing found"},
		{"one rule", []string{"--rules", "file_delete", "--severity", "low", filepath.Join(dir, "sub", "bad.py")}, exitFault, "file_delete"},
		{"by name whatever its name", []string{"--language", "shell", filepath.Join(dir, "sub", "no language.bin")}, exitFault, "rm_root"},
		{"what is passed over, by name", []string{filepath.Join(dir, "node_modules")}, exitFault, "[eval]"},
		{"what is not there", []string{filepath.Join(dir, "gone.py")}, exitUsage, "nothing found in 0 files"},
		{"what is not there, and what is found", []string{filepath.Join(dir, "gone.py"), filepath.Join(dir, "sub", "bad.py")}, exitUsage, "os_command"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if o := cli(t, append([]string{"check"}, c.args...)...); o.code != c.code || !strings.Contains(o.out, c.says) {
				t.Errorf("exit %d, want %d and %q\n%s%s", o.code, c.code, c.says, o.out, o.err)
			}
		})
	}
}

func TestCheckUsage(t *testing.T) {
	t.Parallel()
	o := cli(t, "check", "--language", "klingon", "--severity", "grave", "--rules", "no_such", ".")
	for _, says := range []string{"klingon", "grave", "no_such"} {
		if o.code != exitUsage || !strings.Contains(o.err, says) {
			t.Errorf("exit %d, no word of %q\n%s", o.code, says, o.err)
		}
	}
	if o := cli(t, "check", "-o", "xml", "."); o.code != exitUsage || !strings.Contains(o.err, "want text, json or sarif") {
		t.Errorf("exit %d\n%s", o.code, o.err)
	}
	if o := cli(t, "check"); o.code != exitUsage {
		t.Errorf("exit %d without a file", o.code)
	}
}

func TestCheckStandardInput(t *testing.T) {
	t.Parallel()
	var out, errs strings.Builder
	exit := run(t.Context(), []string{"check", "--language", "sh", "-o", "json", "-"}, strings.NewReader("x=rm; $x -rf /\n"), &out, &errs)
	var r checkResult
	if err := json.Unmarshal([]byte(out.String()), &r); err != nil {
		t.Fatal(err)
	}
	if exit != exitFault || r.Files != 1 || r.Total != 1 || r.Findings[0].RuleID != "rm_root" || r.Findings[0].Path != "-" || !r.Reports[0].Parsed {
		t.Errorf("exit %d\n%s%s", exit, out.String(), errs.String())
	}
}

// TestCheckSARIF holds the SARIF of a few sources to a file.
func TestCheckSARIF(t *testing.T) {
	t.Parallel()
	dir := sources(t)
	o := cli(t, "check", "-o", "sarif", "--severity", "low", filepath.Join(dir, "sub"))
	if o.code != exitFault {
		t.Errorf("exit %d\n%s", o.code, o.err)
	}
	var log sarifLog
	if err := json.Unmarshal([]byte(o.out), &log); err != nil {
		t.Fatal(err)
	}
	for i := range log.Runs[0].Results { // they are of the directory's name
		log.Runs[0].Results[i].Fingerprints["mcpKernel/v1"] = "…"
	}
	log.Runs[0].Tool.Driver.Rules = log.Runs[0].Tool.Driver.Rules[:2]
	text, err := json.MarshalIndent(log, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	golden(t, filepath.Join("testdata", "check.sarif"), strings.ReplaceAll(string(text), "file://"+filepath.ToSlash(dir), "file:///dir")+"\n")
}

// TestSARIFTellsWhatWasNotExamined: a run of which a part is missing is not successful.
func TestSARIFTellsWhatWasNotExamined(t *testing.T) {
	t.Parallel()
	run := sarifOf(&checkResult{Unexamined: []checkProblem{{"gone.py", "no such file"}}}).Runs[0].Invocations[0]
	if run.Successful || len(run.Notifications) != 1 || run.Notifications[0].Message.Text != "no such file" {
		t.Errorf("got %+v", run)
	}
}

// TestSARIFHangsTogether checks what the schema of SARIF 2.1.0 demands of what a run refers to.
func TestSARIFHangsTogether(t *testing.T) {
	t.Parallel()
	found := code.Finding{RuleID: "eval", Severity: code.High, Line: 1, Column: 1, EndLine: 1, EndColumn: 8, Excerpt: "eval(x)"}
	log := sarifOf(&checkResult{Findings: []checkFinding{{"a b/ü.py", found}, {"a b/ü.py", found}, {"-", found}}})
	run := log.Runs[0]
	prints := map[string]bool{}
	for _, r := range run.Results {
		if run.Tool.Driver.Rules[r.RuleIndex].ID != r.RuleID {
			t.Errorf("result of %s refers to rule %d, which is %s", r.RuleID, r.RuleIndex, run.Tool.Driver.Rules[r.RuleIndex].ID)
		}
		prints[r.Fingerprints["mcpKernel/v1"]] = true
	}
	if len(prints) != 3 {
		t.Errorf("%d fingerprints of 3 findings", len(prints))
	}
	if uri := run.Results[0].Locations[0].Physical.Artifact.URI; uri != "a%20b/%C3%BC.py" {
		t.Errorf("URI %s", uri)
	}
	for _, r := range run.Tool.Driver.Rules {
		if r.HelpURI == "" || r.Help.Text == "" || len(r.Properties.Tags) != 2 || r.Properties.Severity == "" {
			t.Errorf("rule is not described: %+v", r)
		}
	}
}
