package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/mark3labs/mcp-go/client"
	"github.com/mark3labs/mcp-go/client/transport"
	"github.com/mark3labs/mcp-go/mcp"

	"github.com/mcp-kernel/mcp-kernel/internal/hosts"
)

// A resident is somebody with a home directory of his own, in which this program is run.
type resident struct {
	home, work string
}

func newResident(t *testing.T) resident {
	t.Helper()
	return resident{t.TempDir(), t.TempDir()}
}

// env is the resident's environment.
func (p resident) env() []string {
	var env []string
	for _, pair := range os.Environ() {
		name, _, _ := strings.Cut(pair, "=")
		if name != "HOME" && name != "APPDATA" && name != "LocalAppData" && name != "USERPROFILE" && !strings.HasPrefix(name, "XDG_") && name != "CLAUDE_CONFIG_DIR" {
			env = append(env, pair)
		}
	}
	return append(env, "HOME="+p.home, "USERPROFILE="+p.home, "LocalAppData="+filepath.Join(p.home, "local"))
}

// run runs the program as the resident.
func (p resident) run(t *testing.T, args ...string) output {
	t.Helper()
	var out, fault bytes.Buffer
	cmd := exec.CommandContext(t.Context(), built(t), args...)
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = p.work, p.env(), &out, &fault
	err := cmd.Run()
	if ended, died := errors.AsType[*exec.ExitError](err); err != nil && (!died || ended.ExitCode() < 0) {
		t.Fatal(err)
	}
	return output{cmd.ProcessState.ExitCode(), out.String(), fault.String()}
}

// ok runs what must succeed.
func (p resident) ok(t *testing.T, args ...string) string {
	t.Helper()
	o := p.run(t, args...)
	if o.code != exitOK {
		t.Fatalf("%q: %+v", args, o)
	}
	return o.out
}

// file is where a host of the resident's has its list.
func (p resident) file(t *testing.T, host string) string {
	t.Helper()
	place, err := hosts.System{Home: p.home, OS: runtime.GOOS}.Servers(host, hosts.User)
	if err != nil {
		t.Fatal(err)
	}
	return place.File
}

// line is how the host starts the kernel.
func (p resident) line(t *testing.T, host, key string) hosts.Launch {
	t.Helper()
	d, err := hosts.Parse([]byte(read(t, p.file(t, host))))
	if err != nil {
		t.Fatal(err)
	}
	var l hosts.Launch
	if found, err := d.Decode(&l, key, hosts.Own); !found || err != nil {
		t.Fatalf("%v, %v in %s", found, err, d.Bytes())
	}
	return l
}

// greeter is a script of a server with one tool.
func greeter(t *testing.T) string {
	t.Helper()
	text, err := json.Marshal(script{
		Tools:   []json.RawMessage{scriptedTool("greet", "Greets whoever is named.")},
		Answers: map[string]json.RawMessage{"greet": json.RawMessage(`{"result":{"content":[{"type":"text","text":"good morning"}]}}`)},
	})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "script.json")
	write(t, file, string(text))
	return file
}

const privateKey = "-----BEGIN PRIVATE KEY-----"

// converse has clients start the line that stands in the host's file, use a tool of another server, and be refused.
func (p resident) converse(t *testing.T, l hosts.Launch, tool string) {
	t.Helper()
	t.Run("clients", func(t *testing.T) {
		t.Run("mcp-go", func(t *testing.T) {
			t.Parallel()
			p.converseGo(t, l, tool)
		})
		t.Run("typescript", func(t *testing.T) {
			t.Parallel()
			p.converseNode(t, l, tool)
		})
	})
}

func (p resident) converseGo(t *testing.T, l hosts.Launch, tool string) {
	t.Helper()
	c, err := client.NewStdioMCPClientWithOptions(l.Command, nil, l.Args, transport.WithCommandFunc(
		func(ctx context.Context, command string, _ []string, args []string) (*exec.Cmd, error) {
			cmd := exec.CommandContext(ctx, command, args...)
			cmd.Env = p.env()
			return cmd, nil
		}))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	if _, err := c.Initialize(t.Context(), mcp.InitializeRequest{Params: mcp.InitializeParams{ProtocolVersion: "2025-11-25"}}); err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{"ada": "good morning", privateKey: "blocked pattern"} {
		r, err := c.CallTool(t.Context(), mcp.CallToolRequest{Params: mcp.CallToolParams{Name: tool, Arguments: map[string]any{"text": text}}})
		got, _ := json.Marshal(r)
		if err != nil || r.IsError != (text == privateKey) || !strings.Contains(string(got), want) {
			t.Errorf("%s: %s, %v", text, got, err)
		}
	}
}

