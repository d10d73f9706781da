package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// sharing is the configuration of a kernel with a data directory of its own over state that others share.
func sharing(t *testing.T, shared, name string) string {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "mcp-kernel.yaml")
	write(t, file, "data_dir: "+filepath.Join(dir, "data")+"\nstate: {url: \"sqlite:"+shared+"?shared=true\"}\naudit: {mirror: true, mirror_name: "+name+"}\nlog: {level: error}\n")
	return file
}

// What two kernels recorded is found, verified and proved from either, and from what a third one fetched, when both are gone.
func TestReplicas(t *testing.T) {
	t.Parallel()
	shared := filepath.Join(t.TempDir(), "shared.db")
	one, other, third := sharing(t, shared, "one"), sharing(t, shared, "other"), sharing(t, shared, "third")
	ok(t, "tools", "call", "--config", one, "--agent", "kernel_execute", `{"action":"file_list","params":{"path":"x"}}`)
	denied := cli(t, "tools", "call", "--config", other, "--agent", "checkpoint_restore", `{}`)
	if denied.code == exitOK {
		t.Fatal("an agent restored a checkpoint")
	}

	var listed []replicaLine
	decode(t, ok(t, "replicas", "list", "--config", third, "-o", "json"), &listed)
	if len(listed) != 2 || listed[0].Name != "one" || listed[1].Name != "other" || listed[0].Alive || listed[0].Entries == 0 || listed[0].Behind != 0 {
		t.Fatalf("%+v", listed)
	}
	var fetched []fetchedLine
	decode(t, ok(t, "replicas", "fetch", "--config", third, "-o", "json"), &fetched)
	for i, f := range fetched {
		if f.Fault != "" || !f.FirstKey || f.New != listed[i].Entries || f.SignedTo != f.Last {
			t.Errorf("%+v", f)
		}
	}
	var page answerPage
	decode(t, ok(t, "audit", "query", "--config", third, "--replica", "all", "--kind", "decision", "--limit", "1000", "-o", "json"), &page)
	from := map[string]string{}
	for _, e := range page.Entries {
		from[e.Name] = e.Replica
	}
	if from["kernel_execute"] != listed[0].ID || from["checkpoint_restore"] != listed[1].ID {
		t.Errorf("%v", from)
	}
	var reports []verification
	decode(t, ok(t, "audit", "verify", "--config", third, "--replica", "all", "-o", "json"), &reports)
	if len(reports) != 2 || !reports[0].OK || !reports[1].OK || reports[0].Entries == 0 {
		t.Errorf("%+v", reports)
	}
	receipt := filepath.Join(t.TempDir(), "receipt.json")
	write(t, receipt, ok(t, "audit", "receipt", "--config", third, "--replica", "one", "--seq", "2"))
	ok(t, "audit", "verify-receipt", receipt, "--key", strings.TrimSpace(ok(t, "audit", "key", "--config", one)))
	if lines := strings.Count(ok(t, "audit", "export", "--config", third, "--replica", "one"), "\n"); uint64(lines) != listed[0].Entries {
		t.Errorf("%d lines of %d", lines, listed[0].Entries)
	}

	ok(t, "replicas", "forget", "one", "--yes", "--config", third)
	if o := cli(t, "replicas", "fetch", "one", "--config", third); o.code == exitOK || !strings.Contains(o.err, "no such replica") {
		t.Errorf("%+v", o)
	}
}

// A copy that was changed on the disk is bad, and one whose state was changed stays out.
func TestReplicasTampered(t *testing.T) {
	t.Parallel()
	shared := filepath.Join(t.TempDir(), "shared.db")
	one, third := sharing(t, shared, "one"), sharing(t, shared, "third")
	ok(t, "tools", "call", "--config", one, "--agent", "kernel_execute", `{"action":"file_list","params":{"path":"x"}}`)
	var fetched []fetchedLine
	decode(t, ok(t, "replicas", "fetch", "--config", third, "-o", "json"), &fetched)
	segment := filepath.Join(fetched[0].Dir, "journal", "00000000000000000001.jsonl")
	write(t, segment, strings.Replace(read(t, segment), "kernel_execute", "kernel_excuse_", 1))
	if o := cli(t, "audit", "verify", "--config", third, "--replica", "one"); o.code != exitFault || !strings.Contains(o.out, "entry") {
		t.Errorf("%+v", o)
	}
}

func TestReplicasNeedSharedState(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if o := cli(t, "replicas", "list", "--data-dir", dir); o.code != exitFault || !strings.Contains(o.err, "this machine alone") {
		t.Errorf("%+v", o)
	}
	file := filepath.Join(dir, "mcp-kernel.yaml")
	write(t, file, "data_dir: "+dir+"\naudit: {mirror: true}\n")
	if o := cli(t, "tools", "call", "--config", file, "policy_check", "{}"); o.code == exitOK || !strings.Contains(o.err, "audit.mirror") {
		t.Errorf("%+v", o)
	}
}

func decode(t *testing.T, text string, into any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), into); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
}

// What is said once, at one kernel or at none of them, holds for all.
func TestReplicasAreStoppedAndGivenPolicies(t *testing.T) {
	t.Parallel()
	shared := filepath.Join(t.TempDir(), "shared.db")
	one, operators := sharing(t, shared, "one"), sharing(t, shared, "operators")
	list := func(config string) output {
		return cli(t, "tools", "call", "--config", config, "--agent", "drift_compare", `{"a":"1","b":"1"}`)
	}
	if o := list(one); o.code != exitOK {
		t.Fatalf("%+v", o)
	}
	var frozen freezing
	decode(t, ok(t, "freeze", "--config", operators, "--reason", "enough", "-o", "json"), &frozen)
	if !frozen.Frozen || !frozen.Everywhere || frozen.Reason != "enough" {
		t.Errorf("%+v", frozen)
	}
	if o := list(one); o.code == exitOK || !strings.Contains(o.err, "enough") {
		t.Errorf("%+v", o)
	}
	if text := ok(t, "resume", "--config", operators); !strings.Contains(text, "Calls run again") {
		t.Error(text)
	}
	if o := list(one); o.code != exitOK {
		t.Errorf("%+v", o)
	}

	policies := filepath.Join(t.TempDir(), "policies")
	if err := os.Mkdir(policies, 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(policies, "p.yaml"), "- {name: default, allowed_tools: [policy_check]}\n")
	write(t, filepath.Join(policies, "p.test.yaml"), "cases: []\n")
	var published publication
	decode(t, ok(t, "policy", "publish", policies, "--config", operators, "-o", "json"), &published)
	if len(published.Files) != 1 || published.Files[0] != "p.yaml" || published.Key == "" {
		t.Errorf("%+v", published)
	}
	if o := list(one); o.code != exitOK {
		t.Errorf("a kernel that knows no publisher took policies: %+v", o)
	}
	write(t, one, read(t, one)+"governance: {publishers: [\""+published.Key+"\"]}\n")
	if o := list(one); o.code == exitOK || !strings.Contains(o.err, "allow") {
		t.Errorf("%+v", o)
	}
	if text := ok(t, "policy", "show", "--config", one); !strings.Contains(text, "policy_check") {
		t.Error(text)
	}
	write(t, filepath.Join(policies, "p.yaml"), "- {name: default, allowed_toools: [policy_check]}\n")
	if o := cli(t, "policy", "publish", policies, "--config", operators); o.code != exitFault || !strings.Contains(o.err, "allowed_toools") {
		t.Errorf("%+v", o)
	}
}
