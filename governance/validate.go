package governance

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/mcp-kernel/mcp-kernel/governance/match"
)

// maxNameBytes bounds the name of a policy and of a pattern; names are repeated in every decision.
const maxNameBytes = 64

// Validate reports every fault of every policy, joined, each a *PolicyError at its place; names used twice are faults.
// It returns nil when there is none.
func Validate(policies ...Policy) error {
	var faults []error
	seen := make(map[string]int, len(policies))
	for i := range policies {
		p := &policies[i]
		faults = append(faults, p.faults(i)...)
		first, twice := seen[p.Name]
		switch {
		case p.Name == "":
		case twice:
			faults = append(faults, p.fault(p.Name, "name", "is already the name of the policy "+policies[first].place(first)+": rename one"))
		default:
			seen[p.Name] = i
		}
	}
	return errors.Join(faults...)
}

// place says where a policy was written, or which in the order of the given ones it is.
func (p *Policy) place(index int) string {
	if p.Source.File == "" {
		return fmt.Sprintf("#%d", index+1)
	}
	at := p.Source.At("name")
	return fmt.Sprintf("at %s:%d:%d", p.Source.File, at.Line, at.Column)
}

// faults returns every fault of the policy, which is the one with the index among those that are validated.
func (p *Policy) faults(index int) []error {
	v := validator{policy: p, label: p.Name}
	if v.label == "" {
		v.label = fmt.Sprintf("#%d", index+1)
	}
	v.head()
	v.numbers()
	v.patterns()
	v.names(CheckTools, p.AllowedTools)
	v.names(CheckResources, p.AllowedResources)
	v.names(CheckPrompts, p.AllowedPrompts)
	v.limits()
	v.labels()
	v.rules()
	v.approvals()
	v.detection()
	v.intent()
	return v.faults
}

// A validator collects the faults of one policy.
type validator struct {
	policy *Policy
	label  string
	faults []error
}

func (v *validator) fault(field, problem string) {
	v.faults = append(v.faults, v.policy.fault(v.label, field, problem))
}

// fault returns a fault of one field at its place.
func (p *Policy) fault(label, field, problem string) *PolicyError {
	return &PolicyError{File: p.Source.File, At: p.Source.At(field), Policy: label, Field: field, Problem: problem}
}

func (v *validator) head() {
	if problem := nameProblem(v.policy.Name); problem != "" {
		v.fault("name", problem)
	}
	if v.policy.Mode > AuditOnly {
		v.fault("mode", "unknown: write enforce or audit")
	}
}

// nameProblem says what is wrong with a name, or returns nothing. Names go into reasons, journals and file names.
func nameProblem(name string) string {
	switch {
	case name == "":
		return "missing: give it a name of letters, digits, '.', '_' and '-'"
	case len(name) > maxNameBytes:
		return fmt.Sprintf("has %d bytes: use at most %d", len(name), maxNameBytes)
	case strings.ContainsFunc(name, notInName):
		return fmt.Sprintf("%q has characters other than letters, digits, '.', '_' and '-'", name)
	default:
		return ""
	}
}

const nameCharacters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-"

func notInName(r rune) bool { return !strings.ContainsRune(nameCharacters, r) }

