package governance

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"

	"github.com/mcp-kernel/mcp-kernel/governance/detect"
	"github.com/mcp-kernel/mcp-kernel/governance/match"
)

// The field of a policy that is read here, and the word for what is recommended.
const (
	fieldDetect = "detect"
	recommended = "default"
)

// DetectAll stands in a DetectRule for every detector.
const DetectAll = "all"

// maxDetectRules bounds the rules of one policy.
const maxDetectRules = 256

// A DetectRule says what is to be done about what detectors find. Of several rules of a policy about one class and source
// the last holds; what no rule is about is not looked for.
type DetectRule struct {
	What        string          // DetectAll, a detector ("secrets", "pii", "injection", "terminal", "definition") or a class ("email")
	Recommended bool            // do what detect.DefaultSettings says; Action and Threshold say nothing then
	Action      detect.Action   // what to do; a text of arguments is not redacted but refused, for nobody changes what an agent asks for
	Threshold   float64         // least confidence for the action, 0 to 1; what is less sure is only recorded
	On          []detect.Source // where; empty is everywhere
}

// clone returns a rule that shares nothing with this one.
func (r DetectRule) clone() DetectRule {
	r.On = slices.Clone(r.On)
	return r
}

func cloneDetection(rules []DetectRule) []DetectRule {
	rules = slices.Clone(rules)
	for i := range rules {
		rules[i] = rules[i].clone()
	}
	return rules
}

// DetectNames are what a DetectRule can be about: DetectAll, the detectors, the classes.
func DetectNames() []string {
	names := []string{DetectAll}
	for _, c := range detect.Classes() {
		if c.Check != "" && !slices.Contains(names, c.Check) {
			names = append(names, c.Check)
		}
	}
	for _, c := range detect.Classes() {
		if c.Check != "" {
			names = append(names, c.Name)
		}
	}
	return names
}

// detection reports what is wrong with the rules for detectors.
func (v *validator) detection() {
	rules := v.policy.Detect
	if len(rules) > maxDetectRules {
		v.fault(fieldDetect, fmt.Sprintf("%d rules: at most %d are read", len(rules), maxDetectRules))
	}
	for i := range rules {
		r := &rules[i]
		field := fieldDetect + "." + r.What
		if len(r.classes()) == 0 {
			v.fault(field, fmt.Sprintf("unknown detector or class %q: there are %s", clip(r.What), strings.Join(DetectNames(), ", ")))
		}
		if !r.Recommended && r.Action > detect.Block {
			v.fault(field+".action", "unknown: write off, log, redact, ask, block or default")
		}
		if math.IsNaN(r.Threshold) || r.Threshold < 0 || r.Threshold > 1 {
			v.fault(field+".threshold", fmt.Sprintf("%v is outside 0 to 1", r.Threshold))
		}
		for _, source := range r.On {
			if source > detect.Prompts {
				v.fault(field+".on", "unknown: write results, arguments, definitions or prompts")
			}
		}
	}
}

// classes returns the classes that the rule is about.
func (r *DetectRule) classes() []detect.Class {
	return slices.DeleteFunc(detect.Classes(), func(c detect.Class) bool {
		return c.Check == "" || r.What != DetectAll && r.What != c.Check && r.What != c.Name
	})
}

// settings returns what the rule says of one class.
func (r *DetectRule) settings(class string) []detect.Setting {
	if !r.Recommended {
		return []detect.Setting{{Class: class, Action: r.Action, Threshold: r.Threshold, On: r.On}}
	}
	var all []detect.Setting
	for _, s := range detect.DefaultSettings().Classes {
		if s.Class != class {
			continue
		}
		switch {
		case len(r.On) == 0:
		case len(s.On) == 0:
			s.On = r.On
		default:
			if s.On = slices.DeleteFunc(slices.Clone(s.On), func(on detect.Source) bool { return !slices.Contains(r.On, on) }); len(s.On) == 0 {
				continue
			}
		}
		all = append(all, s)
	}
	return all
}

// A detection is what the policies of a snapshot want found, and done about it.
type detection struct {
	engine   *detect.Engine
	policies []detecting
}

// detecting is what one policy wants.
type detecting struct {
	policy   string
	settings detect.Settings
}

// An engines makes each combination of detectors once: its tables are large.
type engines struct {
	mu   sync.Mutex
	made map[detect.Detectors]*detect.Engine
}

