package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/governance/approval"
	"github.com/mcp-kernel/mcp-kernel/governance/audit"
	"github.com/mcp-kernel/mcp-kernel/modules/standard"
)

func (a *app) approvals() *cobra.Command {
	return group(&cobra.Command{
		Use:   "approvals",
		Short: "See what calls wait for a person, and let them run or not",
		Long: `Where a policy says so (require_approval), a call runs only when people have agreed to it: to this call, with exactly these
arguments, once. These verbs are for the operator, who owns the data directory. They work while servers run, beside them,
and everything that is answered is in the journal.`,
		Example: `  mcp-kernel approvals list
  mcp-kernel approvals approve 019aab4e-7d3c-7000-8f10-6c1d2e3f4a5b --reason "yes, these are last year's"`,
	}, a.approvalsList(), a.approvalsShow(), a.approvalsAnswer(true), a.approvalsAnswer(false), a.approvalsWatch())
}

func (a *app) approvalsList() *cobra.Command {
	var all bool
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the calls that wait for a person",
		Long:  `List shows the calls that wait, the oldest first; --all also those that were answered, until they expire.`,
		Example: `  mcp-kernel approvals list
  mcp-kernel approvals list --all -o json | jq -r '.[] | select(.status == "refused") | .name'`,
		Args: arguments(0, 0, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.withApprovals(cmd, false, func(ctx context.Context, d *approval.Desk) error {
				found, err := d.List(ctx)
				if !all {
					found = slices.DeleteFunc(found, func(r approval.Request) bool { return r.Status != approval.Waiting })
				}
				return errors.Join(err, a.print(found, func(t *table) {
					t.row("ID", "STATUS", "WHO", "WHAT", "ARGUMENTS", "UNTIL")
					for i := range found {
						r := &found[i]
						t.row(r.ID, r.Status.String(), oneLine(r.Who(), 40), oneLine(r.Name, 40), oneLine(r.Arguments, 60), r.Expires.Format(time.RFC3339))
					}
				}))
			})
		},
	}
	cmd.Flags().BoolVar(&all, "all", false, "those that were answered, too")
	return cmd
}

func (a *app) approvalsShow() *cobra.Command {
	return &cobra.Command{
		Use:   "show ID",
		Short: "Show what exactly is to be agreed to",
		Long: `Show tells who wants to call what, with which arguments, which rules want to know, and who has answered. Secrets in the
arguments are not shown, and long texts are cut: it says so then.`,
		Example: `  mcp-kernel approvals show 019aab4e-7d3c-7000-8f10-6c1d2e3f4a5b`,
		Args:    arguments(1, 1, "the id of an approval"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.withApprovals(cmd, false, func(ctx context.Context, d *approval.Desk) error {
				r, err := d.Find(ctx, args[0])
				if err != nil {
					return err
				}
				return a.printApproval(&r)
			})
		},
	}
}

// printApproval shows one approval.
func (a *app) printApproval(r *approval.Request) error {
	return a.print(r, func(t *table) {
		t.line("%s", r.Question())
		if r.Caller.Label != "" {
			t.line("The client calls itself %s, which nothing proves.", oneLine(r.Caller.Label, 64))
		}
		for i := range r.Needs {
			n := &r.Needs[i]
			t.line("%d of %s must agree, over %s.", n.Quorum, strings.Join(n.Approvers, ", "), joinedChannels(n.Channels))
		}
		for _, v := range r.Votes {
			said := "said no"
			if v.Approve {
				said = "agreed"
			}
			t.line("%s %s over %s at %s. %s", oneLine(v.By, 60), said, v.Channel, v.At.Format(time.RFC3339), oneLine(v.Reason, 200))
		}
		t.line("It is %s, until %s.", r.Status, r.Expires.Format(time.RFC3339))
	})
}

func joinedChannels(channels []governance.Channel) string {
	words := make([]string, len(channels))
	for i, c := range channels {
		words[i] = c.String()
	}
	return strings.Join(words, ", ")
}