func (p resident) converseNode(t *testing.T, l hosts.Launch, tool string) {
	t.Helper()
	call := func(text string) string {
		return `{"method":"tools/call","params":{"name":"` + tool + `","arguments":{"text":"` + text + `"}}}`
	}
	out, err := node(t, clients(t), append([]string{"sdk-client.mjs", call("ada"), call(privateKey), "--", "env", "HOME=" + p.home, l.Command}, l.Args...)...)
	if err != nil {
		t.Fatal(err)
	}
	steps := decoded[conversation](t, string(out)).Steps
	for i, want := range []string{"good morning", "blocked pattern"} {
		if got, err := json.Marshal(steps[i]); err != nil || !strings.Contains(string(got), want) {
			t.Errorf("step %d: %s, %v", i, got, err)
		}
	}
}

// content holds doctor to finding nothing.
func (p resident) content(t *testing.T, host string) {
	t.Helper()
	seen := false
	for _, d := range decoded[[]diagnosis](t, p.ok(t, "doctor", "-o", "json")) {
		if d.Health != healthGood {
			t.Errorf("%+v", d)
		}
		seen = seen || d.Check == "host "+host
	}
	if !seen {
		t.Error("doctor has not looked at the host")
	}
}

// TestInstallFromNothing sets up Claude Desktop in an empty home: the line that it starts works, governs, and goes away without a trace.
func TestInstallFromNothing(t *testing.T) { //nolint:tparallel // the clients run side by side, and then what they must have left is looked at
	t.Parallel()
	p := newResident(t)
	_ = p.ok(t, slices.DeleteFunc(scripted(t, greeter(t), "none"), func(arg string) bool { return arg == "--config" || arg == "none" })...)
	if got := p.ok(t, "install"); !strings.HasPrefix(got, "No host was found.") {
		t.Errorf("%s", got)
	}
	file := p.file(t, "claude-desktop")
	if got := p.run(t, "install", "--client", "claude-desktop"); got.code != exitFault || !strings.Contains(got.err, "agree to it with --yes") {
		t.Errorf("%+v", got)
	}
	if got := p.ok(t, "install", "--client", "claude-desktop", "--dry-run"); !strings.Contains(got, "--- /dev/null\n+++ "+file) {
		t.Errorf("%s", got)
	}
	if _, err := os.Stat(filepath.Dir(file)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("something was written before anybody agreed: %v", err)
	}
	if got := p.ok(t, "install", "--client", "claude-desktop", "--yes"); !strings.Contains(got, "Written: "+file) {
		t.Errorf("%s", got)
	}
	l := p.line(t, "claude-desktop", "mcpServers")
	if l.Command != built(t) || strings.Join(l.Args, " ") != "serve --stdio" {
		t.Errorf("%+v", l)
	}
	p.converse(t, l, "other__greet")
	p.content(t, "claude-desktop")
	if got := p.ok(t, "install", "--client", "claude-desktop", "--yes", "-o", "json"); decoded[[]hostChange](t, got)[0].State != stateUnchanged {
		t.Errorf("%s", got)
	}
	if got := decoded[[]hostLine](t, p.ok(t, "install", "-o", "json")); len(got) != 1 || !got[0].Installed || got[0].Client != "claude-desktop" {
		t.Errorf("%+v", got)
	}
	if got := p.ok(t, "uninstall", "--client", "claude-desktop", "--yes"); !strings.Contains(got, "Removed: "+file) {
		t.Errorf("%s", got)
	}
	if _, err := os.Stat(filepath.Dir(file)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("something is left: %v", err)
	}
	if got := p.run(t, "uninstall", "--client", "claude-desktop", "--yes"); got.code != exitFault || !strings.Contains(got.err, "is not installed in claude-desktop (user)") {
		t.Errorf("%+v", got)
	}
	_ = p.ok(t, "audit", "verify")
}

