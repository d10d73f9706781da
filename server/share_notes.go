package server

import (
	"context"
	"strconv"
	"strings"

	"github.com/mcp-kernel/mcp-kernel/server/fleet"
)

// What members of a fleet tell each other. On is the id of a session.
const (
	noteEvent   = "event"   // a message for the client of a session that belongs to no request
	noteChanged = "changed" // a listing; Tag is the method that tells clients of it
	noteListen  = "listen"  // the client listens at the member now, and nowhere else; Tag is the stream
	notePart    = "part"    // the client listens nowhere; At is the last event that it took, 0 for one that begins
	noteEnd     = "end"     // the session has ended
	noteLevel   = "level"   // of log messages: Tag
	noteAnswer  = "answer"  // of the client to a question of the member
	noteCancel  = "cancel"  // a request that runs at another member, if at all
	noteUnwatch = "unwatch" // the resource in the body is watched no more, or by another member
	notePull    = "pull"    // a stream of the member's is wanted from behind an event, the body: see relay
	noteGive    = "give"    // a piece of it
	noteGiven   = "given"   // its end
	noteLeave   = "leave"   // it is wanted no more
)

// told takes a note of another member or of this one. It does not block.
func (s *Server) told(n fleet.Note) {
	web := s.web.Load()
	if n.Kind == noteChanged && n.From != s.opts.Fleet.ID() {
		s.announce(n.Tag)
	}
	if web == nil {
		return
	}
	sh := web.sharing
	switch n.Kind {
	case noteEvent, noteChanged:
		sh.board.tell(&n)
	case noteListen:
		sh.board.listened(&n)
	case noteEnd:
		sh.ended(n.On)
		web.registry.drop(n.On)
		sh.board.end(n.On)
	case notePull, noteGive, noteGiven, noteLeave:
		sh.relay.told(&n)
	default:
		if own := web.registry.find(n.On); own != nil && n.From != sh.fleet.ID() {
			own.told(&n)
		}
	}
}

// told takes a note about a session that this member has a copy of.
func (s *webSession) told(n *fleet.Note) {
	switch n.Kind {
	case noteLevel:
		s.heed(&sessionRecord{Level: n.Tag})
	case noteUnwatch:
		s.conn.watch(string(n.Body), nil)
	case noteAnswer, noteCancel:
		env, fault := openEnvelope(n.Body)
		switch {
		case fault != nil:
		case n.Kind == noteAnswer && env.answer:
			s.conn.session.asks.answered(env)
		case n.Kind == noteCancel:
			s.conn.notified(env)
		}
	}
}

// passOn gives a client's answer to the member whose question it answers. One to a question of nobody's is dropped.
func (s *sharedSession) passOn(ctx context.Context, env *envelope) error {
	if s == nil {
		return nil
	}
	member := askedBy(env.rawID())
	if member == "" || member == s.in.fleet.ID() || !s.in.fleet.Lives(member) {
		return nil
	}
	return s.in.fleet.Tell(ctx, fleet.Note{Kind: noteAnswer, To: member, On: s.id, Body: env.text})
}

// askedBy is the member that a question's id, as it is in a message, names.
func askedBy(id []byte) string {
	if len(id) == 0 || id[0] != '"' {
		return ""
	}
	number, member, _ := strings.Cut(unquote(id), "@")
	number, ours := strings.CutPrefix(number, "ask-")
	if _, err := strconv.ParseUint(number, 10, 64); err != nil || !ours {
		return ""
	}
	return member
}

// cancelElsewhere tells the others what the client cancels: one of them works on it.
func (s *sharedSession) cancelElsewhere(ctx context.Context, env *envelope) error {
	if s == nil {
		return nil
	}
	return s.in.fleet.Tell(ctx, fleet.Note{Kind: noteCancel, On: s.id, Body: env.text})
}