func (e *engines) of(detectors detect.Detectors) (*detect.Engine, error) {
	if e == nil {
		return detect.New(detect.Options{Detectors: detectors})
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if engine := e.made[detectors]; engine != nil {
		return engine, nil
	}
	engine, err := detect.New(detect.Options{Detectors: detectors})
	if err == nil {
		if e.made == nil {
			e.made = map[detect.Detectors]*detect.Engine{}
		}
		e.made[detectors] = engine
	}
	return engine, err
}

// compileDetection makes what is wanted of detectors ready.
func (s *Snapshot) compileDetection(made *engines, policies []Policy) error {
	var d detection
	var wanted detect.Detectors
	for i := range policies {
		p := &policies[i]
		settings, detectors := settingsOf(p.Detect)
		for _, r := range p.Detect {
			s.effective.Detect = append(s.effective.Detect, r.effective(p.Name))
		}
		if detectors == 0 {
			continue
		}
		wanted |= detectors
		d.policies = append(d.policies, detecting{p.Name, settings})
	}
	if wanted == 0 {
		return nil
	}
	engine, err := made.of(wanted)
	if err != nil {
		return fmt.Errorf("%s of %s together: %w", fieldDetect, strings.Join(s.effective.Policies, ", "), err)
	}
	d.engine, s.detection = engine, &d
	return nil
}

// settingsOf returns what rules say of every class, and the detectors that are needed for it.
func settingsOf(rules []DetectRule) (detect.Settings, detect.Detectors) {
	var s detect.Settings
	var needed []string
	for _, c := range detect.Classes() {
		if c.Check != "" {
			s.Classes = append(s.Classes, detect.Setting{Class: c.Name})
		}
	}
	for i := range rules {
		for _, c := range rules[i].classes() {
			for _, setting := range rules[i].settings(c.Name) {
				s.Classes = append(s.Classes, setting)
				if setting.Action > detect.Off {
					needed = append(needed, c.Check)
				}
			}
		}
	}
	detectors, err := detect.ParseDetectors(needed...)
	if err != nil {
		return s, detect.All
	}
	return s, detectors
}

// effective is the rule as a snapshot shows it.
func (r *DetectRule) effective(policy string) EffectiveDetect {
	e := EffectiveDetect{What: r.What, Action: r.Action.String(), Threshold: r.Threshold, On: slices.Clone(r.On), Policy: policy}
	if r.Recommended {
		e.Action, e.Threshold = recommended, 0
	}
	return e
}

// action returns the strictest that a policy wants done about a finding, and that policy.
func (d *detection) action(f *match.Finding, on detect.Source) (detect.Action, string) {
	strictest, policy := detect.Off, ""
	for i := range d.policies {
		if a := d.policies[i].settings.Action(*f, on); a > strictest {
			strictest, policy = a, d.policies[i].policy
		}
	}
	return strictest, policy
}

// detected looks for what detectors find in the arguments, and in the URI of a resource.
func (*Gate) detected(_ context.Context, w *walk) *Decision {
	d := w.snapshot.detection
	if d == nil {
		return nil
	}
	var few [8]match.Finding
	found := few[:0]
	var err error
	if w.call.Kind == KindResource {
		if found, err = d.engine.Text(found, w.call.Name, detect.Context{Source: detect.Arguments}); err != nil {
			return unjudged("the URI", err)
		}
	}
	for _, doc := range []json.RawMessage{w.call.arguments(), w.call.Answers} {
		if len(doc) == 0 {
			continue
		}
		if found, err = d.engine.Document(found, doc, detect.Context{Source: detect.Arguments}); err != nil {
			return unjudged("the arguments", err)
		}
	}
	return d.objection(w, found)
}

// objection returns what the strictest of the findings asks for, and hands to the walk all that are to be recorded.
func (d *detection) objection(w *walk, found []match.Finding) *Decision {
	var first *match.Finding
	strictest, by := detect.Log, ""
	for i := range found {
		action, policy := d.action(&found[i], detect.Arguments)
		if action == detect.Off {
			continue
		}
		w.found = append(w.found, found[i])
		if action > strictest {
			first, strictest, by = &found[i], action, policy
		}
	}
	if first == nil {
		return nil
	}
	o := &Decision{Check: first.Check, Rule: first.Class, Policy: by, Pointer: first.Pointer}
	o.Reason = fmt.Sprintf("%s was found in the arguments, which policy %q does not let pass", first.Class, by)
	if strictest == detect.Ask {
		o.Effect = Ask
		o.Reason = fmt.Sprintf("%s was found in the arguments, of which policy %q asks a human first", first.Class, by)
	}
	return o
}

// Definition looks for poison in what a server says of a tool, prompt or resource, as tools/list shows it. It returns what
// was found that a policy wants done something about, and the strictest of that. An error means that it cannot be judged.
func (s *Snapshot) Definition(doc json.RawMessage) (found []match.Finding, action detect.Action, policy string, err error) {
	if s == nil || s.detection == nil {
		return nil, detect.Off, "", nil
	}
	all, err := s.detection.engine.Document(nil, doc, detect.Context{Source: detect.Definitions})
	if err != nil {
		return nil, detect.Block, "", fmt.Errorf("the definition cannot be judged: %w", err)
	}
	for i := range all {
		a, by := s.detection.action(&all[i], detect.Definitions)
		if a == detect.Off {
			continue
		}
		found = append(found, all[i])
		if a > action {
			action, policy = a, by
		}
	}
	return found, action, policy, nil
}
