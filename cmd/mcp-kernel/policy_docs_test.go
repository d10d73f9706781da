package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestPoliciesPage does what docs/policies.md says, in its order: it writes the files and runs the commands, and holds what
// they print to what stands there. A line of … stands for any lines, and at the end of a line for any rest.
func TestPoliciesPage(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	page := read(t, filepath.Join("..", "..", "docs", "policies.md"))
	blocks := regexp.MustCompile("(?ms)^```(\\w+) ?([^\n]*)\n(.*?)^```$").FindAllStringSubmatch(page, -1)
	commands := 0
	for _, block := range blocks {
		switch language, name, text := block[1], block[2], block[3]; {
		case language == "yaml" && name != "":
			write(t, filepath.Join(dir, name), text)
		case language == "console":
			for _, step := range strings.Split("\n"+text, "\n$ ")[1:] {
				command, want, _ := strings.Cut(step, "\n")
				commands++
				if got := shell(t, dir, command); !resembles(got, want) {
					t.Errorf("$ %s\n--- prints\n%s--- the page says\n%s", command, got, want)
				}
			}
		default:
			t.Errorf("a block of %s that is not run: %.40q", language, text)
		}
	}
	if commands < 10 {
		t.Errorf("%d commands were found", commands)
	}
}

// shell runs a command of the program in a directory and returns what it prints, with the exit code when that is not 0.
func shell(t *testing.T, dir, command string) string {
	t.Helper()
	var args []string
	for _, word := range regexp.MustCompile(`'[^']*'|\S+`).FindAllString(command, -1) {
		args = append(args, strings.Trim(word, "'"))
	}
	if args[0] != "mcp-kernel" {
		t.Fatalf("%q is no command of the program", command)
	}
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), built(t), args[1:]...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "XDG_CONFIG_HOME="+dir, "XDG_DATA_HOME="+dir)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		fmt.Fprintf(&out, "exit code %d\n", exit.ExitCode())
	case err != nil:
		t.Fatal(err)
	}
	return out.String()
}

// resembles reports whether a text is what a page says of it.
func resembles(got, want string) bool {
	expression := regexp.QuoteMeta(strings.TrimRight(want, "\n"))
	expression = strings.ReplaceAll(expression, "\n…\n", "\n(?s:.*)\n")
	expression = strings.TrimPrefix(expression, "…\n")
	expression = strings.ReplaceAll(expression, "…", "(?s:.*)")
	anchored := "^"
	if strings.HasPrefix(want, "…\n") {
		anchored = "(?s)"
	}
	return regexp.MustCompile(anchored + expression + "$").MatchString(strings.TrimRight(got, "\n"))
}
