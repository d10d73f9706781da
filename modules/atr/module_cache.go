package atr

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/mcp-kernel/mcp-kernel/modules/atr/cache"
	"github.com/mcp-kernel/mcp-kernel/modules/primitives"
	"github.com/mcp-kernel/mcp-kernel/tools"
)

// maxCached is the longest that an answer is kept.
const maxCached = 24 * time.Hour

// checkCache says what is wrong with how long answers are kept.
func (o *Override) checkCache() error {
	switch {
	case o.Cache < 0 || o.Cache > maxCached:
		return errors.New("cache: want a time of at most 24h")
	case o.Cache > 0 && (o.ReadOnly == nil || !*o.ReadOnly):
		return errors.New("cache: is for what only reads: say read_only: true, too")
	}
	return nil
}

// kept asks for an answer, or gives the one that there is. The call has passed the gate, and the answer is reviewed like every
// other: only the server is spared. An answer is kept for who asked for it, for the definition that was trusted then and for the
// arguments as the server gets them; it is forgotten when its server says that something has changed, and whenever a tool of
// that server is called that does more than read.
func (o *offer) kept(ctx context.Context, r *tools.Request, args json.RawMessage, ask func() (tools.Result, error)) (tools.Result, error) {
	m, name := o.server.m, o.server.Name
	said := o.override()
	if said.Cache == 0 {
		if o.server.keeps() && o.hints().ReadOnly != tools.Yes {
			defer m.answers.Forget(name)
		}
		return ask()
	}
	canonical, err := primitives.Canonical(args)
	if err != nil {
		return ask() // the server says what it thinks of them
	}
	who := r.Caller()
	key := cache.KeyOf([]byte(name), []byte(o.own), []byte(o.record.Digest), []byte(who.Principal), []byte(who.Agent), canonical)
	if doc, ok := m.answers.Get(key, m.o.Now()); ok && o.refused() == "" { // asking says why it is
		r.Log(ctx, "debug", o.published, "answered without asking the server again")
		return tools.Verbatim(doc)
	}
	era := m.answers.Era(name)
	result, err := ask()
	if err == nil && !result.IsError && result.Verbatim != nil {
		m.answers.Put(key, name, era, result.Verbatim, m.o.Now().Add(said.Cache))
	}
	return result, err
}

// keeps reports whether answers of any of the server's tools are kept.
func (s *Server) keeps() bool {
	for _, said := range s.Tools {
		if said.Cache > 0 {
			return true
		}
	}
	return false
}
