package main

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
)

// TestPolicyVerbsKnowServers has verbs about policies speak of the tools of another server, which is not started for that.
func TestPolicyVerbsKnowServers(t *testing.T) {
	t.Parallel()
	dir, config := home(t)
	file := filepath.Join(dir, "script.json")
	text, err := json.Marshal(script{Tools: []json.RawMessage{scriptedTool("note_read", "Reads a note."), scriptedTool("note_delete", "Deletes a note.")}})
	if err != nil {
		t.Fatal(err)
	}
	write(t, file, string(text))
	p := filepath.Join(dir, "p.yaml")
	write(t, p, "- name: p\n  allowed_tools: [other__note_read, other__note_delete, other__note_raed]\n"+
		"  rules: |\n    forbid (principal, action == Action::\"other__note_delete\", resource) when { context.args has text && context.args.text == \"1\" };\n")
	fixtures := filepath.Join(dir, "p.test.yaml")
	write(t, fixtures, "cases:\n  - {name: reads, call: {tool: other__note_read}, expect: allow}\n"+
		"  - {name: keeps the first, call: {tool: other__note_delete, args: {text: \"1\"}}, expect: {effect: deny, check: rules}}\n")
	narrower := filepath.Join(dir, "narrower.yaml")
	write(t, narrower, "- name: p\n  allowed_tools: [other__note_read]\n")

	_ = ok(t, scripted(t, file, config)...)
	write(t, file, "{") // whoever starts it now fails
	for _, verb := range []string{"validate", "lint"} {
		got := cli(t, "policy", verb, p, "--config", config)
		if verb == "validate" && got.code != 0 || got.err != "" || verb == "lint" && !strings.Contains(got.out, `did you mean "other__note_read"?`) {
			t.Errorf("%s: %+v", verb, got)
		}
	}
	if got := ok(t, "policy", "test", fixtures, "--config", config); !strings.Contains(got, "2 cases, 0 failed") {
		t.Error(got)
	}
	write(t, fixtures, "tools:\n  - {name: other__note_read, hints: {read_only: true}}\n"+read(t, fixtures))
	if got := ok(t, "policy", "test", fixtures, "--config", config); !strings.Contains(got, "2 cases, 0 failed") {
		t.Errorf("a tool that is listed and known: %s", got)
	}
	if got := ok(t, "policy", "diff", p, narrower, "--config", config); !strings.Contains(got, "tool other__note_delete") {
		t.Error(got)
	}
	if got := cli(t, "policy", "explain", "other__note_delete", `{"text":"1"}`, "--policy-file", p, "--policy", "p", "--config", config); got.code != 1 || !strings.Contains(got.out, "refused by rules") {
		t.Errorf("%+v", got)
	}

	_, late := home(t)
	write(t, late, read(t, late)+"governance: {policy_files: ["+p+"], policies: [p]}\n")
	write(t, file, string(text))
	_ = ok(t, "upstream", "add", "other", "--no-test", "--env", "SCRIPTED="+file, "--config", late, "--", scripted(t, file, late)[len(scripted(t, file, late))-1])
	if got := cli(t, "tools", "list", "--config", late); got.code != 1 || !strings.Contains(got.err, "mcp-kernel upstream test other") {
		t.Errorf("a rule about a server that nobody has seen: %+v", got)
	}
	_ = ok(t, "upstream", "test", "other", "--config", late)
	if got := ok(t, "tools", "list", "--config", late); !strings.Contains(got, "other__note_delete") {
		t.Error(got)
	}

	_, fresh := home(t)
	_ = ok(t, append([]string{"upstream", "add", "other", "--no-test", "--config", fresh}, "--", "/nonexistent")...)
	if got := cli(t, "policy", "lint", narrower, "--config", fresh); got.code != 0 || !strings.Contains(got.err, "what server other offers is not known") || !strings.Contains(got.out, "mcp-kernel upstream test other") {
		t.Errorf("%+v", got)
	}
}
