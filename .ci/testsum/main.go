// Command testsum runs `go test -json` with the arguments it is given, shows one line a package and the whole output of
// what failed, and ends with the plain line "N passed, N failed, N skipped", counting tests and their subtests. A
// package that fails without a failing test (it does not build, it panics, it runs out of time) counts as one failure.
// Skipped tests are listed with what they said. Its exit status is 1 when anything failed or when no test ran at all.
//
//	go run ./.ci/testsum [-summary FILE] [go test's arguments…]
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
)

func main() {
	if err := run(context.Background(), os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "testsum:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out io.Writer) error {
	summary := ""
	if len(args) > 1 && args[0] == "-summary" {
		summary, args = args[1], args[2:]
	}
	command := exec.CommandContext(ctx, "go", append([]string{"test", "-json"}, args...)...)
	command.Stderr = os.Stderr
	events, err := command.StdoutPipe()
	if err != nil {
		return err
	}
	if err := command.Start(); err != nil {
		return err
	}
	result, readErr := read(events, out)
	err = errors.Join(readErr, command.Wait(), result.err())
	result.skips(out)
	fmt.Fprintln(out, result)
	if summary != "" {
		err = errors.Join(err, os.WriteFile(summary, []byte(result.String()+"\n"), 0o644))
	}
	return err
}
