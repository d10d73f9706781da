package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"filippo.io/age"
	"github.com/spf13/cobra"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/governance/audit"
	"github.com/mcp-kernel/mcp-kernel/governance/policy/replay"
	"github.com/mcp-kernel/mcp-kernel/internal/config"
	"github.com/mcp-kernel/mcp-kernel/modules/standard"
)

// A retrial is what a replay is asked for, as flags say it.
type retrial struct {
	names         list
	from, to      string
	identity      string
	withoutLimits bool
	noChange      bool
	noLooser      bool
	shown         int
}

func (a *app) policyReplay() *cobra.Command {
	var q retrial
	cmd := &cobra.Command{
		Use:   "replay SOURCE",
		Short: "Decide the journal's calls again under other policies",
		Long: `Replay takes the calls of the journal, decides each again under a candidate, and says what would have been different. It takes
from the journal what is there: names, callers, times, charges; and the arguments where audit.capture was sealed and
--identity gives the key. What cannot be decided by that is counted by reason, and never guessed: a call without its
arguments where the candidate asks about them, or one that depends on counters which such a call has made doubtful.

SOURCE is ` + sourceHelp + `. Tools are taken for what they say of themselves today; what nobody but a
person can answer is not: an approval that the candidate asks for counts as a refusal. Nothing is written.`,
		Example: `  mcp-kernel policy replay candidate.yaml
  mcp-kernel policy replay template:strict --from 168h
  mcp-kernel policy replay candidate.yaml --identity key.txt --no-change -o json`,
		Args: arguments(1, 1, "a source of policies"),
		RunE: func(cmd *cobra.Command, args []string) error { return a.replay(cmd, args[0], &q) },
	}
	flags := cmd.Flags()
	flags.Var(&q.names, "policy", "`name` of a policy of SOURCE that holds; repeat it for several (default all)")
	flags.StringVar(&q.from, "from", "", "`time` from which on, as in 2026-11-22T15:04:05Z, or how long ago, as in 24h")
	flags.StringVar(&q.to, "to", "", "`time` before which, or how long ago")
	flags.StringVar(&q.identity, "identity", "", "`file` with the age identity that sealed arguments are opened with")
	flags.BoolVar(&q.withoutLimits, "without-limits", false, "let limits decide nothing")
	flags.IntVar(&q.shown, "limit", 20, "changes shown at most, the most frequent first")
	flags.BoolVar(&q.noChange, "no-change", false, "exit code 1 if anything would have been different")
	flags.BoolVar(&q.noLooser, "no-looser", false, "exit code 1 if anything would have passed that did not")
	return cmd
}

func (a *app) replay(cmd *cobra.Command, source string, q *retrial) error {
	now := time.Now()
	from, err := moment(q.from, now)
	if err != nil {
		return misused(cmd, "--from: %v", err)
	}
	to, err := moment(q.to, now)
	if err != nil {
		return misused(cmd, "--to: %v", err)
	}
	if q.shown < 1 || q.shown > 1000 {
		return misused(cmd, "--limit %d: want 1 to 1000", q.shown)
	}
	c, err := a.configuration(cmd)
	if err != nil {
		return err
	}
	o, err := a.candidate(cmd, c, source, q)
	if err != nil {
		return err
	}
	o.From, o.To = from, to
	r, err := a.reader(cmd)
	if err != nil {
		return err
	}
	begin, err := beginning(cmd.Context(), r, from, longest(o.Set, c.Governance.Window))
	if err != nil {
		return err
	}
	report, err := replay.Run(cmd.Context(), r.Entries(cmd.Context(), begin), o)
	if err != nil {
		return err
	}
	if err := a.print(report, func(t *table) { replayRows(t, &report) }); err != nil {
		return err
	}
	if q.noLooser && report.Looser > 0 || q.noChange && report.Looser+report.Stricter+report.Other > 0 {
		return errFound
	}
	return nil
}

