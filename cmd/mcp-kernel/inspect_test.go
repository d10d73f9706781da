package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	gate "github.com/mcp-kernel/mcp-kernel/governance/inspect"
)

const inspectPolicy = `
- name: team
  allowed_tools: ["read_*"]
  blocked_patterns:
    - {name: codename, type: substring, pattern: bluebird, on: [results], action: redact, severity: low}
    - {name: production, type: substring, pattern: production, action: ask, severity: medium}
    - {name: metadata, type: substring, pattern: 169.254.169.254, on: [results]}
`

const inspectInput = `{"id": "r1", "kind": "result", "tool": "read_mail", "value": {"content": [{"type": "text", "text": "about Bluebird"}]}}
{"id": "r2", "kind": "result", "tool": "read_web", "value": "curl 169.254.169.254", "source": "web", "expect": {"classes": []}}
{"id": "t1", "kind": "text", "value": "nothing here"}
{"id": "d1", "kind": "definition", "value": {"name": "add", "description": "Adds two numbers."}}
`

// TestInspect holds a run over several kinds, with a line that cannot be read, to a file.
func TestInspect(t *testing.T) {
	t.Parallel()
	dir, config := home(t)
	policies, records := filepath.Join(dir, "team.yaml"), filepath.Join(dir, "records.jsonl")
	write(t, policies, inspectPolicy)
	write(t, records, inspectInput)
	o := cliWith(t, "{\"id\": 7, \"kind\": \"text\"}\n{\"id\": 8, \"kind\": \"text\", \"value\": \"bluebird\"}", "inspect", "--config", config, "--policy", policies, records, "-")
	all := fmt.Sprintf("exit %d\n--- standard output\n%s--- standard error\n%s", o.code, o.out, o.err)
	golden(t, filepath.Join("testdata", "inspect.txt"), strings.ReplaceAll(all, dir+string(filepath.Separator), ""))
}

// TestInspectExitCodes has runs end as they must.
func TestInspectExitCodes(t *testing.T) {
	t.Parallel()
	dir, config := home(t)
	policies, records := filepath.Join(dir, "team.yaml"), filepath.Join(dir, "records.jsonl")
	write(t, policies, inspectPolicy)
	write(t, records, inspectInput)
	const ask = `{"kind": "call", "tool": "read_file", "value": {"path": "production.txt"}}`
	for _, c := range []struct {
		name, stdin string
		args        []string
		code        int
		says        string
	}{
		{"nothing", "", nil, exitOK, "0 records: 0 allowed, 0 asked about, 0 denied"},
		{"clean, by the default policy", inspectInput, []string{"--fail-on", "low"}, exitOK, "4 records: 4 allowed"},
		{"something is denied", "", []string{"--policy", policies, "--fail-on", "deny", records}, exitFault, "4 records: 3 allowed, 0 asked about, 1 denied; 1 of the allowed redacted"},
		{"and nobody minds", "", []string{"--policy", policies, records}, exitOK, "1 denied"},
		{"a grave finding", "", []string{"--policy", policies, "--fail-on", "high", records}, exitFault, "metadata"},
		{"no finding that is as grave", "", []string{"--policy", policies, "--fail-on", "critical", records}, exitOK, "metadata"},
		{"a denial is more than a question", inspectInput, []string{"--policy", policies, "--fail-on", "ask"}, exitFault, ""},
		{"a question", ask, []string{"--policy", policies, "--fail-on", "ask"}, exitFault, "1 asked about"},
		{"a question is no denial", ask, []string{"--policy", policies, "--fail-on", "deny"}, exitOK, "1 asked about"},
		{"a template", ask, []string{"--policy", "strict"}, exitOK, "1 records"},
		{"a policy that is built in, and a file, both of which hold", ask, []string{"--policy", "no_files", "--policy", policies, "--fail-on", "deny"}, exitFault, "1 denied"},
		{"the policies of a file", ask, []string{"--policy-file", policies, "--fail-on", "ask"}, exitFault, "1 asked about"},
		{"a bad line", "{", nil, exitUsage, "mcp-kernel: standard input:1: not JSON: unexpected end of JSON input at byte 1\n"},
		{"a file that is not there, and the others all the same", "", []string{filepath.Join(dir, "gone.jsonl"), records}, exitUsage, "4 records"},
		{"a directory", "", []string{dir}, exitUsage, "not examined: read: read "},
		{"an unknown policy", "", []string{"--policy", "nonesuch"}, exitUsage, `--policy "nonesuch": no file, no template (enterprise`},
		{"a policy file that is not there", "", []string{"--policy", filepath.Join(dir, "gone.yaml")}, exitFault, "gone.yaml"},
		{"an unknown threshold", "", []string{"--fail-on", "severe"}, exitUsage, `--fail-on: "severe" is no severity (low, medium, high, critical) and no effect (ask, deny)`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			o := cliWith(t, c.stdin, append([]string{"inspect", "--config", config}, c.args...)...)
			if o.code != c.code || !strings.Contains(o.err, c.says) {
				t.Errorf("exit %d, want %d; err %q, want %q", o.code, c.code, o.err, c.says)
			}
		})
	}
}

