package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/mcp-kernel/mcp-kernel/governance/audit"
	"github.com/mcp-kernel/mcp-kernel/modules/atr"
	"github.com/mcp-kernel/mcp-kernel/modules/atr/pin"
	"github.com/mcp-kernel/mcp-kernel/modules/standard"
)

func (a *app) pins() *cobra.Command {
	return group(&cobra.Command{
		Use:   "pins",
		Short: "See what other servers have defined, and agree to what has changed",
		Long: `Every tool, resource and prompt of another server, and how that server is started, is pinned by a digest over its whole
definition. What is not what was trusted is neither listed nor run until you agree to it.`,
		Example: `  mcp-kernel pins list
  mcp-kernel pins diff files
  mcp-kernel pins approve files read_file`,
	}, a.pinsList(), a.pinsDiff(), a.pinsApprove())
}

// pinned returns the records of one server, or of all, that waiting leaves.
func pinnedOf(ctx context.Context, m *atr.Module, name string, waiting bool) ([]pin.Record, error) {
	var all []pin.Record
	known := false
	for _, r := range m.Reports(ctx) {
		if name != "" && r.Name != name {
			continue
		}
		known = true
		records, err := m.Book().List(ctx, r.Name)
		if err != nil {
			return nil, err
		}
		all = append(all, records...)
	}
	if !known {
		return nil, fmt.Errorf("%w: %s", atr.ErrUnknown, name)
	}
	if waiting {
		all = slices.DeleteFunc(all, func(r pin.Record) bool { return r.Stands(time.Now()) })
	}
	return all, nil
}

func (a *app) pinsList() *cobra.Command {
	var waiting bool
	cmd := &cobra.Command{
		Use:     "list [SERVER]",
		Short:   "List what is pinned",
		Long:    `List shows what is remembered of other servers; --waiting only that to which nobody has agreed.`,
		Example: `  mcp-kernel pins list --waiting`,
		Args:    arguments(0, 1, "at most the name of a server"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.withServers(cmd, func(ctx context.Context, m *atr.Module, _ *standard.Kernel) error {
				records, err := pinnedOf(ctx, m, first(args), waiting)
				if err != nil {
					return err
				}
				return a.print(records, func(t *table) {
					t.row("SERVER", "KIND", "NAME", "STANDING", "BY", "SINCE", "UNTIL", "DIGEST")
					for i := range records {
						r := &records[i]
						t.row(r.Server, string(r.Kind), oneLine(r.Name, 48), string(r.Standing), orDash(oneLine(r.By, 24)), day(r.Since), day(r.Until), short(r.Digest, r.OfferedDigest))
					}
				})
			})
		},
	}
	cmd.Flags().BoolVar(&waiting, "waiting", false, "only what waits for you")
	return cmd
}

// day is a point in time as a day, where there is one.
func day(at time.Time) string {
	if at.IsZero() {
		return "-"
	}
	return at.Format(time.DateOnly)
}

func first(args []string) string {
	if len(args) == 0 {
		return ""
	}
	return args[0]
}

// short is the beginning of the first digest that there is.
func short(digests ...string) string {
	const shown = len("sha256:") + 12
	for _, d := range digests {
		if len(d) > shown {
			return d[:shown]
		}
	}
	return "-"
}

// difference is one record as pins diff prints it.
type difference struct {
	pin.Record

	Changes []pin.Change `json:"changes"`
}

func (a *app) pinsDiff() *cobra.Command {
	return &cobra.Command{
		Use:   "diff [SERVER]",
		Short: "Show what is not what was trusted",
		Long: `Diff shows, for everything that waits for you, each place that is another than before: ~ was and is, + is new, - is gone. What
nobody can see, such as hidden characters, is shown by its number.`,
		Example: `  mcp-kernel pins diff files`,
		Args:    arguments(0, 1, "at most the name of a server"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.withServers(cmd, func(ctx context.Context, m *atr.Module, _ *standard.Kernel) error {
				records, err := pinnedOf(ctx, m, first(args), true)
				if err != nil {
					return err
				}
				all := make([]difference, len(records))
				for i := range records {
					all[i] = difference{records[i], changesOf(ctx, m.Book(), &records[i])}
				}
				return a.print(all, func(t *table) {
					for i := range all {
						d := &all[i]
						t.line("%s: %s %s: %s", d.Server, d.Kind, oneLine(d.Name, 80), reasonOf(&d.Record))
						for _, c := range d.Changes {
							t.line("  %s", oneLine(c.String(), 2000))
						}
					}
					if len(all) == 0 {
						t.line("Everything is what was trusted.")
					}
				})
			})
		},
	}
}

