package controlplane

import (
	"context"
	"errors"
	"time"

	"github.com/mcp-kernel/mcp-kernel/governance/code"
	"github.com/mcp-kernel/mcp-kernel/state"
)

// Name is the module's name in the configuration.
const Name = "controlplane"

// Options are what a Module needs. All but Approvals, Files, Idempotency and Longest are required.
type Options struct {
	Store       state.Backend                                                // memory, executions, idempotency keys
	Log         state.Log                                                    // checkpoints
	Journal     Journal                                                      // answers get_audit_log and audit_receipt
	Window      time.Duration                                                // of the implicit execution
	Verify      func(ctx context.Context, head []byte) (Verification, error) // answers verify_audit_log
	Gate        Explainer                                                    // answers policy_check
	Policies    Policies                                                     // answers policy:// resources
	Executions  *Executions                                                  // shared with the gate, which looks handles up in it
	Now         func() time.Time
	Approvals   Desk          // what people are asked; nil offers no tool for it
	Files       *Files        // nil reaches no file
	Idempotency time.Duration // how long a key is remembered; default 24 hours
	Longest     time.Duration // how long a call may run; default 10 minutes
}

// A Module is the control plane. It implements tools.Module.
type Module struct {
	opts       Options
	files      *Files
	vfs        *VFS
	executions *Executions
	once       *Once
	memories   *Memories
	quotas     *quotas
	checker    code.Engine
	catalog    catalog // set by Start
}

// New returns the control plane. It owns Files and closes them.
func New(o Options) (*Module, error) {
	var faults []error
	require := func(ok bool, what string) {
		if !ok {
			faults = append(faults, errors.New("controlplane: options need "+what))
		}
	}
	require(o.Store != nil, "a Store")
	require(o.Log != nil, "a Log")
	require(o.Journal != nil, "a Journal")
	require(o.Gate != nil, "a Gate")
	require(o.Policies != nil, "Policies")
	require(o.Now != nil, "Now")
	require(o.Executions != nil, "Executions")
	require(o.Verify != nil, "Verify")
	if o.Idempotency == 0 {
		o.Idempotency = 24 * time.Hour
	}
	if o.Longest == 0 {
		o.Longest = 10 * time.Minute
	}
	if o.Files == nil {
		o.Files = &Files{}
	}
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	vfs := NewVFS(o.Store, o.Now)
	return &Module{
		opts: o, files: o.Files, vfs: vfs,
		executions: o.Executions, once: NewOnce(o.Store, o.Idempotency, o.Longest, o.Now),
		memories: NewMemories(vfs, o.Log), quotas: &quotas{store: o.Store},
	}, nil
}

// Name returns "controlplane".
func (*Module) Name() string { return Name }

// Close releases the file roots.
func (m *Module) Close() error { return m.files.Close() }
