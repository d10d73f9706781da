package atr

import (
	"cmp"
	"fmt"

	"github.com/mcp-kernel/mcp-kernel/modules/atr/rpc"
	"github.com/mcp-kernel/mcp-kernel/modules/atr/semver"
)

// A VersionError says that a server is of a version that is not wanted. Nothing of such a server is used.
type VersionError struct {
	Server  string
	Version string // that it gives itself; empty where it gives none that can be read
	Wanted  string // the range of versions
}

// Error says what is there and what is wanted.
func (e *VersionError) Error() string {
	return fmt.Sprintf("the server %s is of version %s, and only %s is used here", e.Server, cmp.Or(e.Version, "nobody knows"), e.Wanted)
}

// accept judges who a server says that it is, after each start. Nothing of one that is not wanted is used until one comes
// that is.
func (s *server) accept(who rpc.Server) error {
	err := s.fits(who)
	why := ""
	if err != nil {
		why = err.Error()
	}
	s.mu.Lock()
	changed := s.blocked != why
	s.blocked = why
	s.mu.Unlock()
	if changed {
		s.m.o.Changed()
	}
	if changed && why != "" && !s.m.o.Cold {
		s.ask("") // which looks again from time to time
	}
	return err
}

// fits reports why a server is not of a version that is wanted.
func (s *server) fits(who rpc.Server) error {
	if s.Version == "" {
		return nil
	}
	_, version := introduced(who.Info)
	wanted, err := semver.ParseRange(s.Version)
	if err != nil {
		return err
	}
	if v, err := semver.Parse(version); err != nil || !wanted.Contains(v) {
		return &VersionError{Server: s.Name, Version: version, Wanted: s.Version}
	}
	return nil
}

// unfit says why nothing of the server is used; empty where that is not so.
func (s *server) unfit() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.blocked
}
