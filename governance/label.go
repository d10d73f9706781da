package governance

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Bounds of data labels.
const (
	MaxLabels     = 16 // different labels that the policies of one snapshot add; the journal's entries have room for as many
	maxLabelBytes = 64
	maxLabelRules = 64 // of one policy
)

// hintNames are the hints that a LabelRule can ask for.
const hintNames = "read_only destructive idempotent open_world"

// A LabelRule says what an execution has touched once a call was let run: its labels stay with the execution. A call must
// fit the list of its kind, if the rule has any lists, and every hint; hints are of tools alone.
type LabelRule struct {
	Add       []string        // as in "untrusted:web"
	Tools     []string        // exact names or globs
	Resources []string        // exact URIs or globs
	Prompts   []string        // exact names or globs
	Hints     map[string]bool // read_only, destructive, idempotent, open_world, and whether it holds
	Found     []string        // detectors or classes of findings: the rule then says what was touched once an answer holds one
}

// clone returns a rule that shares nothing with this one.
func (r LabelRule) clone() LabelRule {
	r.Add, r.Tools, r.Resources = slices.Clone(r.Add), slices.Clone(r.Tools), slices.Clone(r.Resources)
	r.Prompts, r.Hints, r.Found = slices.Clone(r.Prompts), maps.Clone(r.Hints), slices.Clone(r.Found)
	return r
}

// LabelProblem says what is wrong with a label, or returns nothing. A label is a kind and a name with a colon between, in
// lower case: it goes into rules, entries and messages as it is.
func LabelProblem(label string) string {
	kind, name, ok := strings.Cut(label, ":")
	switch {
	case len(label) > maxLabelBytes:
		return fmt.Sprintf("has %d bytes: use at most %d", len(label), maxLabelBytes)
	case !ok || kind == "" || name == "":
		return fmt.Sprintf(`%q is not kind:name, as in "untrusted:web"`, clip(label))
	case strings.ContainsFunc(label, func(r rune) bool { return !strings.ContainsRune("abcdefghijklmnopqrstuvwxyz0123456789._-/:", r) }):
		return fmt.Sprintf("%q has characters other than small letters, digits, '.', '_', '-', '/' and ':'", clip(label))
	default:
		return ""
	}
}

// labels reports what is wrong with the rules for labels.
func (v *validator) labels() {
	if len(v.policy.Labels) > maxLabelRules {
		v.fault(CheckLabels, fmt.Sprintf("%d rules: at most %d are read", len(v.policy.Labels), maxLabelRules))
	}
	for i := range v.policy.Labels {
		v.labelRule(fmt.Sprintf("%s[%d]", CheckLabels, i), &v.policy.Labels[i])
	}
}

func (v *validator) labelRule(field string, r *LabelRule) {
	v.names(field+".tools", r.Tools)
	v.names(field+".resources", r.Resources)
	v.names(field+".prompts", r.Prompts)
	for i, label := range r.Add {
		if problem := LabelProblem(label); problem != "" {
			v.fault(fmt.Sprintf("%s.add[%d]", field, i), problem)
		}
	}
	for _, hint := range slices.Sorted(maps.Keys(r.Hints)) {
		if _, ok := indexOf(hintNames, hint); !ok {
			v.fault(field+".hints", fmt.Sprintf("unknown hint %q: there are %s", clip(hint), strings.ReplaceAll(hintNames, " ", ", ")))
		}
	}
	for i, name := range r.Found {
		if !slices.Contains(DetectNames(), name) {
			v.fault(fmt.Sprintf("%s.found[%d]", field, i), fmt.Sprintf("unknown detector or class %q: there are %s", clip(name), strings.Join(DetectNames(), ", ")))
		}
	}
	lists := len(r.Tools) + len(r.Resources) + len(r.Prompts)
	switch {
	case len(r.Add) == 0:
		v.fault(field, `adds nothing: write add, as in "add: [untrusted:web]"`)
	case lists+len(r.Hints)+len(r.Found) == 0:
		v.fault(field, "says for no call: write tools, resources, prompts, hints or found")
	case len(r.Tools) == 0 && lists > 0 && len(r.Hints) > 0:
		v.fault(field, "hints are of tools: write tools too, or another rule")
	}
}

// A labeler is a compiled LabelRule.
type labeler struct {
	LabelRule

	lists map[Kind]*nameList
}

func newLabeler(policy string, r LabelRule) labeler {
	l := labeler{LabelRule: r, lists: map[Kind]*nameList{}}
	for kind, names := range map[Kind][]string{KindTool: r.Tools, KindResource: r.Resources, KindPrompt: r.Prompts} {
		if len(names) > 0 {
			list := newNameList(policy, names)
			l.lists[kind] = &list
		}
	}
	return l
}

