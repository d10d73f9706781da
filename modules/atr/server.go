package atr

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/mcp-kernel/mcp-kernel/modules/atr/oauth"
	"github.com/mcp-kernel/mcp-kernel/modules/atr/pin"
	"github.com/mcp-kernel/mcp-kernel/modules/atr/retry"
	"github.com/mcp-kernel/mcp-kernel/modules/atr/sandbox"
	"github.com/mcp-kernel/mcp-kernel/modules/atr/secret"
	"github.com/mcp-kernel/mcp-kernel/modules/atr/upstream"
	"github.com/mcp-kernel/mcp-kernel/state"
)

// A server is one of a Module's, with what it offers.
type server struct {
	*Server

	m       *Module
	own     *talk
	asks    chan struct{} // one token: the lists are to be read again
	started sync.Once
	reading sync.Mutex // held while the lists are read and judged

	retries *retry.Retrier // of what may be called twice; nil makes one attempt

	filled secret.Redactor // the credentials that were filled in

	telling sync.Mutex // taken with a connection's lock held, so never the other way round
	told    string     // which login was last missing, as it was told

	mu       sync.Mutex
	listing  upstream.Listing
	records  []pin.Record     // of all in the listing, tools first, then resources, templates and prompts
	known    bool             // there is a listing
	personal map[string]*talk // with others than ourselves, by their principals, where each has his own
	closed   bool
	blocked  string                // why nothing of it is used
	sandbox  *sandbox.Report       // of the last start
	trying   *attempt              // the login that a call has asked for last; nil is none
	tried    [loginTries]time.Time // when such were begun, the oldest first
}

func newServer(m *Module, s *Server) *server {
	own := &server{Server: s, m: m, asks: make(chan struct{}, 1), personal: map[string]*talk{}}
	if s.Retries.Attempts > 1 {
		own.retries, _ = retry.New(s.Retries, retry.Options{}) // its faults are those of check
	}
	own.own = own.newTalk(m.o.Self)
	return own
}

// confined remembers what became of the server's sandbox, and tells it where it is another than at its last start.
func (s *server) confined(r *sandbox.Report) {
	if r == nil {
		return
	}
	s.mu.Lock()
	known := s.sandbox != nil && s.sandbox.String() == r.String()
	s.sandbox = r
	s.mu.Unlock()
	if !known {
		s.m.o.Line(s.Name, "sandbox: "+r.String())
	}
}

// ErrChanged says that a server, or something of it, is not what was trusted.
var ErrChanged = errors.New("is not what was trusted: look at it with pins diff, and agree with pins approve")

// trusted judges how the server is started or reached, before it is. What the operator has written is trusted when it is
// first seen; what has changed since, by whomever, is not.
func (s *server) trusted(ctx context.Context) error {
	identity, err := s.identity()
	if err != nil {
		return err
	}
	known, err := s.m.book.Get(ctx, s.Name, pin.Server, s.Name)
	switch {
	case errors.Is(err, state.ErrNotFound):
	case err != nil:
		return err
	default:
		digest, err := pin.Digest(identity)
		if err != nil || digest == known.Digest {
			return err
		}
	}
	records, err := s.m.book.Judge(ctx, s.Name, pin.TrustNew, []pin.Definition{{Kind: pin.Server, Name: s.Name, JSON: identity}})
	if err != nil {
		return err
	}
	if !records[0].Stands(s.m.o.Now()) {
		return fmt.Errorf("how the server %s is started %w", s.Name, ErrChanged)
	}
	return nil
}

// ask has the lists read again, soon and in the background; many asks in a row are one.
func (s *server) ask(string) {
	s.started.Do(func() { s.m.work.Go(s.keep) })
	select {
	case s.asks <- struct{}{}:
	default:
	}
}

// looks is how often it is looked whether somebody has agreed to what waits for that.
const looks = 2 * time.Second

// loginLooks is how often it is looked whether somebody has logged in where that is needed.
const loginLooks = 5 * time.Second

// keep reads the lists whenever it is asked to, until the module ends. While a server is down it waits, and tries again.
func (s *server) keep() {
	for {
		var look <-chan time.Time
		if s.waits() {
			look = time.After(looks)
		}
		select {
		case <-s.asks:
		case <-look:
			if s.reconsider(s.m.ctx) {
				s.m.publish()
			}
			continue
		case <-s.m.ctx.Done():
			return
		}
		wait := settle
		for {
			select {
			case <-time.After(wait):
			case <-s.m.ctx.Done():
				return
			}
			err := s.refresh(s.m.ctx)
			var down *upstream.DownError
			switch {
			case err == nil:
				s.m.publish()
			case errors.Is(err, oauth.ErrLogin):
				wait = loginLooks
				continue
			case errors.As(err, &down):
				wait = max(down.Retry.Sub(s.m.o.Now()), settle)
				continue
			case s.m.ctx.Err() == nil:
				s.m.o.Fault(s.Name, err)
			}
			break
		}
	}
}

