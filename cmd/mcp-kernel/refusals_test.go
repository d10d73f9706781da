package main

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/mcp-kernel/mcp-kernel/governance/audit"
)

// A shelf keeps entries.
type shelf []*audit.Entry

func (s *shelf) Append(_ context.Context, entries ...*audit.Entry) error {
	*s = append(*s, entries...)
	return nil
}

// TestRefusalsFillNothing has a stranger knock a thousand times a second for a minute: each is counted, few are written.
func TestRefusalsFillNothing(t *testing.T) {
	t.Parallel()
	var journal shelf
	var log safeBuffer
	now := time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC)
	f := newRefusals(&journal, func() time.Time { return now }, zerolog.New(&log).Level(zerolog.InfoLevel))
	const times = 60_000
	for range times {
		f.note("192.0.2.7", errBadToken, errors.New("why"))
		now = now.Add(time.Millisecond)
	}
	f.flush()
	var counted int64
	for _, e := range journal {
		counted += e.Control.Count
		if e.Control.Action != audit.ActionRefused || e.Control.Subject != "192.0.2.7" || e.Control.Reason != errBadToken.Error() {
			t.Errorf("%+v", e.Control)
		}
	}
	if counted != times || len(journal) != 7 {
		t.Errorf("%d refused requests in %d entries", counted, len(journal))
	}
	if lines := strings.Count(log.String(), "\n"); lines != 60 {
		t.Errorf("%d lines in the log", lines)
	}
}
