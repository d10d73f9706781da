package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/mcp-kernel/mcp-kernel/internal/bench"
)

func (a *app) bench() *cobra.Command {
	var flags benchFlags
	cmd := &cobra.Command{
		Use:   "bench [--url URL] [-- COMMAND [ARGUMENT…]]",
		Short: "Load any MCP server and measure it",
		Long: `Bench sends requests to an MCP server, whichever it is, and reports what came of them: good answers a second, latencies,
errors by kind with the first of each, bytes, and the server's processor time and memory. The server is a command that speaks
over stdio, or a URL of streamable HTTP; a command together with --url or --ready-url is started and then reached over HTTP.

By default each connection sends its next request when the last one is answered (a closed loop), so a server that stalls is
asked less while it does, and its latencies look better than what clients would have met. With --rate requests are due at even
intervals whatever the server does, and latency counts from when a request was due.

A request that comes to an error does not count into the rate, and exit code 1 says that there were some. Without --call and
--method it is tools/list that is sent.`,
		Example: `  mcp-kernel bench -- mcp-kernel serve --stdio
  mcp-kernel bench --call 'echo={"text":"hi"}' --pipeline 64 -- ./my-server --flag
  mcp-kernel bench --url http://127.0.0.1:3333/mcp --era 2026 --concurrency 16 --duration 30s
  mcp-kernel bench --url https://example.com/mcp --bearer-file key.txt --rate 200 --call '3*search={"q":"x"}' --method tools/list`,
		Args: arguments(0, -1, "a command"),
		RunE: func(cmd *cobra.Command, args []string) error {
			load, err := flags.load(cmd)
			if err != nil {
				return err
			}
			target, err := flags.target(cmd, args)
			if err != nil {
				return err
			}
			ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt, syscall.SIGTERM)
			defer stop()
			return a.benchOne(ctx, target, load)
		},
	}
	flags.add(cmd)
	cmd.AddCommand(a.benchCompare(&flags))
	return cmd
}

// A benchResult is what `bench --output json` prints.
type benchResult struct {
	Machine bench.Machine `json:"machine"`
	Report  bench.Report  `json:"report"`
}

func (a *app) benchOne(ctx context.Context, target bench.Target, load bench.Load) error {
	report, err := bench.Run(ctx, target, load)
	if err != nil {
		return err
	}
	if err := a.print(benchResult{bench.ThisMachine(), report}, func(t *table) { printReport(t, &report) }); err != nil {
		return err
	}
	if report.Errors > 0 {
		return errFound
	}
	return nil
}

func (a *app) benchCompare(flags *benchFlags) *cobra.Command {
	var one, other string
	var rounds int
	cmd := &cobra.Command{
		Use:   "compare [--a COMMAND --b COMMAND] [FILE FILE…]",
		Short: "Measure servers in alternating rounds, with ratios and their spread",
		Long: `Compare measures two servers or more in turn, each round starting every one anew and every other round backwards, and prints
the medians, and how the first one stands against each of the others: the median of the ratios of the rounds, with the least
and the most. Every server is sent the same load.

A server is a command or a URL (--a, --b), or a file that describes it, in YAML:

  name: mine
  command: [./my-server, --data, "{dir}"]    # {dir} is a new, empty directory of each run
  env: {LOG: off}
  url: http://127.0.0.1:8080/mcp             # over HTTP; without command, a server that runs already
  ready_url: '"url":"([^"]+)"'               # or where it says that it is
  headers: {X-Tenant: a}
  bearer_file: key.txt
  calls: [{tool: echo, arguments: {text: hi}, weight: 3}, {method: tools/list}]    # instead of --call and --method`,
		Example: `  mcp-kernel bench compare --rounds 5 mine.yaml theirs.yaml
  mcp-kernel bench compare --a './old serve' --b './new serve' --pipeline 64 --requests 50000`,
		RunE: func(cmd *cobra.Command, files []string) error {
			load, err := flags.load(cmd)
			if err != nil {
				return err
			}
			contenders, err := flags.contenders(cmd, load, [2]string{one, other}, files)
			if err != nil {
				return err
			}
			ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt, syscall.SIGTERM)
			defer stop()
			return a.benchSeveral(ctx, contenders, rounds)
		},
	}
	cmd.Flags().StringVar(&one, "a", "", "the first server: a `command`, or a URL")
	cmd.Flags().StringVar(&other, "b", "", "the second server: a `command`, or a URL")
	cmd.Flags().IntVar(&rounds, "rounds", 5, "how often each is measured")
	return cmd
}

func (a *app) benchSeveral(ctx context.Context, contenders []bench.Contender, rounds int) error {
	c, err := bench.Compare(ctx, contenders, rounds, func(round int, r *bench.Report) {
		if a.output == "text" {
			fmt.Fprintf(a.err, "round %d: %s: %s\n", round, oneLine(r.Name, 60), strings.Join(inShort(r), ", "))
		}
	})
	if err != nil {
		return err
	}
	if err := a.print(c, func(t *table) { printComparison(t, &c) }); err != nil {
		return err
	}
	if c.Errors() > 0 {
		return errFound
	}
	return nil
}
