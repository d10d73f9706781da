package main

import (
	"path/filepath"
	"regexp"
	"testing"
)

// everyField is a policy that has every field that there is, and one beside it.
const everyField = `- name: whole
  description: Every field.
  mode: enforce
  max_tokens_per_request: 5000
  max_tool_calls_per_request: 50
  allowed_tools: ["*"]
  allowed_resources: ["audit://log"]
  allowed_prompts: ["*"]
  confidence_threshold: 0.5
  timeout: 30s
  blocked_patterns:
    - {name: plain, type: substring, pattern: hunter2}
    - name: whole
      type: regex
      pattern: 'api[0-9]+'
      case_sensitive: true
      at: [/text, "/items/*"]
      on: [arguments, results]
      action: redact
      severity: critical
      except:
        - {reason: the fixture of the tests, tools: [file_read], principals: ["user:ada"], until: 2027-01-01T00:00:00Z}
  limits:
    - {name: pace, per: [principal, tool], tools: ["file_*"], calls: 60, window: 1m}
    - {name: at_once, per: principal, concurrent: 4}
  max_depth: 3
  max_fan_out: 20
  max_result_tokens: 4000
  labels:
    - {add: [untrusted:web], tools: ["web_*"], hints: {open_world: true}}
    - {add: [read:pii], found: [pii]}
    - {add: [read:files], tools: [file_read]}
  rules: |
    @id("not-after-reading")
    forbid (principal, action, resource is Tool)
    when { context.labels.contains("read:pii") && resource.destructive };
  require_approval:
    - {name: deletes, tools: [file_delete], message: Gone is gone., approvers: [operators, "user:ada"], quorum: 2, expires: 1h, channels: [cli, console]}
  intent: {deny: [destructive_data], ask: [privilege_escalation], threshold: 0.8, unread: ask}
  detect:
    secrets: {action: block, on: [arguments, results]}
    email: {action: log, threshold: 0.5}
    injection: default
- name: narrow
  allowed_tools: ["file_*", "vfs_*"]
  allowed_resources: ["*"]
  allowed_prompts: []
  timeout: 10s
`

func TestPolicyShow(t *testing.T) {
	t.Parallel()
	dir, config := home(t)
	file := filepath.Join(dir, "p.yaml")
	write(t, file, everyField)
	show := func(args ...string) string {
		return ok(t, append(append([]string{"policy", "show"}, args...), "--policy-file", file, "--config", config)...)
	}
	policyGolden(t, "show", dir, show("--policy", "whole", "--policy", "narrow"))
	whole := show("whole", "--policy", "whole")
	policyGolden(t, "show-one", dir, whole)
	again := filepath.Join(dir, "again.yaml")
	write(t, again, whole)
	if o := ok(t, "policy", "diff", file, again, "--policy", "whole", "--config", config); o != "The two mean the same.\n" {
		t.Errorf("what is shown of a policy is another: %s", o)
	}
}

// TestPolicyExplainNamesEveryStep asks about a call that passes everything, one that people are asked about, and one that
// several checks object to.
func TestPolicyExplainNamesEveryStep(t *testing.T) {
	t.Parallel()
	dir, config := home(t)
	file := filepath.Join(dir, "p.yaml")
	write(t, file, everyField)
	category := regexp.MustCompile("taken for [a-z_]+,") // which one, its own tests say
	for name, c := range map[string]struct {
		code int
		args []string
	}{
		"explain-passes": {exitOK, []string{"file_read", `{"path":"work:mail-to-ada@example.org"}`}},
		"explain-asks":   {exitOK, []string{"file_delete", `{"path":"work:a"}`}},
		"explain-denies": {exitFault, []string{"file_delete", `{"path":"work:hunter2 ghp_16C7e42F292c6912E7710c838347Ae178B4a"}`, "--label", "read:pii"}},
	} {
		o := cli(t, append([]string{"policy", "explain", "--policy-file", file, "--policy", "whole", "--config", config}, c.args...)...)
		if o.code != c.code {
			t.Errorf("%s: exit %d, %s", name, o.code, o.err)
		}
		policyGolden(t, name, dir, category.ReplaceAllString(o.out, "taken for SOMETHING,"))
	}
}
