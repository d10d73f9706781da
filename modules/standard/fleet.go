package standard

import (
	"context"

	"github.com/mcp-kernel/mcp-kernel/server/fleet"
)

// joinFleet makes this kernel one of those that share its state, where any do. Who lives is a matter of real time, whatever the
// kernel's clock says.
func (k *Kernel) joinFleet(context.Context, Options) error {
	if !k.Shared {
		return nil
	}
	member, err := fleet.Join(fleet.Options{
		Store: k.State, ID: k.Journal.ProcessID(), OnFault: func(err error) { k.fault("", err) },
	})
	if err != nil {
		return err
	}
	k.Fleet = member
	k.own(member)
	return nil
}

// lives is how it is found out whether a process that ran something still does: those of one machine hold a lock in the
// journal's directory as long as they live, those that share the state give signs of life.
func (k *Kernel) lives() func(process string) bool {
	if k.Fleet == nil {
		return k.Journal.Lives
	}
	return k.Fleet.Lives
}

// Secrets are the keys that seal what clients carry from one request of a call to the next, as server.Options want them: all
// kernels that share state have the same; any other kernel has one that its journal knows.
func (k *Kernel) Secrets(ctx context.Context) (func() [][]byte, error) {
	const purpose = "request state"
	if k.Fleet != nil {
		return k.Fleet.Secret(ctx, purpose)
	}
	secret, err := k.Journal.Derive(purpose)
	return func() [][]byte { return [][]byte{secret} }, err
}
