package main

import (
	"bytes"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// TestHelp holds the help of every verb to a file, in which a reviewer sees what the command line has become.
func TestHelp(t *testing.T) {
	t.Parallel()
	var all strings.Builder
	for _, path := range verbs((&app{}).root()) {
		args := strings.Fields(path + " --help")[1:]
		fmt.Fprintf(&all, "$ %s --help\n\n%s\n", path, ok(t, args...))
	}
	golden(t, filepath.Join("testdata", "help.txt"), all.String())
}

// verbs are the paths of all commands of our own.
func verbs(cmd *cobra.Command) []string {
	paths := []string{cmd.CommandPath()}
	for _, sub := range cmd.Commands() {
		paths = append(paths, verbs(sub)...)
	}
	return paths
}

// TestEveryVerbIsDescribed holds every verb to a description, and every one that does something to an example.
func TestEveryVerbIsDescribed(t *testing.T) {
	t.Parallel()
	var walk func(cmd *cobra.Command)
	walk = func(cmd *cobra.Command) {
		if cmd.Short == "" || strings.HasSuffix(cmd.Short, ".") {
			t.Errorf("%s: Short %q should be a phrase", cmd.CommandPath(), cmd.Short)
		}
		if !cmd.HasSubCommands() && cmd.Long == "" && cmd.Name() != "version" {
			t.Errorf("%s: no Long", cmd.CommandPath())
		}
		for _, sub := range cmd.Commands() {
			walk(sub)
		}
	}
	walk((&app{}).root())
}

func TestUsage(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		args []string
		says string
	}{
		{"no way to serve", []string{"serve"}, "say how to serve: mcp-kernel serve --stdio"},
		{"a misspelt verb", []string{"serv"}, `no verb "serv": did you mean "serve"?`},
		{"a misspelt verb of a group", []string{"audit", "verfy"}, `no verb "verfy": did you mean "verify"?`},
		{"an unknown flag", []string{"serve", "--stdoi"}, "unknown flag: --stdoi"},
		{"an unknown output", []string{"version", "-o", "xml"}, `--output "xml": want text or json`},
		{"too many arguments", []string{"version", "now"}, "takes no arguments"},
		{"too few arguments", []string{"tools", "call"}, "a tool's name and its arguments"},
		{"arguments that are no object", []string{"tools", "call", "policy_check", "[]"}, "must be a JSON object"},
		{"arguments that are no JSON", []string{"tools", "call", "policy_check", "{"}, "must be a JSON object"},
		{"an unknown event", []string{"audit", "query", "--event", "NOPE"}, `unknown event "NOPE"`},
		{"a time that is none", []string{"audit", "query", "--since", "yesterday"}, "--since"},
		{"a receipt of nothing", []string{"audit", "receipt"}, "with --call or with --seq"},
		{"a key for nobody", []string{"keys", "create"}, "--principal user:ada"},
		{"a key until soon", []string{"keys", "create", "--principal", "a", "--expires", "soon"}, `--expires "soon"`},
		{"a receipt of two", []string{"audit", "receipt", "--seq", "1", "--call", "x"}, "with --call or with --seq"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			o := cli(t, c.args...)
			if o.code != exitUsage || !strings.Contains(o.err, "mcp-kernel: ") || !strings.Contains(o.err, c.says) || o.out != "" {
				t.Errorf("exit %d, out %q, err %q; want 2 and %q", o.code, o.out, o.err, c.says)
			}
			if !strings.Contains(o.err, "--help' for usage") {
				t.Errorf("err %q does not point to the help", o.err)
			}
		})
	}
}

func TestComplain(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	(&app{err: &out}).complain(fmt.Errorf("one\ntwo"))
	if got, want := out.String(), "mcp-kernel: one\nmcp-kernel: two\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
