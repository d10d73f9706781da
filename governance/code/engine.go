package code

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
)

// An Engine examines sources. It is safe for concurrent use, and its zero value is ready: what it has to know is built
// by the first Check and kept.
type Engine struct {
	once sync.Once
	know tables
}

// tables are what an Engine knows. They are never changed.
type tables struct {
	rules     []Rule
	calls     map[Language]map[string][]callRule
	forms     map[byte][]tokenForm
	formStart [256]bool
	parsers   sync.Pool // of *syntax.Parser: one is several kilobytes
}

func (t *tables) build() {
	t.rules = Rules()
	t.calls = make(map[Language]map[string][]callRule)
	for _, l := range Languages() {
		t.calls[l] = callTable(l)
	}
	t.forms = tokenForms()
	t.formStart['-'] = true
	for c := range t.forms {
		t.formStart[c] = true
	}
}

func (t *tables) callsOf(l Language) map[string][]callRule { return t.calls[l] }

// Check examines a source and reports what was found. Code of any content is examined, valid or not; an error means
// that there is no report: the language or a rule is unknown (all of that at once), the code is longer than MaxBytes,
// or ctx is done. The source is not kept.
func (e *Engine) Check(ctx context.Context, source Source, options Options) (Report, error) {
	e.once.Do(e.know.build)
	given, chosen, err := e.validate(source, options)
	if err != nil {
		return Report{}, err
	}
	s := scan{tables: &e.know, wanted: ctx.Err}
	l, parsed := s.source(source, given)
	if s.stopped() {
		return Report{}, fmt.Errorf("examining the code: %w", s.err)
	}
	report := Report{Language: l, Parsed: parsed}
	s.hits = settle(s.hits)
	e.fill(&report, source.Code, s.hits, chosen, options.MinSeverity)
	return report, nil
}

// validate returns the language that was given and which rules were chosen.
func (e *Engine) validate(source Source, options Options) (given Language, chosen [ruleCount]bool, err error) {
	var faults []error
	if len(source.Code) > MaxBytes {
		faults = append(faults, ErrTooLarge)
	}
	if source.Language != "" {
		if given, err = ParseLanguage(source.Language); err != nil {
			faults = append(faults, err)
		}
	}
	if options.MinSeverity > Critical {
		faults = append(faults, fmt.Errorf("unknown severity %d", options.MinSeverity))
	}
	for i := range chosen {
		chosen[i] = len(options.Rules) == 0
	}
	for _, id := range options.Rules {
		i := slices.IndexFunc(e.know.rules, func(r Rule) bool { return r.ID == id })
		if i < 0 {
			faults = append(faults, fmt.Errorf("%w %.40q", ErrUnknownRule, id))
			continue
		}
		chosen[i] = true
	}
	return given, chosen, errors.Join(faults...)
}

// source examines the whole source. A text that clearly is of another language than the one given is examined in both.
func (s *scan) source(source Source, given Language) (Language, bool) {
	p := s.fold(source.Code)
	s.shells = strings.Contains(p.text, "/bin/sh") || strings.Contains(p.text, "/bin/bash")
	l, weight := given, 0
	if l == "" {
		l, weight = detect(p.text, source.Filename)
	}
	s.secrets(&p)
	parsed := s.language(p, l, 1)
	switch {
	case given == "" && weight == 0:
		s.unsure(p)
	case given != "" && len(p.text) < mistakable:
		s.mistaken(p, given)
	}
	return l, s.err == nil && (parsed || l == Go && parsesAsGo(source.Code))
}

// mistakable is the length from which on a text is taken to be of the language that is given.
const mistakable = 4 << 10

// mistaken examines a text that clearly is SQL or shell, and is said to be something else, as what it is.
func (s *scan) mistaken(p passage, given Language) {
	switch given {
	case Dockerfile, YAML, Text:
		return
	default:
	}
	if l, weight := detect(p.text, ""); l != given && weight >= 2 && (l == SQL || l == Shell) {
		s.language(p, l, 1)
	}
}

// unsure examines a text of no known language as what most snippets are, without being sure of anything it finds.
func (s *scan) unsure(p passage) {
	known := len(s.hits)
	s.language(p, Python, 1)
	for i := known; i < len(s.hits); i++ {
		s.hits[i].confidence = Unsure
	}
}

// settle sorts hits by place, and of those of one rule that begin at the same place keeps the gravest.
func settle(hits []hit) []hit {
	slices.SortStableFunc(hits, func(a, b hit) int {
		return cmp.Or(cmp.Compare(a.start, b.start), cmp.Compare(a.rule, b.rule), cmp.Compare(b.severity, a.severity), cmp.Compare(b.end, a.end))
	})
	return slices.CompactFunc(hits, func(a, b hit) bool { return a.start == b.start && a.rule == b.rule })
}

// fill writes what was found into a report.
func (e *Engine) fill(r *Report, source string, hits []hit, chosen [ruleCount]bool, least Severity) {
	for _, on := range chosen {
		if on {
			r.RulesChecked++
		}
	}
	listed := make([]hit, 0, min(len(hits), MaxFindings))
	for _, h := range hits {
		if !chosen[h.rule] {
			continue
		}
		r.Counts.add(h.severity)
		if h.severity >= least {
			r.Total++
			listed = append(listed, h)
		}
	}
	r.Verdict = r.Counts.verdict()
	if r.Truncated = r.Total > MaxFindings; r.Truncated {
		slices.SortStableFunc(listed, func(a, b hit) int { return cmp.Compare(b.severity, a.severity) })
		listed = listed[:MaxFindings]
		slices.SortStableFunc(listed, func(a, b hit) int { return cmp.Compare(a.start, b.start) })
	}
	r.Findings = e.findings(source, listed, hits)
}
