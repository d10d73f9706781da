package tools

import (
	"context"

	"github.com/mcp-kernel/mcp-kernel/governance/audit"
)

// A Module is a part of the kernel that offers a surface. Further abilities are optional interfaces: Starter for
// background work, io.Closer to end it (closed in the reverse order of starting), Observer to see what was recorded.
type Module interface {
	// Name is the module's name, lower case, as the configuration spells it.
	Name() string
	// Surface returns what the module offers. It is called once, and its slices are owned by the caller.
	Surface() Surface
}

// A Starter has background work. Start is called once, after the catalog is complete and before the first call; the
// work it starts must end when the module is closed, not when ctx ends.
type Starter interface {
	Start(ctx context.Context, d *Dispatcher) error
}

// An Observer sees journal entries after they were written, in their order, off the path of the call.
type Observer interface {
	Observe(e audit.Entry)
}

// A Surface is what one module offers. The zero value offers nothing.
type Surface struct {
	Tools     []Tool
	Resources []Resource
	Prompts   []Prompt
}
