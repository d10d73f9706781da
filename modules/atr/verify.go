package atr

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/mcp-kernel/mcp-kernel/governance/detect"
	"github.com/mcp-kernel/mcp-kernel/governance/match"
	"github.com/mcp-kernel/mcp-kernel/modules/atr/pin"
)

// A Verified is what came of comparing what a server offers now with what is trusted.
type Verified struct {
	Server  string   `json:"server"`
	Error   string   `json:"error,omitempty" doc:"why it could not be asked; then this is as it was last seen"`
	Trusted int      `json:"trusted" doc:"definitions that are what was trusted"`
	Differ  []Differ `json:"differ,omitempty" doc:"those that are not, which nobody can use"`
	Gone    []string `json:"gone,omitempty" doc:"what was trusted and is not offered any more"`
}

// A Differ is a definition that is not what was trusted.
type Differ struct {
	Kind     pin.Kind     `json:"kind"`
	Name     string       `json:"name" doc:"its own"`
	Standing pin.Standing `json:"standing" enum:"quarantined,changed,trusted" doc:"trusted: its time is over"`
	Reason   string       `json:"reason"`
	Digest   string       `json:"digest,omitempty" doc:"of what is offered now"`
	Where    []string     `json:"where,omitempty" doc:"the places that are another"`
	Changes  []string     `json:"changes,omitempty" doc:"what was and what is there, for operators"`
}

// Bounds of what Verify and Scan tell.
const (
	maxDiffers  = 200 // of a server
	maxChanges  = 50  // of a definition
	maxFindings = 500
	maxChange   = 500 // bytes
)

// Verify has a server, or all where none is named, tell what it offers now, and compares that with what is trusted. Servers
// that do not run are started. An unknown name is ErrUnknown.
func (m *Module) Verify(ctx context.Context, name string) ([]Verified, error) {
	var chosen []*server
	for _, s := range m.servers {
		if name == "" || s.Name == name {
			chosen = append(chosen, s)
		}
	}
	if len(chosen) == 0 {
		return nil, fmt.Errorf("%w: %s", ErrUnknown, name)
	}
	all := make([]Verified, len(chosen))
	faults := make([]error, len(chosen))
	var asked sync.WaitGroup
	for i, s := range chosen {
		asked.Go(func() { all[i], faults[i] = s.verify(ctx) })
	}
	asked.Wait()
	m.publish()
	return all, errors.Join(faults...)
}

// verify asks one server.
func (s *server) verify(ctx context.Context) (Verified, error) {
	v := Verified{Server: s.Name}
	if err := s.refresh(ctx); err != nil {
		v.Error = cmp.Or(harmless(err), "it cannot be asked")
	}
	records, err := s.m.book.List(ctx, s.Name)
	if err != nil {
		return v, err
	}
	here := map[string]bool{}
	s.mu.Lock()
	for i := range s.records {
		here[string(s.records[i].Kind)+" "+s.records[i].Name] = true
	}
	s.mu.Unlock()
	for i := range records {
		r := &records[i]
		switch {
		case r.Kind != pin.Server && !here[string(r.Kind)+" "+r.Name]:
			if r.Standing == pin.Trusted && s.passes(r.Name) && len(v.Gone) < maxDiffers {
				v.Gone = append(v.Gone, string(r.Kind)+" "+r.Name)
			}
		case r.Stands(s.m.o.Now()):
			v.Trusted++
		case len(v.Differ) < maxDiffers:
			v.Differ = append(v.Differ, s.differ(ctx, r))
		}
	}
	return v, nil
}

// differ is a record that is not what was trusted.
func (s *server) differ(ctx context.Context, r *pin.Record) Differ {
	d := Differ{Kind: r.Kind, Name: r.Name, Standing: r.Standing, Reason: standing(r), Digest: cmp.Or(r.OfferedDigest, r.Digest)}
	changes := r.Diff()
	if r.Renamed != "" {
		if before, err := s.m.book.Get(ctx, s.Name, r.Kind, r.Renamed); err == nil && before.Definition != nil {
			changes = pin.Diff(before.Definition, r.Offered)
		}
	}
	if r.Standing == pin.Trusted {
		changes = nil
	}
	for _, c := range changes[:min(len(changes), maxChanges)] {
		text := c.String()
		d.Where = append(d.Where, c.Pointer)
		d.Changes = append(d.Changes, text[:min(len(text), maxChange)]) // it is ASCII
	}
	return d
}

// A Suspicion is something in a definition that should not be there.
type Suspicion struct {
	Server     string         `json:"server"`
	Kind       pin.Kind       `json:"kind"`
	Name       string         `json:"name" doc:"its own"`
	Severity   match.Severity `json:"severity"`
	Confidence float64        `json:"confidence"`
	Class      string         `json:"class"`
	Rule       string         `json:"rule"`
	Pointer    string         `json:"pointer" doc:"where in the definition"`
	Evidence   string         `json:"evidence,omitempty" doc:"what is there, for operators; what cannot be seen by its number"`
	Usable     bool           `json:"usable" doc:"an operator has agreed to the definition all the same, or it was trusted before"`
}

