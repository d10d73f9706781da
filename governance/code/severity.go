package code

import (
	"fmt"
	"strings"
)

// Severity says how bad it would be if a finding were run. The zero value is the lowest.
type Severity uint8

// The severities, ascending.
const (
	Low      Severity = iota // worth knowing
	Medium                   // somebody should look
	High                     // should not run as it is
	Critical                 // destroys data or machines, or gives them away
)

const severityNames = "low medium high critical"

// String returns "low", "medium", "high" or "critical".
func (s Severity) String() string { return nameAt(severityNames, int(s)) }

// MarshalText implements encoding.TextMarshaler; the text is what String returns.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler; an unknown name is an error.
func (s *Severity) UnmarshalText(text []byte) error {
	i, ok := indexOf(severityNames, string(text))
	if !ok {
		return fmt.Errorf("unknown severity %q: want one of %s", text, severityNames)
	}
	*s = Severity(i)
	return nil
}

// Confidence says how sure a rule is that the text is what it takes it for. The zero value is the lowest.
type Confidence uint8

// The confidences, ascending.
const (
	Unsure  Confidence = iota // may well be something else, as prose that reads like SQL
	Likely                    // depends on what cannot be seen, as a variable's value
	Certain                   // stands there
)

const confidenceNames = "low medium high"

// String returns "low", "medium" or "high".
func (c Confidence) String() string { return nameAt(confidenceNames, int(c)) }

// MarshalText implements encoding.TextMarshaler; the text is what String returns.
func (c Confidence) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler; an unknown name is an error.
func (c *Confidence) UnmarshalText(text []byte) error {
	i, ok := indexOf(confidenceNames, string(text))
	if !ok {
		return fmt.Errorf("unknown confidence %q: want one of %s", text, confidenceNames)
	}
	*c = Confidence(i)
	return nil
}

// Verdict is what a Report comes to. The zero value blocks.
type Verdict uint8

// The verdicts, from the strictest.
const (
	Block  Verdict = iota // something high or critical was found
	Review                // something medium was found
	Allow                 // nothing above low was found by the rules that were checked
)

const verdictNames = "block review allow"

// String returns "block", "review" or "allow".
func (v Verdict) String() string { return nameAt(verdictNames, int(v)) }

// MarshalText implements encoding.TextMarshaler; the text is what String returns.
func (v Verdict) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler; an unknown name is an error.
func (v *Verdict) UnmarshalText(text []byte) error {
	i, ok := indexOf(verdictNames, string(text))
	if !ok {
		return fmt.Errorf("unknown verdict %q: want one of %s", text, verdictNames)
	}
	*v = Verdict(i)
	return nil
}

// nameAt returns the word at an index of a list, or "invalid".
func nameAt(names string, index int) string {
	if list := strings.Fields(names); index < len(list) {
		return list[index]
	}
	return "invalid"
}

// indexOf returns the index of a word in a list.
func indexOf(names, name string) (int, bool) {
	for i, candidate := range strings.Fields(names) {
		if candidate == name {
			return i, true
		}
	}
	return 0, false
}
