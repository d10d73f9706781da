package atr

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/mcp-kernel/mcp-kernel/modules/atr/inside"
	"github.com/mcp-kernel/mcp-kernel/modules/atr/local"
	"github.com/mcp-kernel/mcp-kernel/modules/atr/pin"
	"github.com/mcp-kernel/mcp-kernel/modules/atr/upstream"
)

// Local are tools that the kernel runs itself, in the place of those of another server. What they say of their effects is
// their operator's word, and believed; their schemas hold.
type Local struct {
	// From is where they are listed, for people.
	From string
	// Stamp is another when they may be others than when the kernel ran last. It is how they are known before anything of
	// theirs is read.
	Stamp string
	// Tools returns the tools that there are now. The error is a local.ErrBroken.
	Tools func(ctx context.Context) ([]inside.Tool, error)
}

// checkLocal returns what is wrong with a server whose tools the kernel runs itself.
func (s *Server) checkLocal() error {
	switch {
	case s.Command != "" || s.URL != "":
		return errors.New("its tools run here, so it has neither a command nor a url")
	case s.Local.Tools == nil:
		return errors.New("it has no tools")
	default:
		return nil
	}
}

// link is a connection to tools that run here.
func (l *Local) link(log func(line string)) upstream.Link {
	return upstream.Link{Transport: inside.New(inside.Options{Tools: l.Tools, Line: log})}
}

// meant says by its digest which definition a call is of, for tools that run here.
func (o *offer) meant() (json.RawMessage, error) {
	if o.server.Local == nil {
		return nil, nil // no more is said
	}
	return json.Marshal(map[string]string{inside.MetaDefinition: o.record.Digest})
}

// present sees to it that tools which run here are known as they are now: at once where they may be others than when they
// were seen last, and otherwise soon.
func (s *server) present(ctx context.Context, remembered bool) {
	item, err := s.m.o.State.Get(ctx, stampKey(s.Name))
	if remembered && err == nil && string(item.Value) == s.Local.Stamp {
		s.ask("")
		return
	}
	if err = s.refresh(ctx); err == nil {
		err = s.m.o.State.Set(ctx, stampKey(s.Name), []byte(s.Local.Stamp), 0)
	}
	if err != nil {
		s.m.o.Fault(s.Name, fmt.Errorf("%s: %w", s.Local.From, err))
	}
	if s.waits() {
		s.ask("")
	}
}

func stampKey(server string) string { return "stamps/" + server }

// unmarked takes out of a definition what clients are not told: what runs is between the kernel and its operator.
func (s *server) unmarked(meta map[string]json.RawMessage) {
	if s.Local != nil {
		delete(meta, local.MetaRuns)
	}
}

// PublishedAs returns the name by which a server's tool is published, empty where it is not.
func (m *Module) PublishedAs(server, own string) string {
	for _, o := range m.published() {
		if o.server.Name == server && o.own == own && o.record.Kind == pin.Tool {
			return o.published
		}
	}
	return ""
}
