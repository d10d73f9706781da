package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestPolicyExcept(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "p.yaml")
	const text = "# ours\n- name: default\n  allowed_tools: ['*']\n  blocked_patterns:\n    - {name: drop_table, type: substring, pattern: drop table} # never\n"
	write(t, file, text)
	if err := os.Chmod(file, 0o640); err != nil {
		t.Fatal(err)
	}
	except := func(more ...string) output {
		return cli(t, append([]string{"policy", "except", "default", "drop_table", "--policy-file", file, "--reason", "migration 17"}, more...)...)
	}
	for _, c := range []struct {
		more []string
		want string
	}{
		{[]string{"--until", "never", "--tool", "db_*"}, `"never" is no day`},
		{[]string{"--until", "-2h", "--tool", "db_*"}, `"-2h" is no day`},
		{[]string{"--until", "2099-01-31"}, "for everybody and everything"},
	} {
		o := except(c.more...)
		now, err := os.ReadFile(file)
		if o.code == 0 || !strings.Contains(o.err, c.want) || string(now) != text || err != nil {
			t.Errorf("%v: exit %d, %s\n%s", c.more, o.code, o.err, now)
		}
	}
	if o := except("--until", "2099-01-31", "--tool", "db_*", "--principal", "user:ci"); o.code != 0 {
		t.Fatalf("exit %d: %s", o.code, o.err)
	}
	now, err := os.ReadFile(file)
	want := strings.Replace(text, "drop table}", `drop table, except: [{reason: "migration 17", tools: ["db_*"], principals: ["user:ci"], until: "2099-01-31T00:00:00Z"}]}`, 1)
	if string(now) != want || err != nil {
		t.Errorf("%v: the file is\n%s", err, now)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("%v: mode %v", err, info.Mode())
	}
	if o := cli(t, "policy", "except", "default", "drop", "--policy-file", file, "--reason", "r", "--until", "2h", "--tool", "x"); !strings.Contains(o.err, "its named patterns are drop_table") {
		t.Errorf("%s", o.err)
	}
	if left, err := filepath.Glob(filepath.Join(filepath.Dir(file), ".except-*")); len(left) > 0 || err != nil {
		t.Errorf("left behind: %v", left)
	}
}
