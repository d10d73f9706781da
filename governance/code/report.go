package code

import "errors"

// MaxBytes is the length of the longest text that is examined. MaxFindings is how many findings a Report lists.
const (
	MaxBytes    = 32 << 20
	MaxFindings = 200
)

// The errors of Check, beside those of its context.
var (
	ErrTooLarge        = errors.New("the code is longer than 32 MiB")
	ErrUnknownLanguage = errors.New("unknown language")
	ErrUnknownRule     = errors.New("unknown rule")
)

// A Source is what is to be examined.
type Source struct {
	Code     string `json:"code"`
	Language string `json:"language,omitempty"` // a name or alias as in "python" or "sh"; empty for detection
	Filename string `json:"filename,omitempty"` // its extension helps detection; never opened
}

// Options narrow what is reported. The zero value reports everything.
type Options struct {
	// MinSeverity leaves milder findings out of the list. They still count for Counts and Verdict.
	MinSeverity Severity `json:"min_severity,omitempty"`
	// Rules are the ids of the rules to check, as Rules lists them; empty for all. The others count for nothing.
	Rules []string `json:"rules,omitempty"`
}

// A Report says what was found. Its zero value blocks.
type Report struct {
	Verdict      Verdict   `json:"verdict"`
	Parsed       bool      `json:"parsed"`        // a parser accepted the text: of Shell, JavaScript, TypeScript that is JavaScript too, Go; the rest is lexed
	Language     Language  `json:"language"`      // as given, or else as detected
	Findings     []Finding `json:"findings"`      // by position; the most severe MaxFindings of them
	Total        int       `json:"total"`         // findings of at least MinSeverity, listed or not
	Truncated    bool      `json:"truncated"`     // Findings lists fewer than Total
	Counts       Counts    `json:"counts"`        // of all findings, whatever MinSeverity
	RulesChecked int       `json:"rules_checked"` // how many rules were looked at
}

// Counts is the number of findings of each severity.
type Counts struct {
	Critical int `json:"critical"`
	High     int `json:"high"`
	Medium   int `json:"medium"`
	Low      int `json:"low"`
}

// A Finding is one place where a rule applies. Lines and columns count from 1, columns in characters (a byte that is
// not UTF-8 counts as one); the end is the place behind the last character. Secrets never appear: Excerpt has them
// redacted.
type Finding struct {
	RuleID     string     `json:"rule_id"`
	Severity   Severity   `json:"severity"`
	Confidence Confidence `json:"confidence"`
	CWE        string     `json:"cwe,omitempty"` // as in "CWE-89"
	Line       int        `json:"line"`
	Column     int        `json:"column"`
	EndLine    int        `json:"end_line"`
	EndColumn  int        `json:"end_column"`
	Excerpt    string     `json:"excerpt"` // of the first line of the finding
	Message    string     `json:"message"`
	Fix        string     `json:"fix,omitempty"`
}

func (c *Counts) add(s Severity) {
	switch s {
	case Critical:
		c.Critical++
	case High:
		c.High++
	case Medium:
		c.Medium++
	default:
		c.Low++
	}
}

// verdict is the answer that follows from the counts.
func (c *Counts) verdict() Verdict {
	switch {
	case c.Critical+c.High > 0:
		return Block
	case c.Medium > 0:
		return Review
	default:
		return Allow
	}
}
