package atr

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/mcp-kernel/mcp-kernel/modules/atr/oauth"
	"github.com/mcp-kernel/mcp-kernel/modules/atr/rpc"
	"github.com/mcp-kernel/mcp-kernel/modules/atr/upstream"
)

// maxTalks bounds the connections to one server of others than ourselves.
const maxTalks = 256

// A talk is what a server and the calls of one principal have to do with each other, or those of all, where the server
// does not tell them apart: the connection, the calls that run over it, and what they wait to hear of.
type talk struct {
	*server

	principal string
	up        *upstream.Upstream

	mu       sync.Mutex
	running  map[any]int // the calls that run, by their tags
	watched  map[string]map[int]func()
	watchers int
	renewing bool // subscriptions that a server lost are being made again
	losses   int  // how often they were lost
}

// newTalk returns a talk that has not begun.
func (s *server) newTalk(principal string) *talk {
	t := &talk{server: s, principal: principal, running: map[any]int{}, watched: map[string]map[int]func(){}}
	idle := s.Idle
	switch {
	case idle == 0:
		idle = DefaultIdle
	case idle < 0 || s.Eager:
		idle = 0
	}
	t.up = upstream.New(upstream.Options{
		Name: s.Name, Conn: t.connOptions(), Start: s.Start, Idle: idle, Parallel: s.Parallel, Now: s.m.o.Now, OnList: s.ask,
		Open: func(ctx context.Context) (upstream.Link, error) {
			if err := s.trusted(ctx); err != nil {
				return upstream.Link{}, err
			}
			if s.Local != nil {
				return s.Local.link(func(line string) { s.m.o.Line(s.Name, line) }), nil
			}
			link, err := s.m.o.Open(ctx, s.Server, principal, func(line string) { s.m.o.Line(s.Name, s.filled.Text(line)) })
			s.confined(link.Sandbox)
			return s.discreet(link), err
		},
		Accept: s.accept,
		Waits:  func(err error) bool { return errors.Is(err, oauth.ErrLogin) },
		OnState: func(state upstream.State, cause error) {
			if state == upstream.Down || state == upstream.Running {
				s.tell(cause)
			}
			if state == upstream.Down || state == upstream.Idle {
				t.renew()
			}
		},
	})
	return t
}

// tell tells why a server cannot be used. A login that is missing is told once.
func (s *server) tell(cause error) {
	said := ""
	if cause != nil && errors.Is(cause, oauth.ErrLogin) {
		said = cause.Error()
	}
	s.telling.Lock()
	again := said != "" && s.told == said
	s.told = said
	s.telling.Unlock()
	if cause != nil && !again {
		s.m.o.Fault(s.Name, cause)
	}
}

// talk returns the connection for the calls of a principal.
func (s *server) talk(principal string) (*talk, error) {
	if !s.Personal() || principal == s.m.o.Self || principal == "" {
		return s.own, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.closed:
		return nil, upstream.ErrStopped
	case s.personal[principal] != nil:
		return s.personal[principal], nil
	case len(s.personal) >= maxTalks && !s.makeRoom():
		return nil, fmt.Errorf("%w: %s", upstream.ErrFull, s.Name)
	}
	t := s.newTalk(principal)
	s.personal[principal] = t
	return t, nil
}

// makeRoom forgets a connection that nobody uses, and reports whether there was one. The server is locked.
func (s *server) makeRoom() bool {
	for principal, t := range s.personal {
		if status := t.up.Status(); status.Running == 0 && status.State == upstream.Idle {
			delete(s.personal, principal)
			s.m.work.Go(func() { _ = t.up.Close() }) // it is idle
			return true
		}
	}
	return false
}

// close ends all connections.
func (s *server) close() error {
	s.mu.Lock()
	s.closed = true
	all := slices.AppendSeq([]*talk{s.own}, maps.Values(s.personal))
	s.mu.Unlock()
	faults := make([]error, len(all))
	var closing sync.WaitGroup
	for i, t := range all {
		closing.Go(func() { faults[i] = t.up.Close() })
	}
	closing.Wait()
	return errors.Join(faults...)
}

// call makes one request of the server for a call that is known by its tag.
func (t *talk) call(ctx context.Context, r rpc.Request) (json.RawMessage, error) {
	t.mu.Lock()
	t.running[r.Tag]++
	t.mu.Unlock()
	defer func() {
		t.mu.Lock()
		if t.running[r.Tag]--; t.running[r.Tag] == 0 {
			delete(t.running, r.Tag)
		}
		t.mu.Unlock()
	}()
	return t.up.Call(ctx, r)
}

// clientCapabilities are what servers of the 2025 era may ask of our clients; whether one can is seen when it is asked.
const clientCapabilities = `{"elicitation":{"form":{},"url":{}},"sampling":{"tools":{},"context":{}},"roots":{}}`

// connOptions are those of connections to a server.
func (t *talk) connOptions() rpc.Options {
	return rpc.Options{
		Client: t.m.o.Client, Capabilities: json.RawMessage(clientCapabilities), Ask: t.asked, Notify: t.heard,
		OnNoise: func(err error) { t.m.o.Line(t.Name, err.Error()) },
	}
}
