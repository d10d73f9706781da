package controlplane

import (
	"context"

	"github.com/mcp-kernel/mcp-kernel/tools"
)

// watchPolicies tells of every change of the policies.
func (m *Module) watchPolicies(ctx context.Context, r *tools.Request, uri string, changed func()) (func() error, error) {
	if name := r.Var("name"); name != "" {
		if _, ok := m.opts.Policies.Policy(name); !ok {
			return nil, tools.NotFound(uri)
		}
	}
	next := m.opts.Policies.Changed()
	return func() error {
		for {
			select {
			case <-ctx.Done():
				return nil
			case <-next:
			}
			next = m.opts.Policies.Changed()
			changed()
		}
	}, nil
}
