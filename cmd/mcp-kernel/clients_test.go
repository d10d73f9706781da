package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// clients returns the directory of other people's clients. Without them a test is skipped, except in CI.
func clients(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs(filepath.Join("..", "..", "testdata", "clients"))
	if err != nil {
		t.Fatal(err)
	}
	_, missing := os.Stat(filepath.Join(dir, "node_modules", "@modelcontextprotocol", "client"))
	_, noNode := exec.LookPath("node")
	needed(t, "other people's clients", missing == nil && noNode == nil)
	return dir
}

// needed skips a test without something that `make clients` installs, except in CI, where it must be there.
func needed(t *testing.T, what string, there bool) {
	t.Helper()
	switch {
	case there:
	case os.Getenv("CI") == "true":
		t.Fatalf("not installed, and in CI it must be: %s: make clients", what)
	default:
		t.Skipf("SKIPPED: not installed: %s: make clients", what)
	}
}

// node runs a program of the clients' and returns what it printed.
func node(t *testing.T, dir string, args ...string) ([]byte, error) {
	t.Helper()
	var out, fault bytes.Buffer
	cmd := exec.CommandContext(t.Context(), "node", args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, &out, &fault
	cmd.Env = append(os.Environ(), "HOME="+t.TempDir(), "MCP_INSPECTOR_SECRET_STORE=memory")
	err := cmd.Run()
	if err != nil {
		err = fmt.Errorf("%w\n%s%s", err, out.String(), fault.String())
	}
	return out.Bytes(), err
}

// A conversation is what sdk-client.mjs reports.
type conversation struct {
	Server            struct{ Name, Version string }
	Capabilities      map[string]any
	Instructions      string
	Tools             []struct{ Name string }
	Resources         []struct{ URI string }
	ResourceTemplates []struct{ URITemplate string }
	Prompts           []struct{ Name string }
	Steps             []struct {
		Result map[string]any
		Error  *struct {
			Code    int
			Message string
		}
	}
}

// TestClientSDK has the official TypeScript SDK's client list, call, read and get.
func TestClientSDK(t *testing.T) {
	t.Parallel()
	clientsDir := clients(t)
	dir, config := home(t)
	write(t, filepath.Join(dir, "work", "a.txt"), "hello")
	args := []string{"sdk-client.mjs"}
	args = append(args,
		`{"method":"tools/call","params":{"name":"kernel_execute","arguments":{"action":"file_read","params":{"path":"work:a.txt"}}}}`,
		`{"method":"tools/call","params":{"name":"policy_check","arguments":{"nam":"x"}}}`,
		`{"method":"tools/call","params":{"name":"nope","arguments":{}}}`,
		`{"method":"resources/read","params":{"uri":"policy://active"}}`,
		`{"method":"resources/read","params":{"uri":"nope://x"}}`,
		`{"method":"prompts/get","params":{"name":"governed_agent","arguments":{"task":"tidy up"}}}`,
		`{"method":"completion/complete","params":{"ref":{"type":"ref/prompt","name":"safe_execution"},"argument":{"name":"action","value":"file_r"}}}`,
		`{"method":"logging/setLevel","params":{"level":"debug"}}`,
		`{"method":"ping"}`,
	)
	out, err := node(t, clientsDir, append(args, "--", built(t), "serve", "--stdio", "--config", config)...)
	if err != nil {
		t.Fatal(err)
	}
	c := decoded[conversation](t, string(out))
	if c.Server.Name != "mcp-kernel" || len(c.Tools) == 0 || len(c.Resources) == 0 || len(c.ResourceTemplates) == 0 || len(c.Prompts) != 3 {
		t.Errorf("got %+v", c)
	}
	for i, want := range []string{
		`"content":"hello"`, `bad_arguments`, `-32602`, `policy://active`, `-32002`, `tidy up`, `file_read`, `{}`, `{}`,
	} {
		got, err := json.Marshal(c.Steps[i])
		if err != nil || !strings.Contains(string(got), want) {
			t.Errorf("step %d: want %s, got %s (%v)", i, want, got, err)
		}
	}
	ok(t, "audit", "verify", "--config", config)
}

// TestClientInspector has the MCP Inspector's command line do the same, in both eras, over stdio and over HTTP with a
// key. It has no command to subscribe or cancel, and cannot be asked anything.
func TestClientInspector(t *testing.T) {
	t.Parallel()
	clientsDir := clients(t)
	t.Run("stdio", func(t *testing.T) {
		t.Parallel()
		dir, config := home(t)
		write(t, filepath.Join(dir, "work", "a.txt"), "hello")
		inspect(t, clientsDir, map[string]any{"type": "stdio", "command": built(t), "args": []string{"serve", "--stdio", "--config", config}})
	})
	t.Run("http", func(t *testing.T) {
		t.Parallel()
		dir, config := home(t)
		write(t, filepath.Join(dir, "work", "a.txt"), "hello")
		key := decoded[keyLine](t, ok(t, "keys", "create", "--principal", "user:ada", "--config", config, "-o", "json"))
		s := launch(t, built(t), "serve", "--http", "127.0.0.1:0", "--config", config)
		inspect(t, clientsDir, map[string]any{
			"type": "streamable-http", "url": address(t, s), "headers": map[string]string{"Authorization": "Bearer " + key.Token},
		})
		interrupt(t, s)
		ok(t, "audit", "verify", "--config", config)
	})
}

// inspect runs every command of the Inspector's on a server, in both eras.
func inspect(t *testing.T, clientsDir string, server map[string]any) {
	t.Helper()
	inspector := inspectorIn(t, filepath.Join(clientsDir, "node_modules", "@modelcontextprotocol", "inspector"))
	servers := filepath.Join(t.TempDir(), "servers.json")
	listed, err := json.Marshal(map[string]any{"mcpServers": map[string]any{"mcp-kernel": server}})
	if err != nil {
		t.Fatal(err)
	}
	write(t, servers, string(listed))
	t.Run("command", func(t *testing.T) {
		for _, era := range []string{"legacy", "modern"} {
			for _, c := range []struct {
				name string
				args []string
				want string
				fail bool
			}{
				{"tools", []string{"--method", "tools/list"}, `"kernel_execute"`, false},
				{"call", []string{"--method", "tools/call", "--tool-name", "policy_check", "--tool-arg", "name=file_read"}, `allowed`, false},
				{"denied", []string{"--method", "tools/call", "--tool-name", "checkpoint_list"}, `checkpoint_list`, true},
				{"resources", []string{"--method", "resources/list"}, `policy://active`, false},
				{"templates", []string{"--method", "resources/templates/list"}, `vfs://`, false},
				{"read", []string{"--method", "resources/read", "--uri", "policy://active"}, `max_tool_calls_per_request`, false},
				{"prompts", []string{"--method", "prompts/list"}, `governed_agent`, false},
				{"prompt", []string{"--method", "prompts/get", "--prompt-name", "governed_agent", "--prompt-args", "task=tidy"}, `tidy`, false},
			} {
				t.Run(era+"/"+c.name, func(t *testing.T) {
					t.Parallel()
					args := slices.Concat([]string{inspector, "--cli", "--config", servers, "--server", "mcp-kernel", "--stored-auth-only", "--protocol-era", era}, c.args)
					out, err := node(t, clientsDir, args...)
					if err != nil {
						out = []byte(err.Error())
					}
					if (err != nil) != c.fail || !strings.Contains(string(out), c.want) {
						t.Errorf("got %s; want %q", out, c.want)
					}
				})
			}
		}
	})
}

// inspectorIn returns the Inspector's program.
func inspectorIn(t *testing.T, dir string) string {
	t.Helper()
	p := decoded[struct{ Bin map[string]string }](t, read(t, filepath.Join(dir, "package.json")))
	return filepath.Join(dir, p.Bin["mcp-inspector"])
}
