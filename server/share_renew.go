package server

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/mcp-kernel/mcp-kernel/state"
)

// tick sees to what sessions need as time passes, from one goroutine at a time.
func (sh *sharing) tick(now time.Time) {
	if !sh.renewing.CompareAndSwap(false, true) {
		return
	}
	due, died := sh.web.registry.due(now), sh.someDied()
	sh.running.Go(func() {
		defer sh.renewing.Store(false)
		for _, d := range due {
			sh.renew(d)
			if !died && d.used {
				sh.inherit(d.session.id) // of one that died unseen
			}
		}
		if died {
			for _, id := range sh.board.listening() {
				sh.inherit(id)
			}
		}
	})
}

// someDied reports whether a member is gone that was there when it was last asked.
func (sh *sharing) someDied() bool {
	alive := sh.fleet.Members()
	sh.mu.Lock()
	defer sh.mu.Unlock()
	died := slices.ContainsFunc(sh.alive, func(id string) bool { return !slices.Contains(alive, id) })
	sh.alive = alive
	return died
}

// A dueSession is one to look after: renewed, or only looked for, because nobody uses it here.
type dueSession struct {
	session *webSession
	used    bool
}

// due returns the sessions that were used since they were renewed, when that is a while ago, and those that wait for
// nothing but a resource to change.
func (g *registry) due(now time.Time) []dueSession {
	_, every := g.web.sharing.keep()
	g.mu.Lock()
	defer g.mu.Unlock()
	var all []dueSession
	for _, s := range g.byID {
		switch {
		case now.Sub(s.shared.renewed) < every:
		case s.busy > 0 || s.used.After(s.shared.renewed):
			all = append(all, dueSession{s, true})
		default:
			all = append(all, dueSession{s, false})
		}
	}
	return all
}

// renew has a session live on, unless another member has seen to that, and forgets one that has ended.
func (sh *sharing) renew(d dueSession) {
	ctx, cancel := context.WithTimeout(sh.web.ctx, lookPatience)
	defer cancel()
	now := sh.web.opts.Now()
	ttl, every := sh.keep()
	key := sessionKey(d.session.id)
	_, item, err := sh.read(ctx, d.session.id)
	if err == nil && d.used && item.Expires.Sub(now) < ttl-every/2 {
		_, err = sh.fleet.Store().CompareAndSwap(ctx, key, item.Version, item.Value, ttl)
	}
	switch {
	case errors.Is(err, state.ErrNotFound):
		sh.web.registry.drop(d.session.id)
	case errors.Is(err, state.ErrConflict): // it was renewed, or has ended, which the next look shows
	case err != nil:
		sh.web.fault(fmt.Errorf("session: %w", err))
	default:
		sh.web.registry.renewed(d.session, now)
	}
}

func (g *registry) renewed(s *webSession, now time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	s.shared.renewed = now
}

// close waits for what still runs.
func (sh *sharing) close() {
	if sh != nil {
		sh.running.Wait()
	}
}
