package policy_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mcp-kernel/mcp-kernel/governance/match"
	"github.com/mcp-kernel/mcp-kernel/governance/policy"
)

func exception() match.Exception {
	return match.Exception{Reason: `the "old" site, until it is gone`, Tools: []string{"deploy_*"}, Until: time.Date(2027, 1, 31, 0, 0, 0, 0, time.UTC)}
}

func TestExcept(t *testing.T) {
	t.Parallel()
	const text = `{reason: "the \"old\" site, until it is gone", tools: ["deploy_*"], until: "2027-01-31T00:00:00Z"}`
	for _, c := range []struct{ name, file, want string }{
		{
			"in brackets, on one line",
			"- name: p # ours\n  blocked_patterns:\n    - {name: a, type: substring, pattern: ä}\n    - {name: b, type: substring, pattern: 'é, {'} # why\n  allowed_tools: []\n",
			"- name: p # ours\n  blocked_patterns:\n    - {name: a, type: substring, pattern: ä}\n    - {name: b, type: substring, pattern: 'é, {', except: [" + text + "]} # why\n  allowed_tools: []\n",
		},
		{
			"in brackets, with exceptions",
			"- name: p\n  blocked_patterns:\n    - {name: b, type: substring, pattern: x, except: [{reason: r, tools: [t], until: 2027-01-01}]}\n",
			"- name: p\n  blocked_patterns:\n    - {name: b, type: substring, pattern: x, except: [{reason: r, tools: [t], until: 2027-01-01}, " + text + "]}\n",
		},
		{
			"line by line",
			"- name: p\n  blocked_patterns:\n    - type: substring\n      # the name\n      name: b\n      pattern: |-\n        x\n        y\n  allowed_tools: ['*']\n",
			"- name: p\n  blocked_patterns:\n    - type: substring\n      # the name\n      name: b\n      except: [" + text + "]\n      pattern: |-\n        x\n        y\n  allowed_tools: ['*']\n",
		},
		{
			"line by line, with exceptions",
			"- name: p\n  blocked_patterns:\n  - type: substring\n    name: b\n    pattern: x\n    except:\n      - reason: r\n        tools: [t]\n        until: 2027-01-01\n- name: q\n",
			"",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := policy.Except("p.yaml", []byte(c.file), "p", "b", exception())
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, string(got)); c.want != "" && diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			read, err := policy.Decode("p.yaml", got)
			if err != nil {
				t.Fatal(err)
			}
			patterns := read[0].BlockedPatterns
			exceptions := patterns[len(patterns)-1].Except
			found := false
			for _, e := range exceptions {
				found = found || cmp.Equal(e, exception())
			}
			if !found {
				t.Errorf("the exceptions are %+v", exceptions)
			}
		})
	}
}

func TestExceptFromWhatIsNotThere(t *testing.T) {
	t.Parallel()
	const file = "- name: p\n  blocked_patterns:\n    - {name: b, type: substring, pattern: x}\n"
	for _, c := range []struct{ policy, pattern, want string }{
		{"q", "b", `no such pattern of policy "q": the file has no such policy`},
		{"p", "c", `policy "p": no such pattern "c": its named patterns are b`},
	} {
		_, err := policy.Except("p.yaml", []byte(file), c.policy, c.pattern, exception())
		if !errors.Is(err, policy.ErrNoPattern) || err.Error() != c.want {
			t.Errorf("%s/%s: %v", c.policy, c.pattern, err)
		}
	}
	forever := exception()
	forever.Until = time.Time{}
	if _, err := policy.Except("p.yaml", []byte(file), "p", "b", forever); err == nil || !strings.Contains(err.Error(), "until") {
		t.Errorf("an exception for ever: %v", err)
	}
}
