package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"filippo.io/age"

	"github.com/mcp-kernel/mcp-kernel/governance/policy/compare"
	"github.com/mcp-kernel/mcp-kernel/governance/policy/replay"
	"github.com/mcp-kernel/mcp-kernel/governance/policy/templates"
)

// policyGolden holds what a verb prints to a file, with the directory of the test left out.
func policyGolden(t *testing.T, name, dir, got string) {
	t.Helper()
	golden(t, filepath.Join("testdata", "policy", name+".txt"), strings.ReplaceAll(got, dir+string(filepath.Separator), ""))
}

func TestPolicyTest(t *testing.T) {
	t.Parallel()
	dir, config := home(t)
	policies, fixtures := filepath.Join(dir, "p.yaml"), filepath.Join(dir, "p.test.yaml")
	write(t, policies, "- name: p\n  allowed_tools: [file_read, \"vfs_*\"]\n  blocked_patterns: [{name: secret, type: substring, pattern: hunter2}]\n")
	write(t, fixtures, "cases:\n  - {name: reads, call: {tool: file_read, args: {path: a}}, expect: allow}\n"+
		"  - {name: writes, call: {tool: file_write}, expect: {effect: allow, reason: because}}\n")
	o := cli(t, "policy", "test", fixtures, "--config", config)
	if o.code != exitFault || o.err != "" {
		t.Errorf("exit %d, err %q", o.code, o.err)
	}
	policyGolden(t, "test-failed", dir, o.out)
	policyGolden(t, "test-junit", dir, cli(t, "policy", "test", fixtures, "--config", config, "--format", "junit", "--coverage", "90").out)
	if o := cli(t, "policy", "test", fixtures, "--config", config, "--format", "html"); o.code != exitUsage {
		t.Errorf("--format html: exit %d", o.code)
	}
	if text, other := cli(t, "policy", "test", fixtures, "--config", config, "--format", "json").out, cli(t, "policy", "test", fixtures, "--config", config, "-o", "json").out; text != other {
		t.Errorf("--format json is not -o json: %s", text)
	}
	r := decoded[trialReport](t, cli(t, "policy", "test", fixtures, "--config", config, "-o", "json").out)
	if r.OK || r.Cases != 2 || r.Failed != 1 || r.Parts != 3 || r.Touched != 1 || len(r.Suites) != 1 || r.Suites[0].Results[1].Check != "allowed_tools" {
		t.Errorf("got %+v", r)
	}
	write(t, fixtures, "cases:\n  - {name: reads, call: {tool: file_read, args: {path: a}}, expect: allow}\n")
	ok(t, "policy", "test", fixtures, "--config", config)
	if o := cli(t, "policy", "test", fixtures, "--config", config, "--coverage", "100"); o.code != exitFault {
		t.Errorf("a third is covered, and exit %d", o.code)
	}
	write(t, config, read(t, config)+fmt.Sprintf("governance: {policy_files: [%q], policies: [p]}\n", policies))
	if text := ok(t, "policy", "test", "--config", config); !strings.Contains(text, "1 cases, 0 failed") {
		t.Errorf("beside the configured policies: %s", text)
	}
	write(t, fixtures, "cases:\n  - {name: reads, call: {tol: file_read}, expect: allow}\n")
	if o := cli(t, "policy", "test", fixtures, "--config", config); o.code != exitFault || !strings.Contains(o.err, "p.test.yaml:2:26: cases[0].call: unknown field \"tol\"") {
		t.Errorf("exit %d, err %q", o.code, o.err)
	}
}

