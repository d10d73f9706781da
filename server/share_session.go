package server

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/server/fleet"
	"github.com/mcp-kernel/mcp-kernel/state"
	"github.com/mcp-kernel/mcp-kernel/tools"
)

// A sharedSession is what a member's copy of a session knows of what all have. A nil one is of a session that nobody shares.
type sharedSession struct {
	in   *sharing
	id   string
	made bool // by this member, which counts it among those that it may have

	// Guarded by the registry.
	looked  time.Time // when the record was read
	era     uint64    // of the fleet, then
	renewed time.Time // when the record was written or seen to be new
}

// adopt takes a copy of another member's session, unless there is one.
func (g *registry) adopt(p *party, id string, r *sessionRecord, known sharedSession) error {
	known.renewed = known.looked
	fresh := g.copyOf(p, id, r, &known)
	g.mu.Lock()
	defer g.mu.Unlock()
	s := g.byID[id]
	switch {
	case g.ended:
		fresh.conn.close()
		return errEnding
	case s != nil:
		fresh.conn.close()
		s.shared.looked, s.shared.era = known.looked, known.era
		s.heed(r)
		return nil
	case known.in.isOver(id):
		fresh.conn.close()
		return errNoSuchThing
	case len(g.byID) >= g.web.opts.MaxSessions && !g.evict():
		fresh.conn.close()
		return errTooMany
	}
	fresh.used = g.web.opts.Now()
	fresh.place = p.sessions.PushBack(fresh)
	g.byID[id] = fresh
	return nil
}

// copyOf makes a copy of a session that is not among the others yet.
func (g *registry) copyOf(p *party, id string, r *sessionRecord, known *sharedSession) *webSession {
	s := g.newSession(p, id, r.Version)
	s.share(known)
	own := s.conn.session
	own.setLabel(r.Label)
	own.setAbilities(capsOf(r.Can))
	own.setVersion(r.Version)
	own.Initialize()
	s.heed(r)
	return s
}

// share makes a session one that others share.
func (s *webSession) share(known *sharedSession) {
	s.shared, s.conn.shared = known, known
	s.conn.session.asks.origin = known.in.fleet.ID()
	s.replay.origin = known.in.fleet.ID()
}

// heed takes what can change in a session.
func (s *webSession) heed(r *sessionRecord) {
	if level, ok := parseLevel(r.Level); ok {
		s.conn.session.level.Store(int32(level))
	}
}

// drop forgets a session that has ended elsewhere.
func (g *registry) drop(id string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if s := g.byID[id]; s != nil {
		g.end(s)
	}
}

// find returns this member's copy of a session, or nil.
func (g *registry) find(id string) *webSession {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.byID[id]
}

// evicted ends a session everywhere that had to make room, when it is this member's to end: it made it, or has what cannot be
// had elsewhere. The registry is held.
func (s *sharedSession) evicted(watched bool) {
	if !s.made && !watched {
		return
	}
	s.in.running.Go(func() {
		ctx, cancel := context.WithTimeout(s.in.web.ctx, lookPatience)
		defer cancel()
		if err := s.in.end(ctx, s.id); err != nil {
			s.in.web.fault(fmt.Errorf("session: %w", err)) // it ends by itself when it was idle for long enough
		}
	})
}

// publish tells the client something that belongs to no request, wherever it listens.
func (s *sharedSession) publish(message []byte) bool {
	return s.in.fleet.Post(fleet.Note{Kind: noteEvent, On: s.id, Keep: true, Body: message})
}

// leveled has all members know of the level of log messages that the client has set.
func (s *sharedSession) leveled(ctx context.Context, level logLevel) *rpcError {
	if s == nil {
		return nil
	}
	err := s.in.change(ctx, s.id, func(r *sessionRecord) (bool, error) {
		r.Level = level.String()
		return true, nil
	})
	if err == nil {
		err = s.in.fleet.Tell(ctx, fleet.Note{Kind: noteLevel, On: s.id, Tag: level.String()})
	}
	return s.refusal(err)
}

