package audit

import (
	"fmt"
	"time"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/governance/audit/merkle"
)

// Format is the version of the entry format that this package writes, and the only one that it reads.
const Format = 1

// A Hash is SHA-256 over the canonical bytes of an entry.
type Hash = merkle.Hash

// Kind says what an entry records. The zero value is invalid.
type Kind uint8

// The kinds of entry.
const (
	KindInvalid  Kind = iota
	KindDecision      // what was decided about a call, before anything ran
	KindOutcome       // how a call ended, and the execution's counters after it: the checkpoint
	KindUsage         // real token counts of earlier calls, counted off the calls' path
	KindControl       // something that happened to the journal itself
)

// String returns the kind's name, as in "decision".
func (k Kind) String() string {
	switch k {
	case KindInvalid:
		return "invalid"
	case KindDecision:
		return "decision"
	case KindOutcome:
		return "outcome"
	case KindUsage:
		return "usage"
	case KindControl:
		return "control"
	}
	return "unknown"
}

// MarshalText implements encoding.TextMarshaler.
func (k Kind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler; an unknown name is an error.
func (k *Kind) UnmarshalText(text []byte) error {
	for kind := KindDecision; kind <= KindControl; kind++ {
		if kind.String() == string(text) {
			*k = kind
			return nil
		}
	}
	return fmt.Errorf("unknown kind of entry %.40q", text)
}

// An Entry is one record of the journal. The writer of an entry fills in what it knows; Append sets Version, Seq, Prev,
// Hash, At and Process, resolves the charges' windows, and adds Counters to an outcome. Texts longer than the format
// allows are cut, with a mark that says so. An entry that was read is the reader's own.
type Entry struct {
	Version int       // Format
	Seq     uint64    // from 1, without gaps
	Prev    Hash      // of the entry before; zero for the first
	Hash    Hash      // of this entry's canonical bytes
	Kind    Kind      // what is recorded
	At      time.Time // UTC, in microseconds, never before the entry before
	Process string    // id of the process that wrote it

	Call      string            // id of the call, or empty
	Parent    string            // id of the call that made this one, or empty
	Target    governance.Kind   // tool, resource, prompt, …
	Name      string            // of the tool, resource or prompt
	Caller    governance.Caller // who acted
	Execution string            // explicit handle, or empty for the implicit execution
	Depth     int               // 0 for a call from outside

	Decision     Decision // always there in a decision entry, otherwise when not zero
	PolicyDigest string   // names the compiled policies that decided
	Policies     []string // their names

	Args   Payload // of the call
	Result Payload // of the call's answer

	Status      governance.Status // how the call ended
	Event       governance.Event  // what was announced
	Confidence  float64           // 0 to 1, kept to four decimals
	Handler     time.Duration     // how long the handler ran, in microseconds
	Elapsed     time.Duration     // the whole call, in microseconds
	Tokens      int64             // counted or bounded
	SchemaValid Tri               // whether the answer fits the tool's output schema
	Failure     string            // type of the failure, or empty
	Findings    map[string]int    // by kind, how many
	Labels      []string          // of the execution, after the call

	Charges  []Charge  // what this entry takes from or gives back to counters
	Counters []Counter // as they stand after this entry
	Usage    []Usage   // in a usage entry
	Control  *Control  // in a control entry
}

// A Decision is governance.Decision as it is recorded.
type Decision struct {
	Effect  governance.Effect
	Stage   string
	Check   string
	Rule    string
	Policy  string
	Reason  string
	Pointer string
	Event   governance.Event
	Would   bool
}

// DecisionOf returns the recorded part of a decision.
func DecisionOf(d governance.Decision) Decision {
	return Decision{
		Effect: d.Effect, Stage: d.Stage, Check: d.Check, Rule: d.Rule, Policy: d.Policy,
		Reason: d.Reason, Pointer: d.Pointer, Event: d.Event, Would: d.Would,
	}
}

// Tri is a yes, a no, or neither. The zero value is neither.
type Tri uint8

// The three answers.
const (
	Unknown Tri = iota
	Yes
	No
)

// TriOf returns Yes or No.
func TriOf(yes bool) Tri {
	if yes {
		return Yes
	}
	return No
}

// A Usage is the real token count of a call that was charged with an upper bound.
type Usage struct {
	Call   string // id of the call
	Shard  string // whose counter was charged
	Bound  int64  // tokens charged when the call was decided
	Tokens int64  // tokens counted
}

// Action says what a control entry is about.
type Action string

// The actions of control entries.
const (
	ActionOpen      Action = "open"      // a process opened the journal; Subject is the key that it signs with
	ActionClose     Action = "close"     // and closed it
	ActionFreeze    Action = "freeze"    // every process refuses calls from here on
	ActionResume    Action = "resume"    // and takes them again
	ActionRetention Action = "retention" // old segments were removed; Subject names the first entry that is kept
	ActionRotation  Action = "rotation"  // the signing key changed from By to Subject; Reason is the old key's signature for the new one
	ActionRecovered Action = "recovered" // Count bytes of a torn last line were cut off
	ActionAbandoned Action = "abandoned" // process Subject ended with Count calls running, the first of which are Calls
	ActionLost      Action = "lost"      // an operator accepted that entries up to number Count were not all there
	ActionPolicies  Action = "policies"  // other policies hold: the active ones mean digest Subject now and meant By before; Count loaded ones differ, Reason says which
	ActionRefused   Action = "refused"   // Count requests over HTTP were let in by nothing since the entry before; Subject is the address or principal of the latest, Reason what it lacked
	ActionNote      Action = "note"      // an operator's or a module's own remark

	ActionApprovalGiven   Action = "approval_given"   // By agreed to what approval Subject asks, which Calls[0] asked for
	ActionApprovalRefused Action = "approval_refused" // By said no to it
	ActionApprovalExpired Action = "approval_expired" // it was not answered, or the agreement not used, in time
)

// A Control is what a control entry records.
type Control struct {
	Action  Action
	By      string   // who did it, for freeze, resume and note; else see the actions
	Reason  string   // why, safe to show
	Subject string   // see the actions
	Count   int64    // see the actions
	Calls   []string // see the actions; at most 64
}

// Limits of the format. Room for outcomes is reserved in units of MaxLine, so no line without a sealed payload is longer.
const (
	MaxLine     = 16 << 10 // bytes of one line, newline included, sealed payloads not counted
	MaxCharges  = 12       // charges in one entry
	MaxUsage    = 16       // usages in one entry
	MaxFindings = 12       // kinds of finding in one entry; the others are summed as "other"
	maxCalls    = 64       // calls named by one control entry
	maxPolicies = 8        // policies named by one entry
	maxLabels   = 16       // labels in one entry
)
