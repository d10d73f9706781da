package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/mcp-kernel/mcp-kernel/internal/hosts"
)

func (a *app) uninstall() *cobra.Command {
	var how installing
	cmd := &cobra.Command{
		Use:   "uninstall --client NAME",
		Short: "Put a host's files back as they were",
		Long: `Uninstall undoes what mcp-kernel install has done to the host's files, hooks and moved servers included. A file that nobody else has
changed since is what it was before, to the byte, and one that was made by install goes away. In any other only what is ours is
taken out and what was moved is put back; the backup stays then. Where the data directory knows nothing of it, because it was done by
hand, mcp-kernel itself is taken out. It shows what will change, with secrets hidden, and asks.`,
		Example: `  mcp-kernel uninstall --client claude-desktop
  mcp-kernel uninstall --client claude-code --scope project --yes`,
		Args: arguments(0, 0, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if how.client == "" {
				return misused(cmd, "say which host: mcp-kernel uninstall --client NAME")
			}
			return a.uninstallFrom(cmd, &how)
		},
	}
	how.flags(cmd)
	return cmd
}

// uninstallFrom undoes what was done to the files of a host.
func (a *app) uninstallFrom(cmd *cobra.Command, how *installing) error {
	c, err := a.configuration(cmd)
	if err != nil {
		return err
	}
	w := &hostWork{app: a, config: c, ledger: ledger(c)}
	undoings, changes, err := w.planUndo(hostSystem(), how)
	if err != nil {
		return misusedHost(cmd, err)
	}
	if len(undoings) == 0 {
		return fmt.Errorf("mcp-kernel is not installed in %s (%s)", how.client, how.scope)
	}
	return a.carryOut(changes, how, func() error {
		var faults []error
		for i, u := range undoings {
			if err := w.ledger.Undo(u); err != nil {
				faults = append(faults, err)
				continue
			}
			if !u.Exact {
				changes[i].Backup = u.Receipt.Backup
			}
			faults = append(faults, w.release(u.Receipt.Moved))
		}
		return errors.Join(faults...)
	})
}

// planUndo plans what puts a host's files back.
func (w *hostWork) planUndo(y hosts.System, how *installing) ([]*hosts.Undoing, []*hostChange, error) {
	if _, err := y.Servers(how.client, hosts.Scope(how.scope)); err != nil {
		return nil, nil, err
	}
	var undoings []*hosts.Undoing
	var changes []*hostChange
	for _, p := range y.All() {
		if p.Host != how.client || p.Scope != hosts.Scope(how.scope) {
			continue
		}
		r, err := w.ledger.Receipt(p)
		if err != nil {
			return nil, nil, err
		}
		plan := func() (*hosts.Undoing, error) { return hosts.PlanUndo(r) }
		if r == nil {
			plan = func() (*hosts.Undoing, error) { return hosts.PlanRemove(p) }
		}
		u, err := plan()
		if err != nil {
			return nil, nil, err
		}
		if u == nil {
			continue
		}
		h := &hostChange{Client: p.Host, Scope: p.Scope, File: p.File, State: statePlanned, Left: u.Left, removes: u.Removes()}
		if h.Diff, err = u.Diff(); err != nil {
			return nil, nil, err
		}
		undoings, changes = append(undoings, u), append(changes, h)
	}
	return undoings, changes, nil
}
