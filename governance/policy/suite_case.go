package policy

import (
	"encoding/json"
	"regexp"
	"time"

	"github.com/mcp-kernel/mcp-kernel/governance"
)

// A Case is one fixture. It begins with counters, labels and places of its own, and its clock stands but where a step says
// otherwise.
type Case struct {
	Name  string
	Place governance.Position
	Steps []Step // in their order; never empty. The last is what came of the case
}

// A Step is a call, what was answered to one, or what a server says of a tool, and what must come of it.
type Step struct {
	Path   string // in the case, as in "after[0]" or "steps[2]"; empty for one that is the case itself
	Place  governance.Position
	Wait   time.Duration // that pass before it
	Call   Request
	Answer *Answer // what the handler answers; nil is nothing that is looked at

	Definition json.RawMessage // what tools/list would show of a tool; then there is no call. nil otherwise

	Times   int   // how often it is done; at least 1. What is expected must come of each
	Tokens  int64 // that each came to; 0 is its arguments and its answer, a token a byte
	Running bool  // it does not end
	Expect  Expectation
}

// A Request is a call to be decided.
type Request struct {
	Kind     governance.Kind
	Name     string
	Args     json.RawMessage // a JSON object, or nil
	Caller   governance.Caller
	Labels   []string // what the execution has touched
	Policies []string // that narrow the call
	Depth    int
	At       time.Time // when it is made; zero is when the clock stands
}

// An Answer is what a handler says to a call. At least one of Text, Structured and Content is there.
type Answer struct {
	Text       *string         // of a tool, a resource or a prompt
	Structured json.RawMessage // of a tool: an object; nil is none
	Content    json.RawMessage // of a tool: blocks in the protocol's words, in the place of Text; nil is none
	Error      bool            // the tool says that it failed
	Confidence float64         // what the tool says of its own answer, 0 to 1
}

// A Fate is what may become of an answer or a definition. The zero value is none.
type Fate uint8

// The fates.
const (
	FateNone Fate = iota
	Pass          // it reaches the agent as it is
	Redact        // it reaches the agent without something
	Withhold      // it does not reach the agent
	AskFirst      // of a definition alone: a person is asked
)

// fateWords are the fates by their numbers, but for the zero value.
const fateWords = "pass redact withhold ask"

// String returns "pass", "redact", "withhold", "ask" or "none".
func (f Fate) String() string {
	switch f {
	case Pass:
		return "pass"
	case Redact:
		return "redact"
	case Withhold:
		return "withhold"
	case AskFirst:
		return "ask"
	default:
		return "none"
	}
}

// An Expectation is what must come of a step. Empty fields are not looked at, except for the effect.
type Expectation struct {
	Effect  governance.Effect // of a call: where there is an Answer, it is allow
	Fate    Fate              // of an answer or a definition; FateNone where there is neither
	Check   string
	Rule    string
	Policy  string
	Event   governance.Event // EventNone is not looked at
	Pointer string
	Reason  *regexp.Regexp // searched in the reason; may be nil
	Would   *bool          // whether mode audit let pass what enforcing would not; may be nil

	Findings   []Found         // each must be among what was found; empty is that nothing was; nil is not looked at
	Labels     []string        // all that the execution has touched afterwards, sorted; nil is not looked at
	Text       *string         // what reaches the agent of all texts of the answer, a line apart; may be nil
	Structured json.RawMessage // what reaches the agent of the structured answer; nil is not looked at
}

// A Found is something that detectors or patterns are to find. Empty fields are not looked at.
type Found struct {
	Check, Rule, Class string
	Pointer            *string // into the arguments, the answer as the client sees it, or the definition; may be nil
}
