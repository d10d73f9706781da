package intent

import (
	"errors"
	"fmt"
)

// The errors of this package.
var (
	ErrArguments       = errors.New("the arguments are not JSON")
	ErrUnknownCategory = errors.New("unknown category")
)

// DefaultThreshold is the confidence from which on Settings act, unless they say otherwise.
const DefaultThreshold = 0.8

// An Action is what is to be done about a call. The zero value denies. They are in the order of their strictness, the
// strictest first.
type Action uint8

// The actions.
const (
	Deny  Action = iota // it is not made
	Ask                 // a human decides
	Allow               // nothing speaks against it here
)

// String returns "deny", "ask" or "allow".
func (a Action) String() string {
	switch a {
	case Deny:
		return "deny"
	case Ask:
		return "ask"
	case Allow:
		return "allow"
	default:
		return "invalid"
	}
}

// MarshalText implements encoding.TextMarshaler; the text is what String returns.
func (a Action) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler; an unknown name is an error.
func (a *Action) UnmarshalText(text []byte) error {
	for action := Deny; action <= Allow; action++ {
		if action.String() == string(text) {
			*a = action
			return nil
		}
	}
	return fmt.Errorf("unknown action %.40q: want deny, ask or allow", text)
}

// Settings say which intents are not allowed, as an operator writes them:
//
//	intent: {deny: [destructive_data, data_exfiltration], ask: [code_execution], threshold: 0.8}
//
// The zero value has no say: everything is allowed.
type Settings struct {
	Deny []string `json:"deny,omitempty" yaml:"deny,omitempty"` // names of categories whose calls are not made
	Ask  []string `json:"ask,omitempty" yaml:"ask,omitempty"`   // names of categories whose calls a human decides on
	// Threshold is the least confidence, above 0 and up to 1, that a verdict must have to count; 0 is DefaultThreshold.
	Threshold float64 `json:"threshold,omitempty" yaml:"threshold,omitempty"`
	// Unread is for calls that would run a text too long to be read to its end: "deny", "ask" or "allow". Empty is deny
	// where anything is denied, and else ask.
	Unread string `json:"unread,omitempty" yaml:"unread,omitempty"`
}

// A Judgement is Settings that were found valid. It is immutable and safe for concurrent use. The zero value denies
// everything.
type Judgement struct {
	valid     bool
	silent    bool // there is nothing to be judged
	actions   [classes + 1]Action
	unread    Action
	threshold float64
}

// Validate returns all faults of the settings at once: unknown names, names that are there twice, a threshold beyond 0
// to 1, an unknown action.
func (s Settings) Validate() error {
	_, err := s.Compile()
	return err
}

// Compile makes a Judgement of the settings. The error joins all faults of them, as Validate returns it.
func (s Settings) Compile() (Judgement, error) {
	j := Judgement{valid: true, threshold: s.Threshold, silent: len(s.Deny)+len(s.Ask) == 0, unread: Ask}
	if s.Threshold == 0 {
		j.threshold = DefaultThreshold
	}
	for i := range j.actions {
		j.actions[i] = Allow
	}
	j.actions[Unclassified] = Deny
	if len(s.Deny) > 0 {
		j.unread = Deny
	}
	faults := append(j.set("deny", s.Deny, Deny), j.set("ask", s.Ask, Ask)...)
	if !(s.Threshold >= 0 && s.Threshold <= 1) {
		faults = append(faults, fmt.Errorf("threshold %v is not from 0 to 1", s.Threshold))
	}
	if s.Unread != "" {
		if err := j.unread.UnmarshalText([]byte(s.Unread)); err != nil {
			faults = append(faults, fmt.Errorf("unread: %w", err))
		}
	}
	if err := errors.Join(faults...); err != nil {
		return Judgement{}, err
	}
	return j, nil
}

// set notes the action for the categories that a list names, and returns the faults of the list.
func (j *Judgement) set(list string, names []string, action Action) (faults []error) {
	for i, name := range names {
		c, err := ParseCategory(name)
		switch {
		case err != nil:
			faults = append(faults, fmt.Errorf("%s[%d]: %w", list, i, err))
		case j.actions[c] != Allow:
			faults = append(faults, fmt.Errorf("%s[%d]: %s is listed already, to %v", list, i, name, j.actions[c]))
		default:
			j.actions[c] = action
		}
	}
	return faults
}

// Judge returns what is to be done about a call, and the category that it is done for, Unclassified where none is. Of
// several categories that are as likely as the threshold demands, and of which evidence was found, the strictest action
// counts: a command that reads and then destroys does destroy.
func (j *Judgement) Judge(v Verdict) (Action, Category) {
	switch {
	case !j.valid:
		return Deny, v.Category
	case j.silent:
		return Allow, Unclassified
	case v.Category == Unclassified || v.Category > Benign:
		return Deny, Unclassified
	}
	action, category := Allow, Unclassified
	if v.Confidence >= j.threshold && j.actions[v.Category] != Allow {
		action, category = j.actions[v.Category], v.Category
	}
	for i := range v.Evidence {
		if e := &v.Evidence[i]; e.Confidence >= j.threshold {
			if c, err := ParseCategory(e.Class); err == nil && j.actions[c] < action {
				action, category = j.actions[c], c
			}
		}
	}
	if v.Unread && j.unread < action {
		return j.unread, Unclassified
	}
	return action, category
}
