package hosts_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mcp-kernel/mcp-kernel/internal/hosts"
)

func TestServers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, text string
		want       []hosts.Server
	}{
		{
			"Claude Desktop",
			`{"mcpServers": {"files": {"command": "npx", "args": ["-y", "x"], "env": {"N": 1, "B": true, "T": "s", "Z": null}}, "mcp-kernel": {"command": "/usr/bin/mcp-kernel"}}}`,
			[]hosts.Server{
				{Name: "files", Command: "npx", Args: []string{"-y", "x"}, Env: map[string]string{"N": "1", "B": "true", "T": "s"}},
				{Name: "mcp-kernel", Command: "/usr/bin/mcp-kernel", Kernel: true},
			},
		},
		{
			"VS Code, with comments",
			"{ // mine\n \"inputs\": [], \"servers\": {\"a\": {\"type\": \"http\", \"url\": \"https://a.example/mcp\", \"headers\": {\"Authorization\": \"${env:A}\"},}, \"b\": {\"command\": \"b\", \"env\": {\"K\": \"${input:key}\"}}}}",
			[]hosts.Server{
				{Name: "a", URL: "https://a.example/mcp", Headers: map[string]string{"Authorization": "env:A"}},
				{Name: "b", Command: "b", Env: map[string]string{"K": "${input:key}"}, Fault: "env.K: ${input:key} is filled in by the host"},
			},
		},
		{
			"Claude Code", `{"mcpServers": {"a": {"command": "a", "args": ["--key", "${KEY:-hush}"]}, "mcp-kernel": {"command": "k"}}}`,
			[]hosts.Server{
				{Name: "a", Command: "a", Args: []string{"--key", "${KEY:-hush}"}, Fault: "${KEY} is filled in by the host"},
				{Name: "mcp-kernel", Command: "k", Kernel: true},
			},
		},
		{
			"older VS Code", `{"mcp": {"servers": {"a": {"command": "a", "cwd": "${workspaceFolder}"}}}}`,
			[]hosts.Server{{Name: "a", Command: "a", Dir: "${workspaceFolder}", Fault: "${workspaceFolder} is filled in by the host"}},
		},
		{
			"Zed, older and newer",
			`{"context_servers": {"a": {"command": {"path": "a", "args": ["x"], "env": {"K": "v"}}}, "b": {"source": "custom", "enabled": false, "command": "b"}, "c": {"settings": {}}}}`,
			[]hosts.Server{
				{Name: "a", Command: "a", Args: []string{"x"}, Env: map[string]string{"K": "v"}},
				{Name: "b", Command: "b", Disabled: true},
				{Name: "c", Fault: "it has neither a command nor a url"},
			},
		},
		{
			"Windsurf and Gemini CLI",
			`{"mcpServers": {"a": {"serverUrl": "https://a.example", "disabled": true}, "b": {"httpUrl": "https://b.example", "url": "https://b.example/sse"}, "c": {"command": "c", "env": {"K": "$KEY"}}}}`,
			[]hosts.Server{
				{Name: "a", URL: "https://a.example", Disabled: true},
				{Name: "b", URL: "https://b.example"},
				{Name: "c", Command: "c", Env: map[string]string{"K": "env:KEY"}},
			},
		},
		{
			"a file that would have us read a secret for it",
			`{"mcpServers": {"a": {"url": "https://a.example", "headers": {"X": "file:/home/me/.ssh/id_rsa"}}}}`,
			[]hosts.Server{{
				Name: "a", URL: "https://a.example", Headers: map[string]string{"X": "file:/home/me/.ssh/id_rsa"},
				Fault: "headers.X would be taken for a reference to a secret",
			}},
		},
		{
			"what is no entry", `{"mcpServers": {"a": 1, "b": {"command": 7}, "c": {"command": "c", "args": "x"}, "d": {"command": "d", "url": "u"}, "e": {"command": "e", "envFile": ".env"}}}`,
			[]hosts.Server{
				{Name: "a", Fault: "mcpServers.a: json: cannot unmarshal number into Go value of type hosts.entry"},
				{Name: "b", Fault: "command is neither a text nor a program"},
				{Name: "c", Fault: "mcpServers.c: json: cannot unmarshal string into Go struct field entry.args of type []string"},
				{Name: "d", Command: "d", URL: "u", Fault: "it has a command and a url"},
				{Name: "e", Command: "e", Fault: "its environment is in a file, .env"},
			},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := hosts.Servers([]byte(c.text))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
	if _, err := hosts.Servers([]byte(`{"a": 1}`)); !errors.Is(err, hosts.ErrNoList) {
		t.Errorf("got %v for a file without a list", err)
	}
	if _, err := hosts.Servers([]byte(`{`)); !errors.Is(err, hosts.ErrSyntax) {
		t.Errorf("got %v for no JSON", err)
	}
}

func FuzzServers(f *testing.F) {
	f.Add([]byte(`{"mcpServers": {"a": {"command": {"path": "x"}, "env": {"A": [1]}}}}`))
	f.Add([]byte(`{"servers": {"": {"url": "$A", "headers": {"X": "${env:B}"}}, "": 1}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		all, err := hosts.Servers(text)
		if err != nil {
			return
		}
		for i := range all {
			if s := &all[i]; s.Fault == "" && (s.Command == "") == (s.URL == "") {
				t.Errorf("%+v can be run in two ways, or none", s)
			}
		}
	})
}
