package pin

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/mcp-kernel/mcp-kernel/modules/primitives"
	"github.com/mcp-kernel/mcp-kernel/state"
)

// collection is where records are kept.
const collection = "pins"

// MaxDefinition bounds a definition in its canonical form, in bytes; a larger one is never trusted.
const MaxDefinition = 256 << 10

// A Kind is what is defined.
type Kind string

// The kinds.
const (
	Tool     Kind = "tool"
	Resource Kind = "resource"
	Template Kind = "template"
	Prompt   Kind = "prompt"
	Server   Kind = "server" // how a server is started or reached: command and arguments, or its address
)

// A Standing is what is thought of a definition. The zero value is nothing good.
type Standing string

// The standings.
const (
	Quarantined Standing = "quarantined" // never trusted: a person has to agree first
	Trusted     Standing = "trusted"     // as it is
	Changed     Standing = "changed"     // another was trusted, of this name or of that which it had
)

// Trust says what is trusted without anybody having been asked. The zero value is nothing.
type Trust uint8

// The ways to trust.
const (
	TrustNothing Trust = iota
	TrustFirst         // what a server defines when it is first seen; what it adds later is quarantined
	TrustNew           // whatever a server adds, too
)

// A Record is what is remembered of one name of a server.
type Record struct {
	Server string `json:"server"`
	Kind   Kind   `json:"kind"`
	Name   string `json:"name"`

	Standing   Standing        `json:"standing"`
	Definition json.RawMessage `json:"definition,omitempty"` // that was trusted, in its canonical form; nil when none was
	Digest     string          `json:"digest,omitempty"`     // of it
	By         string          `json:"by,omitempty"`         // who trusted it; "first use" where nobody was asked
	Since      time.Time       `json:"since,omitzero"`       // when
	Until      time.Time       `json:"until,omitzero"`       // that it was agreed to; zero is for good
	Reason     string          `json:"reason,omitempty"`     // that who agreed gave

	Offered       json.RawMessage `json:"offered,omitempty"` // that the server gives now, where it is not what was trusted
	OfferedDigest string          `json:"offered_digest,omitempty"`
	Renamed       string          `json:"renamed,omitempty"` // the name under which what is offered was trusted
	Why           string          `json:"why,omitempty"`     // it is quarantined, for people
	Seen          time.Time       `json:"seen"`              // first

	version state.Version
}

// Stands reports whether the thing may be used: it is what was trusted, and that was not for a time that is over.
func (r *Record) Stands(now time.Time) bool {
	return r.Standing == Trusted && (r.Until.IsZero() || now.Before(r.Until))
}

// Diff returns the differences between what was trusted and what the server gives now.
func (r *Record) Diff() []Change { return Diff(r.Definition, r.Offered) }

// A Definition is one that a server gives.
type Definition struct {
	Kind Kind
	Name string
	JSON json.RawMessage
	// Doubt is why it is not to be trusted at first sight, in words for people; empty when there is no reason.
	Doubt string
}

// FirstUse is who has agreed to a definition where nobody was asked: it was trusted when it was first seen.
const FirstUse = "first use"

// MaxRecords is how many names of a server are remembered. A server that invents names without end has the rest of them
// quarantined.
const MaxRecords = 20_000

// firstSight is how long a server is seen for the first time: several processes may judge it then, each a part first.
const firstSight = 30 * time.Second

// ErrStale says that what is to be trusted is not what the server gives any more.
var ErrStale = errors.New("the definition has changed meanwhile: look at it again")

// A Book keeps the records. It is safe for concurrent use, by several processes where its state is.
type Book struct {
	state state.Backend
	now   func() time.Time
	most  int // names of a server
}

// NewBook returns the Book over a backend. A nil clock is the system's.
func NewBook(backend state.Backend, now func() time.Time) *Book {
	if now == nil {
		now = time.Now
	}
	return &Book{state: backend, now: now, most: MaxRecords}
}

// key is where a record lies. Names are strangers' and of any length, so their digest stands for them.
func key(server string, kind Kind, name string) string {
	digest := sha256.Sum256([]byte(name))
	return collection + "/" + server + "/" + string(kind) + "/" + hex.EncodeToString(digest[:16])
}

