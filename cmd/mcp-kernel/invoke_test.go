package main

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
)

// calls asks the server to call a tool, and returns the line that comes back.
func (c *child) calls(id int, name, arguments string) string {
	c.t.Helper()
	c.send(fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"method":"tools/call","params":{"name":%q,"arguments":%s}}`, id, name, arguments))
	return c.next()
}

// bank is a home with a server of three tools: one that anybody may call, one that people must agree to, one that nobody may.
func bank(t *testing.T, more string) (config string) {
	t.Helper()
	dir, config := home(t)
	policy, file := filepath.Join(dir, "bank.yaml"), filepath.Join(dir, "script.json")
	write(t, policy, `- name: bank
  allowed_tools: [other__read, other__pay, "tool_*"]
  blocked_patterns: [{name: table, type: substring, pattern: drop table}]
  require_approval: [{name: pays, tools: [other__pay], message: Money leaves.}]
`)
	write(t, config, read(t, config)+fmt.Sprintf("governance: {policy_files: [%q], policies: [bank]}\n%s", policy, more))
	(&script{
		[]json.RawMessage{scriptedTool("read", "Reads the balance of an account."), scriptedTool("pay", "Pays money out."), scriptedTool("close", "Closes an account.")},
		map[string]json.RawMessage{
			"read": json.RawMessage(`{"result":{"content":[{"type":"text","text":"7"}],"structuredContent":{"balance":7.00},"extra":1e2}}`),
			"pay":  scriptedText("paid"), "close": scriptedText("closed"),
		},
	}).put(t, file)
	_ = ok(t, scripted(t, file, config)...)
	return config
}

// TestToolInvokeIsTheTool has a client call the tools of a real server through tool_invoke, honestly and not: what the
// policies, the people who are asked and the journal see is the tool itself.
func TestToolInvokeIsTheTool(t *testing.T) {
	t.Parallel()
	config := bank(t, "upstreams: {search_threshold: 0}\n")
	c := start(t, "serve", "--stdio", "--config", config)
	c.hello()
	c.send(`{"jsonrpc":"2.0","id":1,"method":"tools/list"}`)
	if line := c.next(); strings.Contains(line, "other__") || !strings.Contains(line, `"tool_search"`) || !strings.Contains(line, `"tool_describe"`) || !strings.Contains(line, `"tool_invoke"`) {
		t.Errorf("tools/list: %s", line)
	}
	if line := c.calls(2, "tool_search", `{"query":"balance"}`); !strings.Contains(line, `"name":"other__read"`) || strings.Contains(line, "other__close") {
		t.Errorf("tool_search: %s", line)
	}
	if line := c.calls(3, "tool_describe", `{"name":"other__pay"}`); !strings.Contains(line, `"effect":"ask"`) || !strings.Contains(line, `"name":"other__pay"`) {
		t.Errorf("tool_describe: %s", line)
	}
	// The answer is that of the tool, to the byte, save for ids.
	direct, through := c.calls(4, "other__read", `{"text":"x"}`), c.calls(5, "tool_invoke", `{"name":"other__read","arguments":{"text":"x"}}`)
	if alike := strings.Replace(direct, `"id":4`, `"id":5`, 1); !strings.Contains(through, `{"balance":7.00}`) || len(alike) != len(through) {
		t.Errorf("the answers differ:\n%s\n%s", direct, through)
	}
	for i, tt := range []struct{ arguments, want string }{
		{`{"name":"other__read","arguments":{"text":"DROP  TABLE accounts"}}`, "POLICY_VIOLATION"},
		{`{"name":"other__read","arguments":{"text":"dr\u006fp table accounts"}}`, "POLICY_VIOLATION"},
		{`{"name":"other__close","arguments":{}}`, "TOOL_CALL_BLOCKED"},
		{`{"name":"tool_invoke","arguments":{"name":"other__close"}}`, "is called by itself"},
		{`{"name":"tool_pin","arguments":{"server":"other","name":"read","digest":"sha256:0"}}`, "unknown tool"},
		{`{"name":"other__pay","name":"other__read","arguments":{}}`, ""},
		{`{"name":"other__nothing","arguments":{}}`, "unknown tool"},
	} {
		line := c.calls(10+i, "tool_invoke", tt.arguments)
		if !strings.Contains(line, tt.want) || strings.Contains(line, "closed") || strings.Contains(line, "paid") || strings.Contains(line, "balance") {
			t.Errorf("%s: %s", tt.arguments, line)
		}
	}
	agree(t, c, config)
	c.close()
	ok(t, "audit", "verify", "--config", config)
	page := decoded[answerPage](t, ok(t, "audit", "query", "--name", "tool_invoke", "--kind", "decision", "--config", config, "-o", "json"))
	if len(page.Entries) != 2 { // of tool_invoke within tool_invoke, and of two names at once
		t.Errorf("the journal has %d calls of tool_invoke itself", len(page.Entries))
	}
	page = decoded[answerPage](t, ok(t, "audit", "query", "--name", "other__read", "--kind", "decision", "--config", config, "-o", "json"))
	if len(page.Entries) != 4 {
		t.Errorf("the journal has %d calls of other__read", len(page.Entries))
	}
}

// agree has an operator agree to what was asked for through tool_invoke: it runs once, for these arguments.
func agree(t *testing.T, c *child, config string) {
	t.Helper()
	const order = `{"name":"other__pay","arguments":{"text":"7"}}`
	if line := c.calls(30, "tool_invoke", order); !strings.Contains(line, "approval_required") || strings.Contains(line, "paid") {
		t.Fatalf("nobody is asked: %s", line)
	}
	list := waiting(t, config)
	if len(list) != 1 || list[0].Name != "other__pay" || list[0].Arguments != `{"text":"7"}` {
		t.Fatalf("people are asked about %+v", list)
	}
	ok(t, "approvals", "approve", list[0].ID, "--config", config)
	for i, step := range []struct{ name, arguments, want string }{
		{"tool_invoke", `{"name":"other__pay","arguments":{"text":"8"}}`, "approval_required"},
		{"tool_invoke", order, "paid"},
		{"tool_invoke", order, "approval_required"},
		{"other__pay", `{"text":"7"}`, "approval_required"},
	} {
		if line := c.calls(40+i, step.name, step.arguments); !strings.Contains(line, step.want) {
			t.Errorf("%d: %s, want %s", i, line, step.want)
		}
	}
}

// Whoever may not call tool_invoke calls nothing through it, and by default other servers' tools are listed.
func TestToolInvokeIsAllowedToo(t *testing.T) {
	t.Parallel()
	config := bank(t, "")
	write(t, config, strings.Replace(read(t, config), "policies: [bank]", "policies: [bank, narrow]", 1))
	path := filepath.Join(filepath.Dir(config), "bank.yaml")
	write(t, path, read(t, path)+"- name: narrow\n  allowed_tools: [\"other__*\"]\n")
	c := start(t, "serve", "--stdio", "--config", config)
	defer c.close()
	c.hello()
	if line := c.calls(1, "tool_invoke", `{"name":"other__read"}`); !strings.Contains(line, "TOOL_CALL_BLOCKED") || strings.Contains(line, "balance") {
		t.Errorf("%s", line)
	}
	if line := c.calls(2, "other__read", `{}`); !strings.Contains(line, "balance") {
		t.Errorf("%s", line)
	}
	c.send(`{"jsonrpc":"2.0","id":3,"method":"tools/list"}`)
	if line := c.next(); !strings.Contains(line, `"other__read"`) || strings.Contains(line, `"tool_invoke"`) {
		t.Errorf("tools/list: %s", line)
	}
}
