package main

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/mcp-kernel/mcp-kernel/modules/atr"
)

// A server is added with a sandbox, said to have one, and held to it: what it may not read it does not answer from.
func TestUpstreamSandbox(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("there is no sandbox here")
	}
	dir, config := home(t)
	script := filepath.Join(dir, "script.json")
	write(t, script, `{"tools":[{"name":"add","inputSchema":{"type":"object"}}]}`)
	said := ok(t, scripted(t, script, config, "--read", script)...)
	for _, text := range []string{"Its sandbox holds, on linux", "files: only those that are granted", "network: none", "offers 1 tools"} {
		if !strings.Contains(said, text) {
			t.Errorf("%q is not in\n%s", text, said)
		}
	}
	reports := decoded[[]atr.Report](t, ok(t, "upstream", "list", "--config", config, "-o", "json"))
	if len(reports) != 1 || !reports[0].Sandboxed || reports[0].Sandbox != nil {
		t.Errorf("%v", reports)
	}
	if said := ok(t, "doctor", "--config", config, "--start"); !strings.Contains(said, "server other, sandbox") {
		t.Error(said)
	}
	file := filepath.Join(filepath.Dir(config), "upstreams.yaml")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	write(t, file, strings.Replace(string(text), "- "+script, "- /nonexistent", 1))
	test := []string{"upstream", "test", "--config", config, "other"}
	if o := cli(t, test...); o.code != exitFault || !strings.Contains(o.err, "is not what was trusted") {
		t.Errorf("another sandbox is not another server: exit %d\n%s%s", o.code, o.out, o.err)
	}
	_ = ok(t, "pins", "approve", "--config", config, "other", "--all")
	if o := cli(t, test...); o.code != exitFault || !strings.Contains(o.err, "permission denied") {
		t.Errorf("it reads what it may not: exit %d\n%s%s", o.code, o.out, o.err)
	}
}

func TestUpstreamSandboxFlags(t *testing.T) {
	t.Parallel()
	_, config := home(t)
	for name, tt := range map[string]struct {
		flags []string
		want  string
	}{
		"unknown":     {[]string{"--sandbox", "tight"}, `--sandbox "tight": want strict or off`},
		"both":        {[]string{"--sandbox", "off", "--read", "/x"}, "nothing is to be granted where all is open"},
		"no port":     {[]string{"--connect", "https"}, `--connect "https": want a TCP port or all`},
		"no path":     {[]string{"--read", "x"}, `"x" is not an absolute path`},
		"too big":     {[]string{"--connect", "65536"}, "want a TCP port"},
		"a container": {[]string{"--sandbox", "strict"}, "is not held by a sandbox around docker"},
	} {
		args := append([]string{"upstream", "add", "x", "--config", config, "--no-test"}, tt.flags...)
		if o := cli(t, append(args, "--", "docker")...); o.code == exitOK || !strings.Contains(o.err, tt.want) {
			t.Errorf("%s: exit %d, %s", name, o.code, o.err)
		}
	}
}
