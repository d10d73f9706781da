package governance

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/mcp-kernel/mcp-kernel/governance/match"
)

// A patternSet is the compiled patterns of a snapshot that count in the same: in what a call is, or in what comes back.
type patternSet struct {
	set   *match.Set
	rules []*patternRule // by their index in set
	plain bool           // every hit blocks, wherever it is and whoever calls
}

// A patternRule is one pattern with what decides whether a hit of it counts.
type patternRule struct {
	*EffectivePattern
	at     []*match.GlobMatcher
	except []exemption
}

// exemption is one exception made ready.
type exemption struct {
	tools, principals []*match.GlobMatcher
	until             time.Time
}

// newPatternSet compiles those of the patterns that count in any of on.
func newPatternSet(patterns []EffectivePattern, on match.On) (*patternSet, error) {
	s := &patternSet{plain: true}
	var all []match.Pattern
	for i := range patterns {
		p := &patterns[i]
		if p.On.Or()&on == 0 {
			continue
		}
		all = append(all, match.Pattern{Name: strconv.Itoa(i), Type: p.Type, Text: p.Text, CaseSensitive: p.CaseSensitive})
		r := &patternRule{EffectivePattern: p, at: globsOf(p.At)}
		for _, e := range p.Except {
			r.except = append(r.except, exemption{globsOf(e.Tools), globsOf(e.Principals), e.Until})
		}
		s.rules = append(s.rules, r)
		s.plain = s.plain && p.Action == match.Blocks && len(p.At) == 0 && len(p.Except) == 0 && p.On.Or()&on == on
	}
	var err error
	s.set, err = match.Compile(all)
	return s, err
}

// globsOf compiles globs that are valid.
func globsOf(texts []string) []*match.GlobMatcher {
	globs := make([]*match.GlobMatcher, 0, len(texts))
	for _, text := range texts {
		if g, err := match.CompileGlob(text, true); err == nil {
			globs = append(globs, g)
		}
	}
	return globs
}

// counts reports whether a hit of the rule counts for the call at the time.
func (r *patternRule) counts(h *match.Hit, on match.On, c *Call, now time.Time) bool {
	if h.InName {
		on &= match.Names
	} else {
		on &^= match.Names
	}
	if r.On.Or()&on == 0 || len(r.at) > 0 && (h.InName || !lies(r.at, h.Pointer)) {
		return false
	}
	return !slices.ContainsFunc(r.except, func(e exemption) bool {
		return now.Before(e.until) && takes(e.tools, c.Name) && takes(e.principals, c.Caller.Principal)
	})
}

// takes reports whether one of the globs matches, or there is none.
func takes(globs []*match.GlobMatcher, name string) bool {
	return len(globs) == 0 || slices.ContainsFunc(globs, func(g *match.GlobMatcher) bool { return g.Match(name) })
}

// lies reports whether one of the globs matches the pointer or that of something it lies in.
func lies(globs []*match.GlobMatcher, pointer string) bool {
	for {
		if takes(globs, pointer) {
			return true
		}
		up := strings.LastIndexByte(pointer, '/')
		if up < 0 {
			return false
		}
		pointer = pointer[:up]
	}
}

// find returns the hits that count, of the lowest pattern first.
func (s *patternSet) find(name string, doc []byte, on match.On, c *Call, now time.Time) ([]match.Hit, error) {
	if _, found, err := s.set.Scan(name, doc); err != nil || !found {
		return nil, err
	}
	hits, err := s.set.All(name, doc)
	if err != nil {
		return nil, err
	}
	hits = slices.DeleteFunc(hits, func(h match.Hit) bool { return !s.rules[h.Pattern].counts(&h, on, c, now) })
	slices.SortStableFunc(hits, func(a, b match.Hit) int { return a.Pattern - b.Pattern })
	return hits, nil
}

// finding returns a hit as checks report it.
func (s *patternSet) finding(h *match.Hit) match.Finding {
	p := s.rules[h.Pattern]
	h.Name = p.Name
	return h.Finding(CheckPatterns, p.Name, p.grade())
}

// scanned looks for the blocked patterns in all that the handler will see of the call. Of what is found the strictest action
// decides; what denies nothing is among the decision's findings. A pattern that redacts blocks here: nobody changes what an
// agent asks for.
func (g *Gate) scanned(_ context.Context, w *walk) *Decision {
	if w.snapshot == nil || w.snapshot.patterns == nil {
		return denied("no policy governs the call, so nothing is allowed")
	}
	s := w.snapshot.patterns
	if s.plain {
		hit, found, err := s.set.Scan(w.call.Name, w.call.arguments())
		switch {
		case err != nil:
			return unjudged("the arguments", err)
		case !found:
			return nil
		}
		return s.objection(&hit)
	}
	hits, err := s.find(w.call.Name, w.call.arguments(), match.Arguments|match.Names, w.call, g.options.Now())
	if err != nil {
		return unjudged("the arguments", err)
	}
	return s.strictest(w, hits)
}

// unjudged denies because of what is malformed, or hides more than can be looked through.
func unjudged(what string, err error) *Decision {
	return &Decision{Reason: what + " cannot be judged: " + err.Error(), Fault: err}
}

// strictest returns what the strictest of the hits asks for, and hands to the walk what denies nothing.
func (s *patternSet) strictest(w *walk, hits []match.Hit) *Decision {
	var first *match.Hit
	for i := range hits {
		h := &hits[i]
		if first == nil || s.rules[h.Pattern].Action < s.rules[first.Pattern].Action {
			first = h
		}
		if s.rules[h.Pattern].Action >= match.Asks {
			w.found = append(w.found, s.finding(h))
		}
	}
	if first == nil || s.rules[first.Pattern].Action == match.Logs {
		return nil
	}
	return s.objection(first)
}

