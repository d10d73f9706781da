package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	gate "github.com/mcp-kernel/mcp-kernel/governance/inspect"
)

// inspectFlags are what the command line says about an inspection.
type inspectFlags struct {
	failOn    string
	principal string
	fails     threshold
}

func (a *app) inspect() *cobra.Command {
	var flags inspectFlags
	cmd := &cobra.Command{
		Use:   "inspect [FILE|-…]",
		Short: "Judge recorded calls, answers, definitions and texts, a line each",
		Long: `Inspect is the gate as a filter, for evaluations and pipelines. It reads records, one JSON object a line, from files or standard
input, and writes a line for each in the same order: what the gate would decide, everything that it found and where, and
what would be left of an answer. A summary by class goes to standard error. Nothing is run, counted, recorded or remembered.

A record has "id" (given back), "kind" (call, result, definition or text), "tool", "value" (the arguments, the answer, the tool as
tools/list gives it, or the text) and "source" (where it came from; nothing depends on it); other members are ignored. A line has
"id", "effect" (allow, ask or deny), "findings" (each with "check", "rule", "class", "severity", "confidence", "pointer", "span"
and "form"), "redacted" (the value without what must not leave), and "by" (what objected). docs/inspect.md says more.

Without --policy everything may be called and detectors do what is recommended. --policy takes a file or directory, or the name of
a policy of the configuration, a built-in one or a template. Limits are not asked, because one record says nothing of how often.

A line that cannot be read is answered by one with "error", told on standard error, and denied. Exit codes: 0 every record was
judged; 1 something that --fail-on names was found, or the output was closed; 2 the command line is wrong, or a line or a file
could not be read.`,
		Example: `  mcp-kernel inspect < records.jsonl > judged.jsonl
  mcp-kernel inspect --policy hipaa --fail-on deny calls.jsonl
  kubectl logs -f agent | mcp-kernel inspect --policy policies.yaml | jq 'select(.effect != "allow")'`,
		RunE: func(cmd *cobra.Command, files []string) error {
			var err error
			if flags.fails, err = parseThreshold(flags.failOn); err != nil {
				return misused(cmd, "--fail-on: %v", err)
			}
			return a.runInspect(cmd, files, &flags)
		},
	}
	governed(cmd)
	cmd.Flags().Lookup("policy").Usage = "`name` of a policy or template, or a file of policies; repeat it for several, which all hold"
	cmd.Flags().Lookup("policy-file").Usage = "`file` or directory of policies; without --policy all of them hold"
	cmd.Flags().StringVar(&flags.failOn, "fail-on", "", "exit code 1 when there is a finding of that `severity` or graver (low, medium, high, critical), or an effect (ask, deny)")
	cmd.Flags().StringVar(&flags.principal, "principal", "", "`name` of who calls (default who runs this)")
	return cmd
}

func (a *app) runInspect(cmd *cobra.Command, files []string, flags *inspectFlags) error {
	o, err := a.inspection(cmd)
	if err != nil {
		return err
	}
	o.Caller = caller(true)
	if flags.principal != "" {
		o.Caller.Principal = flags.principal
	}
	inspector, err := gate.New(o)
	if err != nil {
		return err
	}
	if len(files) == 0 {
		files = []string{"-"}
	}
	in, out, restore, err := parkStreams(a.in, a.out)
	if err != nil {
		return err
	}
	defer restore()
	ctx, stop := interruptible(cmd.Context(), in, files)
	defer stop()
	run := inspection{inspector: inspector, in: in, out: out, say: a.err, total: gate.Summary{Classes: []gate.Class{}}}
	err = run.all(ctx, files)
	a.summarize(&run.total)
	switch {
	case errors.Is(err, syscall.EPIPE):
		return errFound // whoever reads has enough, and knows
	case errors.Is(err, context.Canceled):
		return errors.New("stopped before the end of the records")
	case err != nil:
		return err
	case len(run.unread) > 0:
		return fmt.Errorf("%w: %s", errUnexamined, strings.Join(run.unread, "\n"+errUnexamined.Error()+": "))
	case flags.fails(&run.total):
		return errFound
	}
	return nil
}

// interruptible ends the context with a signal, if what is read can be interrupted then. A terminal, and on some systems a
// pipe, cannot: there a signal ends the process, as it does any filter, and what was written are whole lines.
func interruptible(ctx context.Context, in io.Reader, files []string) (context.Context, context.CancelFunc) {
	if f, ok := in.(*os.File); ok && slices.Contains(files, "-") && f.SetReadDeadline(time.Time{}) != nil {
		if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
			return ctx, func() {}
		}
	}
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second one ends it at once
	return ctx, stop
}

// An inspection is one run over some files.
type inspection struct {
	inspector *gate.Inspector
	in        io.Reader
	out, say  io.Writer
	total     gate.Summary
	told      int      // bad lines that were told
	unread    []string // what could not be inspected
}

// maxTold is how many bad lines are told of; the summary counts all.
const maxTold = 20

// all inspects the files one after the other. The error ends everything; a file that cannot be opened does not.
func (r *inspection) all(ctx context.Context, files []string) error {
	for _, name := range files {
		before := r.total.Errors
		err := r.one(ctx, name)
		if n := r.total.Errors - before; n > 0 {
			r.unread = append(r.unread, fmt.Sprintf("%s: %d of the lines", shownFile(name), n))
		}
		if _, absent := errors.AsType[*os.PathError](err); absent && !errors.Is(err, syscall.EPIPE) {
			r.unread = append(r.unread, err.Error())
			continue
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (r *inspection) one(ctx context.Context, name string) error {
	in := r.in
	if name != "-" {
		f, err := os.Open(name) //nolint:gosec // the caller names it
		if err != nil {
			return err
		}
		defer f.Close()
		in = f
	}
	s, err := r.inspector.Filter(ctx, in, r.out, gate.Stream{
		Name: shownFile(name), Bad: func(line int, problem string) { r.tell(name, line, problem) },
	})
	r.total.Add(&s)
	return err
}

// tell tells of a bad line, of the first ones.
func (r *inspection) tell(name string, line int, problem string) {
	r.told++
	switch {
	case r.told <= maxTold:
		fmt.Fprintf(r.say, "mcp-kernel: %s:%d: %s\n", shownFile(name), line, oneLine(problem, 300))
	case r.told == maxTold+1:
		fmt.Fprintln(r.say, "mcp-kernel: further lines are not told of")
	}
}

// shownFile is how a file is called.
func shownFile(name string) string {
	if name == "-" {
		return "standard input"
	}
	return name
}