// changesOf are the differences of a record to what was trusted: where a thing has another name now, to what it was.
func changesOf(ctx context.Context, book *pin.Book, r *pin.Record) []pin.Change {
	if r.Renamed == "" {
		return r.Diff()
	}
	before, err := book.Get(ctx, r.Server, r.Kind, r.Renamed)
	if err != nil || before.Definition == nil {
		return r.Diff()
	}
	return pin.Diff(before.Definition, r.Offered)
}

// reasonOf says why something waits.
func reasonOf(r *pin.Record) string {
	switch {
	case r.Renamed != "":
		return fmt.Sprintf("is what was %q", r.Renamed)
	case r.Standing == pin.Changed && r.Why != "":
		return "has changed, and " + r.Why
	case r.Standing == pin.Changed:
		return "has changed"
	case r.Standing == pin.Trusted:
		return "was agreed to until " + r.Until.Format(time.RFC3339)
	default:
		return r.Why
	}
}

func (a *app) pinsApprove() *cobra.Command {
	var all bool
	var reason, until string
	cmd := &cobra.Command{
		Use:   "approve SERVER [NAME]...",
		Short: "Agree to what other servers have changed or added",
		Long: `Approve trusts what the server gives now under each name, as it was when it was last seen; a server's own name is how it is
started. Look at it first: pins diff. It takes effect in running servers within seconds, and is in the journal.

With --until it holds for a time, after which you are asked again: for a finding that you accept for now.`,
		Example: `  mcp-kernel pins approve files read_file
  mcp-kernel pins approve files --all
  mcp-kernel pins approve files upload --until 720h --reason 'the vendor mends its description'`,
		Args: arguments(1, -1, "the name of a server, and names of what it offers"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if all == (len(args) > 1) {
				return misused(cmd, "name what you agree to, or everything that waits with --all")
			}
			agreed := pin.Agreement{By: operator().Principal, Reason: reason}
			if until != "" {
				var err error
				if agreed.Until, err = endOf(until, time.Now()); err != nil {
					return misused(cmd, "--until: %v", err)
				}
				if !agreed.Until.After(time.Now()) {
					return misused(cmd, "--until %s: that is over", until)
				}
			}
			return a.withServers(cmd, func(ctx context.Context, m *atr.Module, k *standard.Kernel) error {
				records, err := pinnedOf(ctx, m, args[0], true)
				if err != nil {
					return err
				}
				return a.approvePins(ctx, m, k, records, args[1:], agreed)
			})
		},
	}
	cmd.Flags().BoolVar(&all, "all", false, "everything of the server that waits")
	cmd.Flags().StringVar(&until, "until", "", "`when` it ends: 2027-01-31, 2027-01-31T18:00:00Z, or a time from now as in 72h (default never)")
	cmd.Flags().StringVar(&reason, "reason", "", "`text` for whoever asks later")
	return cmd
}

// approvePins agrees to those of the records that are named, or all of them, and records it.
func (a *app) approvePins(ctx context.Context, m *atr.Module, k *standard.Kernel, records []pin.Record, names []string, agreed pin.Agreement) error {
	var done []pin.Record
	var faults []error
	for _, name := range names {
		if !slices.ContainsFunc(records, func(r pin.Record) bool { return r.Name == name }) {
			faults = append(faults, fmt.Errorf("nothing of the name %q waits", name))
		}
	}
	for i := range records {
		r := &records[i]
		if len(names) > 0 && !slices.Contains(names, r.Name) {
			continue
		}
		one := agreed
		one.Server, one.Kind, one.Name, one.Digest = r.Server, r.Kind, r.Name, cmp.Or(r.OfferedDigest, r.Digest)
		note := audit.Control{Action: audit.ActionNote, By: one.By, Subject: one.Digest, Reason: oneLine(agreementNote(r, &one), 400)}
		err := k.Journal.Append(ctx, &audit.Entry{Kind: audit.KindControl, Control: &note})
		if err == nil {
			err = m.Book().Agree(ctx, &one)
		}
		if faults = append(faults, err); err == nil {
			done = append(done, *r)
		}
	}
	return errors.Join(append(faults, a.print(done, func(t *table) {
		for i := range done {
			t.line("Agreed: %s %s of %s, %s", done[i].Kind, oneLine(done[i].Name, 80), done[i].Server, short(done[i].OfferedDigest, done[i].Digest))
		}
	}))...)
}

// agreementNote is what the journal says of an agreement.
func agreementNote(before *pin.Record, a *pin.Agreement) string {
	text := fmt.Sprintf("pin approved: %s %s of server %s; before: %s", a.Kind, a.Name, a.Server, orDash(before.Digest))
	if !a.Until.IsZero() {
		text += "; until " + a.Until.Format(time.RFC3339)
	}
	if a.Reason != "" {
		text += ": " + a.Reason
	}
	return text
}