// A Scanned is what came of looking through definitions.
type Scanned struct {
	Scanned  int         `json:"scanned" doc:"definitions"`
	Findings []Suspicion `json:"findings" doc:"the worst first"`
	More     int         `json:"more,omitempty" doc:"findings besides"`
}

// Scan looks through what a server, or all where none is named, offered when it was last seen, for what definitions should
// not say. Nothing is started.
func (m *Module) Scan(server string) (Scanned, error) {
	found := Scanned{Findings: []Suspicion{}}
	known := server == ""
	for _, s := range m.servers {
		if server != "" && s.Name != server {
			continue
		}
		known = true
		if err := s.scan(&found); err != nil {
			return found, err
		}
	}
	if !known {
		return found, fmt.Errorf("%w: %s", ErrUnknown, server)
	}
	slices.SortStableFunc(found.Findings, func(a, b Suspicion) int {
		return cmp.Or(cmp.Compare(b.Severity, a.Severity), cmp.Compare(a.Server, b.Server), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Name, b.Name))
	})
	if n := len(found.Findings) - maxFindings; n > 0 {
		found.Findings, found.More = found.Findings[:maxFindings], n
	}
	return found, nil
}

// scan looks through what one server offers.
func (s *server) scan(found *Scanned) error {
	for _, kind := range []pin.Kind{pin.Tool, pin.Resource, pin.Template, pin.Prompt} {
		for _, o := range s.all(kind) {
			findings, err := s.m.doubts.Document(nil, o.entry, detect.Context{Source: detect.Definitions})
			if err != nil {
				return fmt.Errorf("%s %q of %s: %w", kind, o.own, s.Name, err)
			}
			found.Scanned++
			for i := range findings {
				f := &findings[i]
				found.Findings = append(found.Findings, Suspicion{
					Server: s.Name, Kind: kind, Name: o.own, Severity: f.Severity, Confidence: f.Confidence, Class: f.Class, Rule: f.Rule,
					Pointer: f.Pointer, Evidence: excerpt(o.entry, f), Usable: o.record.Stands(s.m.o.Now()),
				})
			}
		}
	}
	return nil
}

// around is how much is shown before and after what was found, in bytes.
const around = 40

// excerpt is what was found with what is around it, in visible characters of ASCII.
func excerpt(definition json.RawMessage, f *match.Finding) string {
	text, ok := textAt(definition, f.Pointer)
	if !ok || f.Key {
		return ""
	}
	from, to := max(f.Span.Start-around, 0), min(max(f.Span.End, f.Span.Start)+around, len(text))
	if from > to {
		return ""
	}
	text = text[from:to]
	text = strconv.QuoteToASCII(text[:min(len(text), maxChange)])
	return text[1 : len(text)-1]
}

// textAt is the text at a place of a document.
func textAt(doc json.RawMessage, pointer string) (text string, ok bool) {
	unescape := strings.NewReplacer("~1", "/", "~0", "~")
	for _, token := range strings.Split(pointer, "/")[1:] {
		token = unescape.Replace(token)
		var members map[string]json.RawMessage
		var elements []json.RawMessage
		if json.Unmarshal(doc, &members) == nil {
			doc = members[token]
			continue
		}
		i, err := strconv.Atoi(token)
		if err != nil || json.Unmarshal(doc, &elements) != nil || i < 0 || i >= len(elements) {
			return "", false
		}
		doc = elements[i]
	}
	return text, json.Unmarshal(doc, &text) == nil
}

// Agree trusts what a server offers under a name, and writes that down before. Whoever agrees says by its digest what was
// looked at.
func (m *Module) Agree(ctx context.Context, a *pin.Agreement) error {
	i := slices.IndexFunc(m.servers, func(s *server) bool { return s.Name == a.Server })
	if i < 0 {
		return fmt.Errorf("%w: %s", ErrUnknown, a.Server)
	}
	if m.o.Record != nil {
		what := fmt.Sprintf("pin approved: %s %s of server %s", a.Kind, a.Name, a.Server)
		if !a.Until.IsZero() {
			what += "; until " + a.Until.Format(time.RFC3339)
		}
		if a.Reason != "" {
			what += ": " + a.Reason
		}
		if err := m.o.Record(ctx, a.By, a.Digest, what); err != nil {
			return err
		}
	}
	if err := m.book.Agree(ctx, a); err != nil {
		return err
	}
	if m.servers[i].reconsider(ctx) {
		m.publish()
	}
	return nil
}
