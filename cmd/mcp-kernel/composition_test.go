package main

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const composed = `compositions:
  - name: copy_note
    description: Reads a note and writes it under another name, with a line before it.
    input:
      type: object
      properties: {from: {type: string}, to: {type: string}, first: {type: string}}
      required: [from, to]
    steps:
      - {id: note, call: file_read, args: {path: {$join: ["work:", {$from: /input/from}]}}}
      - id: head
        when: {from: /input/first, exists: true}
        then: [{call: file_write, args: {path: {$join: ["work:", {$from: /input/to}]}, mode: create, content: {$join: [{$from: /input/first}, {$from: /note/data/content}]}}}]
        else: [{call: file_write, args: {path: {$join: ["work:", {$from: /input/to}]}, mode: create, content: {$from: /note/data/content}}}]
    output: {copied: {$from: /input/from}, was: {$from: /note/data/content}}
  - name: tidy
    description: Deletes a note, or else lists what there is.
    input: {type: object, properties: {path: {type: string}}}
    steps:
      - first_of:
          - {call: file_delete, args: {path: {$from: /input/path}}}
          - {call: file_list, args: {path: "work:."}}
`

// TestComposition has tools made of tools, each of whose calls is governed as if it were made by itself.
func TestComposition(t *testing.T) {
	t.Parallel()
	dir, config := home(t)
	write(t, filepath.Join(dir, "compositions.yaml"), composed)
	write(t, filepath.Join(dir, "work", "a.txt"), "TABLE users;")
	policy := filepath.Join(dir, "p.yaml")
	write(t, policy, "- name: p\n  allowed_tools: [copy_note, tidy, file_read, file_write, file_list]\n  blocked_patterns: [{name: drop, type: regex, pattern: 'drop\\s+table'}]\n")
	call := func(tool, args string) output {
		return cli(t, "tools", "call", tool, args, "--agent", "--config", config, "--policy-file", policy, "--policy", "p")
	}
	for _, step := range []struct{ name, tool, args, want string }{
		{"it works", "copy_note", `{"from":"a.txt","to":"b.txt"}`, `{"copied":"a.txt","was":"TABLE users;"}`},
		{"what it takes", "copy_note", `{"from":"a.txt"}`, "bad_arguments"},
		{"a pattern put together by steps", "copy_note", `{"from":"a.txt","to":"c.txt","first":"DROP "}`, `denied: steps[1].then[0] (file_write): blocked pattern "drop"`},
		{"not allowed, and not gone around", "tidy", `{"path":"work:a.txt"}`, `denied: steps[0].first_of[0] (file_delete): "file_delete" is not in allowed_tools`},
		{"what a tool says", "copy_note", `{"from":"none.txt","to":"d.txt"}`, "steps[0] (file_read)"},
	} {
		got := call(step.tool, step.args)
		if !strings.Contains(strings.Join(strings.Fields(got.out+got.err), ""), strings.Join(strings.Fields(step.want), "")) {
			t.Errorf("%s: %+v", step.name, got)
		}
	}
	if got := read(t, filepath.Join(dir, "work", "b.txt")); got != "TABLE users;" {
		t.Errorf("%q", got)
	}
	entries := ok(t, "audit", "query", "--limit", "100", "-o", "json", "--config", config)
	if n := strings.Count(entries, `"parent": `); n < 10 {
		t.Errorf("%d entries of inner calls:\n%s", n, entries)
	}
	for tool, want := range map[string]string{"copy_note": "writes", "tidy": "destroys"} {
		for line := range strings.Lines(ok(t, "tools", "list", "--config", config, "--policy-file", policy, "--policy", "p")) {
			if strings.HasPrefix(line, tool+" ") && !strings.Contains(line, want) {
				t.Errorf("%s", line)
			}
		}
	}
	lines := decoded[[]compositionLine](t, ok(t, "composition", "list", "-o", "json", "--config", config))
	if diff := cmp.Diff([]compositionLine{{"copy_note", []string{"file_read", "file_write"}}, {"tidy", []string{"file_delete", "file_list"}}}, lines); diff != "" {
		t.Error(diff)
	}
	wrong := filepath.Join(dir, "wrong.yaml")
	write(t, wrong, strings.Replace(composed, "/note/data/content}]}}}]", "/later/text}]}}}]", 1))
	if got := cli(t, "composition", "check", wrong); got.code != 1 || !strings.Contains(got.err, `composition "copy_note": steps[1].then[0].args.content.$join[1]: reference "/later/text": there is no answer of "later" by then: there are input, note`) {
		t.Errorf("%+v", got)
	}
	write(t, filepath.Join(dir, "compositions.yaml"), read(t, wrong))
	if got := call("file_list", `{"path":"work:."}`); got.code != 1 || !strings.Contains(got.err, "there is no answer of") {
		t.Errorf("a kernel with a faulty file: %+v", got)
	}
}
