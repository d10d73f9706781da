package atr

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/mcp-kernel/mcp-kernel/modules/atr/pin"
)

// Lengths of published names. A host puts mcp__mcp-kernel__ before a tool's and stops at 64.
const (
	maxTool   = 47
	maxPrompt = 64
)

// An offer is one thing of a server under the name by which it is published.
type offer struct {
	server    *server
	record    pin.Record
	own       string // its own name, or URI
	published string // its name here, or URI
	entry     json.RawMessage
}

// distrust says why the offer is not to be used.
func (o *offer) distrust() string {
	return fmt.Sprintf("%s %q of server %s %s, so an operator has to agree to it first: mcp-kernel pins diff %s",
		o.record.Kind, o.own, o.server.Name, standing(&o.record), o.server.Name)
}

// refused says why the offer is not to be used, as it is thought of now: a catalog may live longer than what it was made
// of. It is empty for one that is to be used.
func (o *offer) refused() string {
	at := o.server.m.o.Now()
	now, ok := o.server.m.offering(o.record.Kind, o.published)
	if why := o.server.unfit(); why != "" {
		return why
	}
	switch {
	case !o.record.Stands(at):
		return o.distrust()
	case ok && now.server == o.server && now.own == o.own && !now.record.Stands(at):
		return now.distrust()
	default:
		return ""
	}
}

// publish looks at what all servers offer, and tells who wants to know when it is another than before.
func (m *Module) publish() {
	m.mu.Lock()
	before := m.offered
	m.offered = map[string]offer{}
	for _, kind := range []pin.Kind{pin.Tool, pin.Resource, pin.Template, pin.Prompt} {
		for _, o := range m.offers(kind) {
			if o.published == "" {
				m.o.Fault(o.server.Name, fmt.Errorf("%s %q is not published: there is no name left for it", kind, o.own))
				continue
			}
			m.offered[string(kind)+" "+o.published] = o
		}
	}
	changed := !sameOffers(before, m.offered)
	m.mu.Unlock()
	if changed {
		m.o.Changed()
	}
}

// sameOffers reports whether two sets of offers are the same for a client.
func sameOffers(a, b map[string]offer) bool {
	if len(a) != len(b) {
		return false
	}
	for key, x := range a {
		y, ok := b[key]
		if !ok || x.record.Standing != y.record.Standing || x.record.Digest != y.record.Digest || string(x.entry) != string(y.entry) {
			return false
		}
	}
	return true
}

// all returns what the server offers of a kind, without the names that it is published by.
func (s *server) all(kind pin.Kind) (all []offer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	entries := map[pin.Kind][]json.RawMessage{
		pin.Tool: s.listing.Tools, pin.Resource: s.listing.Resources, pin.Template: s.listing.Templates, pin.Prompt: s.listing.Prompts,
	}[kind]
	i := 0
	for _, r := range s.records {
		if r.Kind == kind && i < len(entries) {
			all = append(all, offer{server: s, record: r, own: r.Name, entry: entries[i]})
			i++
		}
	}
	return all
}

// offers returns what all servers offer of a kind, with the names that it is published by, in the order of servers.
func (m *Module) offers(kind pin.Kind) (all []offer) {
	for _, s := range m.servers {
		all = append(all, s.all(kind)...)
	}
	switch kind {
	case pin.Tool:
		nameAll(all, maxTool)
	case pin.Prompt:
		nameAll(all, maxPrompt)
	default:
		all = m.firstOf(all)
		for i := range all {
			all[i].published = all[i].own
		}
	}
	return all
}

// nameAll gives each of some offers a name of its own: that of its server and its own one, in legal characters. Of those
// that would have the same, all whose own name had to be changed for it get a digest of that name, so that a name does not
// depend on what else there is more than it must, nor on any order. A server that makes up names which look like such ones
// gets longer digests; what has no name then has none.
func nameAll(all []offer, most int) {
	count, taken := map[string]int{}, map[string]bool{}
	for i := range all {
		o := &all[i]
		o.published = legal(o.plain(), most)
		count[o.published]++
	}
	var open []*offer
	for i := range all {
		o := &all[i]
		if count[o.published] > 1 && o.published != o.plain() || len(o.plain()) > most {
			open = append(open, o)
		} else {
			taken[o.published] = true
		}
	}
	for _, digits := range []int{6, 12, 24} { // the last leaves room for the longest name of a server
		open = tellApart(open, taken, most, digits)
	}
	for _, o := range open {
		o.published = ""
	}
}

// tellApart gives offers names with so many digits of a digest, and returns those for which that is not enough.
func tellApart(open []*offer, taken map[string]bool, most, digits int) (rest []*offer) {
	count := map[string]int{}
	for _, o := range open {
		o.published = told(legal(o.plain(), most), o.plain(), most, digits)
		count[o.published]++
	}
	for _, o := range open {
		if count[o.published] > 1 || taken[o.published] {
			rest = append(rest, o)
		}
	}
	for name := range count {
		taken[name] = true
	}
	return rest
}

// plain is the name before it is made legal.
func (o *offer) plain() string { return o.server.Name + "__" + o.own }

// legal puts _ in the place of what a name must not have, and cuts it.
func legal(name string, most int) string {
	name = strings.Map(func(r rune) rune {
		switch {
		case r == '_', r == '-', '0' <= r && r <= '9', 'a' <= r|0x20 && r|0x20 <= 'z' && r < 0x80:
			return r
		default:
			return '_'
		}
	}, name)
	return name[:min(len(name), most)]
}

// told is a name with what tells it apart from others.
func told(name, plain string, most, digits int) string {
	digest := sha256.Sum256([]byte(plain))
	return name[:min(len(name), most-digits-1)] + "_" + hex.EncodeToString(digest[:])[:digits]
}

// firstOf keeps of several offers of one URI the first: a resource has no name of ours, and who reads it must know whose
// it is.
func (m *Module) firstOf(all []offer) []offer {
	owner := map[string]*server{}
	return slices.DeleteFunc(all, func(o offer) bool {
		if first := owner[o.own]; first != nil {
			m.o.Fault(o.server.Name, &CollisionError{URI: o.own, Owner: first.Name})
			return true
		}
		owner[o.own] = o.server
		return false
	})
}

// A CollisionError says that something is not published because another server has a resource of that URI.
type CollisionError struct{ URI, Owner string }

// Error names both.
func (e *CollisionError) Error() string {
	return "the resource " + e.URI + " is not published: the server " + e.Owner + " has one of that URI"
}

// offering returns what is published under a name.
func (m *Module) offering(kind pin.Kind, published string) (offer, bool) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	o, ok := m.offered[string(kind)+" "+published]
	return o, ok
}

// published returns all that is published, in the order of kinds and names.
func (m *Module) published() []offer {
	m.mu.RLock()
	defer m.mu.RUnlock()
	all := make([]offer, 0, len(m.offered))
	for _, o := range m.offered {
		all = append(all, o)
	}
	slices.SortFunc(all, func(a, b offer) int {
		return cmp.Or(cmp.Compare(a.record.Kind, b.record.Kind), cmp.Compare(a.published, b.published))
	})
	return all
}
