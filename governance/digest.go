package governance

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/mcp-kernel/mcp-kernel/governance/match"
)

// meaning is what a digest is taken of: everything that can change a decision, in one form.
type meaning struct {
	Version   int // of this form
	Mode      Mode
	Tokens    int64
	Calls     int64
	Timeout   time.Duration
	Threshold float64
	Patterns  []patternMeaning
	Tools     listMeaning
	Resources listMeaning
	Prompts   listMeaning

	Limits    []EffectiveLimit    `json:",omitempty"`
	Depth     *int64              `json:",omitempty"`
	FanOut    *int64              `json:",omitempty"`
	MaxResult *int64              `json:",omitempty"`
	Labels    []EffectiveLabel    `json:",omitempty"`
	Rules     []string            `json:",omitempty"` // the texts
	Approvals []EffectiveApproval `json:",omitempty"`
	Intent    []EffectiveIntent   `json:",omitempty"`
	Detect    []string            `json:",omitempty"` // the rules of a policy in their order, for the last of them holds
}

type patternMeaning struct {
	Type          match.Type
	Text          string
	CaseSensitive bool

	At       []string          `json:",omitempty"`
	On       match.On          `json:",omitempty"`
	Action   match.Action      `json:",omitempty"`
	Except   []match.Exception `json:",omitempty"`
	Severity *match.Severity   `json:",omitempty"`
}

// patternMeaningOf leaves out what a pattern says that it would mean anyway.
func patternMeaningOf(p *EffectivePattern) patternMeaning {
	m := patternMeaning{p.Type, p.Text, p.CaseSensitive, p.At, p.On, p.Action, p.Except, p.Severity}
	if m.On == match.On(0).Or() {
		m.On = 0
	}
	if m.Severity != nil && *m.Severity == match.High {
		m.Severity = nil
	}
	return m
}

// listMeaning is a composed allowlist: the exact names that globs do not allow anyway, and the different sets of globs
// that a name must pass.
type listMeaning struct {
	Names []string
	Globs [][]string
}

// sum returns the digest of what the snapshot means.
func (s *Snapshot) sum(policies []Policy) string {
	e := &s.effective
	m := meaning{
		Version: 1, Mode: e.Mode.Value, Tokens: e.MaxTokensPerRequest.Value, Calls: e.MaxToolCallsPerRequest.Value,
		Timeout: time.Duration(e.Timeout.Value), Threshold: e.ConfidenceThreshold.Value,
		Tools: s.tools.meaning(), Resources: s.resources.meaning(), Prompts: s.prompts.meaning(),
	}
	for i := range e.BlockedPatterns {
		m.Patterns = append(m.Patterns, patternMeaningOf(&e.BlockedPatterns[i]))
	}
	slices.SortFunc(m.Patterns, func(a, b patternMeaning) int {
		return cmp.Or(cmp.Compare(a.Type, b.Type), cmp.Compare(a.Text, b.Text), cmp.Compare(rank(a), rank(b)), cmp.Compare(a.rest(), b.rest()))
	})
	s.more(&m, policies)
	form, err := json.Marshal(m)
	if err != nil {
		panic("governance: a snapshot has no JSON form: " + err.Error()) // its fields are numbers and strings
	}
	digest := sha256.Sum256(form)
	return "sha256:" + hex.EncodeToString(digest[:])
}

// more adds what most policies do not have, without the names of those that gave it.
func (s *Snapshot) more(m *meaning, policies []Policy) {
	e := &s.effective
	for _, l := range e.Limits {
		l.Name, l.Policy = "", ""
		m.Limits = append(m.Limits, l)
	}
	for _, l := range e.Labels {
		l.Policy = ""
		m.Labels = append(m.Labels, l)
	}
	for _, a := range e.RequireApproval {
		a.Name, a.Policy, a.Message = "", "", ""
		m.Approvals = append(m.Approvals, a)
	}
	for _, i := range e.Intent {
		i.Policy = ""
		m.Intent = append(m.Intent, i)
	}
	for i := range policies {
		if rules := policies[i].Detect; len(rules) > 0 {
			m.Detect = append(m.Detect, fmt.Sprintf("%v", rules))
		}
	}
	slices.Sort(m.Detect)
	for i := range policies {
		if text := policies[i].Rules.Text; text != "" {
			m.Rules = append(m.Rules, text)
		}
	}
	slices.Sort(m.Rules)
	m.Depth, m.FanOut, m.MaxResult = said(e.MaxDepth), said(e.MaxFanOut), said(e.MaxResultTokens)
}

// said returns a value that a policy gave, or nil.
func said(v From[int64]) *int64 {
	if v.Policy == "" {
		return nil
	}
	return &v.Value
}

// rest orders patterns that look for the same.
func (p patternMeaning) rest() string {
	form, _ := json.Marshal(p) // fails for no pattern that is valid
	return string(form)
}

func rank(p patternMeaning) int {
	if p.CaseSensitive {
		return 1
	}
	return 0
}

// meaning returns the form of the list that is equal for lists that were written differently and allow the same. It
// does not compare globs with globs.
func (a *allowlist) meaning() listMeaning {
	var m listMeaning
	if a.globs {
		m.Globs = a.distinctGlobs()
	}
	for _, name := range slices.Sorted(maps.Keys(a.exact)) {
		if a.exact[name].ok && !a.globbed(name) {
			m.Names = append(m.Names, name)
		}
	}
	return m
}

// globbed reports whether the globs of every list allow the name.
func (a *allowlist) globbed(name string) bool {
	if !a.globs {
		return false
	}
	for _, l := range a.lists {
		l.exact = nil
		if !l.allows(name) {
			return false
		}
	}
	return true
}

// distinctGlobs returns the sets of globs, each once. A list that has "*" asks nothing, so it counts only when all do.
func (a *allowlist) distinctGlobs() [][]string {
	if a.open {
		return [][]string{{"*"}}
	}
	var sets [][]string
	for i := range a.lists {
		if !a.lists[i].all {
			sets = append(sets, sortedSet(a.lists[i].texts))
		}
	}
	slices.SortFunc(sets, slices.Compare[[]string])
	return slices.CompactFunc(sets, slices.Equal[[]string])
}
