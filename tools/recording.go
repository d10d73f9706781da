package tools

import (
	"context"

	"github.com/mcp-kernel/mcp-kernel/governance/audit"
)

var (
	_ Journal = recording{}
	_ Slot    = (*audit.Slot)(nil)
)

// recording is an *audit.Journal whose slots are a Slot.
type recording struct{ *audit.Journal }

// Recording returns the journal as the Dispatcher uses it.
func Recording(j *audit.Journal) Journal { return recording{j} }

// Begin implements Journal.
func (r recording) Begin(ctx context.Context) (Slot, error) {
	s, err := r.Journal.Begin(ctx)
	if err != nil {
		return nil, err // a nil *audit.Slot would not be a nil Slot
	}
	return s, nil
}