// approvalsAnswer is the verb approve, or deny.
func (a *app) approvalsAnswer(approve bool) *cobra.Command {
	var reason string
	cmd := &cobra.Command{
		Use:   "deny ID",
		Short: "Refuse a call",
		Long: `Deny refuses a call: whoever makes it again is told so until the approval expires, and is not asked about again. One no is
enough, and an agreement that was not used yet can be taken back with it.`,
		Example: `  mcp-kernel approvals deny 019aab4e-7d3c-7000-8f10-6c1d2e3f4a5b --reason "these are still needed"`,
		Args:    arguments(1, 1, "the id of an approval"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.answerApproval(cmd, args[0], approve, reason)
		},
	}
	if approve {
		cmd.Use, cmd.Short = "approve ID", "Let a call run once"
		cmd.Long = `Approve agrees to a call as the operator: when its caller makes it again, with the same arguments and before the approval
expires, it runs once, if as many people have agreed as the policy wants. Look at it first: approvals show ID.`
		cmd.Example = `  mcp-kernel approvals approve 019aab4e-7d3c-7000-8f10-6c1d2e3f4a5b --reason "as we said this morning"`
	}
	cmd.Flags().StringVar(&reason, "reason", "", "why; the journal keeps it, and the caller of a refused call is told")
	return cmd
}

func (a *app) answerApproval(cmd *cobra.Command, id string, approve bool, reason string) error {
	return a.withApprovals(cmd, true, func(ctx context.Context, d *approval.Desk) error {
		r, err := d.Find(ctx, id)
		if err != nil {
			return err
		}
		who := operator()
		r, err = d.Answer(ctx, r, approval.Vote{
			By: who.Principal, Operator: who.Operator, Channel: governance.ChannelCLI, Approve: approve, Reason: reason,
		})
		if err != nil {
			return fmt.Errorf("approval %s: %w", id, err)
		}
		return a.print(r, func(t *table) {
			switch r.Status {
			case approval.Granted:
				t.line("Granted: %s may call %s once with these arguments, until %s.", oneLine(r.Who(), 80), oneLine(r.Name, 80), r.Expires.Format(time.RFC3339))
			case approval.Refused:
				t.line("Refused.")
			default:
				t.line("Counted. More people must agree.")
			}
		})
	})
}

func (a *app) approvalsWatch() *cobra.Command {
	var every time.Duration
	cmd := &cobra.Command{
		Use:   "watch",
		Short: "Show calls as they begin to wait, until it is interrupted",
		Long: `Watch shows each call once when it begins to wait for a person, first those that wait already. As JSON it prints one object
a line.`,
		Example: `  mcp-kernel approvals watch`,
		Args:    arguments(0, 0, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if every < 10*time.Millisecond {
				return misused(cmd, "--every %v: want at least 10ms", every)
			}
			return a.withApprovals(cmd, false, func(ctx context.Context, d *approval.Desk) error { return a.watchApprovals(ctx, d, every) })
		},
	}
	cmd.Flags().DurationVar(&every, "every", time.Second, "how long between two looks")
	return cmd
}

func (a *app) watchApprovals(ctx context.Context, d *approval.Desk, every time.Duration) error {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for seen := map[string]bool{}; ; {
		found, err := d.List(ctx)
		if ctx.Err() != nil {
			return nil // that is how watching ends
		}
		if err != nil {
			return err
		}
		there := make(map[string]bool, len(found)) // and no more, so that what is remembered stays bounded
		for i := range found {
			there[found[i].ID] = true
			if seen[found[i].ID] || found[i].Status != approval.Waiting {
				continue
			}
			if err := a.announceApproval(&found[i]); err != nil {
				return err
			}
		}
		seen = there
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

func (a *app) announceApproval(r *approval.Request) error {
	if a.output == "json" {
		w := json.NewEncoder(a.out)
		w.SetEscapeHTML(false)
		return w.Encode(r)
	}
	return a.print(r, func(t *table) {
		t.line("%s\nAgree with: mcp-kernel approvals approve %s\n", r.Question(), r.ID)
	})
}

// withApprovals opens the approvals of the data directory and, to answer, its journal, in which answers are recorded. It
// needs nothing else: a policy that does not load must not keep anyone from saying no.
func (a *app) withApprovals(cmd *cobra.Command, answering bool, do func(context.Context, *approval.Desk) error) (err error) {
	c, err := a.configuration(cmd)
	if err != nil {
		return err
	}
	var j *audit.Journal
	if answering && !c.State.Private() {
		if j, err = openJournal(c); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, j.Close()) }()
	}
	d, closing, err := standard.OpenApprovals(cmd.Context(), c, j, time.Now)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closing()) }()
	return do(cmd.Context(), d)
}