// candidate reads the policies and what they are about.
func (a *app) candidate(cmd *cobra.Command, c config.Config, source string, q *retrial) (replay.Options, error) {
	set, err := sourceSet(cmd, c, source, q.names)
	if err != nil {
		return replay.Options{}, err
	}
	catalog, err := a.catalogOf(cmd, c)
	if err != nil {
		return replay.Options{}, err
	}
	if set.HasRules() {
		schema, err := standard.RuleSchema(catalog)
		if err != nil {
			return replay.Options{}, err
		}
		if err := set.Bind(schema); err != nil {
			return replay.Options{}, err
		}
	}
	hints := map[string]governance.Hints{}
	for _, t := range standard.RuleSurface(catalog).Tools {
		hints[t.Name] = governance.Hints{ReadOnly: t.ReadOnly, NonDestructive: !t.Destructive, Idempotent: t.Idempotent, ClosedWorld: !t.OpenWorld}
	}
	open, err := opener(q.identity)
	return replay.Options{
		Set: set, Hints: func(tool string) governance.Hints { return hints[tool] }, Open: open, Known: c.Governance.Policies,
		WithoutLimits: q.withoutLimits, MaxShown: q.shown, Window: c.Governance.Window, MaxDepth: c.Governance.MaxDepth,
	}, err
}

// opener returns what opens sealed arguments, or nil without an identity.
func opener(file string) (func([]byte) ([]byte, error), error) {
	if file == "" {
		return nil, nil //nolint:nilnil // no key was given, and nil says so
	}
	f, err := os.Open(file) //nolint:gosec // the operator names the file
	if err != nil {
		return nil, fmt.Errorf("--identity: %w", err)
	}
	defer f.Close()
	identities, err := age.ParseIdentities(f)
	if err != nil {
		return nil, fmt.Errorf("--identity %s: %w", file, err)
	}
	const most = 64 << 20
	return func(sealed []byte) ([]byte, error) {
		plain, err := age.Decrypt(bytes.NewReader(sealed), identities...)
		if err != nil {
			return nil, err
		}
		return io.ReadAll(io.LimitReader(plain, most))
	}, nil
}

// longest returns the longest window over which anything is counted.
func longest(set *governance.Set, window time.Duration) time.Duration {
	for _, name := range set.Names() {
		p, _ := set.Policy(name)
		for _, l := range p.Limits {
			window = max(window, l.Window)
		}
	}
	return window
}

// beginning returns the number of the entry from which on counters must be followed to be right at a time.
func beginning(ctx context.Context, r *audit.Reader, from time.Time, window time.Duration) (uint64, error) {
	if from.IsZero() {
		return 1, nil
	}
	filter := audit.Filter{Until: from.Add(-window)}
	for cursor := ""; ; {
		page, err := r.Query(ctx, filter, cursor, 1)
		switch {
		case err != nil:
			return 0, err
		case len(page.Entries) > 0:
			return page.Entries[0].Seq + 1, nil
		case page.Next == "":
			return 1, nil
		}
		cursor = page.Next
	}
}

func replayRows(t *table, r *replay.Report) {
	t.line("%d calls under %s: %d come to the same, %d would be stricter, %d looser, %d otherwise different", r.Calls, joined(r.Policies), r.Same, r.Stricter, r.Looser, r.Other)
	for _, why := range slices.Sorted(maps.Keys(r.Undecided)) {
		t.line("%d cannot be decided again: %s", r.Undecided[why], why)
	}
	if len(r.Changes) == 0 {
		return
	}
	t.line("")
	t.row("CALLS", "WHAT", "WAS", "WOULD BE", "FIRST")
	for _, c := range r.Changes {
		t.row(number(c.Count), c.Kind+" "+oneLine(c.Name, 50), retried(c.Was), retried(c.Now), fmt.Sprintf("%d (%s)", c.Seq, orDash(c.Call)))
	}
	if r.More > 0 {
		t.line("and %d more calls", r.More)
	}
}

// retried is a verdict in one cell.
func retried(v replay.Verdict) string {
	words := []string{v.Effect}
	if v.Would {
		words = append(words, "(audit only)")
	}
	words = append(words, v.Check, v.Rule)
	if v.Policy != "" {
		words = append(words, "of", v.Policy)
	}
	return strings.Join(slices.DeleteFunc(words, func(word string) bool { return word == "" }), " ")
}
