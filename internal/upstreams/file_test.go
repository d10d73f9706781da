package upstreams_test

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/mcp-kernel/mcp-kernel/internal/upstreams"
	"github.com/mcp-kernel/mcp-kernel/modules/atr"
	"github.com/mcp-kernel/mcp-kernel/modules/atr/oauth"
	"github.com/mcp-kernel/mcp-kernel/modules/atr/pin"
	"github.com/mcp-kernel/mcp-kernel/modules/atr/retry"
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
  login:
    url: https://a.example/
    trust: nothing
    auth:
      oauth: {client_id: abc, client_secret: "env:S", issuer: "https://i.example", scopes: [a, b], redirect_port: 8123, shared: true}
  plain: {url: "https://b.example/", trust: nothing, auth: {oauth: {}}}
  document: {url: "https://b.example/", trust: nothing, auth: {oauth: {client_metadata: "https://k.example/client.json"}}}
  robot:
    url: https://c.example/
    trust: nothing
    auth: {client_credentials: {client_id: abc, client_secret: "file:/s", issuer: "https://i.example", audience: x}}
  swap:
    url: https://d.example/
    trust: nothing
    auth: {exchange: {client_id: abc, issuer: "https://i.example", subject_token: "file:/t", subject_token_type: j, resource: r, audience: x}}
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
    retries: {attempts: 3, first: 100ms, most: 2s, each: 20s}
    credentials:
      key: {value: "keyring:notes/me", tools: ["read*"], arguments: [/key, "/headers/*"]}
    allow: ["read*"]
    deny: [read_all]
    trust: new
    believe_hints: true
    version: ">=1.2 <2"
    tools:
      read_file: {title: Read, read_only: true, destructive: false, tags: [notes], cost: low, timeout: 10s, cache: 1m}
      read_all: {description: Reads., idempotent: true, open_world: false, deprecated: slow, use: Files__read_file}
`))
	yes, no := true, false
	want := []atr.Server{
		{
			Name: "Files", Command: "npx", Args: []string{"-y", "server-filesystem", "/notes"}, Env: map[string]string{"API_Key": "file:/run/key"},
			Pass: []string{"HTTPS_PROXY"}, Dir: "/tmp", Eager: true, Required: true, Idle: -1, Start: 10 * time.Second, Timeout: time.Minute,
			Parallel: 4, Bytes: 1000, Allow: []string{"read*"}, Deny: []string{"read_all"}, Trust: pin.TrustNew, Hints: true,
			Retries: retry.Policy{Attempts: 3, First: 100 * time.Millisecond, Most: 2 * time.Second, Each: 20 * time.Second},
			Version: ">=1.2 <2", Tools: map[string]atr.Override{
				"read_file": {Title: "Read", ReadOnly: &yes, Destructive: &no, Tags: []string{"notes"}, Cost: "low", Timeout: 10 * time.Second, Cache: time.Minute},
				"read_all":  {Description: "Reads.", Idempotent: &yes, OpenWorld: &no, Deprecated: "slow", Use: "Files__read_file"},
			},
			Credentials: map[string]atr.Credential{"key": {Value: "keyring:notes/me", Tools: []string{"read*"}, Arguments: []string{"/key", "/headers/*"}}},
		},
		{Name: "document", URL: "https://b.example/", OAuth: &oauth.Config{Document: "https://k.example/client.json", Needed: true}},
		{Name: "login", URL: "https://a.example/", OAuth: &oauth.Config{ClientID: "abc", Secret: "env:S", Issuer: "https://i.example", Scopes: []string{"a", "b"}, Port: 8123, Shared: true, Needed: true}},
		{Name: "plain", URL: "https://b.example/", OAuth: &oauth.Config{Needed: true}},
		{Name: "robot", URL: "https://c.example/", OAuth: &oauth.Config{Grant: oauth.Machine, ClientID: "abc", Secret: "file:/s", Issuer: "https://i.example", Audience: "x", Needed: true}},
		{Name: "swap", URL: "https://d.example/", OAuth: &oauth.Config{
			Grant: oauth.Exchange, ClientID: "abc", Issuer: "https://i.example", Subject: "file:/t", SubjectType: "j", Resource: "r", Audience: "x", Needed: true,
		}},
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
		"no time":          {"servers:\n  a: {command: x, tools: {b: {timeout: soon}}}\n", `servers.a.tools.b.timeout: "soon" is no duration`},
		"a tool's key":     {"servers:\n  a: {command: x, tools: {b: {tag: c}}}\n", `tag`},
		"unknown trust":    {"servers:\n  a: {command: x, trust: yes}\n", `servers.a.trust: "yes" is none of first, new, nothing`},
		"two ways in":      {"servers:\n  a: {url: x, auth: {oauth: {}, exchange: {}}}\n", "servers.a.auth: has one of oauth, client_credentials and exchange"},
		"no way in":        {"servers:\n  a: {url: x, auth: {}}\n", "servers.a.auth: has one of oauth"},
		"a secret itself":  {"servers:\n  a: {url: x, auth: {oauth: {client_secret: hush}}}\n", "servers.a.auth: client_secret: write where it is"},
		"an unknown way":   {"servers:\n  a: {url: x, auth: {oauth: {audience: x}}}\n", "audience"},
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

// What can be read can be written, and means the same when it is read again.
func FuzzParse(f *testing.F) {
	for _, entry := range []string{
		"command: x", "url: https://a.example", "command: x\n    sandbox: strict", "command: x\n    sandbox: {net: {connect: [443], listen: [0]}, write: [~]}",
		"command: x\n    limits: {memory: 3GiB, cpu: 1h}", "command: x\n    idle: never\n    trust: new", "{}",
	} {
		f.Add([]byte("servers:\n  a:\n    " + entry + "\n"))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		servers, err := upstreams.Parse(text)
		if err != nil {
			return
		}
		written, err := upstreams.Encode(servers)
		if err != nil {
			t.Fatal(err)
		}
		again, err := upstreams.Parse(written)
		if diff := cmp.Diff(servers, again, cmpopts.EquateEmpty()); diff != "" || err != nil {
			t.Errorf("%v (-read +read again):\n%s\n%s", err, diff, written)
		}
	})
}
