package standard

import (
	"sync"
	"sync/atomic"

	"github.com/mcp-kernel/mcp-kernel/governance"
)

// Policies are the loaded policies of a running kernel. A reload puts another set in their place, whole: what was selected
// for a call stays selected for it. They are safe for concurrent use.
type Policies struct {
	set   atomic.Pointer[governance.Set]
	roles *Roles // nil where there are none

	mu      sync.Mutex
	changed chan struct{} // closed by the next change; nil while nobody waits for it
}

// replace puts other policies in force, and tells those who wait for that.
func (p *Policies) replace(s *governance.Set) {
	p.set.Store(s)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.changed != nil {
		close(p.changed)
		p.changed = nil
	}
}

// Changed returns a channel that is closed once other policies are in force than those of now.
func (p *Policies) Changed() <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.changed == nil {
		p.changed = make(chan struct{})
	}
	return p.changed
}

// Set returns the policies as they are now. It does not change when they are reloaded.
func (p *Policies) Set() *governance.Set { return p.set.Load() }

// Select returns what governs a call, as governance.Set does, and by the roles of its caller.
func (p *Policies) Select(c *governance.Call) (*governance.Snapshot, error) {
	if c.Caller.Roles == "" {
		return p.Set().Select(c)
	}
	return p.roles.choose(p.Set(), c)
}

// Policy returns a copy of the policy with the name, and whether there is one.
func (p *Policies) Policy(name string) (governance.Policy, bool) { return p.Set().Policy(name) }

// Names returns the names of all loaded policies, sorted.
func (p *Policies) Names() []string { return p.Set().Names() }

// Active returns the names of the policies that hold for every call, sorted.
func (p *Policies) Active() []string { return p.Set().Active() }