// Judge compares what a server gives now with what is remembered of it, remembers what is new, and returns the records of
// all of it in the order given. What is doubted is never trusted at first sight, nor is what was known under another name:
// that has changed. What cannot be looked at, because readers would not agree about it or because it is too large, is never
// trusted.
func (b *Book) Judge(ctx context.Context, server string, trust Trust, given []Definition) ([]Record, error) {
	known, err := b.List(ctx, server)
	if err != nil {
		return nil, err
	}
	j := judge{
		book: b, server: server, known: map[string]*Record{}, rests: map[string]string{},
		trust: trust == TrustNew || trust == TrustFirst && !slices.ContainsFunc(known, func(r Record) bool {
			return r.Kind != Server && b.now().Sub(r.Seen) > firstSight
		}),
	}
	for i := range known {
		r := &known[i]
		j.known[key(server, r.Kind, r.Name)] = r
	}
	j.vanished(given)
	records := make([]Record, len(given))
	for i := range given {
		if records[i], err = j.one(ctx, &given[i]); err != nil {
			return nil, err
		}
	}
	return records, nil
}

// A judge compares the definitions of one server.
type judge struct {
	book   *Book
	server string
	trust  bool
	known  map[string]*Record
	added  int               // things that were not known
	rests  map[string]string // names of trusted things that are not given any more, by what they are without them
}

// vanished notes what was trusted and is not given any more.
func (j *judge) vanished(given []Definition) {
	here := map[string]bool{}
	for i := range given {
		here[key(j.server, given[i].Kind, given[i].Name)] = true
	}
	for k, r := range j.known {
		if rest := nameless(r.Definition); rest != "" && !here[k] {
			j.rests[string(r.Kind)+rest] = r.Name
		}
	}
}

// one judges one definition, by what is remembered of it now: another process may judge it, too.
func (j *judge) one(ctx context.Context, d *Definition) (Record, error) {
	const tries = 8
	for n := 1; ; n++ {
		r, err := j.compare(ctx, d)
		if n == tries || !errors.Is(err, ErrStale) {
			return r, err
		}
		k := key(j.server, d.Kind, d.Name)
		switch now, fault := j.book.Get(ctx, j.server, d.Kind, d.Name); {
		case errors.Is(fault, state.ErrNotFound):
			delete(j.known, k)
		case fault != nil:
			return r, fault
		default:
			j.known[k] = &now
		}
	}
}

// compare compares one definition with what is known of it.
func (j *judge) compare(ctx context.Context, d *Definition) (Record, error) {
	canonical, err := primitives.Canonical(d.JSON)
	switch {
	case err != nil:
		return j.refuse(ctx, d, fmt.Sprintf("its definition cannot be looked at: %v", err))
	case len(canonical) > MaxDefinition:
		return j.refuse(ctx, d, fmt.Sprintf("its definition has %d bytes, at most %d are looked at", len(canonical), MaxDefinition))
	}
	digest := sum(canonical)
	now := j.book.now().UTC()
	if r := j.known[key(j.server, d.Kind, d.Name)]; r != nil {
		return j.again(ctx, r, canonical, digest, d.Doubt)
	}
	r := Record{Server: j.server, Kind: d.Kind, Name: d.Name, Seen: now, Standing: Quarantined, Why: d.Doubt}
	if len(j.known)+j.added >= j.book.most {
		r.Why = fmt.Sprintf("%d names of this server are remembered, and no more", j.book.most)
		return r, nil
	}
	j.added++
	if rest := nameless(canonical); rest != "" {
		r.Renamed = j.rests[string(d.Kind)+rest]
	}
	switch {
	case r.Renamed != "":
		r.Standing = Changed
	case j.trust && d.Doubt == "":
		r.Standing, r.Definition, r.Digest, r.By, r.Since = Trusted, canonical, digest, FirstUse, now
		return r, j.book.save(ctx, &r)
	case r.Why == "":
		r.Why = "it was not seen before"
	}
	r.Offered, r.OfferedDigest = canonical, digest
	return r, j.book.save(ctx, &r)
}

// refuse remembers of a name that what it stands for now cannot be looked at. Nothing is offered that could be agreed to;
// the rest of the server is judged as ever, and what was trusted of that name is again when the server gives it again.
func (j *judge) refuse(ctx context.Context, d *Definition, why string) (Record, error) {
	r := Record{Server: j.server, Kind: d.Kind, Name: d.Name, Seen: j.book.now().UTC(), Standing: Quarantined}
	if known := j.known[key(j.server, d.Kind, d.Name)]; known != nil {
		r = *known
	}
	before := r
	if r.Digest != "" {
		r.Standing = Changed
	}
	r.Why, r.Offered, r.OfferedDigest, r.Renamed = why, nil, "", ""
	if r.Standing == before.Standing && r.Why == before.Why && before.Offered == nil {
		return r, nil
	}
	return r, j.book.save(ctx, &r)
}

