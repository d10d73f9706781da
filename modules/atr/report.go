package atr

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/mcp-kernel/mcp-kernel/modules/atr/pin"
	"github.com/mcp-kernel/mcp-kernel/modules/atr/sandbox"
	"github.com/mcp-kernel/mcp-kernel/modules/atr/upstream"
)

// ErrUnknown says that there is no server of a name.
var ErrUnknown = errors.New("there is no such server")

// A Report is what there is to say of one server, for operators.
type Report struct {
	Name      string `json:"name"`
	Where     string `json:"where"`             // its command or address
	State     string `json:"state"`             // "idle", "starting", "running", "down" or "stopped"
	Cause     string `json:"cause,omitempty"`   // why it last failed
	Known     bool   `json:"known"`             // what it offers is known
	Tools     int    `json:"tools"`             // that it offers and that are published
	Resources int    `json:"resources"`         // families too
	Prompts   int    `json:"prompts"`           //
	Waiting   int    `json:"waiting"`           // things that are not to be used before somebody has agreed
	Calls     int    `json:"calls"`             // that run now
	Version   string `json:"version,omitempty"` // of the protocol, when it was started here
	Login     string `json:"login,omitempty"`   // "needed", "good" or "poor": see LoginNeeded; empty where none is wanted, as far as is known
	// Sandboxed says that the server is started in a sandbox; Sandbox is what became of that, when it was started here.
	Sandboxed bool            `json:"sandboxed"`
	Sandbox   *sandbox.Report `json:"sandbox,omitempty"`
}

// Reports returns what there is to say of all servers, by name.
func (m *Module) Reports(ctx context.Context) []Report {
	all := make([]Report, len(m.servers))
	for i, s := range m.servers {
		all[i] = s.report(ctx)
	}
	return all
}

func (s *server) report(ctx context.Context) Report {
	status := s.own.up.Status()
	r := Report{Name: s.Name, Where: s.where(), State: status.State.String(), Calls: status.Running, Version: status.Server.Version, Login: s.login(ctx)}
	if status.Cause != nil {
		r.Cause = status.Cause.Error()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	r.Known, r.Sandboxed, r.Sandbox = s.known, s.Server.Sandbox != nil, s.sandbox
	r.Tools, r.Prompts = len(s.listing.Tools), len(s.listing.Prompts)
	r.Resources = len(s.listing.Resources) + len(s.listing.Templates)
	for i := range s.records {
		if !s.records[i].Stands(s.m.o.Now()) {
			r.Waiting++
		}
	}
	return r
}

// where is the server's command or address, on a line.
func (s *Server) where() string {
	if s.Local != nil {
		return s.Local.From
	}
	if s.URL != "" {
		return s.URL
	}
	return strings.Join(append([]string{s.Command}, s.Args...), " ")
}

// Learn starts a server, if it is not running, and reads what it offers now.
func (m *Module) Learn(ctx context.Context, name string) (Report, error) {
	i := slices.IndexFunc(m.servers, func(s *server) bool { return s.Name == name })
	if i < 0 {
		return Report{}, fmt.Errorf("%w: %s", ErrUnknown, name)
	}
	err := m.servers[i].refresh(ctx)
	m.publish()
	return m.servers[i].report(ctx), err
}

// Listing returns what a server offered when it was last seen, and whether that is known.
func (m *Module) Listing(name string) (upstream.Listing, bool) {
	for _, s := range m.servers {
		if s.Name == name {
			s.mu.Lock()
			defer s.mu.Unlock()
			return s.listing, s.known
		}
	}
	return upstream.Listing{}, false
}

// Instructions returns what a server says to models that use it, when it was started here: the words of a stranger, which
// are not handed on.
func (m *Module) Instructions(name string) string {
	for _, s := range m.servers {
		if s.Name == name {
			return s.own.up.Status().Server.Instructions
		}
	}
	return ""
}

// Published returns the names by which the tools of a server are published, sorted.
func (m *Module) Published(name string) []string {
	var all []string
	for _, o := range m.published() {
		if o.server.Name == name && o.record.Kind == pin.Tool {
			all = append(all, o.published)
		}
	}
	return all
}

// Book returns where it is kept what was trusted.
func (m *Module) Book() *pin.Book { return m.book }

// reconsider looks whether somebody has agreed to what was not trusted, and reports whether anything is another than before.
func (s *server) reconsider(ctx context.Context) bool {
	s.mu.Lock()
	records := slices.Clone(s.records)
	s.mu.Unlock()
	changed := false
	for i := range records {
		r := &records[i]
		if r.Stands(s.m.o.Now()) {
			continue
		}
		now, err := s.m.book.Get(ctx, s.Name, r.Kind, r.Name)
		if err != nil || !now.Stands(s.m.o.Now()) || now.Digest != cmp.Or(r.OfferedDigest, r.Digest) {
			continue
		}
		records[i], changed = now, true
	}
	if changed {
		s.mu.Lock()
		s.records = records
		s.mu.Unlock()
	}
	return changed
}

// waits reports whether something is not to be used before somebody has agreed.
func (s *server) waits() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.ContainsFunc(s.records, func(r pin.Record) bool { return !r.Stands(s.m.o.Now()) })
}