// objection is what a hit asks for, which is not only to be logged.
func (s *patternSet) objection(h *match.Hit) *Decision {
	p := s.rules[h.Pattern]
	d := &Decision{Rule: p.Name, Policy: p.Policy, Pointer: h.Pointer, Reason: fmt.Sprintf("blocked pattern %q of policy %q", p.Name, p.Policy)}
	switch p.Action {
	case match.Asks:
		d.Effect = Ask
		d.Reason = fmt.Sprintf("pattern %q of policy %q asks a human first", p.Name, p.Policy)
	case match.Redacts:
		d.Reason += ": arguments are not redacted but refused"
	default:
	}
	return d
}

// A ResultScan is what the patterns of a snapshot say of an answer.
type ResultScan struct {
	Found    bool            // a pattern hit for which something is to happen
	Action   match.Action    // the strictest of them, when Found
	Rule     string          // the pattern of the strictest
	Policy   string          // the policy that gave it
	Redact   []match.Finding // what is to be taken out when the action is Redact, for match.Redact
	Findings []match.Finding // everything that was found, to be recorded
}

// ScanResult looks for the patterns that count in results, in what came of a call. The time decides which exceptions hold. An
// answer that cannot be judged is an error, and whoever gets one withholds it.
func (s *Snapshot) ScanResult(c *Call, result json.RawMessage, now time.Time) (ResultScan, error) {
	var scan ResultScan
	if s == nil || s.results == nil || len(s.results.rules) == 0 {
		return scan, nil
	}
	hits, err := s.results.find("", result, match.Results, c, now)
	if err != nil {
		return scan, fmt.Errorf("the result cannot be judged: %w", err)
	}
	for i := range hits {
		p := s.results.rules[hits[i].Pattern]
		f := s.results.finding(&hits[i])
		scan.Findings = append(scan.Findings, f)
		if !scan.Found || p.Action < scan.Action {
			scan.Found, scan.Action, scan.Rule, scan.Policy = true, p.Action, p.Name, p.Policy
		}
		if p.Action == match.Redacts {
			scan.Redact = append(scan.Redact, f)
		}
	}
	return scan, nil
}

// grade returns the severity, high where none is set.
func (p *EffectivePattern) grade() match.Severity {
	return (&match.Pattern{Severity: p.Severity}).Grade()
}

// clonedPatterns returns patterns that share nothing with these.
func clonedPatterns(patterns []match.Pattern) []match.Pattern {
	patterns = slices.Clone(patterns)
	for i := range patterns {
		p := &patterns[i]
		p.At, p.Except, p.Severity = slices.Clone(p.At), slices.Clone(p.Except), copied(p.Severity)
		for j := range p.Except {
			e := &p.Except[j]
			e.Tools, e.Principals = slices.Clone(e.Tools), slices.Clone(e.Principals)
		}
	}
	return patterns
}

// maxReasonBytes bounds the reason of an exception.
const maxReasonBytes = 500

// terms reports what is wrong with where a pattern counts, for whom, and what is to happen.
func (v *validator) terms(field string, p *match.Pattern) {
	if p.On > match.Arguments|match.Results|match.Names {
		v.fault(field+".on", "unknown: write arguments, results or names")
	}
	if p.Action > match.Logs {
		v.fault(field+".action", "unknown: write block, redact, ask or log")
	}
	if p.Severity != nil && *p.Severity > match.Critical {
		v.fault(field+".severity", "unknown: write low, medium, high or critical")
	}
	if len(p.At) > 0 && p.On.Or() == match.Names {
		v.fault(field+".at", `a name has no places in it: remove it, or add "arguments" to "on"`)
	}
	for i, glob := range p.At {
		if problem := pointerProblem(glob); problem != "" {
			v.fault(fmt.Sprintf("%s.at[%d]", field, i), problem)
		}
	}
	for i := range p.Except {
		v.exception(fmt.Sprintf("%s.except[%d]", field, i), &p.Except[i])
	}
}

// pointerProblem says what is wrong with a glob of JSON pointers, or returns nothing.
func pointerProblem(glob string) string {
	if !strings.HasPrefix(glob, "/") && !strings.HasPrefix(glob, "*") {
		return fmt.Sprintf(`%q is no place in a document: write a JSON pointer as in "/command" or "/files/*/path"`, glob)
	}
	if _, err := match.CompileGlob(glob, true); err != nil {
		return fmt.Sprintf("%q: %v", glob, err)
	}
	return ""
}

// exception reports what is wrong with an exception. One for everybody and everything, or for ever, is a pattern less.
func (v *validator) exception(field string, e *match.Exception) {
	switch {
	case strings.TrimSpace(e.Reason) == "":
		v.fault(field+".reason", "missing: say why the pattern does not count here")
	case len(e.Reason) > maxReasonBytes:
		v.fault(field+".reason", fmt.Sprintf("has %d bytes: use at most %d", len(e.Reason), maxReasonBytes))
	}
	if len(e.Tools) == 0 && len(e.Principals) == 0 {
		v.fault(field, "for everybody and everything: name tools, principals or both, or remove the pattern")
	}
	if e.Until.IsZero() || e.Until.Year() > 9999 {
		v.fault(field+".until", `missing: say until when it holds, as in "2027-01-31"`)
	}
	v.names(field+".tools", e.Tools)
	v.names(field+".principals", e.Principals)
}
