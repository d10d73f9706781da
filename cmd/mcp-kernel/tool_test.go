package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// A toolCall is what a call of a client over stdio came to.
type toolCall struct {
	text string
	bad  bool
}

// callTool calls a tool as a host does.
func (c *child) callTool(name, args string) toolCall {
	c.t.Helper()
	c.send(fmt.Sprintf(`{"jsonrpc":"2.0","id":"call","method":"tools/call","params":{"name":%q,"arguments":%s}}`, name, args))
	var answer struct {
		ID     string
		Result struct {
			Content []struct{ Text string }
			IsError bool
		}
		Error struct{ Message string }
	}
	for answer.ID != "call" {
		if err := json.Unmarshal([]byte(c.next()), &answer); err != nil {
			c.t.Fatal(err)
		}
	}
	if answer.Error.Message != "" {
		return toolCall{answer.Error.Message, true}
	}
	var texts []string
	for _, content := range answer.Result.Content {
		texts = append(texts, content.Text)
	}
	return toolCall{strings.Join(texts, "\n"), answer.Result.IsError}
}

// listTools returns what a host is shown, by name.
func (c *child) listTools() map[string]json.RawMessage {
	c.t.Helper()
	c.send(`{"jsonrpc":"2.0","id":"list","method":"tools/list"}`)
	var answer struct {
		ID     string
		Result struct{ Tools []json.RawMessage }
	}
	for answer.ID != "list" {
		if err := json.Unmarshal([]byte(c.next()), &answer); err != nil {
			c.t.Fatal(err)
		}
	}
	all := map[string]json.RawMessage{}
	for _, text := range answer.Result.Tools {
		var entry struct{ Name string }
		if err := json.Unmarshal(text, &entry); err != nil {
			c.t.Fatal(err)
		}
		all[entry.Name] = text
	}
	return all
}

// A workshop has a tool of each kind.
type workshop struct {
	dir, config, script, marker string
	asked                       []string
}

// newWorkshop lays out a home with a program, a service and a module as tools, and a policy that allows all but one.
func newWorkshop(t *testing.T) *workshop {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("the program is a script")
	}
	w := &workshop{}
	w.dir, w.config = home(t)
	w.marker = filepath.Join(w.dir, "pwned")
	service := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		w.asked = append(w.asked, r.Method+" "+r.RequestURI+" "+r.Header.Get("X-Key"))
		fmt.Fprint(rw, "pet "+r.URL.Path)
	}))
	t.Cleanup(service.Close)
	w.script = filepath.Join(w.dir, "say.sh")
	write(t, w.script, "#!/bin/sh\nprintf '<%s>' \"$@\"\n")
	if err := os.Chmod(w.script, 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(w.dir, "key"), "s3cret-key\n")
	write(t, filepath.Join(w.dir, "pets.yaml"), `
openapi: 3.1.0
paths:
  /pets/{id}:
    get: {operationId: getPet, summary: One pet., parameters: [{name: id, in: path, schema: {type: string}}]}
    delete: {operationId: deletePet, parameters: [{name: id, in: path, schema: {type: string}}]}
`)
	guest := filepath.Join(w.dir, "guest.wasm")
	build := exec.CommandContext(t.Context(), "go", "build", "-ldflags=-s -w", "-o", guest, "../../modules/atr/wasi/testdata/guest")
	build.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm", "GOFLAGS=")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	write(t, filepath.Join(w.dir, "tools.yaml"), `
commands:
  say:
    description: Says texts.
    parameters: {texts: {type: array, items: {type: string, maxLength: 100}}}
    required: [texts]
    argv: [./say.sh, "{texts...}"]
    dir: .
    effects: [read_only, closed_world]
openapi:
  pets:
    document: pets.yaml
    server: `+service.URL+`
    allow_private: true
    headers: {X-Key: "file:`+filepath.Join(w.dir, "key")+`"}
wasi:
  guest:
    description: Does what it is told.
    module: guest.wasm
    parameters: {do: {type: string}, path: {type: string}, n: {type: integer}}
    required: [do]
    mounts: [{path: work, at: /work}]
`)
	write(t, filepath.Join(w.dir, "work", "note"), "a note")
	write(t, filepath.Join(w.dir, "policy.yaml"), `
- name: workshop
  max_tool_calls_per_request: 100
  allowed_tools: [local__say, local__guest, pets__getPet]
  blocked_patterns: [{name: forbidden, type: substring, pattern: FORBIDDEN}]
