package server

import (
	"container/list"
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mark3labs/mcp-go/mcp"

	"github.com/mcp-kernel/mcp-kernel/governance"
)

// A webSession is a session of the 2025 era over HTTP. It belongs to the party that shook hands.
type webSession struct {
	id      string
	version string // negotiated
	party   *party
	conn    *conn
	replay  replay
	shared  *sharedSession // with other members of a fleet; nil where there is none

	// Guarded by the registry.
	place *list.Element // among the party's sessions; nil once it has ended
	busy  int           // requests and streams
	used  time.Time
}

// A party is one authenticated caller: what its requests of the 2026 era share, and its sessions of the 2025 era.
type party struct {
	conn *conn

	// Guarded by the registry.
	busy     int       // requests and streams
	sessions list.List // of *webSession, the least recently used first
}

// A registry knows every party and every session. Both are bounded.
type registry struct {
	web *HTTP

	mu      sync.Mutex
	parties map[governance.Caller]*party
	byID    map[string]*webSession
	ended   bool
}

var (
	errTooBusy     = errors.New("too many requests at once: wait for answers, then try again")
	errTooMany     = errors.New("too many sessions, all of them in use: end some, then try again")
	errEnding      = errors.New("the server is ending")
	errNoSuchThing = errors.New("no such session: it has ended or never was; initialize again")
)

func newRegistry(h *HTTP) *registry {
	return &registry{web: h, parties: map[governance.Caller]*party{}, byID: map[string]*webSession{}}
}

// noRoles is what a party has for the roles of its caller, so that a call to which nobody gave its own is denied: it is no
// role's name.
const noRoles = "?"

