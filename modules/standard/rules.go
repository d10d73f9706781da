package standard

import (
	"fmt"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/governance/rules"
	"github.com/mcp-kernel/mcp-kernel/tools"
)

// RuleSchema returns what the rules of policies can speak of, given a catalog.
func RuleSchema(c *tools.Catalog) (*rules.Schema, error) {
	schema, err := rules.NewSchema(RuleSurface(c))
	if err != nil {
		return nil, fmt.Errorf("catalog: %w", err)
	}
	return schema, nil
}

// RuleSurface returns a catalog as rules see it.
func RuleSurface(c *tools.Catalog) rules.Surface {
	surface := rules.Surface{}
	for _, s := range c.Tools(tools.ProfileFull) {
		readOnly := s.ReadOnly == tools.Yes
		surface.Tools = append(surface.Tools, rules.Tool{
			Name: s.Name, Input: s.InputSchema, ReadOnly: readOnly, Destructive: !readOnly && s.Destructive != tools.No,
			Idempotent: s.Idempotent == tools.Yes, OpenWorld: s.OpenWorld != tools.No,
		})
	}
	for _, p := range c.Prompts() {
		prompt := rules.Prompt{Name: p.Name}
		for _, a := range p.Arguments {
			if a.Required {
				prompt.Required = append(prompt.Required, a.Name)
			} else {
				prompt.Optional = append(prompt.Optional, a.Name)
			}
		}
		surface.Prompts = append(surface.Prompts, prompt)
	}
	return surface
}

// bindRules validates the rules of policies against the catalog, when there are any.
func (k *Kernel) bindRules(set *governance.Set) error {
	if !set.HasRules() {
		return nil
	}
	schema, err := RuleSchema(k.catalog())
	if err != nil {
		return err
	}
	if err := set.Bind(schema); err != nil {
		return fmt.Errorf("policies: %w", err)
	}
	return nil
}
