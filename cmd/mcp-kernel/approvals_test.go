package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mcp-kernel/mcp-kernel/governance/approval"
)

// careful is a home whose policy wants people to agree before a file is deleted. rule is what stands beside the tool's name.
func careful(t *testing.T, rule string) (dir, config string) {
	t.Helper()
	dir, config = home(t)
	write(t, filepath.Join(dir, "policies.yaml"), `- name: careful
  allowed_tools: ["*"]
  allowed_resources: ["*"]
  allowed_prompts: ["*"]
  require_approval:
    - {name: deletes, tools: [file_delete], message: Gone is gone.`+rule+"}\n")
	write(t, config, read(t, config)+fmt.Sprintf("governance: {policy_files: [%q], policies: [careful]}\n", filepath.Join(dir, "policies.yaml")))
	for _, name := range []string{"a", "b"} {
		write(t, filepath.Join(dir, "work", name), name)
	}
	return dir, config
}

// delete asks a server to delete a file, and returns the line that comes back.
func (c *child) delete(id int, arguments string) string {
	c.t.Helper()
	c.send(fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"method":"tools/call","params":{"name":"file_delete","arguments":%s}}`, id, arguments))
	return c.next()
}

func missing(path string) bool {
	_, err := os.Stat(path)
	return os.IsNotExist(err)
}

// waiting are the approvals that wait, as the command line lists them.
func waiting(t *testing.T, config string) []approval.Request {
	t.Helper()
	return decoded[[]approval.Request](t, ok(t, "approvals", "list", "--config", config, "-o", "json"))
}

// TestApprovals answers from the command line what a running server asks, with no help of its client.
func TestApprovals(t *testing.T) {
	t.Parallel()
	dir, config := careful(t, "")
	if text := ok(t, "policy", "show", "--config", config); !strings.Contains(text, "deletes: file_delete: 1 of operators over cli, console, within 15m0s") {
		t.Errorf("policy show: %s", text)
	}
	c := start(t, "serve", "--stdio", "--config", config)
	c.hello()
	if line := c.delete(1, `{"path":"work:a"}`); !strings.Contains(line, "approval_required") || !strings.Contains(line, "mcp-kernel approvals approve ") {
		t.Fatalf("got %s", line)
	}
	list := waiting(t, config)
	if len(list) != 1 || list[0].Name != "file_delete" || list[0].Arguments != `{"path":"work:a"}` || list[0].Caller.Operator {
		t.Fatalf("got %+v", list)
	}
	id := list[0].ID
	if text := ok(t, "approvals", "list", "--config", config); !strings.Contains(text, id) || !strings.Contains(text, "work:a") {
		t.Errorf("list: %s", text)
	}
	if text := ok(t, "approvals", "show", id, "--config", config); !strings.Contains(text, "rule deletes of policy careful: Gone is gone.") || !strings.Contains(text, "It is waiting") {
		t.Errorf("show: %s", text)
	}
	if text := ok(t, "approvals", "approve", id, "--reason", "old", "--config", config); !strings.Contains(text, "Granted") {
		t.Errorf("approve: %s", text)
	}
	if line := c.delete(2, `{"path":"work:b"}`); !strings.Contains(line, "approval_required") || missing(filepath.Join(dir, "work", "b")) {
		t.Errorf("another argument after the approval: %s", line)
	}
	if line := c.delete(3, `{ "path" : "work:a" }`); strings.Contains(line, "isError") || !missing(filepath.Join(dir, "work", "a")) {
		t.Errorf("after the approval: %s", line)
	}
	if line := c.delete(4, `{"path":"work:a"}`); !strings.Contains(line, "approval_required") {
		t.Errorf("a second time: %s", line)
	}
	for _, r := range waiting(t, config) {
		ok(t, "approvals", "deny", r.ID, "--reason", "keep it", "--config", config)
	}
	if line := c.delete(5, `{"path":"work:b"}`); !strings.Contains(line, "was refused by user:") || !strings.Contains(line, "keep it") {
		t.Errorf("after the refusal: %s", line)
	}
	if o := cli(t, "approvals", "approve", id, "--config", config); o.code != exitFault || !strings.Contains(o.err, "the approval was used") {
		t.Errorf("exit %d, %s", o.code, o.err)
	}
	if o := cli(t, "approvals", "show", "nope", "--config", config); o.code != exitFault || !strings.Contains(o.err, `no such approval, or no longer: "nope"`) {
		t.Errorf("exit %d, %s", o.code, o.err)
	}
	c.close()
	ok(t, "audit", "verify", "--config", config)
	journal := ok(t, "audit", "export", "--config", config)
	for _, want := range []string{
		`"action":"approval_given"`, `"action":"approval_refused"`, `"reason":"over cli: old"`, `"subject":"` + id + `"`,
		"approval " + id + ": agreed to by user:", "approval " + id + ": rule",
	} {
		if !strings.Contains(journal, want) {
			t.Errorf("the journal does not say %s", want)
		}
	}
}

// TestApprovalsSurvive asks in one process, answers beside it, and runs in another.
func TestApprovalsSurvive(t *testing.T) {
	t.Parallel()
	dir, config := careful(t, "")
	c := start(t, "serve", "--stdio", "--config", config)
	c.hello()
	c.delete(1, `{"path":"work:a"}`)
	if err := c.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	<-c.done
	ok(t, "approvals", "approve", waiting(t, config)[0].ID, "--config", config)
	c = start(t, "serve", "--stdio", "--config", config)
	c.hello()
	if line := c.delete(1, `{"path":"work:a"}`); strings.Contains(line, "isError") || !missing(filepath.Join(dir, "work", "a")) {
		t.Errorf("got %s", line)
	}
	c.close()
}

// TestApprovalsElsewhere sees what the command line says where it cannot reach what a server keeps.
func TestApprovalsElsewhere(t *testing.T) {
	t.Parallel()
	_, config := careful(t, "")
	write(t, config, read(t, config)+"state: {url: \"memory:\"}\n")
	if o := cli(t, "approvals", "list", "--config", config); o.code != exitFault || !strings.Contains(o.err, "sqlite: as state.url") {
		t.Errorf("exit %d, %s", o.code, o.err)
	}
	c := start(t, "serve", "--stdio", "--config", config)
	c.hello()
	if line := c.delete(1, `{"path":"work:a"}`); !strings.Contains(line, "approval_required") || strings.Contains(line, "approvals approve") {
		t.Errorf("got %s", line)
	}
	c.close()
}

// TestApprovalsWatch watches what begins to wait.
func TestApprovalsWatch(t *testing.T) {
	t.Parallel()
	_, config := careful(t, "")
	if o := cli(t, "approvals", "watch", "--every", "1ms", "--config", config); o.code != exitUsage {
		t.Errorf("exit %d, %s", o.code, o.err)
	}
	cli(t, "tools", "call", "file_delete", `{"path":"work:a"}`, "--agent", "--config", config)
	w := start(t, "approvals", "watch", "--every", "20ms", "--config", config, "-o", "json")
	first := decoded[approval.Request](t, w.next())
	cli(t, "tools", "call", "file_delete", `{"path":"work:b"}`, "--agent", "--config", config)
	second := decoded[approval.Request](t, w.next())
	if first.Arguments != `{"path":"work:a"}` || second.Arguments != `{"path":"work:b"}` {
		t.Errorf("got %+v and %+v", first, second)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var out safeBuffer
	ended := make(chan int, 1)
	go func() {
		ended <- run(ctx, []string{"approvals", "watch", "--every", "10ms", "--config", config}, strings.NewReader(""), &out, &out)
	}()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for len(ended) == 0 && strings.Count(out.String(), "Agree with:") < 2 {
		<-tick.C
	}
	cancel()
	code := <-ended
	if code != exitOK || strings.Count(out.String(), "Agree with: mcp-kernel approvals approve") != 2 {
		t.Errorf("exit %d, %s", code, out.String())
	}
}

// An asking is what ask.mjs reports.
type asking struct{ Asked, Said, Faults []string }

// TestClientApprovals has the official SDK's clients asked, in both eras, over stdio and over HTTP.
func TestClientApprovals(t *testing.T) {
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
				dir, config := careful(t, ", channels: [client, cli]")
				d := door{Command: []string{built(t), "serve", "--stdio", "--config", config}}
				if over == "http" {
					d = door{URL: address(t, start(t, "serve", "--http", "127.0.0.1:0", "--config", config))}
				}
				got := ask(t, clientsDir, w, d, []string{
					`{"action":"accept","content":{"approve":true}}`, `{"action":"accept","content":{"approve":false}}`,
				}, deleting("work:a"), deleting("work:b"), deleting("work:b"))
				if len(got.Asked) != 2 || !strings.Contains(got.Asked[0], `{"path":"work:a"}`) || !strings.Contains(got.Asked[1], `{"path":"work:b"}`) {
					t.Errorf("asked %q", got.Asked)
				}
				if len(got.Said) != 3 || strings.Contains(got.Said[0], "approval") || !strings.Contains(got.Said[1], "was refused by user:") ||
					!strings.Contains(got.Said[2], "was refused by user:") || len(got.Faults) != 0 {
					t.Errorf("said %q, faults %q", got.Said, got.Faults)
				}
				if !missing(filepath.Join(dir, "work", "a")) || missing(filepath.Join(dir, "work", "b")) {
					t.Error("what was agreed to is there, or what was refused is not")
				}
			})
		}
	}
	for _, era := range []string{"legacy", "modern"} {
		t.Run("within another call/"+era, func(t *testing.T) {
			t.Parallel()
			dir, config := careful(t, ", channels: [client]")
			w := walker{name: "typescript-2.4", sdk: "@modelcontextprotocol/client", era: era}
			got := ask(t, clientsDir, w, door{Command: []string{built(t), "serve", "--stdio", "--config", config}},
				[]string{`{"action":"accept","content":{"approve":true}}`},
				`{"name":"kernel_execute","arguments":{"action":"file_delete","params":{"path":"work:a"}}}`)
			if len(got.Asked) != 1 || !strings.Contains(got.Said[0], `"success":true`) || !missing(filepath.Join(dir, "work", "a")) {
				t.Errorf("got %+v", got)
			}
		})
	}
	t.Run("excluded", func(t *testing.T) {
		t.Parallel()
		dir, config := careful(t, "")
		w := walker{name: "typescript-2.4", sdk: "@modelcontextprotocol/client", era: "modern"}
		got := ask(t, clientsDir, w, door{Command: []string{built(t), "serve", "--stdio", "--config", config}},
			[]string{`{"action":"accept","content":{"approve":true}}`}, deleting("work:a"))
		if len(got.Asked) != 0 || !strings.Contains(got.Said[0], "approval_required") || missing(filepath.Join(dir, "work", "a")) {
			t.Errorf("got %+v", got)
		}
	})
}

// deleting is the call that deletes a file.
func deleting(path string) string {
	return fmt.Sprintf(`{"name":"file_delete","arguments":{"path":%q}}`, path)
}

// ask has a client make calls, and answers what it is asked.
func ask(t *testing.T, clientsDir string, w walker, d door, answers []string, calls ...string) asking {
	t.Helper()
	spec := map[string]any{"sdk": w.sdk, "era": w.era, "name": w.name}
	if d.URL != "" {
		spec["url"] = d.URL
	} else {
		spec["command"] = d.Command
	}
	given := make([]json.RawMessage, len(answers))
	for i, answer := range answers {
		given[i] = json.RawMessage(answer)
	}
	made := make([]json.RawMessage, len(calls))
	for i, call := range calls {
		made[i] = json.RawMessage(call)
	}
	spec["answers"], spec["calls"] = given, made
	text, err := json.Marshal(spec)
	if err != nil {
		t.Fatal(err)
	}
	out, err := node(t, clientsDir, "ask.mjs", string(text))
	if err != nil {
		t.Fatal(err)
	}
	return decoded[asking](t, string(out))
}