func TestInspectManyBadLines(t *testing.T) {
	t.Parallel()
	o := cliWith(t, strings.Repeat("{\n", 1000), "inspect")
	if n := strings.Count(o.out, `"error":`); n != 1000 || o.code != exitUsage {
		t.Errorf("exit %d, %d errors", o.code, n)
	}
	if n := strings.Count(o.err, "\n"); n > maxTold+5 || !strings.Contains(o.err, "1000 not read") {
		t.Errorf("%d lines: %s", n, o.err)
	}
}

func TestInspectSummaryAsJSON(t *testing.T) {
	t.Parallel()
	o := cliWith(t, inspectInput, "inspect", "-o", "json")
	var s gate.Summary
	if err := json.Unmarshal([]byte(o.err), &s); err != nil {
		t.Fatalf("%v: %s", err, o.err)
	}
	if diff := cmp.Diff(gate.Summary{Records: 4, Allowed: 4, Classes: s.Classes}, s); diff != "" || s.Classes == nil {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestInspectProcess ends real processes: by a signal while they wait, and by closing what they write to.
func TestInspectProcess(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("no such signals")
	}
	t.Run("a signal", func(t *testing.T) {
		t.Parallel()
		c := start(t, "inspect")
		fmt.Fprintln(c.in, `{"id":1,"kind":"text","value":"x"}`)
		if got, want := c.next(), `{"id":1,"effect":"allow","findings":[]}`+"\n"; got != want {
			t.Fatalf("got %q, want %q", got, want)
		}
		if err := c.cmd.Process.Signal(os.Interrupt); err != nil {
			t.Fatal(err)
		}
		if rest := c.next(); rest != "" {
			t.Errorf("wrote %q", rest)
		}
		<-c.done
		if code := c.cmd.ProcessState.ExitCode(); code != exitFault || !strings.Contains(c.log.String(), "1 records: 1 allowed") {
			t.Errorf("exit %d: %s", code, c.log)
		}
	})
	t.Run("nobody reads", func(t *testing.T) {
		t.Parallel()
		out, in, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		_ = out.Close()
		var said bytes.Buffer
		cmd := exec.CommandContext(t.Context(), built(t), "inspect")
		cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(strings.Repeat(inspectInput, 1000)), in, &said
		err = cmd.Run()
		_ = in.Close()
		status, _ := cmd.ProcessState.Sys().(syscall.WaitStatus)
		if err == nil || status.Signaled() || cmd.ProcessState.ExitCode() != exitFault || !regexp.MustCompile(`^0 records: .*\n$`).MatchString(said.String()) {
			t.Errorf("%v, %v: %s", err, cmd.ProcessState, said.String())
		}
	})
}