// TestInstallMoves puts the servers of a file full of comments behind the kernel, and back.
func TestInstallMoves(t *testing.T) { //nolint:tparallel // as above
	t.Parallel()
	p := newResident(t)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	quoted, _ := json.Marshal(map[string]any{"command": self, "env": map[string]string{"SCRIPTED": greeter(t), "GORACE": "atexit_sleep_ms=0", "TOKEN": "hush-hush"}})
	before := "// what I work with\r\n{\r\n\t\"inputs\": [], /* none */\r\n\t\"servers\": {\r\n\t\t// says good morning\r\n\t\t\"My Greeter\": " + string(quoted) + ", // mine\r\n" +
		"\t\t\"off\": {\"command\": \"off\", \"disabled\": true},\r\n\t\t\"asks\": {\"command\": \"asks\", \"env\": {\"KEY\": \"${input:key}\"}},\r\n\t},\r\n}\r\n"
	file := p.file(t, "vscode")
	write(t, file, before)
	got := p.ok(t, "install", "--client", "vscode", "--move", "--yes")
	for _, want := range []string{"My Greeter is My-Greeter here\n", "off stays: the host does not start it\n", "asks stays: env.KEY: ${input:key} is filled in by the host\n"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not in %s", want, got)
		}
	}
	if strings.Contains(got, "hush") {
		t.Errorf("a secret is shown: %s", got)
	}
	list := filepath.Join(p.home, ".config", "mcp-kernel", "upstreams.yaml")
	if runtime.GOOS == "linux" && !strings.Contains(read(t, list), "hush-hush") {
		t.Errorf("%s", read(t, list))
	}
	if now := read(t, file); strings.Contains(now, "Greeter\"") || !strings.Contains(now, "/* none */") {
		t.Errorf("%s", now)
	}
	p.converse(t, p.line(t, "vscode", "servers"), "My-Greeter__greet")
	p.content(t, "vscode")
	_ = p.ok(t, "uninstall", "--client", "vscode", "--yes")
	if now := read(t, file); now != before {
		t.Errorf("got %q, want %q", now, before)
	}
	if runtime.GOOS == "linux" && strings.Contains(read(t, list), "Greeter") {
		t.Errorf("%s", read(t, list))
	}
}

// Two hosts that were relieved of the same server share it here; it goes when the last of them has it back.
func TestInstallMovesTwice(t *testing.T) {
	t.Parallel()
	p := newResident(t)
	text := `{"mcpServers": {"a": {"command": "sh", "args": ["-c", "true"]}}}`
	write(t, p.file(t, "cursor"), text)
	write(t, p.file(t, "windsurf"), text)
	write(t, p.file(t, "gemini-cli"), strings.Replace(text, "true", "false", 1))
	for _, host := range []string{"cursor", "windsurf", "gemini-cli"} {
		moved := decoded[[]hostChange](t, p.ok(t, "install", "--client", host, "--move", "--yes", "-o", "json"))[0].Moved
		want := map[string]string{"gemini-cli": "a-2"}[host]
		if want == "" {
			want = "a"
		}
		if len(moved) != 1 || moved[0].As != want {
			t.Errorf("%s: %+v", host, moved)
		}
	}
	names := func() string {
		got := p.run(t, "upstream", "list", "-o", "json")
		if got.code != exitOK {
			return ""
		}
		var all []string
		for _, r := range decoded[[]struct{ Name string }](t, got.out) {
			all = append(all, r.Name)
		}
		return strings.Join(all, " ")
	}
	for _, step := range []struct{ host, left string }{{"cursor", "a a-2"}, {"gemini-cli", "a"}, {"windsurf", ""}} {
		_ = p.ok(t, "uninstall", "--client", step.host, "--yes")
		if got := names(); got != step.left {
			t.Errorf("after %s there are %q, want %q", step.host, got, step.left)
		}
	}
}

// TestInstallHooks has Claude Code ask; the command that stands in its file refuses what destroys.
func TestInstallHooks(t *testing.T) {
	t.Parallel()
	p := newResident(t)
	settings := filepath.Join(p.work, ".claude", "settings.json")
	before := "{\n  // mine\n  \"hooks\": {\"PreToolUse\": [{\"matcher\": \"Bash\", \"hooks\": [{\"type\": \"command\", \"command\": \"true\"}]}]}\n}\n"
	write(t, settings, before)
	data := filepath.Join(p.home, "it's data")
	_ = p.ok(t, "install", "--client", "claude-code", "--scope", "project", "--hooks", "--yes", "--data-dir", data)
	d, err := hosts.Parse([]byte(read(t, settings)))
	if err != nil {
		t.Fatal(err)
	}
	var hooks map[string][]struct {
		Matcher string
		Hooks   []struct{ Type, Command string }
	}
	if _, err := d.Decode(&hooks, "hooks"); err != nil || len(hooks["PreToolUse"]) != 2 || len(hooks["PostToolUse"]) != 1 || hooks["PreToolUse"][1].Matcher != "*" {
		t.Fatalf("%+v, %v", hooks, err)
	}
	if runtime.GOOS != "windows" {
		cmd := exec.CommandContext(t.Context(), "sh", "-c", hooks["PreToolUse"][1].Hooks[0].Command)
		cmd.Env, cmd.Stdin = p.env(), strings.NewReader(bashCall("rm -rf /"))
		if out, err := cmd.Output(); err != nil || !strings.Contains(string(out), `"deny"`) {
			t.Errorf("%s, %v", out, err)
		}
	}
	if l := read(t, filepath.Join(p.work, ".mcp.json")); !strings.Contains(l, `"type": "stdio"`) || !strings.Contains(l, "it's data") {
		t.Errorf("%s", l)
	}
	for _, d := range decoded[[]diagnosis](t, p.ok(t, "doctor", "-o", "json", "--data-dir", data)) {
		if d.Health != healthGood {
			t.Errorf("%+v", d)
		}
	}
	_ = p.ok(t, "uninstall", "--client", "claude-code", "--scope", "project", "--yes", "--data-dir", data)
	if now := read(t, settings); now != before {
		t.Errorf("%s", now)
	}
	if _, err := os.Stat(filepath.Join(p.work, ".mcp.json")); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}

