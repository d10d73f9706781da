package inspect

import (
	"bytes"
	"encoding/json"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/governance/match"
)

// MaxFindings is how many findings a Result lists; of what is beyond it only the number is told.
const MaxFindings = 10_000

// A Result says what the gate makes of a record.
type Result struct {
	ID       json.RawMessage   `json:"id"`
	Effect   governance.Effect `json:"effect"`             // deny where the record could not be judged
	Findings []Finding         `json:"findings"`           // all of them, whatever decided; never nil on a line
	Unlisted int               `json:"unlisted,omitempty"` // findings beyond MaxFindings
	Redacted json.RawMessage   `json:"redacted,omitempty"` // the value without what must not leave; nil when it may leave as it is, or not at all
	By       *Ruling           `json:"by,omitempty"`       // what decided, when something objected
	Labels   []string          `json:"labels,omitempty"`   // data labels that the record adds to its execution
	File     string            `json:"file,omitempty"`     // the name of the input; only with Error
	Line     int               `json:"line,omitempty"`     // of the input, from 1; only with Error
	Error    string            `json:"error,omitempty"`    // why the record could not be read or judged
}

// A Finding is a match.Finding of which every member is shown. Check is "pattern" for the patterns of policies, "intent" for
// what a call is for (Class is the category), "code" for code safety, and else the detector's name.
type Finding struct {
	Check      string         `json:"check"`
	Rule       string         `json:"rule"`
	Class      string         `json:"class"`
	Severity   match.Severity `json:"severity"`
	Confidence float64        `json:"confidence"`
	Pointer    string         `json:"pointer"`       // RFC 6901, into the record's value
	Key        bool           `json:"key,omitempty"` // in the name of the member at Pointer, not in its value
	Span       match.Span     `json:"span"`          // in bytes of the decoded text at Pointer
	Form       string         `json:"form"`
}

// The checks that are called otherwise than in decisions, or are not in decisions at all.
const (
	checkPattern = "pattern"
	checkIntent  = "intent"
	checkCode    = "code"
)

// A Ruling is the part of a decision that says why.
type Ruling struct {
	Stage  string `json:"stage"`
	Check  string `json:"check"`
	Rule   string `json:"rule,omitempty"`
	Policy string `json:"policy,omitempty"`
	Reason string `json:"reason"`
	Would  bool   `json:"would,omitempty"` // mode audit let pass what enforcing would not
}

// rulingOf returns what objected, or nil.
func rulingOf(d *governance.Decision) *Ruling {
	if d.Effect == governance.Allow && !d.Would {
		return nil
	}
	return &Ruling{Stage: d.Stage, Check: d.Check, Rule: d.Rule, Policy: d.Policy, Reason: d.Reason, Would: d.Would}
}

// report lists findings, each as a line shows it.
func (r *Result) report(found ...match.Finding) {
	for i := range found {
		if len(r.Findings) == MaxFindings {
			r.Unlisted += len(found) - i
			return
		}
		f := Finding(found[i])
		if f.Check == governance.CheckPatterns {
			f.Check = checkPattern
		}
		r.Findings = append(r.Findings, f)
	}
}

// unjudged is the result of a record that could not be read or judged: it is denied.
func unjudged(id json.RawMessage, problem string) Result {
	return Result{ID: id, Findings: []Finding{}, Error: problem}
}

// encode appends the result to the buffer, as one line. What does not encode is denied like all that cannot be judged.
func (r *Result) encode(to *bytes.Buffer) {
	lines := json.NewEncoder(to)
	lines.SetEscapeHTML(false)
	if err := lines.Encode(r); err != nil {
		_ = lines.Encode(unjudged(nil, "the result cannot be told")) // texts alone always encode
	}
}
