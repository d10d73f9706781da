package trial

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/governance/policy"
	"github.com/mcp-kernel/mcp-kernel/governance/rules"
)

// bind binds the rules of the policies to what there is and what the suite pretends, and returns what each tool says of
// itself.
func bind(s *policy.Suite, o Options) (map[string]governance.Hints, error) {
	surface := o.Surface
	surface.Tools = slices.Clone(surface.Tools)
	for i := range s.Tools {
		t := &s.Tools[i]
		tool, err := pretended(t)
		if err != nil {
			return nil, fmt.Errorf("%s: tools[%d]: %w", s.File, i, err)
		}
		switch known := slices.IndexFunc(surface.Tools, func(known rules.Tool) bool { return known.Name == t.Name }); {
		case known < 0:
			surface.Tools = append(surface.Tools, tool)
		case strings.Contains(t.Name, "__"): // another server's: fixtures come to the same where it is not known
			surface.Tools[known] = tool
		default:
			return nil, fmt.Errorf("%s: tools[%d]: there is a tool %q already: strike it here", s.File, i, t.Name)
		}
	}
	hints := make(map[string]governance.Hints, len(surface.Tools))
	for _, t := range surface.Tools {
		hints[t.Name] = governance.Hints{
			ReadOnly: t.ReadOnly, NonDestructive: t.ReadOnly || !t.Destructive, Idempotent: t.Idempotent, ClosedWorld: !t.OpenWorld,
		}
	}
	if !o.Set.HasRules() {
		return hints, nil
	}
	schema, err := rules.NewSchema(surface)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.File, err)
	}
	return hints, o.Set.Bind(schema)
}

// pretended is a tool of a suite as rules see it. What it does not say of itself is the worst, as in the protocol.
func pretended(t *policy.Tool) (rules.Tool, error) {
	says := func(hint string, otherwise bool) bool {
		if holds, said := t.Hints[hint]; said {
			return holds
		}
		return otherwise
	}
	properties := make(map[string]any, len(t.Args))
	for _, name := range t.Args {
		properties[name] = map[string]string{"type": "string"}
	}
	schema, err := json.Marshal(map[string]any{"type": "object", "properties": properties})
	if err != nil {
		return rules.Tool{}, err
	}
	readOnly := says("read_only", false)
	return rules.Tool{
		Name: t.Name, ReadOnly: readOnly, Destructive: !readOnly && says("destructive", true),
		Idempotent: says("idempotent", false), OpenWorld: says("open_world", true), Input: schema,
	}, nil
}