`)
	return w
}

func (w *workshop) serve(t *testing.T) *child {
	t.Helper()
	c := start(t, "serve", "--stdio", "--config", w.config, "--policy-file", filepath.Join(w.dir, "policy.yaml"), "--policy", "workshop")
	c.hello()
	return c
}

// A tool of each kind runs for a client over stdio, governed like every other: what a policy does not allow, and what it
// blocks, does not; and no argument becomes anything else.
func TestLocalTools(t *testing.T) {
	t.Parallel()
	w := newWorkshop(t)
	c := w.serve(t)
	listed := c.listTools()
	for _, name := range []string{"local__say", "local__guest", "pets__getPet"} {
		if listed[name] == nil || strings.Contains(string(listed[name]), "io.mcp-kernel/runs") {
			t.Errorf("%s: %s", name, listed[name])
		}
	}
	if !strings.Contains(string(listed["local__say"]), `"readOnlyHint":true`) || listed["pets__deletePet"] != nil {
		t.Errorf("%s, %s", listed["local__say"], listed["pets__deletePet"])
	}
	for name, tt := range map[string]struct {
		tool, args string
		want       string
		bad        bool
	}{
		"a program":             {"local__say", `{"texts":["a b","c"]}`, "<a b><c>", false},
		"a service":             {"pets__getPet", `{"id":"rex"}`, "pet /pets/rex", false},
		"a module":              {"local__guest", `{"do":"read","path":"/work/note"}`, "a note", false},
		"not allowed":           {"pets__deletePet", `{"id":"rex"}`, "is not in allowed_tools", true},
		"a blocked pattern":     {"local__say", `{"texts":["is FORBIDDEN"]}`, "blocked pattern", true},
		"blocked for a service": {"pets__getPet", `{"id":"FORBIDDEN"}`, "blocked pattern", true},
		"blocked for a module":  {"local__guest", `{"do":"copy","path":"FORBIDDEN"}`, "blocked pattern", true},
		"a shell's characters":  {"local__say", `{"texts":["x; touch ` + w.marker + `","$(touch ` + w.marker + `)"]}`, "<x; touch " + w.marker + "><$(touch " + w.marker + ")>", false},
		"an option":             {"local__say", `{"texts":["--version"]}`, "begins with -", true},
		"climbing":              {"pets__getPet", `{"id":"../admin"}`, "has a slash", true},
		"climbing, encoded":     {"pets__getPet", `{"id":"..%2fadmin"}`, "has a slash", true},
		"climbing in a module":  {"local__guest", `{"do":"read","path":"/work/../key"}`, "exit code 3", true},
		"against the schema":    {"local__say", `{"texts":["` + strings.Repeat("x", 101) + `"]}`, "bad_arguments", true},
		"an unknown argument":   {"local__guest", `{"do":"copy","x":1}`, "bad_arguments", true},
	} {
		if got := c.callTool(tt.tool, tt.args); got.bad != tt.bad || !strings.Contains(got.text, tt.want) || !tt.bad && got.text != tt.want {
			t.Errorf("%s: %+v, want %q", name, got, tt.want)
		}
	}
	c.close()
	if _, err := os.Stat(w.marker); err == nil {
		t.Error("an argument was run")
	}
	if want := []string{"GET /pets/rex s3cret-key"}; !slices.Equal(w.asked, want) {
		t.Errorf("%q, want %q", w.asked, want)
	}
	for _, name := range []string{"local__say", "pets__deletePet", "local__guest"} {
		if text := ok(t, "audit", "query", "--name", name, "--config", w.config, "-o", "json"); !strings.Contains(text, name) || strings.Contains(text, "s3cret-key") {
			t.Errorf("the journal has nothing of %s, or a secret: %.300s", name, text)
		}
	}
}

// A program, a document or a module that is another than it was does not run before somebody has agreed.
func TestLocalToolsChanged(t *testing.T) {
	t.Parallel()
	w := newWorkshop(t)
	c := w.serve(t)
	if got := c.callTool("local__say", `{"texts":["a"]}`); got.bad {
		t.Fatal(got)
	}
	write(t, w.script, "#!/bin/sh\ntouch "+w.marker+"\n")
	if got := c.callTool("local__say", `{"texts":["a"]}`); !got.bad || !strings.Contains(got.text, "agree") {
		t.Errorf("%+v", got)
	}
	c.close()
	c = w.serve(t)
	if got := c.callTool("local__say", `{"texts":["a"]}`); !got.bad || !strings.Contains(got.text, "agree") {
		t.Errorf("another kernel: %+v", got)
	}
	if got := c.callTool("local__guest", `{"do":"copy"}`); got.bad {
		t.Errorf("another tool: %+v", got)
	}
	c.close()
	if _, err := os.Stat(w.marker); err == nil {
		t.Error("what nobody has agreed to was run")
	}
	config := []string{"--config", w.config}
	if got := ok(t, append([]string{"pins", "diff", "local"}, config...)...); !strings.Contains(got, "tool say: has changed") || !strings.Contains(got, "say.sh") {
		t.Errorf("%s", got)
	}
	all := decoded[[]toolEntry](t, ok(t, append([]string{"tool", "list", "-o", "json"}, config...)...))
	standing := map[string]string{}
	for _, e := range all {
		standing[e.Published] = e.Standing
	}
	if standing["local__say"] != "changed" || standing["local__guest"] != "trusted" || standing["pets__getPet"] != "trusted" {
		t.Errorf("%v", standing)
	}
	ok(t, append([]string{"pins", "approve", "local", "say"}, config...)...)
	c = w.serve(t)
	if got := c.callTool("local__say", `{"texts":["a"]}`); got.bad {
		t.Errorf("agreed to: %+v", got)
	}
	c.close()
	if _, err := os.Stat(w.marker); err != nil {
		t.Error("what was agreed to does not run")
	}
}

func TestToolVerbs(t *testing.T) {
	t.Parallel()
	w := newWorkshop(t)
	file := filepath.Join(w.dir, "tools.yaml")
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	run := func(args ...string) output {
		return cli(t, append([]string{"--config", w.config, "-o", "json"}, args...)...)
	}
	for _, verb := range []string{"list", "check"} {
		if got := run("tool", verb); got.code != 1 || !strings.Contains(got.err, "no tools are listed in "+file) {
			t.Errorf("%s: %+v", verb, got)
		}
	}
	for name, tt := range map[string]struct {
		args []string
		want string
	}{
		"command": {[]string{"tool", "add", "command", "say", "--description", "Says.", "--param", "texts=strings", "--required", "texts", "--effects", "read_only", "--", w.script, "{texts...}"}, "local__say"},
		"openapi": {[]string{"tool", "add", "openapi", "pets", filepath.Join(w.dir, "pets.yaml"), "--server", "https://pets.example", "--include", "GET *"}, "pets__getPet"},
		"wasi":    {[]string{"tool", "add", "wasi", "guest", filepath.Join(w.dir, "guest.wasm"), "--description", "Does it.", "--param", "do=string", "--mount", w.dir + ":/home:rw"}, "local__guest"},
	} {
		got := run(tt.args...)
		if got.code != 0 {
			t.Fatalf("%s: %+v", name, got)
		}
		if done := decoded[added](t, got.out); !slices.Contains(done.Published, tt.want) || done.Waiting > 0 {
			t.Errorf("%s: %+v", name, done)
		}
		if got := run(tt.args...); got.code != 1 || !strings.Contains(got.err, "already") {
			t.Errorf("%s again: %+v", name, got)
		}
	}
	if all := decoded[[]toolEntry](t, ok(t, "tool", "check", "-o", "json", "--config", w.config)); len(all) != 3 || all[0].Problem != "" {
		t.Errorf("%+v", all)
	}
	for name, tt := range map[string]struct {
		args []string
		code int
		want string
	}{
		"no dashes":       {[]string{"tool", "add", "command", "x", "ls"}, 2, "behind --"},
		"a parameter":     {[]string{"tool", "add", "command", "x", "--param", "a", "--", "ls"}, 2, "want NAME=TYPE"},
		"a type":          {[]string{"tool", "add", "command", "x", "--description", "x", "--param", "a=text", "--", "ls", "{a}"}, 1, "none of string"},
		"a shell":         {[]string{"tool", "add", "command", "x", "--description", "x", "--param", "a=string", "--", "sh", "-c", "{a}"}, 1, "interpreter"},
		"no description":  {[]string{"tool", "add", "command", "x", "--", "ls"}, 1, "no description"},
		"an effect":       {[]string{"tool", "add", "command", "x", "--description", "x", "--effects", "none", "--", "ls"}, 1, "none of read_only"},
		"a mount":         {[]string{"tool", "add", "wasi", "x", "x.wasm", "--description", "x", "--mount", "/x"}, 2, "want DIRECTORY:/AT"},
		"a taken name":    {[]string{"tool", "add", "openapi", "local", "x.yaml"}, 1, "that of programs"},
		"no such program": {[]string{"tool", "add", "command", "gone", "--description", "x", "--", "no-such-program"}, 0, ""},
	} {
		if got := run(tt.args...); got.code != tt.code || !strings.Contains(got.err, tt.want) {
			t.Errorf("%s: %+v, want %q", name, got, tt.want)
		}
	}
	if got := run("tool", "check"); got.code != 1 || !strings.Contains(got.err, "1 of what") || !strings.Contains(got.out, "no-such-program") {
		t.Errorf("%+v", got)
	}
	write(t, file, "commands:\n  a:\n    argvs: [x]\n")
	if got := run("tool", "check"); got.code != 1 || !strings.Contains(got.err, "argvs") {
		t.Errorf("%+v", got)
	}
}
