package main

import (
	"context"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"github.com/mcp-kernel/mcp-kernel/governance/audit"
)

// How often refused requests are recorded: whoever sends many fills neither log nor journal, which say how many there were.
const (
	refusedLogged   = time.Second
	refusedRecorded = 10 * time.Second
)

// An appender takes entries of the journal.
type appender interface {
	Append(ctx context.Context, entries ...*audit.Entry) error
}

// Refusals record the requests that nobody was let in with.
type refusals struct {
	journal appender
	now     func() time.Time
	log     zerolog.Logger

	mu                  sync.Mutex
	logged, recorded    time.Time
	unlogged, unwritten int64
	from, lacks         string // of the latest
}

// addressOf is where a request comes from, without the port, which tells nothing.
func addressOf(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

func newRefusals(journal appender, now func() time.Time, log zerolog.Logger) *refusals {
	return &refusals{journal: journal, now: now, log: log}
}

// note records a request that was refused, from an address or a principal. because, which may be nil, is for the log alone: it may quote what a stranger sent.
func (f *refusals) note(from string, lacks, because error) {
	now := f.now()
	f.log.Debug().Err(lacks).AnErr("because", because).Str("from", from).Msg("request refused")
	f.mu.Lock()
	f.unlogged++
	f.unwritten++
	f.from, f.lacks = from, lacks.Error()
	told, count := now.Sub(f.logged) >= refusedLogged, f.unlogged
	if told {
		f.logged, f.unlogged = now, 0
	}
	entry := f.due(now, refusedRecorded)
	f.mu.Unlock()
	if told {
		f.log.Warn().Err(lacks).AnErr("because", because).Str("from", from).Int64("refused", count).Msg("requests refused")
	}
	f.record(entry)
}

// due returns the entry that is to be written, or nil. The caller holds mu.
func (f *refusals) due(now time.Time, after time.Duration) *audit.Entry {
	if f.unwritten == 0 || now.Sub(f.recorded) < after {
		return nil
	}
	c := audit.Control{Action: audit.ActionRefused, Subject: f.from, Reason: f.lacks, Count: f.unwritten}
	f.recorded, f.unwritten = now, 0
	return &audit.Entry{Kind: audit.KindControl, Control: &c}
}

// flush records those that are not recorded yet.
func (f *refusals) flush() {
	f.mu.Lock()
	entry := f.due(f.now(), 0)
	f.mu.Unlock()
	f.record(entry)
}

func (f *refusals) record(e *audit.Entry) {
	if e == nil {
		return
	}
	if err := f.journal.Append(context.Background(), e); err != nil {
		f.log.Error().Err(err).Msg("refused requests cannot be recorded")
	}
}
