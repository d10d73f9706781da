package detect_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/mcp-kernel/mcp-kernel/governance/detect"
	"github.com/mcp-kernel/mcp-kernel/governance/match"
)

// A described is a definition of a corpus.
type described struct {
	family, name string
	doc          json.RawMessage
}

// ordinary reports whether nothing is wrong with a definition.
func (d described) ordinary() bool { return strings.HasPrefix(d.family, "ordinary") }

// definitions reads a file of testdata.
func definitions(tb testing.TB, file string) (all []described) {
	tb.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", file))
	if err != nil {
		tb.Fatal(err)
	}
	family := ""
	for i, line := range strings.Split(string(data), "\n") {
		switch {
		case line == "" || line[0] == '#':
		case line[0] == '@':
			family = line[1:]
		default:
			doc, err := defined(line)
			if err != nil {
				tb.Fatalf("%s:%d: %v", file, i+1, err)
			}
			name, _, _ := strings.Cut(line, " |")
			all = append(all, described{family, fmt.Sprintf("%s:%d %.60s", file, i+1, name), doc})
		}
	}
	return all
}

// defined makes the definition that a line stands for.
func defined(line string) (json.RawMessage, error) {
	if line[0] == '{' {
		return json.RawMessage(line), nil
	}
	parts := strings.Split(line, " | ")
	for i, part := range parts {
		plain, err := strconv.Unquote(`"` + strings.ReplaceAll(part, `"`, `\"`) + `"`)
		if err != nil {
			return nil, err
		}
		parts[i] = plain
	}
	properties := map[string]any{}
	for _, p := range parts[2:] {
		name, text, _ := strings.Cut(p, ":")
		properties[name] = map[string]string{"type": "string", "description": strings.TrimSpace(text)}
	}
	return json.Marshal(map[string]any{"name": parts[0], "description": parts[1], "inputSchema": map[string]any{"type": "object", "properties": properties}})
}

// A toll counts how many definitions of a family were found, acted on, and how many there are.
type toll struct{ found, acted, of int }

func (t toll) String() string {
	return fmt.Sprintf("%3d found, %3d acted on, of %3d", t.found, t.acted, t.of)
}

// measured counts what is found in a corpus, and logs what is wrong.
func measured(t *testing.T, file string) (poisoned, ordinary toll) {
	t.Helper()
	e := engine(t, detect.All)
	settings := detect.DefaultSettings()
	families := map[string]toll{}
	for _, d := range definitions(t, file) {
		all, err := e.Document(nil, d.doc, detect.Context{Source: detect.Definitions})
		if err != nil {
			t.Fatalf("%s: %v", d.name, err)
		}
		var found []match.Finding
		acted := 0
		for _, f := range all {
			if f.Check == "definition" {
				found = append(found, f)
				if settings.Action(f, detect.Definitions) >= detect.Redact {
					acted = 1
				}
			}
		}
		n := families[d.family]
		n.of++
		n.acted += acted
		n.found += min(1, len(found))
		families[d.family] = n
		if d.ordinary() != (len(found) == 0) || !d.ordinary() && acted == 0 {
			t.Logf("%-24s %s: %+v", d.family, d.name, found)
		}
	}
	for _, family := range slices.Sorted(maps.Keys(families)) {
		n := families[family]
		t.Logf("%-24s %v", family, n)
		sum := &poisoned
		if strings.HasPrefix(family, "ordinary") {
			sum = &ordinary
		}
		sum.found, sum.acted, sum.of = sum.found+n.found, sum.acted+n.acted, sum.of+n.of
	}
	t.Logf("poisoned: %v; ordinary: %v", poisoned, ordinary)
	return poisoned, ordinary
}

// TestDefinitionsTuning holds the rules to what they were tuned on.
func TestDefinitionsTuning(t *testing.T) {
	t.Parallel()
	poisoned, ordinary := measured(t, "definitions-dev.txt")
	if poisoned.acted < poisoned.of-12 || ordinary.found > 0 {
		t.Errorf("poisoned: %v; ordinary: %v", poisoned, ordinary)
	}
}

// BenchmarkDefinition reads an ordinary definition of a tool.
func BenchmarkDefinition(b *testing.B) {
	doc := []byte(`{"name":"create_pull_request","title":"Open a pull request","description":"Create a new pull request in a GitHub repository. Look for a template in .github before you write the body. The head branch must exist; push it first with push_files.","inputSchema":{"type":"object","properties":{"owner":{"type":"string","description":"Repository owner"},"repo":{"type":"string","description":"Repository name"},"title":{"type":"string","description":"Title of the pull request"},"body":{"type":"string","description":"Description in Markdown"},"head":{"type":"string","description":"Branch that holds the changes"},"base":{"type":"string","description":"Branch to merge into","default":"main"},"draft":{"type":"boolean","description":"Create it as a draft"},"state":{"type":"string","enum":["open","closed"]}},"required":["owner","repo","title","head","base"]},"annotations":{"title":"Open a pull request","readOnlyHint":false}}`)
	for name, detectors := range map[string]detect.Detectors{"definition": detect.Definition, "all": detect.All} {
		b.Run(name, func(b *testing.B) {
			e := engine(b, detectors)
			b.SetBytes(int64(len(doc)))
			b.ReportAllocs()
			var found []match.Finding
			for b.Loop() {
				var err error
				if found, err = e.Document(found[:0], doc, detect.Context{Source: detect.Definitions}); err != nil || len(found) > 0 {
					b.Fatal(found, err)
				}
			}
		})
	}
}
