package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/mcp-kernel/mcp-kernel/internal/config"
	"github.com/mcp-kernel/mcp-kernel/internal/locals"
	"github.com/mcp-kernel/mcp-kernel/modules/atr"
	"github.com/mcp-kernel/mcp-kernel/modules/atr/inside"
	"github.com/mcp-kernel/mcp-kernel/modules/atr/local"
	"github.com/mcp-kernel/mcp-kernel/modules/atr/pin"
	"github.com/mcp-kernel/mcp-kernel/modules/standard"
	"github.com/mcp-kernel/mcp-kernel/state"
)

func (a *app) tool() *cobra.Command {
	return group(&cobra.Command{
		Use:   "tool",
		Short: "Make tools of programs, HTTP services and WebAssembly modules",
		Long: `What you list in tools.yaml beside the configuration is run by mcp-kernel itself, and passes the same policies, limits and journal
as everything else: a program git_log becomes local__git_log, an operation getPet of a service petstore petstore__getPet. No
shell ever sees an argument.

What runs is pinned when it is first seen: the arguments, the program and the module by their digests. When any of it changes, the
tool is not used any more until you agree (mcp-kernel pins).`,
		Example: `  mcp-kernel tool add command git_log --description 'The last commits' --param count=integer --effects read_only -- git log '--max-count={count}'
  mcp-kernel tool check
  mcp-kernel tool list`,
	}, a.toolList(), a.toolCheck(), a.toolAdd())
}

// A toolEntry is one tool as tool list and tool check print it.
type toolEntry struct {
	Server    string   `json:"server"`              // before its name
	Name      string   `json:"name"`                // its own
	Kind      string   `json:"kind"`                // "command", "wasi" or "openapi"
	Published string   `json:"published,omitempty"` // the name by which it is called; only tool list knows
	Standing  string   `json:"standing,omitempty"`  // "trusted", "changed", "quarantined" or "unseen"; only tool list knows
	Effects   []string `json:"effects"`             // in the words of tools.yaml; none is anything
	Runs      any      `json:"runs,omitempty"`      // what runs, as it is pinned
	Problem   string   `json:"problem,omitempty"`   // why it is no tool
}

// effectWords are effects as tools.yaml has them.
func effectWords(e local.Effects) []string {
	words := []string{}
	for _, w := range []struct {
		is   bool
		word string
	}{{e.ReadOnly, "read_only"}, {e.NonDestructive && !e.ReadOnly, "non_destructive"}, {e.Idempotent, "idempotent"}, {e.ClosedWorld, "closed_world"}} {
		if w.is {
			words = append(words, w.word)
		}
	}
	return words
}

// toolEntries prepares all tools of a file, and says why those are none that cannot be.
func toolEntries(ctx context.Context, f *locals.File, t *locals.Tools) []toolEntry {
	all := []toolEntry{}
	add := func(server, kind string, tool inside.Tool) {
		e := toolEntry{Server: server, Name: tool.Name(), Kind: kind, Effects: []string{}}
		d, _, err := tool.Prepare(ctx)
		if err != nil {
			e.Problem = err.Error()
		} else {
			e.Effects, e.Runs = effectWords(d.Effects), d.Runs
		}
		all = append(all, e)
	}
	for _, tool := range t.Own() {
		kind := "wasi"
		if _, command := f.Commands[tool.Name()]; command {
			kind = "command"
		}
		add(locals.Server, kind, tool)
	}
	for _, api := range t.APIs() {
		tools, skipped, err := api.Tools(ctx)
		if err != nil {
			all = append(all, toolEntry{Server: api.Name(), Name: "*", Kind: "openapi", Effects: []string{}, Problem: err.Error()})
		}
		for _, tool := range tools {
			add(api.Name(), "openapi", tool)
		}
		for _, s := range skipped {
			all = append(all, toolEntry{Server: api.Name(), Name: s.Operation, Kind: "openapi", Effects: []string{}, Problem: s.Why})
		}
	}
	return all
}