func TestPolicyTemplates(t *testing.T) {
	t.Parallel()
	dir, config := home(t)
	policyGolden(t, "templates", dir, ok(t, "policy", "templates"))
	for _, name := range templates.Names() {
		ok(t, "policy", "init", name, "--dir", dir)
		ok(t, "policy", "validate", filepath.Join(dir, name+".yaml"), "--config", config)
	}
	if text := ok(t, "policy", "test", dir, "--config", config, "--coverage", "100"); !strings.Contains(text, " 0 failed") {
		t.Errorf("got %s", text)
	}
	text, _ := templates.Policy("strict")
	if got := ok(t, "policy", "init", "strict"); got != string(text) {
		t.Errorf("got %s", got)
	}
	if o := cli(t, "policy", "init", "strict", "--dir", dir); o.code != exitFault || !strings.Contains(o.err, "strict.yaml") {
		t.Errorf("over a file that is there: exit %d, err %q", o.code, o.err)
	}
	if o := cli(t, "policy", "init", "stict"); o.code != exitUsage || !strings.Contains(o.err, "strict") {
		t.Errorf("exit %d, err %q", o.code, o.err)
	}
}

func TestPolicyDiff(t *testing.T) {
	t.Parallel()
	dir, config := home(t)
	first, second := filepath.Join(dir, "first.yaml"), filepath.Join(dir, "second.yaml")
	write(t, first, "- name: p\n  allowed_tools: [\"file_*\"]\n  max_tool_calls_per_request: 100\n")
	write(t, second, "- name: p\n  allowed_tools: [\"file_r*\", \"vfs_*\"]\n  max_tool_calls_per_request: 50\n  blocked_patterns: [{type: regex, pattern: '\\bsudo\\s'}]\n")
	policyGolden(t, "diff", dir, ok(t, "policy", "diff", first, second, "--config", config))
	if o := cli(t, "policy", "diff", first, second, "--no-looser", "--config", config); o.code != exitFault {
		t.Errorf("looser, and exit %d", o.code)
	}
	if text := ok(t, "policy", "diff", first, first, "--no-looser", "--config", config); text != "The two mean the same.\n" {
		t.Errorf("got %q", text)
	}
	r := decoded[struct{ Relation string }](t, ok(t, "policy", "diff", "template:permissive", "template:strict", "--config", config, "-o", "json"))
	if r.Relation != compare.Incomparable.String() {
		t.Errorf("got %+v", r)
	}
	for _, name := range templates.Names() {
		ok(t, "policy", "diff", "configured", "template:"+name, "--config", config)
	}
}

func TestPolicyLint(t *testing.T) {
	t.Parallel()
	dir, config := home(t)
	file := filepath.Join(dir, "p.yaml")
	write(t, file, "- name: p\n  allowed_tools: [\"*\", file_read, file_wirte]\n  timeout: 24h\n")
	o := cli(t, "policy", "lint", file, "--config", config)
	if o.code != exitFault {
		t.Errorf("exit %d", o.code)
	}
	policyGolden(t, "lint", dir, o.out)
	write(t, file, "- name: p\n  allowed_tools: [\"file_*\", memory_read]\n")
	ok(t, "tools", "call", "file_list", `{"path":"work:"}`, "--config", config, "--policy-file", file, "--policy", "p")
	o = cli(t, "policy", "lint", file, "--from", "1h", "--config", config)
	if o.code != exitOK || !strings.Contains(o.out, "of which 1 were called since") || !strings.Contains(o.out, `"memory_read" allows what was not called since`) {
		t.Errorf("compared with the journal: %+v", o)
	}
	if o := cli(t, "policy", "lint", file, "--from", "soon", "--config", config); o.code != exitUsage {
		t.Errorf("--from soon: %+v", o)
	}
	for _, name := range templates.Names() {
		ok(t, "policy", "lint", "template:"+name, "--config", config)
	}
	ok(t, "policy", "lint", "--config", config)
}

