package main

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/mcp-kernel/mcp-kernel/internal/config"
	"github.com/mcp-kernel/mcp-kernel/internal/hosts"
	"github.com/mcp-kernel/mcp-kernel/internal/upstreams"
	"github.com/mcp-kernel/mcp-kernel/modules/atr"
	"github.com/mcp-kernel/mcp-kernel/modules/atr/oauth"
	"github.com/mcp-kernel/mcp-kernel/modules/standard"
)

// hostWork is what is to be done to the files of a host, and to our own list of servers.
type hostWork struct {
	app    *app
	config config.Config
	ledger *hosts.Ledger
	parts  []hostPart
}

// A hostPart is what is to be done to one file.
type hostPart struct {
	change *hosts.Change
	said   *hostChange
	added  []atr.Server // that were not here
	moved  []string     // names here of all that were moved
}

// plan adds a change, if it changes anything.
func (w *hostWork) plan(part hostPart) error {
	c := part.change
	part.said = &hostChange{Client: c.Place.Host, Scope: c.Place.Scope, File: c.Place.File, State: stateUnchanged, Moved: part.said.Moved}
	if !c.Empty() {
		diff, err := c.Diff()
		if err != nil {
			return err
		}
		part.said.State, part.said.Diff = statePlanned, diff
	}
	w.parts = append(w.parts, part)
	return nil
}

// changes are what is said of each file.
func (w *hostWork) changes() []*hostChange {
	all := make([]*hostChange, 0, len(w.parts))
	for _, p := range w.parts {
		all = append(all, p.said)
	}
	return all
}

// planServers plans the change of the host's list.
func (w *hostWork) planServers(y hosts.System, how *installing, line hosts.Launch) error {
	p, err := y.Servers(how.client, hosts.Scope(how.scope))
	if err != nil {
		return err
	}
	part := hostPart{said: &hostChange{}}
	var names []string
	if how.move {
		if names, err = w.planMove(p, y.Project, &part); err != nil {
			return err
		}
	}
	if part.change, err = hosts.Plan(p, line, names); err != nil {
		return err
	}
	return w.plan(part)
}

// planMove finds which servers of a host's list can be governed, and returns their names there.
func (w *hostWork) planMove(p hosts.Place, project string, part *hostPart) ([]string, error) {
	found, err := p.List()
	if err != nil {
		return nil, err
	}
	known, err := upstreams.Load(w.config.UpstreamsFile())
	if err != nil {
		return nil, err
	}
	for i := range found {
		if f := &found[i]; p.Scope == hosts.Project && f.Command != "" && f.Dir == "" {
			f.Dir = project // where the host would have started it
		}
	}
	var names []string
	for _, h := range adopt(found, known, true) {
		part.said.Moved = append(part.said.Moved, h)
		if h.As == "" {
			continue
		}
		names, part.moved = append(names, h.Name), append(part.moved, h.As)
		if !h.known {
			part.added = append(part.added, h.server)
		}
	}
	return names, nil
}

// planHooks plans the change of the host's hooks.
func (w *hostWork) planHooks(y hosts.System, how *installing, line hosts.Launch, flags []string) error {
	p, err := y.Hook(how.client, hosts.Scope(how.scope))
	if err != nil {
		return err
	}
	command := func(verb string) string { return shellLine(append([]string{line.Command, "hook", verb}, flags...)) }
	c, err := hosts.PlanHooks(p, map[string]string{"PreToolUse": command("pre-tool-use"), "PostToolUse": command("post-tool-use")})
	if err != nil {
		return err
	}
	return w.plan(hostPart{change: c, said: &hostChange{}})
}

