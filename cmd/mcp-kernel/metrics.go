package main

import (
	"fmt"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/governance/audit"
	"github.com/mcp-kernel/mcp-kernel/modules/observability"
)

func (a *app) metrics() *cobra.Command {
	var since, until string
	cmd := &cobra.Command{
		Use:   "metrics",
		Short: "Count what the journal says: calls, decisions, times",
		Long: `Metrics adds up the journal of the data directory, of every process: calls by tool and what came of them, decisions, what
detectors found, and the times within which 50, 95 and 99 of 100 handlers ended (estimated from the buckets of the metrics, as
Prometheus would). Nothing needs to run, and nothing is written. A server that runs is scraped instead: serve --metrics.`,
		Example: `  mcp-kernel metrics --since 24h
  mcp-kernel metrics -o json | jq '.tools[] | select(.failed > 0)'`,
		Args: arguments(0, 0, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			now := time.Now()
			from, err := moment(since, now)
			if err != nil {
				return misused(cmd, "--since: %v", err)
			}
			to, err := moment(until, now)
			if err != nil {
				return misused(cmd, "--until: %v", err)
			}
			snapshot, err := a.addUp(cmd, audit.Filter{Since: from, Until: to})
			if err != nil {
				return err
			}
			return a.print(snapshot, func(t *table) { snapshotTable(t, snapshot) })
		},
	}
	cmd.Flags().StringVar(&since, "since", "", "`time` from which on, as in 2026-11-22T15:04:05Z, or how long ago, as in 24h")
	cmd.Flags().StringVar(&until, "until", "", "`time` before which, or how long ago")
	ofReplica(cmd, true)
	return cmd
}

// addUp counts the entries of journals that a filter selects. A name is one of something that there is if a call of it was
// ever allowed; other names are anybody's.
func (a *app) addUp(cmd *cobra.Command, f audit.Filter) (observability.Snapshot, error) {
	sources, err := a.sources(cmd)
	if err != nil {
		return observability.Snapshot{}, err
	}
	real := map[string]bool{}
	m, err := observability.New(observability.Options{Known: func(kind, name string) bool { return real[kind+" "+name] }})
	if err != nil {
		return observability.Snapshot{}, err
	}
	first := time.Time{}
	for _, counting := range []bool{false, true} {
		for _, from := range sources {
			if err := a.each(cmd, from, func(e *audit.Entry) {
				if e.Kind == audit.KindDecision && e.Decision.Effect == governance.Allow {
					real[e.Target.String()+" "+e.Name] = true
				}
				if counting && f.Matches(e) {
					m.Observe(*e)
					if first.IsZero() || e.At.Before(first) {
						first = e.At
					}
				}
			}); err != nil {
				return observability.Snapshot{}, err
			}
		}
	}
	snapshot, err := m.Snapshot(cmd.Context())
	snapshot.Since = first
	return snapshot, err
}

// each shows every entry of one journal.
func (a *app) each(cmd *cobra.Command, from source, show func(*audit.Entry)) error {
	if from.of.ID == "" {
		if _, err := a.reader(cmd); err != nil { // says what to do where there is none yet
			return err
		}
	}
	r, err := audit.OpenReader(from.dir)
	if err != nil {
		return err
	}
	for e, err := range r.Entries(cmd.Context(), 1) {
		if err != nil {
			return err
		}
		show(&e)
	}
	return nil
}

// snapshotTable prints what was counted.
func snapshotTable(t *table, s observability.Snapshot) {
	if s.Entries == 0 {
		t.line("nothing was recorded in that time")
		return
	}
	t.line("%d calls since %s: %d denied, %d failed; %d tokens; %d entries", s.Calls, s.Since.Format(time.RFC3339), s.Denied, s.Failed, s.Tokens, s.Entries)
	t.line("the kernel takes %s ms for a call (p95 %s, p99 %s)", milliseconds(s.Overhead.P50), milliseconds(s.Overhead.P95), milliseconds(s.Overhead.P99))
	t.line("")
	t.row("KIND", "NAME", "CALLS", "OK", "DENIED", "FAILED", "P50 MS", "P95 MS", "P99 MS")
	for i := range s.Tools {
		c := &s.Tools[i]
		t.row(c.Kind, oneLine(c.Name, 60), number(c.Calls), number(c.OK), number(c.Denied), number(c.Failed),
			milliseconds(c.Ran.P50), milliseconds(c.Ran.P95), milliseconds(c.Ran.P99))
	}
	t.line("")
	t.row("EFFECT", "CHECK", "EVENT", "DECISIONS")
	for _, d := range s.Decisions {
		t.row(d.Effect, d.Check, d.Event, number(d.Count))
	}
	if len(s.Found) > 0 {
		t.line("")
		t.row("FOUND", "WHERE", "TIMES")
		for _, d := range s.Found {
			t.row(oneLine(d.Class, 60), d.Where, number(d.Count))
		}
	}
}

// milliseconds is a time with as many digits as say something.
func milliseconds(ms float64) string {
	if ms >= 100 {
		return fmt.Sprintf("%.0f", ms)
	}
	return strconv.FormatFloat(ms, 'g', 3, 64)
}
