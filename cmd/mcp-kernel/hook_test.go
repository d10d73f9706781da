package main

import (
	"encoding/json"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// bashCall is a call of Bash as Claude Code hands it to its hooks.
func bashCall(command string) string {
	return `{"session_id":"abc","transcript_path":"/home/me/.claude/t.jsonl","cwd":"/home/me/work","permission_mode":"default","hook_event_name":"PreToolUse","tool_name":"Bash","tool_input":{"command":` +
		strconv.Quote(command) + `,"description":"does it"},"tool_use_id":"toolu_01"}`
}

// What destroys does not run, however it is written; ordinary work is left to the host without a word.
func TestHookBefore(t *testing.T) {
	t.Parallel()
	_, config := home(t)
	for name, command := range map[string]string{
		"plain":          `rm -rf /`,
		"apart":          `rm -r -f /`,
		"long options":   `rm --recursive --force --no-preserve-root /`,
		"quoted":         `r''m -r"f" /`,
		"escaped":        `\rm -rf /*`,
		"a variable":     `x=rm; $x -rf ~`,
		"IFS":            `rm${IFS}-rf${IFS}/`,
		"a shell within": `bash -c 'rm -rf /'`,
		"base64":         `echo cm0gLXJmIC8= | base64 -d | sh`,
		"by its path":    `/bin/rm -fr /home`,
		"behind another": `cd /tmp && sudo rm -rf / --no-preserve-root`,
		"found":          `find / -delete`,
		"xargs":          `echo / | xargs rm -rf`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := cliWith(t, bashCall(command), "hook", "pre-tool-use", "--config", config)
			var v beforeVerdict
			if err := json.Unmarshal([]byte(got.out), &v); err != nil || got.code != 0 || v.Output.Event != "PreToolUse" || v.Output.Decision != "deny" ||
				!strings.HasPrefix(v.Output.Reason, "mcp-kernel: denied: ") {
				t.Errorf("%s: %+v", command, got)
			}
		})
	}
	for _, command := range []string{
		`go test ./... && git status`, `rm -rf ./build`, `ls -la | grep rm`, `echo "never rm -r anything" > notes.txt`, `npm ci && npm run build`,
		`git commit -m "remove rf handling"`, `find . -name '*.tmp' -newer x -print`, `docker run --rm alpine true`, `cat README.md`, `sed -i s/a/b/ file.go`,
	} {
		if got := cliWith(t, bashCall(command), "hook", "pre-tool-use", "--config", config); got.code != 0 || got.out != "" {
			t.Errorf("%s: %+v", command, got)
		}
	}
}

// The policies that govern everything else govern the host's tools, and what was decided is in the journal.
func TestHookPolicies(t *testing.T) {
	t.Parallel()
	dir, config := home(t)
	policy := filepath.Join(dir, "p.yaml")
	write(t, policy, "- name: p\n  allowed_tools: [\"host__Read\", \"host__WebFetch\"]\n  detect: {secrets: {action: block, on: [results]}}\n  blocked_patterns:\n    - {name: internal, type: substring, pattern: internal.example}\n")
	run := func(verb, input string) output {
		return cliWith(t, input, "hook", verb, "--config", config, "--policy-file", policy, "--policy", "p")
	}
	for _, tt := range []struct{ verb, input, want string }{
		{"pre-tool-use", `{"tool_name":"Read","tool_input":{"file_path":"/a"}}`, ""},
		{"pre-tool-use", `{"tool_name":"Write","tool_input":{"file_path":"/a"}}`, `"host__Write\" is not in allowed_tools of policy \"p\"`},
		{"pre-tool-use", `{"tool_name":"WebFetch","tool_input":{"url":"https://internal.example/x"}}`, `blocked pattern \"internal\"`},
		{"pre-tool-use", `{"tool_name":"mcp__mcp-kernel__kernel_execute","tool_input":{}}`, ""},
		{"pre-tool-use", `{"tool_name":"mcp__other.server__do","tool_input":{}}`, `host__mcp__other_server__do`},
		{"post-tool-use", `{"tool_name":"Read","tool_input":{"file_path":"/a"},"tool_response":{"content":"all is well"}}`, ""},
		{"post-tool-use", `{"tool_name":"Read","tool_input":{"file_path":"/a"},"tool_response":"AKIA` + `Q3EGRIXW4CT7MZYP"}`, `"decision":"block"`},
	} {
		got := run(tt.verb, tt.input)
		if got.code != 0 || !strings.Contains(got.out, tt.want) || tt.want == "" && got.out != "" {
			t.Errorf("%s %s: %+v", tt.verb, tt.input, got)
		}
	}
	journal := ok(t, "audit", "query", "--limit", "50", "--config", config)
	for _, want := range []string{"host__Read", "host__Write", "host__WebFetch", "host__mcp__other_server__do"} {
		if !strings.Contains(journal, want) {
			t.Errorf("%s is not in the journal:\n%s", want, journal)
		}
	}
}

// A hook that cannot judge refuses, by the exit code that hosts know.
func TestHookFailsClosed(t *testing.T) {
	t.Parallel()
	dir, config := home(t)
	bad := filepath.Join(dir, "bad.yaml")
	write(t, bad, "- name: p\n  tools_allowed: []\n")
	for name, tt := range map[string]struct {
		input string
		args  []string
	}{
		"nothing":          {"", nil},
		"no JSON":          {"{", nil},
		"no tool":          {`{"tool_input":{}}`, nil},
		"no input":         {`{"tool_name":"Bash"}`, nil},
		"a bad policy":     {bashCall("true"), []string{"--policy-file", bad}},
		"an unknown one":   {bashCall("true"), []string{"--policy", "nobody"}},
		"no place to note": {bashCall("true"), []string{"--data-dir", "/dev/null/x"}},
		"an odd command":   {`{"tool_name":"Bash","tool_input":[]}`, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := cliWith(t, tt.input, append([]string{"hook", "pre-tool-use", "--config", config}, tt.args...)...)
			if got.code != 2 || got.out != "" || !strings.Contains(got.err, "the hook could not judge the call, so it does not run") {
				t.Errorf("%+v", got)
			}
		})
	}
	if got := cliWith(t, `{"tool_name":"Read","tool_input":{}}`, "hook", "post-tool-use", "--config", config); got.code != 2 {
		t.Errorf("no answer: %+v", got)
	}
}