// watching has all members know that this one tells the client of a resource, in the place of another one that did.
func (s *sharedSession) watching(ctx context.Context, uri string, most int) *rpcError {
	if s == nil {
		return nil
	}
	var before string
	err := s.in.change(ctx, s.id, func(r *sessionRecord) (bool, error) {
		if before = r.Watches[uri]; before == "" && len(r.Watches) >= most {
			return false, errLargeSession
		}
		if r.Watches == nil {
			r.Watches = map[string]string{}
		}
		r.Watches[uri] = s.in.fleet.ID()
		return before != s.in.fleet.ID(), nil
	})
	if err == nil {
		err = s.unwatch(ctx, uri, before)
	}
	return s.refusal(err)
}

// unwatched has nobody tell the client of a resource any more.
func (s *sharedSession) unwatched(ctx context.Context, uri string) *rpcError {
	if s == nil {
		return nil
	}
	var before string
	err := s.in.change(ctx, s.id, func(r *sessionRecord) (bool, error) {
		before = r.Watches[uri]
		delete(r.Watches, uri)
		return before != "", nil
	})
	if err == nil {
		err = s.unwatch(ctx, uri, before)
	}
	return s.refusal(err)
}

func (s *sharedSession) unwatch(ctx context.Context, uri, member string) error {
	if member == "" || member == s.in.fleet.ID() {
		return nil
	}
	return s.in.fleet.Tell(ctx, fleet.Note{Kind: noteUnwatch, To: member, On: s.id, Body: []byte(uri)})
}

// refusal is what a client is told when its session could not be changed.
func (s *sharedSession) refusal(err error) *rpcError {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, errLargeSession):
		return &rpcError{code: codeUnavailable, message: errLargeSession.Error()}
	case errors.Is(err, state.ErrNotFound):
		return &rpcError{code: codeSession, message: errNoSuchThing.Error()}
	}
	s.in.web.fault(fmt.Errorf("session: %w", err))
	return &rpcError{code: codeUnavailable, message: errUnsure.Error()}
}

// inherit has this member, on which a session's client listens, watch the resources that members who died had watched for it.
// Each is a governed call once more. What cannot be watched again is left to whoever looks next.
func (sh *sharing) inherit(id string) {
	s := sh.web.registry.find(id)
	if s == nil || !sh.board.has(id) {
		return
	}
	ctx, cancel := context.WithTimeout(s.conn.ctx, lookPatience)
	defer cancel()
	r, _, err := sh.read(ctx, id)
	if err != nil {
		return
	}
	for uri, member := range r.Watches {
		if sh.fleet.Lives(member) || !s.conn.reserve(1) {
			continue
		}
		if err := s.conn.watchAgain(uri); err != nil {
			s.conn.release(1)
			sh.web.fault(fmt.Errorf("subscription of a kernel that has died: %w", err))
			continue
		}
		if s.shared.watching(ctx, uri, maxOvers) != nil {
			s.conn.watch(uri, nil)
		}
	}
}

// watchAgain subscribes to a resource for a client that has asked for it elsewhere.
func (c *conn) watchAgain(uri string) error {
	o := &c.server.opts
	caller := c.caller
	caller.Label = c.session.clientLabel()
	if roles := c.roles.Load(); roles != nil && *roles != "" {
		caller.Roles = *roles
	}
	call := governance.Call{ID: o.IDs(), Kind: governance.KindSubscription, Name: "resource:" + uri, Caller: caller, At: o.Now()}
	stop, err := o.Dispatcher.Subscribe(c.ctx, call, nil, func() {
		c.out.offer(notification("notifications/resources/updated", appendURI(uri)))
	})
	if err == nil {
		c.watch(uri, stop)
	}
	return err
}

// list names what a client can be asked for.
func (c clientCaps) list() []tools.Capability {
	var all []tools.Capability
	for _, can := range []tools.Capability{
		tools.CanElicit, tools.CanOpenURL, tools.CanSample, tools.CanSampleTools, tools.CanSampleContext, tools.CanListRoots,
	} {
		if c.supports(can) {
			all = append(all, can)
		}
	}
	return all
}

// capsOf is the reverse of list. What is not known is left out.
func capsOf(all []tools.Capability) clientCaps {
	var c clientCaps
	for _, can := range all {
		switch can {
		case tools.CanElicit:
			c.forms = true
		case tools.CanOpenURL:
			c.urls = true
		case tools.CanSample:
			c.sampling = true
		case tools.CanSampleTools:
			c.samplingTools = true
		case tools.CanSampleContext:
			c.contexts = true
		case tools.CanListRoots:
			c.roots = true
		}
	}
	return c
}