// again judges what is known by name.
func (j *judge) again(ctx context.Context, r *Record, canonical []byte, digest, doubt string) (Record, error) {
	before := *r
	if digest == r.Digest {
		r.Standing, r.Offered, r.OfferedDigest, r.Renamed, r.Why = Trusted, nil, "", "", ""
	} else {
		r.Offered, r.OfferedDigest = canonical, digest
		if r.Digest != "" {
			r.Standing = Changed
		}
		if before.Offered == nil && r.Standing == Quarantined { // it could not be looked at
			r.Why = "it was not seen before"
		}
		r.Why = cmp.Or(doubt, r.Why)
	}
	if r.Standing == before.Standing && r.OfferedDigest == before.OfferedDigest && r.Why == before.Why {
		return *r, nil
	}
	return *r, j.book.save(ctx, r)
}

// List returns all records of a server, by kind and name.
func (b *Book) List(ctx context.Context, server string) ([]Record, error) {
	var all []Record
	prefix := server + "/"
	for after := prefix; ; {
		page, err := b.state.List(ctx, collection, after, state.MaxPage)
		if err != nil {
			return nil, fmt.Errorf("pins of %s: %w", server, err)
		}
		for i := range page {
			after = page[i].Key[len(collection)+1:]
			if len(after) < len(prefix) || after[:len(prefix)] != prefix {
				return sorted(all), nil
			}
			var r Record
			if err := json.Unmarshal(page[i].Value, &r); err != nil {
				return nil, fmt.Errorf("pins of %s: %w", server, err)
			}
			r.version = page[i].Version
			all = append(all, r)
		}
		if len(page) < state.MaxPage {
			return sorted(all), nil
		}
	}
}

func sorted(all []Record) []Record {
	slices.SortFunc(all, func(a, b Record) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Name, b.Name))
	})
	return all
}

// Get returns the record of one name, or state.ErrNotFound.
func (b *Book) Get(ctx context.Context, server string, kind Kind, name string) (Record, error) {
	var r Record
	item, err := b.state.Get(ctx, key(server, kind, name))
	if err != nil {
		return r, fmt.Errorf("pin of %s %q of %s: %w", kind, name, server, err)
	}
	r.version = item.Version
	return r, json.Unmarshal(item.Value, &r)
}

// An Agreement is what a person agrees to.
type Agreement struct {
	Server string
	Kind   Kind
	Name   string
	Digest string    // of the definition that was looked at
	By     string    // who agrees
	Reason string    // for people; may be empty
	Until  time.Time // when it ends; zero is never
}

// Approve trusts what is offered under a name, if it is what the digest says, and forgets what was trusted before. By is who
// agrees.
func (b *Book) Approve(ctx context.Context, server string, kind Kind, name, digest, by string) error {
	return b.Agree(ctx, &Agreement{Server: server, Kind: kind, Name: name, Digest: digest, By: by})
}

// Agree does as Approve, for a time. What is trusted for good already stays so; an agreement for a time can be made anew.
func (b *Book) Agree(ctx context.Context, a *Agreement) error {
	r, err := b.Get(ctx, a.Server, a.Kind, a.Name)
	if err != nil {
		return err
	}
	switch {
	case r.Standing == Trusted && r.Digest == a.Digest && r.Until.IsZero():
		return nil
	case r.Standing == Trusted && r.Digest == a.Digest:
	case r.OfferedDigest != a.Digest || r.Offered == nil:
		return fmt.Errorf("%s %q of %s: %w", a.Kind, a.Name, a.Server, ErrStale)
	default:
		r.Definition, r.Digest = r.Offered, r.OfferedDigest
	}
	r.Standing, r.By, r.Since, r.Until, r.Reason = Trusted, a.By, b.now().UTC(), a.Until, a.Reason
	r.Offered, r.OfferedDigest, r.Renamed, r.Why = nil, "", "", ""
	return b.save(ctx, &r)
}

// Forget forgets a name, which is then seen for the first time again. An unknown one is no error.
func (b *Book) Forget(ctx context.Context, server string, kind Kind, name string) error {
	return b.state.Delete(ctx, key(server, kind, name))
}

// save keeps a record that nobody else has changed meanwhile.
func (b *Book) save(ctx context.Context, r *Record) error {
	text, err := json.Marshal(r)
	if err != nil {
		return err
	}
	version, err := b.state.CompareAndSwap(ctx, key(r.Server, r.Kind, r.Name), r.version, text, 0)
	switch {
	case errors.Is(err, state.ErrConflict):
		return fmt.Errorf("pin of %s %q of %s: %w", r.Kind, r.Name, r.Server, ErrStale)
	case err != nil:
		return fmt.Errorf("pin of %s %q of %s: %w", r.Kind, r.Name, r.Server, err)
	}
	r.version = version
	return nil
}
