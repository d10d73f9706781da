package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mcp-kernel/mcp-kernel/internal/fixture"
)

// A walker is an official SDK's client of one version.
type walker struct {
	name     string // as it calls itself
	sdk      string // package of npm, or directory of the Python SDK
	era      string
	protocol string // what it agrees on with the server
	mute     bool   // is so old that it cannot be asked to fill in a form
}

// walkers are the first version of each SDK that speaks Streamable HTTP, the first whose user can be asked, the last of
// the first line, and the newest, in both eras: between them, every version of the protocol.
func walkers() []walker {
	return append([]walker{
		{name: "typescript-1.10", sdk: "sdk-1.10", era: "legacy", protocol: "2024-11-05", mute: true},
		{name: "typescript-1.13", sdk: "sdk-1.13", era: "legacy", protocol: "2025-06-18"},
		{name: "typescript-1.32", sdk: "@modelcontextprotocol/sdk", era: "legacy", protocol: "2025-11-25"},
		{name: "python-1.9", sdk: "mcp-1.9.4", era: "legacy", protocol: "2025-03-26", mute: true},
		{name: "python-1.10", sdk: "mcp-1.10.1", era: "legacy", protocol: "2025-06-18"},
		{name: "python-1.30", sdk: "mcp-1.30.0", era: "legacy", protocol: "2025-11-25"},
	}, newest()...)
}

func newest() []walker {
	return []walker{
		{name: "typescript-2.4", sdk: "@modelcontextprotocol/client", era: "legacy", protocol: "2025-11-25"},
		{name: "typescript-2.4-new", sdk: "@modelcontextprotocol/client", era: "modern", protocol: "2026-07-28"},
		{name: "python-2.3", sdk: "mcp-2.3.0", era: "legacy", protocol: "2025-11-25"},
		{name: "python-2.3-new", sdk: "mcp-2.3.0", era: "modern", protocol: "2026-07-28"},
	}
}

// A door is how walkers come to a server.
type door struct {
	URL     string   `json:"url,omitempty"`
	Key     string   `json:"key,omitempty"`
	Command []string `json:"command,omitempty"`
}

// TestClientWalks has every official SDK, old and new, do everything that a client does: all of them at once with one
// server over HTTP, and each with a process of its own over stdio, which share one data directory.
func TestClientWalks(t *testing.T) {
	t.Parallel()
	dir := clients(t)
	t.Run("http", func(t *testing.T) {
		t.Parallel()
		_, config := home(t)
		s := launch(t, fixtured(t), "serve", "--http", "127.0.0.1:0", "--config", config, "--profile", "full")
		visit(t, dir, door{URL: address(t, s)}, walkers())
		interrupt(t, s)
		accounted(t, config, walkers())
	})
	t.Run("key", func(t *testing.T) {
		t.Parallel()
		_, config := home(t)
		key := decoded[keyLine](t, ok(t, "keys", "create", "--principal", "user:ada", "--config", config, "-o", "json"))
		s := launch(t, fixtured(t), "serve", "--http", "127.0.0.1:0", "--config", config, "--profile", "full")
		visit(t, dir, door{URL: address(t, s), Key: key.Token}, newest())
		interrupt(t, s)
		for _, e := range accounted(t, config, newest()) {
			if e.Principal != "user:ada" {
				t.Errorf("%s %s is %q's", e.Kind, e.Name, e.Principal)
			}
		}
	})
	t.Run("stdio", func(t *testing.T) {
		t.Parallel()
		_, config := home(t)
		visit(t, dir, door{Command: []string{fixtured(t), "serve", "--stdio", "--config", config, "--profile", "full"}}, walkers())
		accounted(t, config, walkers())
	})
}

// interrupt ends a server as an operator does.
func interrupt(t *testing.T, c *child) {
	t.Helper()
	if err := c.cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	c.end()
}

// visit sends walkers through a door, all at once, and compares what they say of what they saw.
func visit(t *testing.T, dir string, d door, all []walker) {
	t.Helper()
	offered := offers(t, "full")
	t.Run("walk", func(t *testing.T) {
		for _, w := range all {
			t.Run(w.name, func(t *testing.T) {
				t.Parallel()
				got := decoded[walked](t, w.walk(t, dir, d))
				got.Elicited = regexp.MustCompile(`call [0-9a-f-]{36}`).ReplaceAllString(got.Elicited, "call ID")
				if diff := cmp.Diff(w.expected(offered), got); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
			})
		}
	})
}

// walk has the SDK's program walk and returns what it printed.
func (w walker) walk(t *testing.T, dir string, d door) string {
	t.Helper()
	spec, err := json.Marshal(struct {
		door
		SDK  string `json:"sdk"`
		Era  string `json:"era"`
		Name string `json:"name"`
	}{d, w.sdk, w.era, w.name})
	if err != nil {
		t.Fatal(err)
	}
	env := append(os.Environ(), "HOME="+t.TempDir())
	program, script := "node", "walk.mjs"
	if strings.HasPrefix(w.name, "python") {
		modules := filepath.Join(dir, "python_modules", w.sdk)
		_, err := os.Stat(filepath.Join(modules, ".installed"))
		needed(t, "the Python SDK "+w.sdk, err == nil)
		program, script, env = "python3", "walk.py", append(env, "PYTHONPATH="+modules)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	fault := &safeBuffer{}
	cmd := exec.CommandContext(ctx, program, script, string(spec))
	cmd.Dir, cmd.Env, cmd.Stderr = dir, env, fault
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s%s", err, out, fault)
	}
	return string(out)
}

