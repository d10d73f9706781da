package main

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/governance/approval"
	"github.com/mcp-kernel/mcp-kernel/governance/policy/compare"
	"github.com/mcp-kernel/mcp-kernel/governance/policy/lint"
	"github.com/mcp-kernel/mcp-kernel/governance/policy/replay"
	"github.com/mcp-kernel/mcp-kernel/internal/bench"
	"github.com/mcp-kernel/mcp-kernel/modules/atr"
	"github.com/mcp-kernel/mcp-kernel/modules/atr/pin"
	"github.com/mcp-kernel/mcp-kernel/modules/observability"
	"github.com/mcp-kernel/mcp-kernel/server/keys"
)

// TestReadmeTools keeps the README's table of tools in step with what is listed.
func TestReadmeTools(t *testing.T) {
	t.Parallel()
	_, config := home(t)
	var table strings.Builder
	table.WriteString("| tool | what it does | for | shown in |\n|---|---|---|---|\n")
	for _, tool := range decoded[[]toolLine](t, ok(t, "tools", "list", "--profile", "full", "--config", config, "-o", "json")) {
		profiles := append(slices.Clone(tool.Profiles), "full")
		fmt.Fprintf(&table, "| `%s` | %s | %s | %s |\n", tool.Name, strings.ReplaceAll(tool.Description, "|", `\|`), tool.Audience, strings.Join(profiles, ", "))
	}
	path := filepath.Join("..", "..", "README.md")
	readme := read(t, path)
	between := regexp.MustCompile(`(?s)(<!-- tools: [^\n]*-->\n).*(<!-- end of tools -->)`)
	if !between.MatchString(readme) {
		t.Fatal("README.md has lost the marks around its table of tools")
	}
	want := between.ReplaceAllStringFunc(readme, func(old string) string {
		first, _, _ := strings.Cut(old, "\n")
		return first + "\n" + table.String() + "<!-- end of tools -->"
	})
	if want == readme {
		return
	}
	if !*update {
		t.Fatal("README.md's table of tools is not what `tools list` says: run the test with -update")
	}
	if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestDocumentedJSON sees that every field that --output json prints is described in docs/cli.md, below its verb.
func TestDocumentedJSON(t *testing.T) {
	t.Parallel()
	text := read(t, filepath.Join("..", "..", "docs", "cli.md"))
	for section, types := range map[string][]any{
		"version": {build{}}, "policy validate": {validation{}, fault{}},
		"policy test": {trialReport{}, suiteLine{}, caseLine{}, partLine{}}, "policy templates, init": {templateLine{}},
		"policy diff": {compare.Report{}, compare.Field{}, compare.Witness{}, compare.Verdict{}}, "policy lint": {lintReport{}, lint.Finding{}},
		"policy explain": {explanation{}}, "policy replay": {replay.Report{}, replay.Change{}, replay.Verdict{}}, "tools list": {toolLine{}}, "tools call": {answer{}},
		"audit verify": {verification{}, badEntry{}}, "audit query": {answerPage{}, entryLine{}, payloadLine{}, controlLine{}},
		"audit verify-receipt": {proof{}}, "metrics": {
			observability.Snapshot{}, observability.Times{}, observability.ToolCalls{}, observability.Decisions{}, observability.Detections{}, observability.Deciding{},
		}, "audit key": {publicKey{}}, "audit head": {signedHead{}}, "freeze, resume": {freezing{}}, "keys create, list, revoke": {keyLine{}, keys.Key{}},
		"approvals list, show, approve, deny, watch": {approval.Request{}, approval.Vote{}, governance.Requirement{}},
		"upstream list, add, test, import, remove":   {atr.Report{}, learned{}}, "upstream login, logout": {learned{}, loggedOut{}}, "tool list, check, add": {toolEntry{}, added{}}, "doctor": {diagnosis{}}, "install, uninstall": {hostLine{}, hostChange{}, hostServer{}}, "scan": {scanReport{}, scanLine{}}, "hook pre-tool-use, post-tool-use": {beforeVerdict{}, afterVerdict{}}, "pins list, diff, approve": {pin.Record{}, pin.Change{}, difference{}},
		"bench": {
			benchResult{}, bench.Machine{}, bench.Report{}, bench.SentCall{}, bench.Latencies{}, bench.Fault{},
		}, "bench compare": {bench.Comparison{}, bench.Standing{}, bench.Ratio{}, bench.Figures{}, bench.Spread{}},
	} {
		_, body, found := strings.Cut(text, "\n## "+section+"\n")
		if !found {
			t.Errorf("docs/cli.md has no section %q", section)
			continue
		}
		body, _, _ = strings.Cut(body, "\n## ")
		for _, v := range types {
			for field := range reflect.TypeOf(v).Fields() {
				name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
				if name != "" && !strings.Contains(body, "`"+name+"`") {
					t.Errorf("docs/cli.md, %s: `%s` is not described", section, name)
				}
			}
		}
	}
}

// TestReadmeVerbs sees that every command that README.md and docs/cli.md show exists, with its flags.
func TestReadmeVerbs(t *testing.T) {
	t.Parallel()
	root := (&app{}).root()
	for _, file := range []string{"README.md", filepath.Join("docs", "cli.md")} {
		lines := regexp.MustCompile(`(?m)^\$ (?:bin/)?mcp-kernel ([^|>\n]+)`).FindAllStringSubmatch(read(t, filepath.Join("..", "..", file)), -1)
		if len(lines) == 0 {
			t.Errorf("%s shows no command", file)
		}
		for _, line := range lines {
			cmd, rest, err := root.Find(strings.Fields(line[1]))
			if err != nil || cmd == root {
				t.Errorf("%s: there is no `mcp-kernel %s`", file, line[1])
				continue
			}
			for _, word := range rest {
				if word == "--" { // what follows is somebody else's
					break
				}
				name, isFlag := strings.CutPrefix(word, "--")
				if isFlag && cmd.Flag(name) == nil {
					t.Errorf("%s: `mcp-kernel %s`: there is no flag --%s", file, line[1], name)
				}
			}
		}
	}
}

// TestArchitectureRanks sees that ARCHITECTURE.md and internal/archtest place every package alike.
func TestArchitectureRanks(t *testing.T) {
	t.Parallel()
	source := read(t, filepath.Join("..", "..", "internal", "archtest", "ranks_test.go"))
	_, table, _ := strings.Cut(source, "const ranks = `")
	table, _, _ = strings.Cut(table, "`")
	var want []string
	for _, m := range regexp.MustCompile(`(?m)^\s*(\d+)\s+(\S+)$`).FindAllStringSubmatch(table, -1) {
		want = append(want, m[1]+" "+m[2])
	}
	var got []string
	page := read(t, filepath.Join("..", "..", "ARCHITECTURE.md"))
	for _, m := range regexp.MustCompile("(?m)^\\| (\\d+) \\| `([^`]+)` \\|").FindAllStringSubmatch(page, -1) {
		got = append(got, m[1]+" "+m[2])
	}
	slices.Sort(want)
	slices.Sort(got)
	if len(want) == 0 || !slices.Equal(want, got) {
		t.Errorf("internal/archtest says\n%s\nARCHITECTURE.md says\n%s", strings.Join(want, "\n"), strings.Join(got, "\n"))
	}
}
