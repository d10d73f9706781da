package main

import (
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	gate "github.com/mcp-kernel/mcp-kernel/governance/inspect"
)

// TestInspectPage does what docs/inspect.md shows, and sees that it tells of everything that is on a line.
func TestInspectPage(t *testing.T) {
	t.Parallel()
	page := read(t, filepath.Join("..", "..", "docs", "inspect.md"))
	for _, v := range []any{gate.Result{}, gate.Finding{}, gate.Ruling{}} {
		describes(t, "docs/inspect.md", page, v)
	}
	_, section, _ := strings.Cut(read(t, filepath.Join("..", "..", "docs", "cli.md")), "\n## inspect\n")
	section, _, _ = strings.Cut(section, "\n## ")
	for _, v := range []any{gate.Summary{}, gate.Class{}} {
		describes(t, "docs/cli.md", section, v)
	}
	dir, ran := t.TempDir(), 0
	block := regexp.MustCompile("(?ms)^```console\n(.*?)^```$").FindStringSubmatch(page)
	for _, step := range strings.Split("\n"+block[1], "\n$ ")[1:] {
		command, text, _ := strings.Cut(step, "\n")
		if name, shown := strings.CutPrefix(command, "cat "); shown {
			write(t, filepath.Join(dir, name), text+"\n")
			continue
		}
		ran++
		if got := shell(t, dir, command); got != text {
			t.Errorf("$ %s\n--- prints\n%s--- the page says\n%s", command, got, text)
		}
	}
	if ran == 0 {
		t.Error("nothing was run")
	}
}

// describes sees that a text names every field that is printed of a type.
func describes(t *testing.T, where, text string, v any) {
	t.Helper()
	for field := range reflect.TypeOf(v).Fields() {
		if name, _, _ := strings.Cut(field.Tag.Get("json"), ","); name != "" && !strings.Contains(text, "`"+name+"`") {
			t.Errorf("%s does not describe %q of %T", where, name, v)
		}
	}
}
