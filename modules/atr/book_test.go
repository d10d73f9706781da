package atr_test

import (
	"context"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/governance/audit"
	"github.com/mcp-kernel/mcp-kernel/state"
	"github.com/mcp-kernel/mcp-kernel/tools"
)

// book is a journal and a limiter that let everything pass.
type book struct{}

func (*book) Begin(context.Context) (tools.Slot, error) { return page{}, nil }

func (*book) Payload(string, []byte) (audit.Payload, error) { return audit.Payload{}, nil }

func (*book) Release(...governance.Charge) {}

func (*book) Take(_ context.Context, _ string, claims ...state.Claim) ([]state.Taken, error) {
	taken := make([]state.Taken, len(claims))
	for i, c := range claims {
		taken[i] = state.Taken{Name: c.Name, OK: true, Limit: c.Limit}
	}
	return taken, nil
}

type page struct{}

func (page) Decision(context.Context, *audit.Entry) error { return nil }
func (page) Outcome(context.Context, *audit.Entry) error  { return nil }
func (page) End()                                         {}