// shellLine is a command as a shell reads it.
func shellLine(args []string) string {
	all := make([]string, 0, len(args))
	for _, arg := range args {
		plain := strings.IndexFunc(arg, func(r rune) bool {
			return r >= 0x80 || !strings.ContainsRune("/._-:=,+@%", r) && (r < '0' || r > '9') && (r|0x20 < 'a' || r|0x20 > 'z')
		}) < 0
		switch {
		case plain && arg != "":
			all = append(all, arg)
		case runtime.GOOS == "windows": // where no path has a quotation mark
			all = append(all, `"`+arg+`"`)
		default:
			all = append(all, "'"+strings.ReplaceAll(arg, "'", `'\''`)+"'")
		}
	}
	return strings.Join(all, " ")
}

// apply does what was planned. Servers are here before they are gone there, and gone here again if they could not be taken out there.
func (w *hostWork) apply() error {
	for i := range w.parts {
		p := &w.parts[i]
		if p.change.Empty() {
			continue
		}
		before, err := w.govern(p.added)
		if err != nil {
			return err
		}
		mine, err := w.mine(p)
		if err != nil {
			return err
		}
		r, err := w.ledger.Apply(p.change, func(r *hosts.Receipt) { r.Moved = append(r.Moved, mine...) })
		if err != nil {
			if len(p.added) > 0 {
				err = errors.Join(err, w.app.saveServers(w.config, before))
			}
			return err
		}
		p.said.Backup = r.Backup
	}
	return nil
}

// learn starts the servers that were not here before, so that what they offer is known when the host asks. One that does not start is
// told, and moved all the same: it did not work for the host either, or needs a login.
func (w *hostWork) learn(cmd *cobra.Command) error {
	if !slices.ContainsFunc(w.parts, func(p hostPart) bool { return len(p.added) > 0 }) {
		return nil
	}
	return w.app.withServers(cmd, func(ctx context.Context, m *atr.Module, _ *standard.Kernel) error {
		for _, p := range w.parts {
			for i := range p.said.Moved {
				h := &p.said.Moved[i]
				if h.As == "" || h.known {
					continue
				}
				r, err := m.Learn(ctx, h.As)
				if h.Tools, h.Waiting = r.Tools, r.Waiting; err != nil {
					h.Fault = reasonDown(err).Error()
				}
				if errors.Is(err, oauth.ErrLogin) {
					h.Fault = "it needs a login: mcp-kernel upstream login " + h.As
				}
			}
		}
		return nil
	})
}

// govern adds servers to our list, and returns those that it had.
func (w *hostWork) govern(added []atr.Server) ([]atr.Server, error) {
	if len(added) == 0 {
		return nil, nil
	}
	before, err := upstreams.Load(w.config.UpstreamsFile())
	if err != nil {
		return nil, err
	}
	return before, w.app.saveServers(w.config, slices.Concat(before, added))
}

// mine are the names of moved servers that were not here before any host's were moved: they go when the last of those hosts has them back.
func (w *hostWork) mine(p *hostPart) ([]string, error) {
	receipts, err := w.ledger.Receipts()
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(slices.Clone(p.moved), func(name string) bool {
		return !slices.ContainsFunc(p.added, func(s atr.Server) bool { return s.Name == name }) &&
			!slices.ContainsFunc(receipts, func(r *hosts.Receipt) bool { return slices.Contains(r.Moved, name) })
	}), nil
}

// release takes servers out of our list that no host's file has been relieved of any more.
func (w *hostWork) release(names []string) error {
	receipts, err := w.ledger.Receipts()
	if err != nil {
		return err
	}
	servers, err := upstreams.Load(w.config.UpstreamsFile())
	if err != nil {
		return err
	}
	left := slices.DeleteFunc(slices.Clone(servers), func(s atr.Server) bool {
		return slices.Contains(names, s.Name) && !slices.ContainsFunc(receipts, func(r *hosts.Receipt) bool { return slices.Contains(r.Moved, s.Name) })
	})
	if len(left) == len(servers) {
		return nil
	}
	if err := w.app.saveServers(w.config, left); err != nil {
		return fmt.Errorf("the host has its servers back, but they are still in %s: %w", w.config.UpstreamsFile(), err)
	}
	return nil
}
