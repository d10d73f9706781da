package atr

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os/exec"
	"time"

	"github.com/mcp-kernel/mcp-kernel/modules/atr/dial"
	"github.com/mcp-kernel/mcp-kernel/modules/atr/oauth"
	"github.com/mcp-kernel/mcp-kernel/modules/atr/rpc"
	"github.com/mcp-kernel/mcp-kernel/modules/atr/upstream"
)

// A Health is how a server is, in words that anybody may read.
type Health struct {
	Server   string     `json:"server"`
	State    string     `json:"state" enum:"stopped,starting,up,down,half-open" doc:"half-open: it failed, and the next call tries again"`
	Since    *time.Time `json:"since,omitempty"`
	Retry    *time.Time `json:"retry,omitempty" doc:"when it is tried again at the earliest"`
	Failures int        `json:"failures,omitempty" doc:"in a row"`
	Error    string     `json:"error,omitempty" doc:"why it last failed"`
	Starts   int        `json:"starts"`
	Calls    int        `json:"calls" doc:"that run now"`
	Protocol string     `json:"protocol,omitempty" doc:"version that it speaks, when it was started here"`
	Name     string     `json:"name,omitempty" doc:"that it gives itself"`
	Version  string     `json:"version,omitempty" doc:"that it gives itself"`
	Tools    int        `json:"tools"`
	Waiting  int        `json:"waiting,omitempty" doc:"definitions that are not used before an operator agrees"`
	Blocked  string     `json:"blocked,omitempty" doc:"why nothing of it is used"`
}

// Health returns how a server is, or all of them where none is named, by name. What the connections of several principals
// are at is that of whoever runs the kernel; the calls are those of all.
func (m *Module) Health(server string) []Health {
	var all []Health
	for _, s := range m.servers {
		if server == "" || s.Name == server {
			all = append(all, s.health())
		}
	}
	return all
}

func (s *server) health() Health {
	status := s.own.up.Status()
	h := Health{
		Server: s.Name, State: condition(&status), Since: when(status.Changed), Retry: when(status.Retry), Failures: status.Failures,
		Error: harmless(status.Cause), Starts: status.Starts, Calls: status.Running, Protocol: status.Server.Version,
	}
	h.Name, h.Version = introduced(status.Server.Info)
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, t := range s.personal {
		h.Calls += t.up.Status().Running
	}
	h.Tools, h.Blocked = len(s.listing.Tools), s.blocked
	for i := range s.records {
		if !s.records[i].Stands(s.m.o.Now()) {
			h.Waiting++
		}
	}
	return h
}

// when is a time, nil where there is none.
func when(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// condition is what a server is at, in one word.
func condition(s *upstream.Status) string {
	switch {
	case s.Failures > 0 && (s.State == upstream.Idle || s.State == upstream.Starting):
		return "half-open"
	case s.State == upstream.Running:
		return "up"
	case s.State == upstream.Starting, s.State == upstream.Down:
		return s.State.String()
	default:
		return "stopped"
	}
}

// introduced is what a server calls itself: short words of a stranger.
func introduced(info json.RawMessage) (name, version string) {
	var said struct{ Name, Version string }
	_ = json.Unmarshal(info, &said) // one that says nothing has no name
	return word(said.Name), word(said.Version)
}

// word is a text if it is one that a name or a version may be, and nothing else otherwise.
func word(text string) string {
	const longest = 64
	if len(text) > longest {
		return ""
	}
	for _, r := range text {
		if r <= ' ' || r > '~' {
			return ""
		}
	}
	return text
}

// harmless is why a server failed, in words of ours: what it said itself, and how it is started, is for its operator.
func harmless(cause error) string {
	if version, ok := errors.AsType[*VersionError](cause); ok {
		return version.Error()
	}
	for _, known := range []struct {
		is   error
		says string
	}{
		{ErrChanged, "how it is started is not what was trusted: mcp-kernel pins diff"},
		{oauth.ErrLogin, "a login is needed: mcp-kernel upstream login"},
		{dial.ErrForbidden, "its address is not permitted"},
		{exec.ErrNotFound, "its program is not found"},
		{fs.ErrNotExist, "its program, or its directory, is not there"},
		{fs.ErrPermission, "its program may not be run"},
		{context.DeadlineExceeded, "it did not answer in time"},
		{rpc.ErrTooLarge, "it sent more than is taken"},
		{rpc.ErrNoise, "it sends nothing but what cannot be read"},
		{rpc.ErrClosed, "it has ended"},
	} {
		if cause != nil && errors.Is(cause, known.is) {
			return known.says
		}
	}
	if cause != nil {
		return "it failed: the log says why"
	}
	return ""
}
