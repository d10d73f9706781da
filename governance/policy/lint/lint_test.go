package lint_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/governance/policy"
	"github.com/mcp-kernel/mcp-kernel/governance/policy/lint"
	"github.com/mcp-kernel/mcp-kernel/governance/policy/templates"
	"github.com/mcp-kernel/mcp-kernel/governance/rules"
)

func options() lint.Options {
	return lint.Options{
		Surface: rules.Surface{
			Tools:   []rules.Tool{{Name: "file_read", ReadOnly: true}, {Name: "file_write", Destructive: true}, {Name: "web_fetch"}, {Name: "there__read"}, {Name: "there__write"}},
			Prompts: []rules.Prompt{{Name: "ask"}},
		},
		Resources: []string{"audit://log", "vfs://{+path}"},
		Ceiling:   governance.Ceiling{MaxTokens: 1000, MaxCalls: 10, Timeout: time.Minute},
		Now:       time.Date(2026, 1, 5, 12, 0, 0, 0, time.UTC),
		Unseen:    []string{"gone"},
		Closed:    map[governance.Channel]string{governance.ChannelConsole: "there is none"},
	}
}

func findings(t *testing.T, text string) []string {
	t.Helper()
	policies, err := policy.Decode("p.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, f := range lint.Policies(options(), policies...) {
		lines = append(lines, f.String())
	}
	return lines
}