func TestPolicyExplain(t *testing.T) {
	t.Parallel()
	dir, config := home(t)
	file := filepath.Join(dir, "p.yaml")
	write(t, file, "- name: p\n  allowed_tools: [\"file_*\"]\n  blocked_patterns: [{name: secret, type: substring, pattern: hunter2}]\n")
	args := []string{"--policy-file", file, "--policy", "p", "--config", config}
	o := cli(t, append([]string{"policy", "explain", "file_read", `{"path":"hunter2"}`}, args...)...)
	if o.code != exitFault {
		t.Errorf("exit %d, %s", o.code, o.err)
	}
	policyGolden(t, "explain", dir, o.out)
	e := decoded[explanation](t, cli(t, append([]string{"policy", "explain", "vfs_read", "-o", "json"}, args...)...).out)
	if e.Effect != "deny" || e.DeniedBy.Check != "allowed_tools" || e.DeniedBy.Policy != "p" {
		t.Errorf("got %+v", e)
	}
	if o := cli(t, append([]string{"policy", "explain", "no_such"}, args...)...); o.code != exitFault || !strings.Contains(o.out, "catalog") {
		t.Errorf("exit %d, %s", o.code, o.out)
	}
	ok(t, append([]string{"policy", "explain", "file_list"}, args...)...)
}

// TestPolicyReplay calls under one policy and replays under others: without the arguments, with them sealed, and with the
// key; and in the order in which a policy is rolled out, watching first.
func TestPolicyReplay(t *testing.T) {
	t.Parallel()
	dir, config := home(t)
	identity, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	key, watching, enforcing := filepath.Join(dir, "key.txt"), filepath.Join(dir, "watch.yaml"), filepath.Join(dir, "enforce.yaml")
	write(t, key, identity.String()+"\n")
	const fields = "  allowed_tools: [file_list, file_read]\n  blocked_patterns: [{name: secret, type: substring, pattern: hunter2}]\n"
	write(t, watching, "- name: p\n  mode: audit\n"+fields)
	write(t, enforcing, "- name: p\n"+fields)
	write(t, config, read(t, config)+fmt.Sprintf(
		"governance: {policy_files: [%q], policies: [p]}\naudit: {capture: sealed, recipient: %q}\n", watching, identity.Recipient()))
	for _, call := range [][2]string{
		{"file_list", `{"path":"work:."}`},
		{"file_write", `{"path":"work:a.txt","content":"x"}`},
		{"file_read", `{"path":"work:a.txt"}`},
		{"file_read", `{"path":"work:hunter2"}`},
		{"file_list", `{"path":"work:."}`},
	} {
		cli(t, "tools", "call", call[0], call[1], "--agent", "--config", config)
	}
	number := regexp.MustCompile(`\d+ \([0-9a-f-]{36}\)`)
	report := func(args ...string) string {
		return number.ReplaceAllString(ok(t, append([]string{"policy", "replay", "--config", config}, args...)...), "N (ID)")
	}
	policyGolden(t, "replay", dir, report(enforcing, "--identity", key))
	policyGolden(t, "replay-without-key", dir, report(enforcing))
	r := decoded[replay.Report](t, ok(t, "policy", "replay", enforcing, "--identity", key, "--from", "1h", "--config", config, "-o", "json"))
	if r.Calls != 5 || r.Same != 3 || r.Stricter != 2 || len(r.Undecided) != 0 {
		t.Errorf("got %+v", r)
	}
	if same := report("configured", "--identity", key, "--no-change"); !strings.Contains(same, "5 come to the same") {
		t.Errorf("under the same: %s", same)
	}
	if o := cli(t, "policy", "replay", enforcing, "--identity", key, "--no-change", "--config", config); o.code != exitFault {
		t.Errorf("changed, and exit %d", o.code)
	}
	ok(t, "policy", "replay", enforcing, "--identity", key, "--no-looser", "--config", config)
	other, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	write(t, key, other.String()+"\n")
	if text := report(enforcing, "--identity", key); !strings.Contains(text, replay.NoOpening) {
		t.Errorf("with another key: %s", text)
	}
	for _, name := range templates.Names() {
		ok(t, "policy", "replay", "template:"+name, "--config", config)
	}
	journal, err := os.ReadFile(filepath.Join(dir, "data", "journal", "00000000000000000001.jsonl"))
	if err != nil || bytes.Contains(journal, []byte("hunter2\"")) {
		t.Errorf("the journal shows what it seals, %v", err)
	}
}
