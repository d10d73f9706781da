package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestDoctor finds nothing where there is nothing, and each thing that was broken, with what to do about it.
func TestDoctor(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		spoil func(t *testing.T, dir, config string)
		args  []string
		code  int
		check string
		want  string // of what was found, or what to do
	}{
		"all is well": {func(*testing.T, string, string) {}, nil, 0, "journal", "unchanged"},
		"a key":       {func(t *testing.T, _, config string) { t.Helper(); write(t, config, "dataa_dir: x\n") }, nil, 1, "configuration", `did you mean "data_dir"?`},
		"a policy":    {func(*testing.T, string, string) {}, []string{"--policy", "nobody"}, 1, "policies", "nobody"},
		"an upstreams file": {func(t *testing.T, dir, _ string) {
			t.Helper()
			write(t, filepath.Join(dir, "upstreams.yaml"), "servers: 7\n")
		}, nil, 1, "other servers", "upstreams.yaml"},
		"a server": {func(t *testing.T, dir, _ string) {
			t.Helper()
			write(t, filepath.Join(dir, "upstreams.yaml"), "servers: {a: {command: /no/such}}\n")
		}, nil, 1, "server a", "/no/such: file does not exist"},
		"one that fails": {
			func(t *testing.T, dir, _ string) {
				t.Helper()
				write(t, filepath.Join(dir, "upstreams.yaml"), "servers: {a: {command: "+built(t)+", args: [version]}}\n")
			},
			[]string{"--start"},
			1, "server a", "mcp-kernel upstream test a",
		},
		"one not started": {func(t *testing.T, dir, _ string) {
			t.Helper()
			write(t, filepath.Join(dir, "upstreams.yaml"), "servers: {a: {command: "+built(t)+"}}\n")
		}, nil, 0, "server a", "never started yet"},
		"permissions": {func(t *testing.T, dir, config string) {
			t.Helper()
			_ = ok(t, "tools", "call", "policy_check", `{"name":"x"}`, "--config", config)
			if err := os.Chmod(filepath.Join(dir, "data"), 0o755); err != nil {
				t.Fatal(err)
			}
		}, nil, 0, "data directory", "chmod 700"},
		"a changed entry": {func(t *testing.T, dir, config string) {
			t.Helper()
			_ = ok(t, "tools", "call", "policy_check", `{"name":"x"}`, "--config", config)
			segments, err := filepath.Glob(filepath.Join(dir, "data", "journal", "*.jsonl"))
			if err != nil || len(segments) == 0 {
				t.Fatal(segments, err)
			}
			write(t, segments[0], strings.Replace(read(t, segments[0]), "policy_check", "policy_czeck", 1))
		}, nil, 1, "", "policy_czeck"},
		"frozen": {func(t *testing.T, _, config string) {
			t.Helper()
			_ = ok(t, "tools", "call", "policy_check", `{"name":"x"}`, "--config", config)
			_ = ok(t, "freeze", "--reason", "fire", "--config", config)
		}, nil, 0, "calls", "fire"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir, config := home(t)
			tt.spoil(t, dir, config)
			got := cli(t, append([]string{"doctor", "-o", "json", "--config", config}, tt.args...)...)
			if name == "a changed entry" { // which of the checks sees it first is theirs to say
				if got.code != 1 || !strings.Contains(got.out, `"health": "bad"`) {
					t.Errorf("%+v", got)
				}
				return
			}
			all := decoded[[]diagnosis](t, got.out)
			for i := range all {
				if d := &all[i]; d.Check == tt.check && strings.Contains(d.Found+d.Mend, tt.want) && got.code == tt.code {
					return
				}
			}
			t.Errorf("code %d, want %d with %s: %s\n%s", got.code, tt.code, tt.check, tt.want, got.out)
		})
	}
}