// refresh reads what the server offers, judges it and remembers it.
func (s *server) refresh(ctx context.Context) error {
	s.reading.Lock()
	defer s.reading.Unlock()
	ctx, cancel := context.WithTimeout(ctx, DefaultListing)
	defer cancel()
	listing, err := s.own.up.List(ctx)
	if err != nil {
		return err
	}
	if err := s.take(ctx, listing); err != nil {
		return err
	}
	text, err := json.Marshal(listing)
	if err != nil || len(text) > state.MaxValue {
		return err // too much to be remembered: it is read again when the kernel starts
	}
	return s.m.o.State.Set(ctx, listingKey(s.Name), text, 0)
}

func listingKey(server string) string { return "listings/" + server }

// recall takes what the server offered when it was last seen, and reports whether it is known.
func (s *server) recall(ctx context.Context) bool {
	item, err := s.m.o.State.Get(ctx, listingKey(s.Name))
	if err != nil {
		if !errors.Is(err, state.ErrNotFound) {
			s.m.o.Fault(s.Name, err)
		}
		return false
	}
	var listing upstream.Listing
	if err = json.Unmarshal(item.Value, &listing); err == nil {
		err = s.take(ctx, listing)
	}
	if err != nil {
		s.m.o.Fault(s.Name, fmt.Errorf("what it offered last: %w", err))
	}
	return err == nil
}

// isKnown reports whether it is known what the server offers.
func (s *server) isKnown() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.known
}

// Remembered copies what a server offered when it was last seen from one state to another, and reports whether that is
// known there.
func Remembered(ctx context.Context, server string, from, to state.Backend) (bool, error) {
	item, err := from.Get(ctx, listingKey(server))
	switch {
	case errors.Is(err, state.ErrNotFound):
		return false, nil
	case err != nil:
		return false, err
	}
	return true, to.Set(ctx, listingKey(server), item.Value, 0)
}

// take judges a listing and takes it for what the server offers.
func (s *server) take(ctx context.Context, listing upstream.Listing) error {
	s.m.answers.Forget(s.Name)
	given, kept := s.definitions(&listing)
	records, err := s.m.book.Judge(ctx, s.Name, s.Trust, given)
	if err != nil {
		return err
	}
	for i := range records {
		if r := &records[i]; !r.Stands(s.m.o.Now()) {
			s.m.o.Fault(s.Name, fmt.Errorf("%s %q %s: %w", r.Kind, r.Name, standing(r), ErrChanged))
		}
	}
	s.mu.Lock()
	first := !s.known
	s.listing, s.records, s.known = kept, records, true
	s.mu.Unlock()
	if first {
		s.miss(records)
	}
	return nil
}

// miss tells of tools of which the operator says something and that are not there, which is so where a name is misspelt.
func (s *server) miss(records []pin.Record) {
	for _, own := range sortedKeys(s.Tools) {
		if !slices.ContainsFunc(records, func(r pin.Record) bool { return r.Kind == pin.Tool && r.Name == own }) {
			s.m.o.Fault(s.Name, fmt.Errorf("upstreams.yaml says something of its tool %q, which it does not have", own))
		}
	}
}

// standing says what is wrong with something that is not trusted.
func standing(r *pin.Record) string {
	what := "is quarantined"
	switch {
	case r.Renamed != "":
		what = fmt.Sprintf("is what was %q", r.Renamed)
	case r.Standing == pin.Changed:
		what = "has changed"
	case r.Standing == pin.Trusted:
		what = "was agreed to until " + r.Until.Format(time.RFC3339)
	}
	if r.Why != "" {
		what += " (" + r.Why + ")"
	}
	return what
}

// definitions returns what is to be judged of a listing, and the listing without what has no name or is filtered out.
func (s *server) definitions(l *upstream.Listing) (given []pin.Definition, kept upstream.Listing) {
	for _, list := range []struct {
		kind pin.Kind
		key  string
		from []json.RawMessage
		to   *[]json.RawMessage
	}{
		{pin.Tool, "name", l.Tools, &kept.Tools},
		{pin.Resource, "uri", l.Resources, &kept.Resources},
		{pin.Template, "uriTemplate", l.Templates, &kept.Templates},
		{pin.Prompt, "name", l.Prompts, &kept.Prompts},
	} {
		seen := map[string]bool{}
		for _, entry := range list.from {
			name, ok := memberOf(entry, list.key)
			switch {
			case !ok || name == "" || seen[name]:
				s.m.o.Fault(s.Name, fmt.Errorf("a %s without a name, or one that is there twice: %.80q", list.kind, name))
				continue
			case !s.passes(name):
				continue
			}
			seen[name] = true
			given = append(given, pin.Definition{Kind: list.kind, Name: name, JSON: entry, Doubt: s.m.doubt(entry)})
			*list.to = append(*list.to, entry)
		}
	}
	return given, kept
}

// memberOf returns a member that is a text.
func memberOf(object json.RawMessage, key string) (string, bool) {
	var members map[string]json.RawMessage
	var text string
	if json.Unmarshal(object, &members) != nil || json.Unmarshal(members[key], &text) != nil {
		return "", false
	}
	return text, true
}

// passes reports whether something is published by its own name.
func (s *server) passes(name string) bool {
	return !matches(s.Deny, name) && (s.Allow == nil || matches(s.Allow, name))
}
