package match

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Type says how a pattern's text is read. The zero value is invalid, so that a forgotten type is an error.
type Type uint8

// The pattern types.
const (
	TypeInvalid Type = iota
	Substring        // the text occurs anywhere in a value
	Regex            // RE2 syntax, searched anywhere in a value, in linear time; the dot takes line breaks too
	Glob             // * and ? (and [a-z]) against a whole value, as CompileGlob says
)

// String returns "substring", "regex" or "glob".
func (t Type) String() string {
	switch t {
	case Substring:
		return "substring"
	case Regex:
		return "regex"
	case Glob:
		return "glob"
	default:
		return "invalid"
	}
}

// MarshalText implements encoding.TextMarshaler; the text is what String returns.
func (t Type) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler; an unknown name is an error.
func (t *Type) UnmarshalText(text []byte) error {
	switch string(text) {
	case "substring":
		*t = Substring
	case "regex":
		*t = Regex
	case "glob":
		*t = Glob
	default:
		return fmt.Errorf("unknown pattern type %q: want substring, regex or glob", text)
	}
	return nil
}

// A Pattern is one thing that must not occur, or must not go unnoticed. Letter case is ignored unless CaseSensitive is set.
// A Set looks for its text everywhere; where it counts, for whom, and what is to happen is for whoever asks the Set.
type Pattern struct {
	Name          string `json:"name"` // shown when it hits; the text never is
	Type          Type   `json:"type"`
	Text          string `json:"-"`
	CaseSensitive bool   `json:"case_sensitive,omitempty"`

	At       []string    `json:"at,omitempty"`       // globs of JSON pointers; a value counts that one of them takes, or that lies in such a one; none is everywhere
	On       On          `json:"on,omitempty"`       // in what it counts; 0 is in arguments and names
	Action   Action      `json:"action,omitempty"`   // what is to happen
	Except   []Exception `json:"except,omitempty"`   // for whom it does not count
	Severity *Severity   `json:"severity,omitempty"` // how bad it is; nil is high
}

// An Exception lets pass what a pattern would stop, for a reason, for some, and for some time.
type Exception struct {
	Reason     string    `json:"reason"`
	Tools      []string  `json:"tools,omitempty"`      // globs of the names of what is called; none is whatever is called
	Principals []string  `json:"principals,omitempty"` // globs of principals; none is whoever calls
	Until      time.Time `json:"until"`                // from when on it holds no more
}

// Grade returns the severity, High where none is set.
func (p *Pattern) Grade() Severity {
	if p.Severity == nil {
		return High
	}
	return *p.Severity
}

// On is a set of what a pattern counts in. The zero value stands for Arguments and Names.
type On uint8

// What a pattern can count in.
const (
	Arguments On = 1 << iota // what a caller hands over: values and the names of members
	Results                  // what comes back
	Names                    // the name of a tool or prompt, the URI of a resource
)

const onNames = "arguments results names"

// Or returns the set itself, and the default for none.
func (o On) Or() On {
	if o == 0 {
		return Arguments | Names
	}
	return o
}

// String returns the words of the set with commas between, as in "arguments,names".
func (o On) String() string {
	var words []string
	for i, word := range strings.Fields(onNames) {
		if o&(1<<i) != 0 {
			words = append(words, word)
		}
	}
	return strings.Join(words, ",")
}

// MarshalText implements encoding.TextMarshaler; the text is what String returns.
func (o On) MarshalText() ([]byte, error) { return []byte(o.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler; an unknown word is an error.
func (o *On) UnmarshalText(text []byte) error {
	var set On
	for word := range strings.SplitSeq(string(text), ",") {
		i := slices.Index(strings.Fields(onNames), word)
		if i < 0 {
			return fmt.Errorf("unknown word %q: want arguments, results or names", word)
		}
		set |= 1 << i
	}
	*o = set
	return nil
}

// An Action is what is to happen where a pattern hits. The zero value blocks.
type Action uint8

// The actions, the strictest first.
const (
	Blocks  Action = iota // what holds it does not go on
	Redacts               // it goes on without what was hit; arguments, which nobody may change, do not go on
	Asks                  // it goes on when a human agrees
	Logs                  // it goes on, and what was found is recorded
)

// String returns "block", "redact", "ask" or "log".
func (a Action) String() string {
	switch a {
	case Blocks:
		return "block"
	case Redacts:
		return "redact"
	case Asks:
		return "ask"
	case Logs:
		return "log"
	default:
		return "invalid"
	}
}

// MarshalText implements encoding.TextMarshaler; the text is what String returns.
func (a Action) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler; an unknown name is an error.
func (a *Action) UnmarshalText(text []byte) error {
	for action := Blocks; action <= Logs; action++ {
		if action.String() == string(text) {
			*a = action
			return nil
		}
	}
	return fmt.Errorf("unknown action %q: want block, redact, ask or log", text)
}