// applies reports whether the rule is about a call.
func (l *labeler) applies(c *Call) bool {
	if len(l.lists) > 0 {
		list := l.lists[c.Kind]
		if list == nil || !list.allows(c.Name) {
			return false
		}
	}
	if len(l.Hints) > 0 && c.Kind != KindTool {
		return false
	}
	for hint, holds := range l.Hints {
		if c.Hints.is(hint) != holds {
			return false
		}
	}
	return true
}

// is reports whether the hint of a name holds, in the words of the protocol.
func (h Hints) is(name string) bool {
	switch name {
	case "read_only":
		return h.ReadOnly
	case "destructive":
		return !h.ReadOnly && !h.NonDestructive
	case "idempotent":
		return h.Idempotent
	case "open_world":
		return !h.ClosedWorld
	default:
		return false
	}
}

// compileLabels compiles the rules for labels of all policies.
func (s *Snapshot) compileLabels(policies []Policy) error {
	all := map[string]bool{}
	for i := range policies {
		for _, r := range policies[i].Labels {
			s.labels = append(s.labels, newLabeler(policies[i].Name, r))
			s.effective.Labels = append(s.effective.Labels, EffectiveLabel{
				Add: r.Add, Tools: r.Tools, Resources: r.Resources, Prompts: r.Prompts, Hints: r.Hints, Found: r.Found, Policy: policies[i].Name,
			})
			for _, label := range r.Add {
				all[label] = true
			}
		}
	}
	if len(all) > MaxLabels {
		return fmt.Errorf("%s of %s together: %d different labels, at most %d are carried", CheckLabels,
			strings.Join(s.effective.Policies, ", "), len(all), MaxLabels)
	}
	return nil
}

// adds returns the labels that a call adds, sorted.
func (s *Snapshot) adds(c *Call) []string {
	var added []string
	for i := range s.labels {
		if len(s.labels[i].Found) == 0 && s.labels[i].applies(c) {
			added = append(added, s.labels[i].Add...)
		}
	}
	slices.Sort(added)
	return slices.Compact(added)
}

// A LabelStore remembers what executions have touched. It only ever adds. *Labels is one.
type LabelStore interface {
	// Of returns the labels of a caller and of an execution of its, which may be none, sorted.
	Of(ctx context.Context, c Caller, execution string) ([]string, error)
	// Add adds labels to both, and returns what both have then, sorted.
	Add(ctx context.Context, c Caller, execution Execution, labels ...string) ([]string, error)
}

// labelled reads what the execution has touched.
func (g *Gate) labelled(ctx context.Context, w *walk) *Decision {
	w.labels = w.call.Labels
	if g.options.Labels == nil {
		return &Decision{Reason: "what the execution has touched cannot be known", Fault: errNoLabels}
	}
	known, err := g.options.Labels.Of(ctx, w.call.Caller, w.call.Execution)
	if err != nil {
		return &Decision{Reason: "what the execution has touched cannot be known", Fault: err}
	}
	w.labels = merged(w.labels, known)
	return nil
}

var errNoLabels = errors.New("gate: no Labels to keep labels in")

// touch notes, before a call runs, what its execution will have touched. A call of which that cannot be noted does not run.
func (g *Gate) touch(ctx context.Context, w *walk) *Decision {
	added := w.snapshot.adds(w.call)
	if len(added) == 0 {
		return nil
	}
	known, err := g.options.Labels.Add(ctx, w.call.Caller, w.execution, added...)
	if err != nil {
		return &Decision{Stage: StagePatterns, Check: CheckLabels, Event: PolicyViolation, Reason: "what the execution touches cannot be remembered", Fault: err}
	}
	w.labels = merged(w.labels, known)
	return nil
}

// Touch adds labels to what a caller has touched, and to the execution that the call names: for detectors, whose findings
// say of an answer what it is. It returns what both have then; an error means that the answer must not leave.
func (g *Gate) Touch(ctx context.Context, c *Call, labels ...string) ([]string, error) {
	if g.options.Labels == nil {
		return nil, errNoLabels
	}
	for _, label := range labels {
		if problem := LabelProblem(label); problem != "" {
			return nil, fmt.Errorf("label %s", problem)
		}
	}
	execution := Execution{Handle: c.Execution}
	if c.Execution != "" && g.options.Executions != nil {
		if e, err := g.options.Executions.Lookup(ctx, c.Caller, c.Execution); err == nil {
			execution = e
			execution.Handle = c.Execution
		}
	}
	return g.options.Labels.Add(ctx, c.Caller, execution, labels...)
}

// merged returns the labels of two lists, sorted, each once.
func merged(a, b []string) []string {
	switch {
	case len(a) == 0:
		return b
	case len(b) == 0:
		return a
	}
	all := slices.Concat(a, b)
	slices.Sort(all)
	return slices.Compact(all)
}
