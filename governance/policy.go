package governance

import (
	"fmt"
	"time"

	"github.com/mcp-kernel/mcp-kernel/governance/intent"
	"github.com/mcp-kernel/mcp-kernel/governance/match"
	"github.com/mcp-kernel/mcp-kernel/governance/rules"
)

// Mode says whether a policy is enforced. The zero value enforces.
type Mode uint8

// The modes.
const (
	Enforce   Mode = iota // a violation denies
	AuditOnly             // a violation is recorded and the call passes
)

const modeNames = "enforce audit"

// String returns "enforce" or "audit".
func (m Mode) String() string { return nameAt(modeNames, int(m)) }

// MarshalText implements encoding.TextMarshaler; the text is what String returns.
func (m Mode) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler; an unknown name is an error.
func (m *Mode) UnmarshalText(text []byte) error {
	i, ok := indexOf(modeNames, string(text))
	if !ok {
		return fmt.Errorf("unknown mode %q: want enforce or audit", text)
	}
	*m = Mode(i)
	return nil
}

// A Policy is one named set of limits, as an operator wrote it. A nil number sets no limit of its own: the strictest of
// the other policies, or the kernel's ceiling, holds. A list of names that is nil or empty allows nothing; everything
// is written ["*"].
type Policy struct {
	Name        string
	Description string
	Mode        Mode

	MaxTokensPerRequest    *int64 // tokens per execution; 0 allows none
	MaxToolCallsPerRequest *int64 // calls per execution; 0 allows none
	BlockedPatterns        []match.Pattern
	AllowedTools           []string       // exact names or globs
	AllowedResources       []string       // exact URIs or globs
	AllowedPrompts         []string       // exact names or globs
	ConfidenceThreshold    *float64       // 0 to 1; below it a call is reported as drifting
	Timeout                *time.Duration // how long a handler may run; positive

	Limits          []Limit        // rates over windows, and calls at once; all of them hold
	MaxDepth        *int64         // calls within calls; 0 allows none
	MaxFanOut       *int64         // calls that one call from outside may lead to; 0 allows none
	MaxResultTokens *int64         // tokens of one answer; what is over it is kept for the caller to read on
	Labels          []LabelRule    // what an execution has touched
	Rules           rules.Source   // Cedar; without a text there are none
	RequireApproval []ApprovalRule // what people must agree to before it runs

	Intent *intent.Settings // what calls must not be for; nil asks nothing
	Detect []DetectRule     // what detectors find in arguments and answers, and what is done about it; without any nothing is looked for

	Source Source // where it was written; zero for policies made in code
}

// A Source says where a policy was written, so that a fault can be reported at its place.
type Source struct {
	File  string              // path as the operator gave it
	Start Position            // of the record
	Field map[string]Position // by field path, as in "blocked_patterns[2].pattern"
}

// Position is a place in a file; both count from 1, columns in characters. The zero value is unknown.
type Position struct{ Line, Column int }

// At returns the place of a field, or of the record when the field has none of its own.
func (s Source) At(field string) Position {
	if p, ok := s.Field[field]; ok {
		return p
	}
	return s.Start
}

// A PolicyError is one fault of one policy, or of the file it is written in, at its place.
type PolicyError struct {
	File    string
	At      Position
	Policy  string // name, or "#3" for the third record when it has none; empty for a fault of the file
	Field   string // path, or empty for the whole record
	Problem string // what is wrong and what to do
}

// Error returns file:line:column: policy "name": field: problem, of which it leaves out what is not known.
func (e *PolicyError) Error() string {
	text := e.Problem
	if e.Field != "" {
		text = e.Field + ": " + text
	}
	if e.Policy != "" {
		text = fmt.Sprintf("policy %q: %s", e.Policy, text)
	}
	if e.File != "" {
		text = fmt.Sprintf("%s:%d:%d: %s", e.File, e.At.Line, e.At.Column, text)
	}
	return text
}
