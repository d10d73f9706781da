package match

import "fmt"

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

// A Pattern is one thing that must not occur. Letter case is ignored unless CaseSensitive is set.
type Pattern struct {
	Name          string `json:"name"` // shown when it hits; the text never is
	Type          Type   `json:"type"`
	Text          string `json:"-"`
	CaseSensitive bool   `json:"case_sensitive,omitempty"`
}
