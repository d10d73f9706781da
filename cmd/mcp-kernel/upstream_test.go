package main

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mcp-kernel/mcp-kernel/modules/atr"
	"github.com/mcp-kernel/mcp-kernel/modules/atr/pin"
)

// TestUpstreamVerbs puts one kernel before another, which is a server like any other.
func TestUpstreamVerbs(t *testing.T) {
	t.Parallel()
	dir, config := home(t)
	innerDir, innerConfig := home(t)
	write(t, filepath.Join(innerDir, "work", "a.txt"), "hello")
	cfg := []string{"--config", config}
	run := func(args ...string) output { return cli(t, append(args, cfg...)...) }
	if got := run("upstream", "list"); got.code != 1 || !strings.Contains(got.err, "no other servers are listed in "+filepath.Join(dir, "upstreams.yaml")) {
		t.Errorf("%+v", got)
	}
	serve := []string{"serve", "--stdio", "--config", innerConfig, "--profile", "files"}
	add := append([]string{"upstream", "add", "inner", "-o", "json", "--config", config, "--deny", "memory_*", "--", built(t)}, serve...)
	found := decoded[learned](t, ok(t, add...))
	if found.Tools == 0 || found.Waiting != 0 || found.Published[0] != "inner__audit_receipt" && !strings.HasPrefix(found.Published[0], "inner__") {
		t.Errorf("%+v", found)
	}
	if got := run("upstream", "add", "INNER", "http://127.0.0.1:1/mcp"); got.code != 1 || !strings.Contains(got.err, "there is a server INNER already") {
		t.Errorf("%+v", got)
	}
	if got := run("upstream", "add", "a__b", "x"); got.code != 1 || !strings.Contains(got.err, `server "a__b": a name is 1 to 20 letters`) {
		t.Errorf("%+v", got)
	}
	for _, wrong := range [][]string{{"upstream", "add", "x"}, {"upstream", "add", "x", "y", "z"}, {"upstream", "add", "x", "y", "--env", "z"}, {"upstream", "add", "x", "y", "--trust", "z"}, {"pins", "approve", "inner"}} {
		if got := run(wrong...); got.code != 2 {
			t.Errorf("%q: %+v", wrong, got)
		}
	}
	reports := decoded[[]atr.Report](t, ok(t, "upstream", "list", "-o", "json", "--config", config))
	if len(reports) != 1 || !reports[0].Known || reports[0].Tools != found.Tools || !strings.HasPrefix(reports[0].Where, built(t)) {
		t.Errorf("%+v", reports)
	}
	if got := ok(t, "tools", "call", "inner__file_read", `{"path":"work:a.txt"}`, "--config", config); !strings.Contains(got, "hello") {
		t.Errorf("%s", got)
	}
	if got := run("upstream", "remove", "outer"); got.code != 1 || !strings.Contains(got.err, "there is no such server: outer") {
		t.Errorf("%+v", got)
	}
	approveStart(t, dir, config)
	_ = ok(t, "upstream", "remove", "inner", "--config", config)
	if got := run("upstream", "test", "inner"); got.code != 1 {
		t.Errorf("%+v", got)
	}
}

// approveStart changes how the server is started, which is not done before somebody has agreed.
func approveStart(t *testing.T, dir, config string) {
	t.Helper()
	file := filepath.Join(dir, "upstreams.yaml")
	write(t, file, strings.Replace(read(t, file), "- files", "- files\n    - --log-level=warn", 1))
	got := cli(t, "upstream", "test", "inner", "--config", config)
	if got.code != 1 || !strings.Contains(got.err, "how the server inner is started is not what was trusted") {
		t.Errorf("%+v", got)
	}
	diffs := decoded[[]difference](t, ok(t, "pins", "diff", "inner", "-o", "json", "--config", config))
	if len(diffs) != 1 || diffs[0].Kind != pin.Server || fmt.Sprint(diffs[0].Changes) != `[+ /args/6: "--log-level=warn"]` {
		t.Errorf("%+v", diffs)
	}
	if got := cli(t, "pins", "approve", "inner", "nothing", "--config", config); got.code != 1 || !strings.Contains(got.err, `nothing of the name "nothing" waits`) {
		t.Errorf("%+v", got)
	}
	if got := ok(t, "pins", "approve", "inner", "inner", "--config", config); !strings.HasPrefix(got, "Agreed: server inner of inner, sha256:") {
		t.Errorf("%s", got)
	}
	if got := ok(t, "audit", "query", "--limit", "20", "-o", "json", "--config", config); !strings.Contains(got, "pin approved: server inner of server inner") {
		t.Errorf("%s", got)
	}
	_ = ok(t, "upstream", "test", "inner", "--config", config)
	if got := ok(t, "pins", "diff", "--config", config); got != "Everything is what was trusted.\n" {
		t.Errorf("%s", got)
	}
	if got := ok(t, "pins", "list", "--config", config); !strings.Contains(got, "server    inner") {
		t.Errorf("%s", got)
	}
}

// TestUpstreamImport reads the servers of a host's file, but for ourselves and those that are here.
func TestUpstreamImport(t *testing.T) {
	t.Parallel()
	dir, config := home(t)
	host := filepath.Join(dir, "host.json")
	write(t, host, `{"theme":"dark","mcpServers":{"one":{"command":"/bin/one","args":["a"],"env":{"K":"v"}},"web":{"type":"http","url":"https://mcp.example/mcp"},"me":{"command":"/opt/mcp-kernel"}}}`)
	_ = ok(t, "upstream", "import", host, "--no-test", "--config", config)
	want := "# Other MCP servers that mcp-kernel governs: see mcp-kernel upstream --help.\nservers:\n  one:\n    command: /bin/one\n    args:\n    - a\n    env:\n      K: v\n  web:\n    url: https://mcp.example/mcp\n"
	if got := read(t, filepath.Join(dir, "upstreams.yaml")); got != want {
		t.Errorf("%s", got)
	}
	if got := cli(t, "upstream", "import", host, "--no-test", "--config", config); got.code != 0 || !strings.Contains(got.err, "nothing new") {
		t.Errorf("%+v", got)
	}
	write(t, host, `{"other":{}}`)
	if got := cli(t, "upstream", "import", host, "--config", config); got.code != 1 || !strings.Contains(got.err, "it lists no servers") {
		t.Errorf("%+v", got)
	}
}
