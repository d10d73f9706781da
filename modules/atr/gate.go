package atr

import (
	"context"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/modules/atr/pin"
)

// CheckPin is the name of the check that Pins makes.
const CheckPin = "pin"

// Pins returns the check that refuses what is not what was trusted, to be asked with the allowlists: such a thing is
// neither listed nor run.
func (m *Module) Pins() governance.Check { return pins{m} }

type pins struct{ m *Module }

// Name implements governance.Check.
func (pins) Name() string { return CheckPin }

// Check implements governance.Check.
func (p pins) Check(_ context.Context, c *governance.Call, _ *governance.Snapshot) (governance.Decision, error) {
	kinds := map[governance.Kind][]pin.Kind{
		governance.KindTool: {pin.Tool}, governance.KindTask: {pin.Tool}, governance.KindPrompt: {pin.Prompt},
		governance.KindResource: {pin.Resource, pin.Template},
	}[c.Kind]
	for _, kind := range kinds {
		o, ok := p.m.offering(kind, c.Name)
		if ok {
			if why := o.server.unfit(); why != "" {
				return governance.Decision{Effect: governance.Deny, Rule: "version", Reason: why}, nil
			}
		}
		if !ok || o.record.Stands(o.server.m.o.Now()) {
			continue
		}
		return governance.Decision{
			Effect: governance.Deny, Rule: string(o.record.Standing), Reason: o.distrust(),
		}, nil
	}
	return governance.Decision{Effect: governance.Allow}, nil
}
