package upstreams_test

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mcp-kernel/mcp-kernel/internal/upstreams"
	"github.com/mcp-kernel/mcp-kernel/modules/atr"
	"github.com/mcp-kernel/mcp-kernel/modules/atr/pin"
)

func TestParse(t *testing.T) {
	t.Parallel()
	got, err := upstreams.Parse([]byte(`
# comments are fine
servers:
  web:
    url: https://mcp.example/mcp
    headers: {Authorization: "env:TOKEN"}
    allow_private: true
    trust: nothing
  Files:
    command: npx
    args: [-y, server-filesystem, /notes]
    env: {API_Key: "file:/run/key"}
    pass_env: [HTTPS_PROXY]
    dir: /tmp
    eager: true
    required: true
    idle: never
    start: 10s
    timeout: 1m
    parallel: 4
    max_message: 1000
    allow: ["read*"]
    deny: [read_all]
    trust: new
    believe_hints: true
`))
	want := []atr.Server{
		{
			Name: "Files", Command: "npx", Args: []string{"-y", "server-filesystem", "/notes"}, Env: map[string]string{"API_Key": "file:/run/key"},
			Pass: []string{"HTTPS_PROXY"}, Dir: "/tmp", Eager: true, Required: true, Idle: -1, Start: 10 * time.Second, Timeout: time.Minute,
			Parallel: 4, Bytes: 1000, Allow: []string{"read*"}, Deny: []string{"read_all"}, Trust: pin.TrustNew, Hints: true,
		},
		{Name: "web", URL: "https://mcp.example/mcp", Headers: map[string]string{"Authorization": "env:TOKEN"}, Private: true},
	}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	text, err := upstreams.Encode(got)
	if err != nil {
		t.Fatal(err)
	}
	again, err := upstreams.Parse(text)
	if diff := cmp.Diff(want, again); diff != "" || err != nil {
		t.Errorf("written and read: %v (-want +got):\n%s", err, diff)
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ text, want string }{
		"an unknown key":   {"servers:\n  a:\n    comand: x\n", `comand`},
		"a key twice":      {"servers:\n  a: {command: x}\n  a: {command: y}\n", "already defined"},
		"no duration":      {"servers:\n  a: {command: x, idle: 10, timeout: never}\n", `servers.a.idle: "10" is no duration such as 30s or 10m` + "\n" + `servers.a.timeout: "never" is no duration`},
		"unknown trust":    {"servers:\n  a: {command: x, trust: yes}\n", `servers.a.trust: "yes" is none of first, new, nothing`},
		"not YAML":         {"servers: [", ""},
		"another document": {"mcpServers: {}", "mcpServers"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got, err := upstreams.Parse([]byte(tt.text)); err == nil || got != nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v, %v", got, err)
			}
		})
	}
	for _, text := range []string{"", "\n", "# nothing\n", "servers:\n"} {
		if got, err := upstreams.Parse([]byte(text)); err != nil || len(got) > 0 {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
}

func TestSave(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "sub", upstreams.FileName)
	if got, err := upstreams.Load(path); err != nil || got != nil {
		t.Errorf("%v, %v", got, err)
	}
	want := []atr.Server{{Name: "a", Command: "x", Trust: pin.TrustFirst}}
	for range 2 {
		if err := upstreams.Save(path, want); err != nil {
			t.Fatal(err)
		}
	}
	got, err := upstreams.Load(path)
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	rest, err := filepath.Glob(filepath.Join(filepath.Dir(path), "*"))
	if err != nil || len(rest) != 1 {
		t.Errorf("%v, %v", rest, err)
	}
}