func TestPolicies(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		text string
		want []string
	}{
		"nothing to say": {
			"- name: p\n  allowed_tools: [file_read, \"web_*\"]\n  allowed_resources: [\"vfs://*\"]\n  timeout: 10s\n  blocked_patterns: [{type: regex, pattern: 'rm\\s+-rf'}]\n", nil,
		},
		"lists": {
			"- name: p\n  allowed_tools: [file_read, \"file_*\", \"file_r*\", file_read, file_wirte, shell]\n  allowed_prompts: [\"*\", ask]\n",
			[]string{
				`p.yaml:2:19: warning: policy "p": allowed_tools[0]: "file_read" is needless beside "file_*": strike it`,
				`p.yaml:2:40: warning: policy "p": allowed_tools[2]: "file_r*" is needless beside "file_*": strike it`,
				`p.yaml:2:51: warning: policy "p": allowed_tools[3]: "file_read" is needless beside "file_read": strike it`,
				`p.yaml:2:62: warning: policy "p": allowed_tools[4]: "file_wirte" is needless beside "file_*": strike it`,
				`p.yaml:2:74: note: policy "p": allowed_tools[5]: "shell" is the name of nothing that there is: strike it, or look for a slip`,
				`p.yaml:3:26: warning: policy "p": allowed_prompts[1]: "ask" is needless beside "*": strike it`,
			},
		},
		"a slip": {
			"- name: p\n  allowed_tools: [file_wirte]\n",
			[]string{`p.yaml:2:19: note: policy "p": allowed_tools[0]: "file_wirte" is the name of nothing that there is: did you mean "file_write"?`},
		},
		"open to everything": {
			"- name: p\n  allowed_tools: [\"*\"]\n",
			[]string{`p.yaml:2:19: note: policy "p": allowed_tools[0]: everything is allowed, 1 tools that delete or overwrite included, and whatever another server adds: name the tools, add a rule that asks resource.destructive, or require approval by hints`},
		},
		"nothing allowed": {
			"- name: p\n",
			[]string{`p.yaml:1:9: warning: policy "p": name: allows nothing: write what may be called, or ["*"]: lists that are left out allow nothing`},
		},
		"only watching": {
			"- name: p\n  mode: audit\n  allowed_tools: [file_read]\n",
			[]string{`p.yaml:2:9: note: policy "p": mode: nothing is enforced: what would be refused is only recorded: write enforce when the journal shows nothing that should pass`},
		},
		"patterns": {
			"- name: p\n  allowed_tools: [file_read]\n  blocked_patterns:\n    - {type: regex, pattern: 'x*'}\n    - {type: substring, pattern: Rm -RF}\n    - {type: substring, pattern: rm}\n    - {type: substring, pattern: RM, name: again}\n    - {type: regex, pattern: '[0-9]{3}-[0-9]{4}'}\n    - {type: regex, pattern: '(foo|ba[rz])x'}\n    - {type: glob, pattern: '*'}\n    - {type: substring, pattern: rm, case_sensitive: true}\n",
			[]string{
				`p.yaml:4:30: warning: policy "p": blocked_patterns[0].pattern: matches every text, so that it blocks every call: say what must not occur`,
				`p.yaml:5:7: warning: policy "p": blocked_patterns[1]: is never the first to hit: whatever it matches, blocked_patterns[2] matches too: strike it`,
				`p.yaml:7:7: warning: policy "p": blocked_patterns[3]: is never the first to hit: whatever it matches, blocked_patterns[2] matches too: strike it`,
				`p.yaml:8:30: note: policy "p": blocked_patterns[4].pattern: has no text of 2 bytes that must occur, so that every value is run through it: add a word that must be there, if there is one`,
				`p.yaml:10:29: warning: policy "p": blocked_patterns[6].pattern: matches every text, so that it blocks every call: say what must not occur`,
				`p.yaml:11:7: warning: policy "p": blocked_patterns[7]: is never the first to hit: whatever it matches, blocked_patterns[2] matches too: strike it`,
			},
		},
		"exceptions": {
			"- name: p\n  allowed_tools: [file_read]\n  blocked_patterns:\n    - type: substring\n      pattern: sudo\n      except:\n        - {reason: once, tools: [shell], until: 2026-01-05}\n        - {reason: longer, tools: [shell], until: 2027-01-01}\n        - {reason: ends, tools: [file_read], until: 2026-01-10}\n        - {reason: other, tools: [file_write], until: 2027-01-01}\n",
			[]string{
				`p.yaml:7:11: warning: policy "p": blocked_patterns[0].except[0]: has been over since 2026-01-05: the pattern holds again: strike it, or give it another date`,
				`p.yaml:8:36: note: policy "p": blocked_patterns[0].except[1].tools[0]: "shell" is the name of nothing that there is: strike it, or look for a slip`,
				`p.yaml:9:11: note: policy "p": blocked_patterns[0].except[2]: ends on 2026-01-10: the pattern holds again then: see whether it is still needed, and give it another date if it is`,
				`p.yaml:10:11: warning: policy "p": blocked_patterns[0].except[3]: is never reached: the policy allows nothing of what it is about: strike it, or allow what it is about`,
			},
		},
		"numbers": {
			"- name: p\n  allowed_tools: [file_read]\n  max_tokens_per_request: 2000\n  max_tool_calls_per_request: 11\n  timeout: 1h\n  confidence_threshold: 0\n",
			[]string{
				`p.yaml:3:27: warning: policy "p": max_tokens_per_request: 2000 is above the kernel's ceiling of 1000, which holds: write 1000 or less, or raise governance.ceiling in the configuration`,
				`p.yaml:4:31: warning: policy "p": max_tool_calls_per_request: 11 is above the kernel's ceiling of 10, which holds: write 10 or less, or raise governance.ceiling in the configuration`,
				`p.yaml:5:12: warning: policy "p": timeout: 1h0m0s is above the kernel's ceiling of 1m0s, which holds: write 1m0s or less, or raise governance.ceiling in the configuration`,
				`p.yaml:6:25: note: policy "p": confidence_threshold: 0 reports no answer as drifting: strike it, or write more`,
			},
		},
		"no calls": {
			"- name: p\n  allowed_tools: [file_read]\n  max_tool_calls_per_request: 0\n",
			[]string{`p.yaml:3:31: warning: policy "p": max_tool_calls_per_request: 0 allows no call of what the lists allow: empty the allowlists if nothing may be called`},
		},
		"limits and labels": {
			"- name: p\n  allowed_tools: [file_read]\n  limits:\n    - {per: principal, calls: 5, window: 1m}\n    - {per: principal, calls: 3, window: 1m}\n    - {per: principal, tools: [shell], calls: 0, window: 1m}\n  labels: [{add: [a:b], tools: [\"*\"]}]\n",
			[]string{
				`p.yaml:4:7: warning: policy "p": limits[0]: is never reached: limits[1] counts the same and admits 3: strike it`,
				`p.yaml:6:7: warning: policy "p": limits[2]: admits nothing: leave the tools out of the allowlist`,
				`p.yaml:6:32: note: policy "p": limits[2].tools[0]: "shell" is the name of nothing that there is: strike it, or look for a slip`,
				`p.yaml:7:11: note: policy "p": labels: labels decide nothing by themselves, and this policy has no rules: add a rule that asks context.labels, here or in a policy that holds beside this one`,
			},
		},
		"rules": {
			"- name: p\n  allowed_tools: [file_read]\n  labels:\n    - {add: [a:b, c:d], hints: {destructive: true}}\n    - {add: [a:b], resources: [\"vfs://notes/*\"]}\n  rules: |\n" +
				"    @id(\"one\") forbid (principal, action == Action::\"file_read\", resource) when { context.labels.contains(\"a:b\") };\n" +
				"    @id(\"two\")\n    forbid (principal, action == Action::\"file_read\", resource)\n    when { context.labels.contains(\"a:b\") }; // again\n" +
				"    forbid (principal, action in [Action::\"file_write\", Action::\"ask\"], resource);\n    forbid (principal, action in Action::\"tools/call\", resource) when { context.depth > 3 };\n",
			[]string{
				`p.yaml:4:7: warning: policy "p": labels[0]: is never reached: the policy allows nothing of what it is about: strike it, or allow what it is about`,
				`p.yaml:4:19: note: policy "p": labels[0].add[1]: no rule of this policy asks for the label "c:d": strike it, unless a policy that holds beside this one asks for it`,
				`p.yaml:5:7: warning: policy "p": labels[1]: is never reached: the policy allows nothing of what it is about: strike it, or allow what it is about`,
				`p.yaml:8:5: warning: policy "p": rules: rule "two" says what rule "one" says: strike it`,
				`p.yaml:11:5: warning: policy "p": rules: rule "rules[2]" never decides: the policy does not allow ask, file_write: strike it, or allow what it is about`,
			},
		},
		"approval": {
			"- name: p\n  allowed_tools: [file_read, web_fetch]\n  require_approval:\n    - {tools: [file_wirte]}\n    - {tools: [file_write]}\n    - {tools: [web_fetch], channels: [console]}\n" +
				"    - {tools: [web_fetch], quorum: 2, approvers: [\"user:a\", \"user:b\"], channels: [cli]}\n    - {tools: [web_fetch], approvers: [caller], channels: [client]}\n    - {tools: [web_fetch]}\n",
			[]string{
				`p.yaml:4:16: note: policy "p": require_approval[0].tools[0]: "file_wirte" is the name of nothing that there is: did you mean "file_write"?`,
				`p.yaml:5:7: warning: policy "p": require_approval[1]: is never reached: the policy allows nothing of what it is about: strike it, or allow what it is about`,
				`p.yaml:6:7: warning: policy "p": require_approval[2]: nobody can answer here, so the call never runs (console: there is none): add a channel that there is, or open one`,
				`p.yaml:7:7: warning: policy "p": require_approval[3]: 2 people must agree, and over the command line answers only who owns the data directory: add console to the channels, or ask one person`,
				`p.yaml:8:7: note: policy "p": require_approval[4]: only the caller's own client is asked, which can answer by itself: add cli or console to the channels if a person must see it`,
			},
		},
		"detectors": {
			"- name: p\n  allowed_tools: [file_read]\n  detect:\n    secrets: {action: block, on: [results]}\n    pii: {action: redact, on: [results]}\n    email: {action: redact, on: [results]}\n    iban: {action: block, on: [results], threshold: 0.5}\n",
			[]string{
				`p.yaml:6:12: warning: policy "p": detect.email: changes nothing: the other rules for detectors say the same, or one behind it has the last word: strike it, or write it behind what it is to change`,
			},
		},
		"detectors of which the last has the last word": {
			"- name: p\n  allowed_tools: [file_read]\n  detect:\n    email: block\n    all: log\n",
			[]string{
				`p.yaml:4:12: warning: policy "p": detect.email: changes nothing: the other rules for detectors say the same, or one behind it has the last word: strike it, or write it behind what it is to change`,
			},
		},
		"servers": {
			"- name: p\n  allowed_tools: [there__read, there__wirte, gone__read]\n",
			[]string{
				`p.yaml:2:32: note: policy "p": allowed_tools[1]: "there__wirte" is the name of nothing that there is: did you mean "there__write"?`,
				`p.yaml:2:46: note: policy "p": allowed_tools[2]: what "gone__read" is cannot be checked: it is not known what server gone offers: look with mcp-kernel upstream test gone`,
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(c.want, findings(t, c.text)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestUsed compares allowlists with what was called.
func TestUsed(t *testing.T) {
	t.Parallel()
	policies, err := policy.Decode("p.yaml", []byte("- name: p\n  allowed_tools: [\"file_*\", web_fetch, there__read]\n  allowed_prompts: [ask]\n"))
	if err != nil {
		t.Fatal(err)
	}
	o := options()
	o.Since = o.Now.AddDate(0, 0, -30)
	o.Called = map[governance.Kind]map[string]bool{governance.KindTool: {"file_read": true, "there__read": true}}
	var got []string
	for _, f := range lint.Policies(o, policies...) {
		got = append(got, f.String())
	}
	want := []string{
		`p.yaml:2:19: note: policy "p": allowed_tools[0]: "file_*" allows 2 names, of which 1 were called since 2025-12-06: name what is needed: file_read`,
		`p.yaml:2:29: note: policy "p": allowed_tools[1]: "web_fetch" allows what was not called since 2025-12-06: strike it if it is not needed`,
		`p.yaml:3:21: note: policy "p": allowed_prompts[0]: "ask" allows what was not called since 2025-12-06: strike it if it is not needed`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestTemplates sees that the templates have no warnings.
func TestTemplates(t *testing.T) {
	t.Parallel()
	for _, name := range templates.Names() {
		text, _ := templates.Policy(name)
		policies, err := policy.Decode(name+".yaml", text)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range lint.Policies(lint.Options{}, policies...) {
			if f.Severity == lint.Warning {
				t.Error(f.String())
			}
		}
	}
}

func Example() {
	policies, err := policy.Decode("p.yaml", []byte("- name: p\n  allowed_tools: [\"file_*\", file_read]\n"))
	if err != nil {
		fmt.Println(err)
	}
	for _, f := range lint.Policies(lint.Options{}, policies...) {
		fmt.Println(strings.ReplaceAll(f.String(), ": ", ":\n  "))
	}
	// Output:
	// p.yaml:2:29:
	//   warning:
	//   policy "p":
	//   allowed_tools[1]:
	//   "file_read" is needless beside "file_*":
	//   strike it
}
