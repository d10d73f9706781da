package governance

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/mcp-kernel/mcp-kernel/governance/match"
	"github.com/mcp-kernel/mcp-kernel/governance/rules"
)

// A Snapshot is what several policies compose to: for every field the strictest, with the policy that gave it. It is
// immutable and safe for concurrent use. The zero value and the nil pointer allow nothing.
type Snapshot struct {
	effective Effective   // with the patterns' texts
	patterns  *patternSet // that count in calls
	results   *patternSet // that count in what comes of them
	tools     *allowlist
	resources *allowlist
	prompts   *allowlist
	digest    string

	rates     []rate        // over windows
	bounds    []rate        // on concurrency
	labels    []labeler     // what calls add
	approvals []approver    // what people must agree to
	rules     *rules.Engine // nil when there are none, or none yet
	purposes  []purposed    // what calls must not be for
	detection *detection    // nil when nothing is looked for
	unbound   bool          // there are rules, and no schema that they were validated against
	has       needs         // which steps of a decision there is work for
}

// needs is a set of steps of a decision that only some snapshots have work for.
type needs uint8

const (
	needsLabels needs = 1 << iota
	needsRules
	needsDepth
	needsFanOut
	needsBounds
	needsApproval
	needsDetection
	needsIntent
)

// Compile validates the policies and composes them: minima of limits and timeout, never above the ceiling; the maximum
// of the confidence thresholds; all blocked patterns; the names that every policy's list allows. The mode is enforce
// unless every policy says audit. Without policies the snapshot allows nothing. All faults of all policies are returned
// at once, joined, each a *PolicyError. The policies are not kept and may be changed afterwards.
//
// Rules are not bound to anything here, so that a snapshot with rules denies: Set.Bind compiles those that judge.
func Compile(ceiling Ceiling, policies ...Policy) (*Snapshot, error) {
	return compile(nil, nil, nil, ceiling, policies...)
}

// compile is Compile with what the rules are about, a schema and the labels that the loaded policies add, and with the
// engines of detectors that there are already.
func compile(schema *rules.Schema, labels []string, made *engines, ceiling Ceiling, policies ...Policy) (*Snapshot, error) {
	if err := Validate(policies...); err != nil {
		return nil, err
	}
	sorted := slices.Clone(policies)
	slices.SortFunc(sorted, func(a, b Policy) int { return strings.Compare(a.Name, b.Name) })
	s := &Snapshot{effective: compose(ceiling.withDefaults(), sorted)}
	s.tools = newAllowlist(nameLists(s.effective.AllowedTools))
	s.resources = newAllowlist(nameLists(s.effective.AllowedResources))
	s.prompts = newAllowlist(nameLists(s.effective.AllowedPrompts))
	if err := s.compilePatterns(); err != nil {
		return nil, err
	}
	if err := errors.Join(s.compileLimits(sorted), s.compileLabels(sorted), s.compileRules(schema, labels, sorted), s.compileDetection(made, sorted),
		s.compileIntent(sorted)); err != nil {
		return nil, err
	}
	s.compileApprovals(sorted)
	s.has = s.needed()
	s.digest = s.sum(sorted)
	return s, nil
}

// needed returns the steps that there is work for.
func (s *Snapshot) needed() needs {
	var n needs
	add := func(when bool, step needs) {
		if when {
			n |= step
		}
	}
	add(s.rules != nil || s.unbound, needsRules)
	add(len(s.labels) > 0 || s.rules.UsesLabels(), needsLabels)
	add(s.effective.MaxDepth.Policy != "", needsDepth)
	add(s.effective.MaxFanOut.Policy != "", needsFanOut)
	add(len(s.bounds) > 0, needsBounds)
	add(len(s.approvals) > 0, needsApproval)
	add(s.detection != nil, needsDetection)
	add(len(s.purposes) > 0, needsIntent)
	return n
}

func nameLists(lists []From[[]string]) []nameList {
	compiled := make([]nameList, len(lists))
	for i, l := range lists {
		compiled[i] = newNameList(l.Policy, l.Value)
	}
	return compiled
}

// compilePatterns makes one set of the patterns of all policies that count in calls, and one of those that do in results.
func (s *Snapshot) compilePatterns() error {
	var faults [2]error
	s.patterns, faults[0] = newPatternSet(s.effective.BlockedPatterns, match.Arguments|match.Names)
	s.results, faults[1] = newPatternSet(s.effective.BlockedPatterns, match.Results)
	if err := cmp.Or(faults[0], faults[1]); err != nil {
		return fmt.Errorf("%s of %s together: %w", CheckPatterns, strings.Join(s.effective.Policies, ", "), err)
	}
	return nil
}

// Names returns the names of the policies, sorted. The caller owns the slice.
func (s *Snapshot) Names() []string {
	if s == nil {
		return nil
	}
	return slices.Clone(s.effective.Policies)
}

// Digest returns "sha256:" and the hexadecimal digest of what the snapshot means. It is equal for policies that mean the
// same: it does not know their names, descriptions, files, or the order in which something was written.
func (s *Snapshot) Digest() string {
	if s == nil {
		return ""
	}
	return s.digest
}

// MaxResultTokens is how many tokens one answer may have, and whether any policy says so.
func (s *Snapshot) MaxResultTokens() (int64, bool) {
	if s == nil || s.effective.MaxResultTokens.Policy == "" {
		return 0, false
	}
	return s.effective.MaxResultTokens.Value, true
}

// Allowed reports whether the lists allow a name, and names the policy whose list said so: the first that refuses, or
// the first of all when none does; it is empty when there is no policy. Completion and subscription name what they refer
// to as in "resource:URI", "prompt:NAME" and "tool:NAME"; any other form is refused. A task is judged by its tool.
func (s *Snapshot) Allowed(kind Kind, name string) (policy string, ok bool) {
	r, _ := s.rule(kind, name)
	return r.policy, r.ok
}

// rule returns the ruling on a name and the check that made it.
func (s *Snapshot) rule(kind Kind, name string) (ruling, string) {
	if s == nil {
		return ruling{}, checkOf(kind)
	}
	switch kind {
	case KindTool, KindTask:
		return s.tools.rule(name), CheckTools
	case KindResource:
		return s.resources.rule(name), CheckResources
	case KindPrompt:
		return s.prompts.rule(name), CheckPrompts
	case KindCompletion, KindSubscription:
		kind, name = refersTo(name)
		if kind != KindInvalid {
			return s.rule(kind, name)
		}
	default:
	}
	return ruling{}, CheckKind
}

// checkOf names the list that judges a kind.
func checkOf(kind Kind) string {
	_, check := new(Snapshot).rule(kind, "")
	return check
}

// refersTo reads what a completion or subscription names. KindInvalid is an unknown form.
func refersTo(reference string) (Kind, string) {
	form, name, _ := strings.Cut(reference, ":")
	switch form {
	case "tool":
		return KindTool, name
	case "resource":
		return KindResource, name
	case "prompt":
		return KindPrompt, name
	default:
		return KindInvalid, ""
	}
}
