package server

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mcp-kernel/mcp-kernel/server/fleet"
	"github.com/mcp-kernel/mcp-kernel/state"
	"github.com/mcp-kernel/mcp-kernel/tools"
)

// A sharing keeps the sessions of the 2025 era in the state, so that any member of a fleet serves any request of them. Each
// member that serves some has a copy of the session; what a client is told outside of its requests goes over the board.
type sharing struct {
	web   *HTTP
	fleet *fleet.Member
	board *board
	relay *relay

	renewing atomic.Bool
	running  sync.WaitGroup

	mu    sync.Mutex
	over  map[string]struct{} // sessions that have ended lately: a copy that was being made must not stay
	overs []string            // the same, the oldest first
	alive []string            // members that lived when it was last looked
}

// A sessionRecord is a session as all members see it.
type sessionRecord struct {
	Owner   string             `json:"owner"`             // identity of the party that shook hands
	Version string             `json:"version"`           // negotiated
	Label   string             `json:"label,omitempty"`   // the client's name
	Can     []tools.Capability `json:"can,omitempty"`     // what the client can be asked for
	Level   string             `json:"level"`             // of log messages
	Watches map[string]string  `json:"watches,omitempty"` // by resource: the member that watches it
}

// Bounds of what is kept of a session.
const (
	maxSessionRecord = 256 << 10
	maxOvers         = 4096
	sureFor          = time.Second // how long a copy is relied on that was looked up while this member was behind
	lookPatience     = 5 * time.Second
)

var errUnsure = errors.New("sessions cannot be looked up now: try again later")

func newSharing(h *HTTP, m *fleet.Member) *sharing {
	if m == nil {
		return nil
	}
	sh := &sharing{web: h, fleet: m, over: map[string]struct{}{}}
	sh.board = &board{fleet: m, open: map[string]*ownStream{}, coming: map[string]*ownStream{}}
	sh.relay = &relay{in: sh, pulled: map[string]*pulled{}, given: map[string]*pump{}}
	return sh
}

// sessionKey is where a session lies. Its id is a secret of its client, and is not in the state.
func sessionKey(id string) string {
	sum := sha256.Sum256([]byte(id))
	return "session/" + hex.EncodeToString(sum[:16])
}

// keep is how long a session is kept in the state, and after how much of it that is renewed: often enough that one ends no
// sooner than its idle limit after its last use, wherever that was.
func (sh *sharing) keep() (ttl, renew time.Duration) {
	idle := sh.web.opts.SessionIdle
	return (idle + idle/4).Round(time.Millisecond), idle / 10
}

// begin makes a session known to all.
func (sh *sharing) begin(ctx context.Context, s *webSession) error {
	if sh == nil {
		return nil
	}
	own := s.conn.session
	value, err := json.Marshal(sessionRecord{
		Owner: s.party.conn.caller.Identity(), Version: s.version, Label: own.clientLabel(),
		Can: own.abilities().list(), Level: own.logLevel().String(),
	})
	if err != nil {
		return err
	}
	ttl, _ := sh.keep()
	if _, err = sh.fleet.Store().CompareAndSwap(ctx, sessionKey(s.id), 0, value, ttl); err != nil {
		return err
	}
	sh.fleet.Post(fleet.Note{Kind: notePart, On: s.id, Keep: true}) // what changes from now on it may have missed
	return nil
}

func (sh *sharing) read(ctx context.Context, id string) (sessionRecord, state.Item, error) {
	item, err := sh.fleet.Store().Get(ctx, sessionKey(id))
	if err != nil {
		return sessionRecord{}, item, err
	}
	var r sessionRecord
	if err := json.Unmarshal(item.Value, &r); err != nil {
		return r, item, fmt.Errorf("record of a session: %w", err)
	}
	return r, item, nil
}

// change changes a session's record, whatever others do to it meanwhile. Where change reports false it is only read.
func (sh *sharing) change(ctx context.Context, id string, change func(*sessionRecord) (bool, error)) error {
	const tries = 50
	for range tries {
		r, item, err := sh.read(ctx, id)
		if err != nil {
			return err
		}
		if write, err := change(&r); err != nil || !write {
			return err
		}
		value, err := json.Marshal(r)
		if err != nil {
			return err
		}
		if len(value) > maxSessionRecord {
			return errLargeSession
		}
		ttl, _ := sh.keep()
		if _, err = sh.fleet.Store().CompareAndSwap(ctx, sessionKey(id), item.Version, value, ttl); !errors.Is(err, state.ErrConflict) {
			return err
		}
	}
	return state.ErrConflict
}

var errLargeSession = errors.New("too much is kept of this session: end some subscriptions")

// know sees that this member has a copy of a session that can be relied on: one of the party, and not ended.
func (sh *sharing) know(ctx context.Context, p *party, id string) error {
	if sh == nil || sh.sure(p, id) {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, lookPatience)
	defer cancel()
	now, era := sh.web.opts.Now(), sh.fleet.Era()
	r, _, err := sh.read(ctx, id)
	switch {
	case errors.Is(err, state.ErrNotFound):
		sh.web.registry.drop(id)
		return errNoSuchThing
	case err != nil:
		sh.web.fault(fmt.Errorf("session: %w", err))
		return errUnsure
	case r.Owner != p.conn.caller.Identity():
		return errNoSuchThing
	}
	return sh.web.registry.adopt(p, id, &r, sharedSession{in: sh, id: id, looked: now, era: era})
}

// sure reports whether the copy of a session needs no look at the state: nothing can have happened to it that this member
// would not know.
func (sh *sharing) sure(p *party, id string) bool {
	current, era, now := sh.fleet.Current(), sh.fleet.Era(), sh.web.opts.Now()
	g := sh.web.registry
	g.mu.Lock()
	defer g.mu.Unlock()
	s := g.byID[id]
	if s == nil || s.party != p || s.shared.era != era {
		return false
	}
	return current || now.Sub(s.shared.looked) < sureFor
}

// end ends a session everywhere. Others learn of it from the note, and members that are behind from the state.
func (sh *sharing) end(ctx context.Context, id string) error {
	if sh == nil {
		return nil
	}
	if err := sh.fleet.Store().Delete(ctx, sessionKey(id)); err != nil {
		return err
	}
	sh.ended(id)
	return sh.fleet.Tell(ctx, fleet.Note{Kind: noteEnd, On: id})
}

// ended remembers that a session has ended.
func (sh *sharing) ended(id string) {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if _, known := sh.over[id]; known {
		return
	}
	sh.over[id] = struct{}{}
	if sh.overs = append(sh.overs, id); len(sh.overs) > maxOvers {
		delete(sh.over, sh.overs[0])
		sh.overs = sh.overs[1:]
	}
}

func (sh *sharing) isOver(id string) bool {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	_, over := sh.over[id]
	return over
}
