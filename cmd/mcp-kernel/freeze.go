package main

import (
	"context"
	"errors"
	"time"

	"github.com/spf13/cobra"

	"github.com/mcp-kernel/mcp-kernel/governance/audit"
)

// A freezing is what `freeze` and `resume --output json` print.
type freezing struct {
	Frozen bool      `json:"frozen"`
	By     string    `json:"by,omitempty"`
	Reason string    `json:"reason,omitempty"`
	Since  time.Time `json:"since,omitzero"`
}

func (a *app) freeze() *cobra.Command {
	var reason string
	cmd := &cobra.Command{
		Use:   "freeze",
		Short: "Stop every call of every process on the data directory",
		Long: `Freeze stops all calls, within a second, in every process that uses the data directory: running ones are cancelled, and
no further one starts until resume. It is an entry of the journal, so it also holds for processes that start later.`,
		Example: `  mcp-kernel freeze --reason "the agent is deleting what it should not"`,
		Args:    arguments(0, 0, "no arguments: the reason goes into --reason"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.withJournal(cmd, func(ctx context.Context, j *audit.Journal) error {
				return j.Freeze(ctx, operator().Principal, reason)
			})
		},
	}
	cmd.Flags().StringVar(&reason, "reason", "stopped by the operator", "why; callers are told, and the journal keeps it")
	return cmd
}

func (a *app) resume() *cobra.Command {
	return &cobra.Command{
		Use:   "resume",
		Short: "Let calls run again after a freeze",
		Long:  `Resume ends a freeze. What was cancelled stays cancelled.`,
		Args:  arguments(0, 0, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.withJournal(cmd, func(ctx context.Context, j *audit.Journal) error {
				return j.Resume(ctx, operator().Principal)
			})
		},
	}
}

// withJournal changes whether calls are frozen and prints how it stands. It needs the journal alone: a policy that does
// not load must not keep anyone from stopping everything.
func (a *app) withJournal(cmd *cobra.Command, change func(context.Context, *audit.Journal) error) (err error) {
	c, err := a.configuration(cmd)
	if err != nil {
		return err
	}
	j, err := openJournal(c)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, j.Close()) }()
	if err := change(cmd.Context(), j); err != nil {
		return err
	}
	now := freezing{}
	if f := j.Frozen(); f != nil {
		now = freezing{Frozen: true, By: f.By, Reason: f.Reason, Since: f.Since}
	}
	return a.print(now, func(t *table) {
		if now.Frozen {
			t.line("All calls are stopped, by %s: %s", now.By, oneLine(now.Reason, 200))
			t.line("Let them run again with: mcp-kernel resume")
			return
		}
		t.line("Calls run again.")
	})
}
