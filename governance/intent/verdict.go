package intent

import (
	"encoding/json"
	"math"

	"github.com/mcp-kernel/mcp-kernel/governance/match"
)

// A Call is what is to be classified. The zero value is a call of nothing with nothing.
type Call struct {
	Name        string          // of the tool
	Description string          // the tool's title or description; may be empty
	Hints       Hints           // as the tool declares them
	Args        json.RawMessage // as received; nil or empty means {}; neither kept nor changed
}

// Hints are the annotations of a tool. They are what somebody says about it: a tool that calls itself read-only is taken
// at its word only where nothing speaks against it. The zero value says nothing.
type Hints struct {
	ReadOnly    bool `json:"read_only,omitempty"`   // says that it changes nothing
	Destructive bool `json:"destructive,omitempty"` // says that it may destroy
	OpenWorld   bool `json:"open_world,omitempty"`  // says that it reaches beyond its own domain
}

// A Verdict says what a call is for. The zero value is of a call that was not classified.
type Verdict struct {
	Category   Category `json:"category"`
	Confidence float64  `json:"confidence"` // 0 to 1: of verdicts that are this sure, about so many are right
	Scores     Scores   `json:"scores"`
	// Evidence is what was read in the call, the surest first; at most maxEvidence. Class is a category's name. What stands
	// in several arguments together, as a command and its words, is at the pointer of the first.
	Evidence []match.Finding `json:"evidence,omitempty"`
	// Truncated says that the arguments have texts, or more of them, that were not read to the end.
	Truncated bool `json:"truncated,omitempty"`
	// Unread says that a text of those is one that would be run, so that what it does is not known.
	Unread bool `json:"unread,omitempty"`
}

// Scores are how likely each category is; they add up to 1. They are indexed by Category; the first is always 0.
type Scores [classes + 1]float64

// MarshalJSON implements json.Marshaler: an object of the categories' names, with three decimals.
func (s Scores) MarshalJSON() ([]byte, error) {
	named := make(map[string]float64, classes)
	for c := DestructiveData; c <= Benign; c++ {
		named[c.String()] = math.Round(s[c]*1000) / 1000
	}
	return json.Marshal(named)
}

// lean is how likely danger must be in all for one of the dangerous categories to be the verdict.
const lean = 0.5

// best returns the likeliest category; of those that are as likely, the most dangerous. Where danger is likelier than not,
// it is the likeliest of the dangerous ones: a call that may be one of several of them is not harmless.
func (s *Scores) best() (Category, float64) {
	danger := 0.0
	for i := DestructiveData; i.Dangerous(); i++ {
		danger += s[i]
	}
	c, last := DestructiveData, Benign
	if danger > lean {
		last = CodeExecution
	}
	for i := c + 1; i <= last; i++ {
		if s[i] > s[c] {
			c = i
		}
	}
	return c, s[c]
}

// Reversible reports whether what the verdict says can be undone, as far as its category tells.
func (v *Verdict) Reversible() bool { return v.Category > DataExfiltration }
