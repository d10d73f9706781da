package observability

import "github.com/mcp-kernel/mcp-kernel/tools"

var (
	_ tools.Module   = (*Module)(nil)
	_ tools.Observer = (*Module)(nil)
)

// Name returns Name.
func (*Module) Name() string { return Name }

// Surface returns what operators may ask.
func (*Module) Surface() tools.Surface { return tools.Surface{} }
