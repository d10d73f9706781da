package governance

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/mcp-kernel/mcp-kernel/governance/match"
	"github.com/mcp-kernel/mcp-kernel/state"
)

// Effect is what is to happen with a call. The zero value denies.
type Effect uint8

// The effects.
const (
	Deny  Effect = iota // not run
	Allow               // run
	Ask                 // not run before a human agreed
)

const effectNames = "deny allow ask"

// String returns "deny", "allow" or "ask".
func (e Effect) String() string { return nameAt(effectNames, int(e)) }

// MarshalText implements encoding.TextMarshaler; the text is what String returns.
func (e Effect) MarshalText() ([]byte, error) { return []byte(e.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler; an unknown name is an error.
func (e *Effect) UnmarshalText(text []byte) error {
	i, ok := indexOf(effectNames, string(text))
	if !ok {
		return fmt.Errorf("unknown effect %q", text)
	}
	*e = Effect(i)
	return nil
}

// Event is one of the five things the kernel announces about a call.
type Event uint8

// The five events, in the order in which a call can meet them.
const (
	EventNone         Event = iota
	ToolCallBlocked         // the allowlist stage denied
	PolicyViolation         // a pattern or a limit denied
	PolicyCheck             // every stage passed
	DriftDetected           // confidence fell below the threshold
	CheckpointCreated       // the outcome was recorded, and with it the execution's counters
)

const eventNames = "NONE TOOL_CALL_BLOCKED POLICY_VIOLATION POLICY_CHECK DRIFT_DETECTED CHECKPOINT_CREATED"

// String returns the event's name in capitals, as in TOOL_CALL_BLOCKED.
func (e Event) String() string { return nameAt(eventNames, int(e)) }

// MarshalText implements encoding.TextMarshaler; the text is what String returns.
func (e Event) MarshalText() ([]byte, error) { return []byte(e.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler; an unknown name is an error.
func (e *Event) UnmarshalText(text []byte) error {
	i, ok := indexOf(eventNames, string(text))
	if !ok {
		return fmt.Errorf("unknown event %q", text)
	}
	*e = Event(i)
	return nil
}

// The names of the three stages of a decision, in their order, of what people are asked about, and of the review of what came
// of it.
const (
	StageAllow    = "allowlist"
	StagePatterns = "patterns"
	StageLimits   = "limits"
	StageApproval = "approval"
	StageReview   = "review"
)

// The names of the checks that the kernel brings along. Where a policy's field is what was checked, the check has the
// field's name.
const (
	CheckContext    = "context"   // the caller still waits
	CheckCaller     = "caller"    // somebody is authenticated
	CheckKind       = "kind"      // the kind is known
	CheckFrozen     = "frozen"    // no operator froze the caller
	CheckDepth      = "depth"     // calls within calls are bounded
	CheckPolicies   = "policies"  // the policies that the call names exist
	CheckExecution  = "execution" // the execution is the caller's and open
	CheckTools      = "allowed_tools"
	CheckResources  = "allowed_resources"
	CheckPrompts    = "allowed_prompts"
	CheckPatterns   = "blocked_patterns"
	CheckCalls      = "max_tool_calls_per_request"
	CheckTokens     = "max_tokens_per_request" //nolint:gosec // a limit's name is no credential
	CheckConfidence = "confidence_threshold"
	CheckRates      = "limits"
	CheckMaxDepth   = "max_depth"
	CheckFanOut     = "max_fan_out"
	CheckResult     = "max_result_tokens"
	CheckLabels     = "labels"
	CheckRules      = "rules"
	CheckApproval   = "require_approval"
)

// A Decision is what a check, and in the end the Gate, says about a call. Its zero value denies. Reason is short and
// safe to show to the caller: it names a rule, never a rule's text, a value or an internal.
type Decision struct {
	Effect   Effect          // deny unless said otherwise
	Stage    string          // StageAllow, StagePatterns, StageLimits or StageReview; where it was decided
	Check    string          // the check within the stage, as in "allowed_tools", "blocked_patterns", "max_tool_calls_per_request"
	Rule     string          // the rule's name, as in a pattern's name; may be empty
	Policy   string          // the policy that gave the deciding rule; may be empty
	Reason   string          // for the caller
	Pointer  string          // JSON pointer into the arguments of what was hit; may be empty
	Event    Event           // what is announced
	Would    bool            // true when mode audit let pass what enforcing would deny; the fields above then say what
	Timeout  time.Duration   // how long the handler may run; set on Allow, always positive
	Charges  []Charge        // what was reserved, to be recorded with the decision; owned by the decision
	Snapshot *Snapshot       // the policies that decided; nil only when none could be selected
	Labels   []string        // what the execution has touched, with this call when it may run; nil where no policy asks
	Hold     *Hold           // places taken of limits on concurrency, to be released when nothing of the call runs; may be nil
	Findings []match.Finding // what was found in the arguments, or in the answer; nil where nothing was
	Redacted json.RawMessage // the answer without what must not leave; nil when it may leave as it is; set by Gate.Review alone
	Approval *Approval       // on Ask what people must agree to, on Allow what they have agreed to; nil where nobody is asked

	Used       int64     // where a limit decided: what the counter had before this call
	Limit      int64     // where a limit decided: what it may have
	Retry      time.Time // where a limit decided: when its window ends; zero when waiting does not help
	Confidence float64   // 0 to 1; set by Gate.Review alone
	Fault      error     // why a check could not judge, for the log; it is never shown to the caller
}

// Allowed reports whether the call may run.
func (d Decision) Allowed() bool { return d.Effect == Allow }

// A Charge is one reserved or settled amount of one counter, as the journal records it.
type Charge struct {
	Shard string      // whose counter: the caller's identity
	Claim state.Claim // name, amount (negative gives back), limit and window
	Until time.Time   // when the window that was charged ends, by the counter's clock; zero when it has no end
}

// Used is what a call turned out to need.
type Used struct {
	Calls  int64 // 1 for a call whose handler was started, else 0
	Tokens int64 // tokens of arguments and result, or their upper bound in bytes
	In     int64 // bytes of arguments
	Out    int64 // bytes of the result
}

// A Status says how a call ended. The zero value is invalid.
type Status uint8

// The ways in which a call ends.
const (
	StatusInvalid       Status = iota
	StatusOK                   // the handler answered
	StatusToolError            // the handler answered with an error the model can act on
	StatusDenied               // a decision denied it; no handler ran
	StatusBadArguments         // the arguments did not decode; no handler ran
	StatusTimeout              // the deadline passed
	StatusCancelled            // the caller hung up, cancelled, or the kernel was frozen
	StatusPanic                // the handler panicked
	StatusWithheld             // the handler answered and the review withheld its answer
	StatusInputRequired        // the handler asked the client something, and will run again when the client calls with the answer
)

const statusNames = "invalid ok tool_error denied bad_arguments timeout cancelled panic withheld input_required"

// String returns the status's name, as in "tool_error".
func (s Status) String() string { return nameAt(statusNames, int(s)) }

// MarshalText implements encoding.TextMarshaler; the text is what String returns.
func (s Status) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler; an unknown name is an error.
func (s *Status) UnmarshalText(text []byte) error {
	i, ok := indexOf(statusNames, string(text))
	if !ok {
		return fmt.Errorf("unknown status %q", text)
	}
	*s = Status(i)
	return nil
}

// Ran reports whether the handler was started.
func (s Status) Ran() bool {
	switch s {
	case StatusOK, StatusToolError, StatusTimeout, StatusCancelled, StatusPanic, StatusWithheld, StatusInputRequired:
		return true
	default:
		return false
	}
}

// An Outcome is what came of a call that was allowed, as the Gate reviews it.
type Outcome struct {
	Status     Status
	Result     json.RawMessage // the answer as JSON, exactly as the caller will see it; nil when there is none
	Confidence float64         // what the tool says of its own answer, 0 to 1; a tool can only lower the kernel's figure
	Duration   time.Duration   // of the handler
}

// nameAt returns the i-th word of a space-separated list, or "unknown".
func nameAt(names string, i int) string {
	words := names
	for ; i > 0; i-- {
		_, rest, ok := strings.Cut(words, " ")
		if !ok {
			return "unknown"
		}
		words = rest
	}
	word, _, _ := strings.Cut(words, " ")
	return word
}

// indexOf returns the place of a word in a space-separated list.
func indexOf(names, word string) (int, bool) {
	for i := 0; word != ""; i++ {
		first, rest, more := strings.Cut(names, " ")
		if first == word {
			return i, true
		}
		if !more {
			break
		}
		names = rest
	}
	return 0, false
}
