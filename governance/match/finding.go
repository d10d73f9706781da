package match

import "fmt"

// Severity says how bad it would be if what was found went on. The zero value is the lowest.
type Severity uint8

// The severities, ascending.
const (
	Low      Severity = iota // worth knowing
	Medium                   // somebody should look
	High                     // should not go on as it is
	Critical                 // destroys or gives away what cannot be had back
)

// String returns "low", "medium", "high" or "critical".
func (s Severity) String() string {
	switch s {
	case Low:
		return "low"
	case Medium:
		return "medium"
	case High:
		return "high"
	case Critical:
		return "critical"
	default:
		return "invalid"
	}
}

// MarshalText implements encoding.TextMarshaler; the text is what String returns.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler; an unknown name is an error.
func (s *Severity) UnmarshalText(text []byte) error {
	for severity := Low; severity <= Critical; severity++ {
		if severity.String() == string(text) {
			*s = severity
			return nil
		}
	}
	return fmt.Errorf("unknown severity %q: want low, medium, high or critical", text)
}

// A Finding is one thing that a check found in a text or a document. It names the rule that found it and never holds the
// text that was found, nor the rule's own.
type Finding struct {
	Check      string   `json:"check"`             // the check, as in "blocked_patterns", "secrets", "pii", "injection"
	Rule       string   `json:"rule"`              // the rule or pattern within the check, as in "github_token"
	Class      string   `json:"class"`             // what was found, as in "email"; placeholders are made of it: [email:1]
	Severity   Severity `json:"severity"`          //
	Confidence float64  `json:"confidence"`        // 0 to 1, how sure the check is that it is what the class says
	Pointer    string   `json:"pointer,omitempty"` // RFC 6901 place of the value; "" is the whole document or a bare text
	Key        bool     `json:"key,omitempty"`     // in the key of the member at Pointer, not in its value
	Span       Span     `json:"span"`              // where, in the decoded value as it was given
	Form       string   `json:"form,omitempty"`    // the forms that were undone to find it, outermost first, as in "base64/nfkc"; "" is the value itself
}

// A Span is a half-open range of bytes in a decoded string. What was found in another form of the string has the span of
// the part of the original that the form was made from.
type Span struct {
	Start int `json:"start"`
	End   int `json:"end"`
}
