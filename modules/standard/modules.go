package standard

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/mcp-kernel/mcp-kernel/modules/atr"
	"github.com/mcp-kernel/mcp-kernel/modules/cmvk"
	"github.com/mcp-kernel/mcp-kernel/modules/compose"
	"github.com/mcp-kernel/mcp-kernel/modules/controlplane"
	"github.com/mcp-kernel/mcp-kernel/modules/observability"
	"github.com/mcp-kernel/mcp-kernel/tools"
)

// A maker makes one module.
type maker struct {
	name string
	make func(*Kernel, *controlplane.Executions) (tools.Module, error)
}

// makers are all modules there are, the lower layers first. One that has nothing to do makes nil.
func makers() []maker {
	return []maker{
		{atr.Name, (*Kernel).upstreams},
		{cmvk.Name, func(*Kernel, *controlplane.Executions) (tools.Module, error) { return cmvk.New(), nil }},
		{restsName, (*Kernel).results},
		{controlplane.Name, (*Kernel).controlplane},
		{compose.Name, (*Kernel).compositions},
		{observability.Name, (*Kernel).metrics},
	}
}

// modules makes every module that the configuration does not leave out.
func (k *Kernel) modules(executions *controlplane.Executions) ([]tools.Module, error) {
	disabled := k.config.Modules.Disabled
	known := []string{}
	var made []tools.Module
	var faults []error
	for _, m := range makers() {
		known = append(known, m.name)
		if slices.Contains(disabled, m.name) {
			continue
		}
		module, err := m.make(k, executions)
		if err != nil {
			faults = append(faults, fmt.Errorf("module %s: %w", m.name, err))
			continue
		}
		if module != nil {
			made = append(made, module)
		}
	}
	for _, name := range disabled {
		if !slices.Contains(known, name) {
			faults = append(faults, fmt.Errorf("modules.disabled: there is no module %q, only %s", name, strings.Join(known, ", ")))
		}
	}
	k.made = made
	return made, errors.Join(faults...)
}

// compositions makes the module of tools that are made of tools, where there are any.
func (k *Kernel) compositions(*controlplane.Executions) (tools.Module, error) {
	plans, err := compose.Load(k.config.CompositionsFile())
	if err != nil || len(plans) == 0 {
		return nil, err
	}
	return compose.NewModule(compose.Options{Plans: plans, Known: k.known})
}

// known returns what a tool says of itself: as it is published now, or as it is about to be.
func (k *Kernel) known(tool string) (tools.Spec, bool) {
	if k.Dispatcher != nil {
		return k.Dispatcher.Catalog().Spec(tool)
	}
	for _, m := range k.made {
		if m.Name() == compose.Name {
			continue
		}
		for _, t := range m.Surface().Tools {
			if spec := t.Spec(); spec.Name == tool {
				return spec, true
			}
		}
	}
	return tools.Spec{}, false
}

func (k *Kernel) results(*controlplane.Executions) (tools.Module, error) {
	k.rests = &rests{store: k.State, now: k.Now}
	return k.rests, nil
}

func (k *Kernel) controlplane(executions *controlplane.Executions) (tools.Module, error) {
	roots := make([]controlplane.Root, len(k.config.Files.Roots))
	for i, root := range k.config.Files.Roots {
		roots[i] = controlplane.Root{Name: root.Name, Path: root.Path, ReadOnly: root.ReadOnly}
	}
	files, err := controlplane.OpenFiles(k.config.Files.MaxFileBytes, roots...)
	if err != nil {
		return nil, err
	}
	return controlplane.New(controlplane.Options{
		Store: k.State, Log: k.State, Journal: record{k.Journal, k.counts()}, Gate: k.Gate, Policies: k.Policies, Executions: executions,
		Now: k.Now, Window: k.config.Governance.Window, Verify: k.verify, Files: files, Idempotency: k.config.Files.Idempotency, Longest: k.config.Governance.Ceiling.Timeout,
		Approvals: k.Approvals,
	})
}