// withTools makes the tools of the file for a verb.
func (*app) withTools(c *config.Config, run func(f *locals.File, t *locals.Tools) error) error {
	f, err := locals.Load(c.ToolsFile())
	if err != nil {
		return err
	}
	if f.Empty() {
		return fmt.Errorf("no tools are listed in %s: add one with mcp-kernel tool add", c.ToolsFile())
	}
	t, err := f.Make(locals.Options{})
	if err != nil {
		return err
	}
	return errors.Join(run(f, t), t.Close())
}

func (a *app) toolCheck() *cobra.Command {
	return &cobra.Command{
		Use:   "check",
		Short: "Look for what is wrong with tools.yaml",
		Long: `Check reads tools.yaml and the documents and modules that it names, finds the programs, and says which tools there are and what
cannot be one. It starts nothing. It exits with 1 if there is a program, document or module that cannot be used; operations
of a document that are no tools are shown, and no fault.`,
		Example: `  mcp-kernel tool check`,
		Args:    arguments(0, 0, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := a.configuration(cmd)
			if err != nil {
				return err
			}
			return a.withTools(&c, func(f *locals.File, t *locals.Tools) error {
				all := toolEntries(cmd.Context(), f, t)
				bad := 0
				for i := range all {
					if e := &all[i]; e.Problem != "" && (e.Kind != "openapi" || e.Name == "*") {
						bad++
					}
				}
				err := a.print(all, func(table *table) {
					table.row("SERVER", "NAME", "KIND", "EFFECTS", "PROBLEM")
					for i := range all {
						e := &all[i]
						table.row(e.Server, oneLine(e.Name, 48), e.Kind, joined(e.Effects), orDash(oneLine(e.Problem, 160)))
					}
				})
				if err == nil && bad > 0 {
					err = fmt.Errorf("%d of what %s names cannot be used", bad, c.ToolsFile())
				}
				return err
			})
		},
	}
}

func (a *app) toolList() *cobra.Command {
	return &cobra.Command{
		Use:     "list",
		Short:   "List the tools of tools.yaml, by what names they are called and whether they may be used",
		Long:    `List starts nothing. What is changed or quarantined is not used until you agree: mcp-kernel pins diff. What is unseen is pinned by the next server.`,
		Example: `  mcp-kernel tool list -o json`,
		Args:    arguments(0, 0, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := a.configuration(cmd)
			if err != nil {
				return err
			}
			return a.withTools(&c, func(f *locals.File, t *locals.Tools) error {
				return a.withServers(cmd, func(ctx context.Context, m *atr.Module, _ *standard.Kernel) error {
					all := toolEntries(ctx, f, t)
					for i := range all {
						if err := stand(ctx, m, &all[i]); err != nil {
							return err
						}
					}
					return a.print(all, func(table *table) {
						table.row("NAME", "KIND", "STANDING", "EFFECTS", "PROBLEM")
						for i := range all {
							e := &all[i]
							name := e.Published
							if name == "" {
								name = e.Server + ": " + e.Name
							}
							table.row(oneLine(name, 48), e.Kind, orDash(e.Standing), joined(e.Effects), orDash(oneLine(e.Problem, 120)))
						}
					})
				})
			})
		},
	}
}

// stand says what is thought of a tool as it is now.
func stand(ctx context.Context, m *atr.Module, e *toolEntry) error {
	if e.Problem != "" {
		return nil
	}
	e.Published = m.PublishedAs(e.Server, e.Name)
	r, err := m.Book().Get(ctx, e.Server, pin.Tool, e.Name)
	if errors.Is(err, state.ErrNotFound) {
		e.Standing = "unseen"
		return nil
	}
	if e.Standing = string(r.Standing); err == nil && !pinnedAs(&r, e.Runs) {
		e.Standing = string(pin.Changed)
	}
	return err
}

// pinnedAs reports whether what runs is what was pinned.
func pinnedAs(r *pin.Record, runs any) bool {
	var known struct {
		Meta map[string]json.RawMessage `json:"_meta"`
	}
	if r.Standing != pin.Trusted {
		return true // that is said already
	}
	if json.Unmarshal(r.Definition, &known) != nil {
		return false
	}
	now, err := json.Marshal(runs)
	if err != nil {
		return false
	}
	was, err := pin.Digest(known.Meta[local.MetaRuns])
	is, fault := pin.Digest(now)
	return err == nil && fault == nil && was == is
}