func (v *validator) numbers() {
	p := v.policy
	if p.MaxTokensPerRequest != nil && *p.MaxTokensPerRequest < 0 {
		v.fault(CheckTokens, fmt.Sprintf("%d is negative: write 0 to allow none", *p.MaxTokensPerRequest))
	}
	if p.MaxToolCallsPerRequest != nil && *p.MaxToolCallsPerRequest < 0 {
		v.fault(CheckCalls, fmt.Sprintf("%d is negative: write 0 to allow none", *p.MaxToolCallsPerRequest))
	}
	for field, n := range map[string]*int64{CheckMaxDepth: p.MaxDepth, CheckFanOut: p.MaxFanOut} {
		if n != nil && *n < 0 {
			v.fault(field, fmt.Sprintf("%d is negative: write 0 to allow none", *n))
		}
	}
	if n := p.MaxResultTokens; n != nil && *n < MinResultTokens {
		v.fault(CheckResult, fmt.Sprintf("%d is less than %d: an answer needs room for a marker", *n, MinResultTokens))
	}
	if t := p.ConfidenceThreshold; t != nil && (math.IsNaN(*t) || *t < 0 || *t > 1) {
		v.fault(CheckConfidence, fmt.Sprintf("%v is outside 0 to 1", *t))
	}
	if p.Timeout != nil && *p.Timeout <= 0 {
		v.fault("timeout", fmt.Sprintf("%v is not positive: a handler needs time; to forbid calls, empty the allowlists", *p.Timeout))
	}
}

func (v *validator) patterns() {
	seen := make(map[string]int)
	named := v.policy.namedPatterns()
	for i, p := range named {
		field := fmt.Sprintf("%s[%d]", CheckPatterns, i)
		if v.policy.BlockedPatterns[i].Name != "" {
			if problem := nameProblem(p.Name); problem != "" {
				v.fault(field+".name", problem)
			}
		}
		if first, twice := seen[p.Name]; twice {
			v.fault(field+".name", fmt.Sprintf("%q is already the name of %s[%d]", p.Name, CheckPatterns, first))
		} else {
			seen[p.Name] = i
		}
		v.terms(field, &p)
	}
	_, err := match.Compile(numbered(named))
	v.patternFaults(err)
}

// patternFaults places what the pattern compiler found.
func (v *validator) patternFaults(err error) {
	for _, e := range unjoin(err) {
		var bad *match.PatternError
		if !errors.As(e, &bad) || bad.Index < 0 {
			v.fault(CheckPatterns, e.Error())
			continue
		}
		field := ".pattern"
		if t := v.policy.BlockedPatterns[bad.Index].Type; t == match.TypeInvalid || t > match.Glob {
			field = ".type"
		}
		v.fault(fmt.Sprintf("%s[%d]%s", CheckPatterns, bad.Index, field), bad.Problem)
	}
}

// unjoin returns the errors that were joined into one, or the one.
func unjoin(err error) []error {
	var joined interface{ Unwrap() []error }
	switch {
	case err == nil:
		return nil
	case errors.As(err, &joined):
		return joined.Unwrap()
	default:
		return []error{err}
	}
}

// namedPatterns returns the policy's patterns, each with a name: one that has none is called by its place.
func (p *Policy) namedPatterns() []match.Pattern {
	named := make([]match.Pattern, len(p.BlockedPatterns))
	for i, pattern := range p.BlockedPatterns {
		if pattern.Name == "" {
			pattern.Name = fmt.Sprintf("%s[%d]", CheckPatterns, i)
		}
		named[i] = pattern
	}
	return named
}

// numbered returns the patterns under names that are unique across policies.
func numbered(patterns []match.Pattern) []match.Pattern {
	unique := make([]match.Pattern, len(patterns))
	for i, p := range patterns {
		p.Name = strconv.Itoa(i)
		unique[i] = p
	}
	return unique
}

func (v *validator) names(field string, names []string) {
	for i, name := range names {
		if problem := entryProblem(name); problem != "" {
			v.fault(fmt.Sprintf("%s[%d]", field, i), problem)
		}
	}
}

// entryProblem says what is wrong with an entry of an allowlist, or returns nothing.
func entryProblem(name string) string {
	switch {
	case name == "":
		return `empty: write a name, or "*" for everything`
	case !utf8.ValidString(name):
		return "not valid UTF-8"
	case strings.TrimFunc(name, unicode.IsSpace) != name:
		return fmt.Sprintf("%q begins or ends with white space, which no name does", name)
	}
	if _, err := match.CompileGlob(name, true); err != nil {
		return fmt.Sprintf("%q: %v", name, err)
	}
	return ""
}
