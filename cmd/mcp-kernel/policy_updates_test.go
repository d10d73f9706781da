package main

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
)

// A readout is what updates.mjs reports.
type readout struct {
	Updated, Text string
	Faults        []string
}

// TestClientPolicyUpdates has the official SDK's clients subscribe to the policies in force, in both eras, over stdio and
// over HTTP, while those change.
func TestClientPolicyUpdates(t *testing.T) {
	t.Parallel()
	clientsDir := clients(t)
	for _, w := range []walker{
		{name: "typescript-1.32", sdk: "@modelcontextprotocol/sdk", era: "legacy"},
		{name: "typescript-2.4", sdk: "@modelcontextprotocol/client", era: "legacy"},
		{name: "typescript-2.4-new", sdk: "@modelcontextprotocol/client", era: "modern"},
	} {
		for _, over := range []string{"stdio", "http"} {
			t.Run(w.name+"/"+over, func(t *testing.T) {
				t.Parallel()
				hearsOfReloads(t, clientsDir, w, over, "policy://active")
			})
		}
	}
	t.Run("one policy", func(t *testing.T) {
		t.Parallel()
		hearsOfReloads(t, clientsDir, walker{name: "typescript-2.4-new", sdk: "@modelcontextprotocol/client", era: "modern"}, "stdio", "policy://default")
	})
}

// limited is a policy whose bound of calls can be told apart.
func limited(calls int) string {
	return fmt.Sprintf("- name: default\n  allowed_tools: [\"*\"]\n  allowed_resources: [\"*\"]\n  max_tool_calls_per_request: %d\n", calls)
}

// hearsOfReloads changes a policy twice under a client that has subscribed to it.
func hearsOfReloads(t *testing.T, clientsDir string, w walker, over, uri string) {
	t.Helper()
	dir, config := home(t)
	file := filepath.Join(dir, "policies.yaml")
	write(t, file, limited(101))
	write(t, config, read(t, config)+fmt.Sprintf("governance: {policy_files: [%q]}\n", file))
	const times = 2
	spec := map[string]any{"sdk": w.sdk, "era": w.era, "name": w.name, "uri": uri, "times": times}
	if over == "http" {
		spec["url"] = address(t, start(t, "serve", "--http", "127.0.0.1:0", "--config", config))
	} else {
		spec["command"] = []string{built(t), "serve", "--stdio", "--config", config}
	}
	text, err := json.Marshal(spec)
	if err != nil {
		t.Fatal(err)
	}
	c := launch(t, "node", filepath.Join(clientsDir, "updates.mjs"), string(text))
	for n := range times + 1 {
		got := decoded[readout](t, c.next())
		want := ""
		if n > 0 {
			want = uri
		}
		if got.Updated != want || !strings.Contains(got.Text, fmt.Sprint(101+n)) || len(got.Faults) != 0 {
			t.Fatalf("reading %d: %+v\n%s", n, got, c.log)
		}
		if n < times {
			replace(t, file, limited(102+n))
		}
	}
	c.end()
}
