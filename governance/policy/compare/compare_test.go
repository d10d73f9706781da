package compare_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/governance/policy"
	"github.com/mcp-kernel/mcp-kernel/governance/policy/compare"
	"github.com/mcp-kernel/mcp-kernel/governance/rules"
)

func surface() rules.Surface {
	tool := func(name string, readOnly, openWorld bool) rules.Tool {
		return rules.Tool{Name: name, ReadOnly: readOnly, Destructive: !readOnly, OpenWorld: openWorld, Input: []byte(`{"type":"object","properties":{"text":{"type":"string"}}}`)}
	}
	return rules.Surface{
		Tools:   []rules.Tool{tool("file_read", true, false), tool("file_write", false, false), tool("web_fetch", true, true), tool("web_post", false, true)},
		Prompts: []rules.Prompt{{Name: "ask"}},
	}
}

// set makes a set of one policy of these fields.
func set(t *testing.T, fields string) *governance.Set {
	t.Helper()
	text := "- name: p\n"
	for line := range strings.Lines(fields) {
		text += "  " + line
	}
	policies, err := policy.Decode("p.yaml", []byte(text+"\n"))
	if err != nil {
		t.Fatal(err)
	}
	s, err := governance.NewSet(governance.Ceiling{}, policies, []string{"p"})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// line says what a comparison found of a field, in one line: its witnesses with what each side did.
func line(f compare.Field) string {
	text := f.Name + " " + f.Relation.String()
	for _, w := range f.Witnesses {
		text += fmt.Sprintf(" | %s: %s %s", w.Relation, w.Kind, w.Name)
		if len(w.Args) > 0 {
			text += " " + string(w.Args)
		}
		if w.After != "" {
			text += " (" + w.After + ")"
		}
		text += fmt.Sprintf(" %s %s→%s %s", w.First.Effect, w.First.Check, w.Second.Effect, w.Second.Check)
	}
	return text
}

const all = "allowed_tools: [\"*\"]\nallowed_resources: [\"*\"]\nallowed_prompts: [\"*\"]\n"

func TestSets(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		first, second string
		relation      compare.Relation
		want          []string
	}{
		"the same, written differently": {
			"allowed_tools: [a, b, \"c*\"]", "allowed_tools: [\"c*\", b, \"ca*\", a]", compare.Equal, nil,
		},
		"fewer names": {
			"allowed_tools: [file_read, file_write]", "allowed_tools: [file_read]", compare.Stricter,
			[]string{"allowed_tools stricter | stricter: tool file_write allow →deny allowed_tools"},
		},
		"other names": {
			"allowed_tools: [file_write]", "allowed_tools: [file_read]", compare.Incomparable,
			[]string{"allowed_tools incomparable | stricter: tool file_write allow →deny allowed_tools | looser: tool file_read deny allowed_tools→allow "},
		},
		"a wider glob": {
			"allowed_tools: [\"gh_*\"]", "allowed_tools: [\"gh_*\", \"gl_?x\"]", compare.Looser,
			[]string{"allowed_tools looser | looser: tool gl_ax deny allowed_tools→allow "},
		},
		"a glob within another": {
			"allowed_tools: [\"gh_*\"]", "allowed_tools: [\"gh_get_*\"]", compare.Stricter,
			[]string{"allowed_tools stricter | stricter: tool gh_ allow →deny allowed_tools"},
		},
		"numbers": {
			all + "max_tool_calls_per_request: 5\nmax_tokens_per_request: 100\nmax_depth: 3\nmax_fan_out: 3",
			all + "max_tool_calls_per_request: 4\nmax_tokens_per_request: 200\nmax_depth: 2", compare.Incomparable,
			[]string{
				"max_tokens_per_request looser | looser: tool file_read (100 tokens of the window are used) deny max_tokens_per_request→allow ",
				"max_tool_calls_per_request stricter | stricter: tool file_read (4 calls of the window are used) allow →deny max_tool_calls_per_request",
				"max_depth stricter | stricter: tool file_read (within 3 calls) allow →deny max_depth",
				"max_fan_out looser | looser: tool file_read (3 such calls were made; within 1 calls) deny max_fan_out→allow ",
			},
		},
		"patterns": {
			all + "blocked_patterns: [{type: regex, pattern: 'rm\\s+-rf'}, {type: glob, pattern: '*.exe'}]",
			all + "blocked_patterns: [{type: substring, pattern: hunter2}, {type: glob, pattern: '*.exe', name: binary}]", compare.Incomparable,
			[]string{`blocked_patterns incomparable | stricter: tool file_read {"text":"hunter2"} allow →deny blocked_patterns | looser: tool file_read {"text":"rm -rf"} deny blocked_patterns→allow `},
		},
		"a pattern that another covers": {
			all + "blocked_patterns: [{type: substring, pattern: rm}]",
			all + "blocked_patterns: [{type: substring, pattern: rm}, {type: substring, pattern: rm -rf}]", compare.Stricter,
			[]string{"blocked_patterns stricter"},
		},
		"mode": {
			all, all + "mode: audit", compare.Looser, []string{"mode looser"},
		},
		"confidence and time": {
			all + "confidence_threshold: 0.5\ntimeout: 10s", all + "confidence_threshold: 0.9\ntimeout: 20s", compare.Incomparable,
			[]string{
				"confidence_threshold stricter | stricter: tool file_read (its answer has a confidence of 0.7) allow →allow confidence_threshold",
				"timeout looser | looser: tool file_read allow →allow ",
			},
		},
		"limits": {
			all + "limits: [{per: principal, calls: 3, window: 1m}, {per: tool, tools: [\"web_*\"], calls: 9, window: 1h}, {per: principal, concurrent: 2}]",
			all + "limits: [{per: principal, calls: 2, window: 1m}, {per: principal, concurrent: 5}, {per: principal, tokens: 50, window: 1m}, {per: principal, bytes_out: 5, window: 1m}]",
			compare.Incomparable,
			[]string{
				"limits: bytes_out per principal in 1m0s stricter",
				"limits: calls per principal in 1m0s stricter | stricter: tool file_read (2 such calls were made) allow →deny limits",
				"limits: calls per tool of web_* in 1h0m0s looser",
				"limits: concurrent per principal looser",
				`limits: tokens per principal in 1m0s stricter | stricter: tool file_read {"text":"a a a a a a a a a a a a a a a a a a a a a a a a a a "} allow →deny limits`,
			},
		},
		"calls at once": {
			all + "limits: [{per: principal, concurrent: 2}]", all + "limits: [{per: principal, concurrent: 5}]", compare.Looser,
			[]string{"limits: concurrent per principal looser | looser: tool file_read (2 such calls are running) deny limits→allow "},
		},
		"rules": {
			all, all + "labels: [{add: [untrusted:web], tools: [web_fetch]}]\nrules: |\n  @id(\"stay\")\n  forbid (principal, action in Action::\"tools/call\", resource)\n  when { context.labels.contains(\"untrusted:web\") && resource.open_world && !resource.read_only };",
			compare.Incomparable,
			[]string{
				"labels incomparable",
				"rules stricter | stricter: tool web_post (the execution has touched untrusted:web) allow →deny rules",
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, err := compare.Sets(t.Context(), set(t, c.first), set(t, c.second), compare.Options{Surface: surface()})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, f := range r.Fields {
				got = append(got, line(f))
			}
			if diff := cmp.Diff(c.want, got); diff != "" || r.Relation != c.relation {
				t.Errorf("%s, want %s\n%s", r.Relation, c.relation, diff)
			}
			back, err := compare.Sets(t.Context(), set(t, c.second), set(t, c.first), compare.Options{Surface: surface()})
			if err != nil || back.Relation != reversed(c.relation) {
				t.Errorf("the other way around: %s, %v", back.Relation, err)
			}
		})
	}
}

func reversed(r compare.Relation) compare.Relation {
	switch r {
	case compare.Stricter:
		return compare.Looser
	case compare.Looser:
		return compare.Stricter
	default:
		return r
	}
}

func TestASetIsItself(t *testing.T) {
	t.Parallel()
	s := set(t, all+"max_tool_calls_per_request: 5\nlimits: [{per: principal, calls: 3, window: 1m}]\nmax_depth: 3")
	r, err := compare.Sets(t.Context(), s, s, compare.Options{Surface: surface()})
	if err != nil || r.Relation != compare.Equal || len(r.Fields) != 0 || r.First != r.Second {
		t.Errorf("%+v, %v", r, err)
	}
}