// enter begins a request of a caller. exit ends it.
func (g *registry) enter(caller governance.Caller) (*party, error) {
	caller.Label = ""
	roles := caller.Roles
	if roles != "" {
		caller.Roles = noRoles // they are each request's own: who comes back with others is the same party
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.ended {
		return nil, errEnding
	}
	p := g.parties[caller]
	if p == nil {
		if len(g.parties) >= g.web.opts.MaxSessions {
			g.clean()
		}
		if len(g.parties) >= g.web.opts.MaxSessions {
			return nil, errTooMany
		}
		p = g.web.newParty(caller)
		g.parties[caller] = p
	}
	if p.busy >= g.web.opts.MaxRequests {
		return nil, errTooBusy
	}
	p.busy++
	if known := p.conn.roles.Load(); known == nil || *known != roles {
		p.conn.roles.Store(&roles)
	}
	return p, nil
}

// newParty returns the party of a caller, which may do in the 2026 era as much at once as it may at all.
func (h *HTTP) newParty(caller governance.Caller) *party {
	c := h.server.newConn(h.ctx, nowhere{}, caller)
	c.slots, c.most = make(chan struct{}, h.opts.MaxRequests), h.opts.MaxRequests
	c.roles = new(atomic.Pointer[string])
	return &party{conn: c}
}

func (g *registry) exit(p *party) {
	g.mu.Lock()
	defer g.mu.Unlock()
	p.busy--
}

// create makes a session for a party, in place of the least recently used idle one when there are too many.
func (g *registry) create(p *party, version string) (*webSession, error) {
	s := g.newSession(p, g.web.opts.SessionIDs(), version)
	s.busy = 1
	if g.web.sharing != nil {
		s.share(&sharedSession{in: g.web.sharing, id: s.id, made: true, era: g.web.sharing.fleet.Era(), renewed: g.web.opts.Now()})
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.ended {
		s.conn.close()
		return nil, errEnding
	}
	if len(g.byID) >= g.web.opts.MaxSessions && !g.evict() {
		s.conn.close()
		return nil, errTooMany
	}
	s.used = g.web.opts.Now()
	s.place = p.sessions.PushBack(s)
	g.byID[s.id] = s
	return s, nil
}

// newSession returns a session that is not among the others yet.
func (g *registry) newSession(p *party, id, version string) *webSession {
	s := &webSession{id: id, version: version, party: p}
	s.replay.bound, s.replay.all = g.web.opts.ReplayBuffer, &g.web.kept
	s.conn = g.web.server.newConn(g.web.ctx, (*aside)(s), p.conn.caller)
	s.conn.roles = p.conn.roles
	return s
}

// evict ends the least recently used idle session of the party that has most, so that who opens many pays for them.
func (g *registry) evict() bool {
	var most *party
	for _, p := range g.parties {
		if idle(p) != nil && (most == nil || p.sessions.Len() > most.sessions.Len()) {
			most = p
		}
	}
	if most == nil {
		return false
	}
	s := idle(most)
	g.end(s)
	if s.shared != nil {
		s.shared.evicted(s.conn.watched())
	}
	return true
}

// idle is the least recently used session of a party that nobody uses now, or nil.
func idle(p *party) *webSession {
	for e := p.sessions.Front(); e != nil; e = e.Next() {
		if s, ok := e.Value.(*webSession); ok && s.busy == 0 {
			return s
		}
	}
	return nil
}

// use begins a request or a stream in a session. One of another party does not exist. leave ends it.
func (g *registry) use(p *party, id string) (*webSession, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	s := g.byID[id]
	if s == nil || s.party != p {
		return nil, errNoSuchThing
	}
	s.busy++
	g.touch(s)
	return s, nil
}

func (g *registry) leave(s *webSession) {
	g.mu.Lock()
	defer g.mu.Unlock()
	s.busy--
	if s.place != nil {
		g.touch(s)
	}
}

func (g *registry) touch(s *webSession) {
	s.used = g.web.opts.Now()
	s.party.sessions.MoveToBack(s.place)
}

// remove ends a session at its client's wish.
func (g *registry) remove(s *webSession) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.end(s)
}

// end ends a session: its requests are cancelled, its streams end. It is called with mu held.
func (g *registry) end(s *webSession) {
	if s.place == nil {
		return
	}
	delete(g.byID, s.id)
	s.party.sessions.Remove(s.place)
	s.place = nil
	s.conn.close()
	s.conn.endListening()
	s.replay.close()
	if s.shared != nil {
		s.shared.in.board.end(s.id)
	}
}

// tick ends the sessions that were idle for too long, and forgets the parties that have none.
func (g *registry) tick(now time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, p := range g.parties {
		for e := p.sessions.Front(); e != nil; {
			s, ok := e.Value.(*webSession)
			e = e.Next()
			if !ok || now.Sub(s.used) < g.web.opts.SessionIdle {
				break
			}
			if s.busy == 0 && (s.shared == nil || !s.conn.watched()) {
				g.end(s)
			}
		}
	}
	g.clean()
}

// clean forgets the parties that have no session and no request.
func (g *registry) clean() {
	for caller, p := range g.parties {
		if p.busy == 0 && p.sessions.Len() == 0 {
			p.conn.close()
			delete(g.parties, caller)
		}
	}
}

// hush ends the questions that are open: while the server ends, nobody can answer them any more.
func (g *registry) hush() {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, s := range g.byID {
		s.conn.session.asks.close()
	}
}

// close ends everything.
func (g *registry) close() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.ended = true
	for _, s := range g.byID {
		g.end(s)
	}
	for _, p := range g.parties {
		p.conn.close()
	}
}

// aside is the outlet of a session for what belongs to no request: the stream that the client opens with GET.
type aside webSession

func (a *aside) send(message []byte) error {
	if a.shared != nil {
		if !a.shared.publish(message) {
			return errClosed
		}
		return nil
	}
	return a.replay.session().send(message)
}

func (a *aside) offer(message []byte) bool {
	if a.shared != nil {
		return a.shared.publish(message)
	}
	return a.replay.session().offer(message)
}

// priming makes the event that begins a stream, or is nil for a client that is too old to bear an empty event.
func (s *webSession) priming(retry time.Duration) func(id string) []byte {
	if s.version < mcp.ProtocolVersion20251125 {
		return nil
	}
	return func(id string) []byte { return appendPriming(nil, id, retry) }
}

// context returns what a request in the session lives by. It outlives the connection that it came on: in this era a
// client may come back for the answer.
func (s *webSession) context() (context.Context, context.CancelFunc) {
	return context.WithCancel(s.conn.ctx)
}
