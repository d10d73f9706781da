// Command mcp-kernel is a Model Context Protocol server whose tools, resources and prompts are governed: every
// invocation passes an allowlist, blocked patterns and limits before it runs, and is recorded in a signed journal
// whatever becomes of it. The same binary serves a host over stdio, shows itself in a demo, checks policies, reads and
// verifies the journal, and stops every call of every process on a data directory.
//
// This package only reads the command line and prints; what it starts lies in the packages below.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/mcp-kernel/mcp-kernel/modules/atr/sandbox"
)

// Set by the linker.
var (
	version = "dev"
	commit  = ""
	date    = ""
)

func main() {
	sandbox.Launch(os.Args) // before anything else is made: as a launcher this becomes another program
	os.Exit(run(context.Background(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// The exit codes.
const (
	exitOK    = 0
	exitFault = 1 // it did not work, or something was found
	exitUsage = 2 // the command line is wrong
)

// run carries out one command line and returns the exit code.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	a := &app{in: stdin, out: stdout, err: stderr}
	root := a.root()
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	return a.code(root.ExecuteContext(ctx))
}

// code tells what went wrong, once, and returns the exit code for it.
func (a *app) code(err error) int {
	var wrong *usageError
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, errFound):
		return exitFault // what was found was printed as the result
	case errors.As(err, &wrong):
		a.complain(err)
		fmt.Fprintf(a.err, "Run '%s --help' for usage.\n", wrong.command)
		return exitUsage
	case errors.Is(err, errUnexamined), errors.Is(err, errHook), errors.Is(err, errPoisoned):
		a.complain(err)
		return exitUsage
	default:
		a.complain(err)
		return exitFault
	}
}

// complain prints an error, each of its lines under the program's name.
func (a *app) complain(err error) {
	for line := range strings.Lines(err.Error()) {
		fmt.Fprintf(a.err, "mcp-kernel: %s\n", strings.TrimSuffix(line, "\n"))
	}
}

// errFound ends a command whose printed result is that something is wrong, as with a journal that does not verify.
var errFound = errors.New("found")

// A usageError is a command line that cannot be carried out.
type usageError struct {
	command string // path of the command, whose help says how it goes
	problem string
}

func (e *usageError) Error() string { return e.problem }

// misused returns the error of a wrong command line.
func misused(cmd *cobra.Command, format string, args ...any) error {
	return &usageError{command: cmd.CommandPath(), problem: fmt.Sprintf(format, args...)}
}