// A step of progress.
type step struct {
	Progress, Total float64
	Message         string
}

// A walked is what walk.mjs and walk.py say.
type walked struct {
	Protocol                              string
	Tools, Resources, Templates, Prompts  []string
	Call                                  string
	Read, Prompt                          string
	Updated, Cancelled, Elicited, Sampled string
	Unknown                               string
	Progress                              struct {
		Steps  []step
		Answer string
	}
	Logs struct {
		Logged []string
		Answer string
	}
	Faults []string
}

// expected is what the walker must have seen.
func (w walker) expected(offered walked) walked {
	e := offered
	e.Protocol = w.protocol
	e.Call = "This is a simple text response for testing."
	e.Progress.Steps = []step{{0, 100, "Completed step 0 of 100"}, {50, 100, "Completed step 50 of 100"}, {100, 100, "Completed step 100 of 100"}}
	e.Progress.Answer = "Tool with progress executed successfully"
	e.Logs.Logged = []string{"Tool execution started", "Tool processing data", "Tool execution completed"}
	e.Logs.Answer = "Tool with logging executed successfully"
	e.Read = `{"id":"7","templateTest":true,"data":"Data for ID: 7"}`
	e.Prompt = "Prompt with arguments: arg1='one', arg2='two'"
	e.Updated = "test://watched-resource"
	e.Cancelled = "cancelled"
	e.Elicited = `User response: action=accept, content={"username":"ada","email":"ada@example.org"}`
	if w.mute {
		e.Elicited = "unsupported: the client has not declared the capability elicitation, which this call needs (call ID)"
	}
	e.Sampled = "LLM response: Paris"
	e.Unknown = `unknown tool "nope"`
	e.Faults = []string{}
	return e
}

// offers are the listings of a profile, in alphabetical order. Of the suite's tools, all are in the profile "full" alone.
func offers(t *testing.T, profile string) walked {
	t.Helper()
	_, config := home(t)
	o := walked{
		Resources: []string{"audit://log", "policy://active"},
		Templates: []string{"policy://{name}", "result://{call}", "test://template/{id}/data", "vfs://{+path}"},
		Prompts:   []string{"governed_agent", "investigate_violations", "safe_execution"},
	}
	for _, tool := range decoded[[]toolLine](t, ok(t, "tools", "list", "--agent", "--profile", profile, "--config", config, "-o", "json")) {
		o.Tools = append(o.Tools, tool.Name)
	}
	surface := fixture.New().Surface()
	for _, tool := range surface.Tools {
		if profile == "full" {
			o.Tools = append(o.Tools, tool.Spec().Name)
		}
	}
	for _, resource := range surface.Resources {
		if uri := resource.Spec().URI; uri != "" {
			o.Resources = append(o.Resources, uri)
		}
	}
	for _, prompt := range surface.Prompts {
		o.Prompts = append(o.Prompts, prompt.Spec().Name)
	}
	slices.Sort(o.Tools)
	slices.Sort(o.Resources)
	slices.Sort(o.Prompts)
	return o
}

// accounted sees that the journal verifies and has a decision and an outcome of each call that each walker made, and of
// no other. It returns the entries of the walkers.
func accounted(t *testing.T, config string, all []walker) []entryLine {
	t.Helper()
	ok(t, "audit", "verify", "--config", config)
	page := decoded[answerPage](t, ok(t, "audit", "query", "--oldest", "--limit", "1000", "--kind", "decision", "--kind", "outcome", "--config", config, "-o", "json"))
	calls := map[string]map[string]string{} // by the client's label and the call's id
	for _, e := range page.Entries {
		if calls[e.Label] == nil {
			calls[e.Label] = map[string]string{}
		}
		if e.Kind == "decision" {
			calls[e.Label][e.Call] = fmt.Sprintf("%s %s: %s", e.Target, e.Name, e.Effect)
		} else {
			calls[e.Label][e.Call] += " " + e.Status
		}
	}
	got, want := map[string][]string{}, map[string][]string{}
	for label, of := range calls {
		for _, call := range of {
			got[label] = append(got[label], call)
		}
		slices.Sort(got[label])
	}
	for _, w := range all {
		want[w.name+"/1"] = w.calls()
	}
	if diff := cmp.Diff(want, got); diff != "" || page.Next != "" {
		t.Errorf("the journal (-want +got):\n%s", diff)
	}
	return page.Entries
}

// calls are what the walker must have called, with what was decided and what came of it, in alphabetical order.
func (w walker) calls() []string {
	calls := []string{
		"completion resource:vfs://{+path}: allow ok",
		"prompt test_prompt_with_arguments: allow ok",
		"resource test://template/7/data: allow ok",
		"subscription resource:test://watched-resource: allow ok",
		"tool nope: deny denied",
		"tool test_reconnection: allow cancelled",
		"tool test_simple_text: allow ok",
		"tool test_tool_with_logging: allow ok",
		"tool test_tool_with_progress: allow ok",
		"tool test_trigger_resource_change: allow ok",
		"tool test_sampling: allow ok",
	}
	elicitation := "tool test_elicitation: allow ok"
	switch {
	case w.mute:
		elicitation = "tool test_elicitation: allow tool_error"
	case w.era == "modern": // each is asked with one call and answered with the next
		calls = append(calls, "tool test_elicitation: allow input_required", "tool test_sampling: allow input_required")
	}
	calls = append(calls, elicitation)
	slices.Sort(calls)
	return calls
}
