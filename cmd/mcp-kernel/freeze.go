package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/mcp-kernel/mcp-kernel/internal/config"
	"github.com/mcp-kernel/mcp-kernel/modules/standard"
)

// A freezing is what `freeze` and `resume --output json` print.
type freezing struct {
	Frozen bool      `json:"frozen"`
	By     string    `json:"by,omitempty"`
	Reason string    `json:"reason,omitempty"`
	Since  time.Time `json:"since,omitzero"`

	Everywhere bool `json:"everywhere,omitempty"` // all kernels that share the state were told
}

func (a *app) freeze() *cobra.Command {
	var reason string
	cmd := &cobra.Command{
		Use:   "freeze",
		Short: "Stop every call of every process on the data directory",
		Long: `Freeze stops all calls, within a second, in every process that uses the data directory: running ones are cancelled, and
no further one starts until resume. It is an entry of the journal, so it also holds for processes that start later. Where
kernels share state (state.url), all of them stop, within two seconds.`,
		Example: `  mcp-kernel freeze --reason "the agent is deleting what it should not"`,
		Args:    arguments(0, 0, "no arguments: the reason goes into --reason"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.stopAll(cmd, standard.Freeze{Frozen: true, By: operator().Principal, Reason: reason})
		},
	}
	cmd.Flags().StringVar(&reason, "reason", "stopped by the operator", "why; callers are told, and the journal keeps it")
	return cmd
}

func (a *app) resume() *cobra.Command {
	return &cobra.Command{
		Use:   "resume",
		Short: "Let calls run again after a freeze",
		Long:  `Resume ends a freeze, of all kernels that share the state too. What was cancelled stays cancelled.`,
		Args:  arguments(0, 0, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.stopAll(cmd, standard.Freeze{By: operator().Principal})
		},
	}
}

// stopAll changes whether calls are stopped, here and at all kernels that share the state, and prints how it stands. It needs the
// journal and the state alone: a policy that does not load must not keep anyone from stopping everything, and neither must
// the one of the two that cannot be reached keep the other from it.
func (a *app) stopAll(cmd *cobra.Command, f standard.Freeze) error {
	c, err := a.configuration(cmd)
	if err != nil {
		return err
	}
	f.At = time.Now().UTC()
	everywhere, err := standard.FreezeAll(cmd.Context(), c, f)
	if err != nil {
		err = fmt.Errorf("the kernels that share the state were not told: %w", err)
	}
	now, here := stopHere(cmd.Context(), c, f)
	if everywhere && errors.Is(here, errNoJournal) {
		here, now = nil, freezing{Frozen: f.Frozen, By: f.By, Reason: f.Reason, Since: f.At} // nothing runs on this machine
	}
	now.Everywhere = everywhere
	if err := errors.Join(err, here); err != nil {
		return err
	}
	return a.printFreezing(now)
}

// stopHere changes it for the data directory, and returns how it stands.
func stopHere(ctx context.Context, c config.Config, f standard.Freeze) (now freezing, err error) {
	j, err := openJournal(c)
	if err != nil {
		return now, err
	}
	defer func() { err = errors.Join(err, j.Close()) }()
	if f.Frozen {
		err = j.Freeze(ctx, f.By, f.Reason)
	} else {
		err = j.Resume(ctx, f.By)
	}
	if f := j.Frozen(); f != nil {
		now = freezing{Frozen: true, By: f.By, Reason: f.Reason, Since: f.Since}
	}
	return now, err
}

func (a *app) printFreezing(now freezing) error {
	return a.print(now, func(t *table) {
		if now.Frozen {
			t.line("All calls are stopped, by %s: %s", now.By, oneLine(now.Reason, 200))
			if now.Everywhere {
				t.line("So they are at all kernels that share the state, within two seconds.")
			}
			t.line("Let them run again with: mcp-kernel resume")
			return
		}
		t.line("Calls run again.")
	})
}