// TestUninstallByHand takes out what install knows nothing of, and nothing else.
func TestUninstallByHand(t *testing.T) {
	t.Parallel()
	p := newResident(t)
	settings := filepath.Join(p.home, ".claude", "settings.json")
	own := `{"matcher": "*", "hooks": [{"type": "command", "command": "'/opt/my tools/mcp-kernel' hook pre-tool-use"}]}`
	other := `{"matcher": "*", "hooks": [{"type": "command", "command": "echo hook pre-tool-use"}]}`
	write(t, settings, `{"hooks": {"PreToolUse": [`+own+`, `+other+`], "Stop": []}}`)
	write(t, p.file(t, "claude-code"), `{"mcpServers": {"a": {"command": "a"}, "mcp-kernel": {"command": "k"}}, "n": 1}`)
	got := p.ok(t, "uninstall", "--client", "claude-code", "--yes")
	if !strings.Contains(got, "only mcp-kernel itself is taken out") {
		t.Errorf("%s", got)
	}
	for file, want := range map[string]string{
		settings: `{"hooks": {"PreToolUse": [ ` + other + `], "Stop": []}}`, p.file(t, "claude-code"): `{"mcpServers": {"a": {"command": "a"}}, "n": 1}`,
	} {
		if now := read(t, file); now != want {
			t.Errorf("got %s, want %s", now, want)
		}
	}
}

// TestInstallDoctor sees what can go wrong with a host that was set up.
func TestInstallDoctor(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		spoil        func(text string) string
		health, want string
	}{
		"no JSON":       {func(string) string { return "{" }, healthBad, "line 1, column 2"},
		"gone":          {func(string) string { return "{}" }, healthOdd, "mcp-kernel is not in"},
		"no program":    {func(s string) string { return strings.Replace(s, `mcp-kernel",`, `mcp-colonel",`, 1) }, healthBad, "a program that is not there"},
		"another":       {func(string) string { return `{"mcpServers": {"mcp-kernel": {"command": "/bin/sh"}}}` }, healthOdd, "another than this"},
		"no whole path": {func(string) string { return `{"mcpServers": {"mcp-kernel": {"command": "."}}}` }, healthOdd, "depends on where it is started"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newResident(t)
			_ = p.ok(t, "install", "--client", "cursor", "--yes")
			file := p.file(t, "cursor")
			write(t, file, tt.spoil(read(t, file)))
			got := p.run(t, "doctor", "-o", "json")
			for _, d := range decoded[[]diagnosis](t, got.out) {
				if d.Check == "host cursor" {
					if d.Health != tt.health || !strings.Contains(d.Found, tt.want) || !strings.Contains(d.Mend, "mend the file") && !strings.Contains(d.Mend, "mcp-kernel install --client cursor") {
						t.Errorf("%+v", d)
					}
					return
				}
			}
			t.Errorf("%+v", got)
		})
	}
}

// TestInstallMisused sees that what cannot be meant is a fault of the command line, and that nothing is written for it.
func TestInstallMisused(t *testing.T) {
	t.Parallel()
	p := newResident(t)
	for _, args := range [][]string{
		{"install", "--client", "emacs", "--yes"},
		{"install", "--client", "windsurf", "--scope", "project", "--yes"},
		{"install", "--client", "cursor", "--hooks", "--yes"},
		{"install", "--client", "cursor", "--scope", "world", "--yes"},
		{"uninstall"},
		{"uninstall", "--client", "emacs"},
	} {
		if got := p.run(t, args...); got.code != exitUsage {
			t.Errorf("%q: %+v", args, got)
		}
	}
	write(t, p.file(t, "zed"), "{")
	if got := p.run(t, "install", "--client", "zed", "--yes"); got.code != exitFault || !strings.Contains(got.err, "settings.json: it is no JSON") || read(t, p.file(t, "zed")) != "{" {
		t.Errorf("%+v", got)
	}
}
