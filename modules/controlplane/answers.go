package controlplane

import "time"

// A Verdict is what would come of a call.
type Verdict struct {
	Allowed  bool    `json:"allowed" doc:"whether the call would run now"`
	Asks     bool    `json:"asks,omitempty" doc:"it would run once people have agreed"`
	Event    string  `json:"event" doc:"what would be announced"`
	DeniedBy *Stage  `json:"denied_by,omitempty" doc:"the first check that denies, or else that asks"`
	Stages   []Stage `json:"stages" doc:"what every check says, in the order in which they are asked"`
}

// A Stage is what one check says of a call.
type Stage struct {
	Stage   string `json:"stage" doc:"allowlist, patterns or limits"`
	Check   string `json:"check"`
	Outcome string `json:"outcome" doc:"pass, fail, ask or skipped"`
	Rule    string `json:"rule,omitempty" doc:"the rule's name"`
	Policy  string `json:"policy,omitempty" doc:"the policy that gave the rule"`
	Reason  string `json:"reason,omitempty"`
	Pointer string `json:"pointer,omitempty" doc:"JSON pointer to what was hit"`
	Used    int64  `json:"used,omitempty"`
	Limit   int64  `json:"limit,omitempty"`
}

// A Budget is what an execution has used, and may use.
type Budget struct {
	Calls     int64      `json:"calls" doc:"used"`
	MaxCalls  int64      `json:"max_calls"`
	Tokens    int64      `json:"tokens" doc:"used; an upper bound until they are counted"`
	MaxTokens int64      `json:"max_tokens"`
	Ends      *time.Time `json:"ends,omitempty" doc:"when the window ends and the figures begin anew"`
}

// Usage is the budget of the implicit execution and of an explicit one.
type Usage struct {
	Implicit  Budget     `json:"implicit" doc:"of everything you do"`
	Explicit  *Budget    `json:"explicit,omitempty" doc:"of the execution that was asked about"`
	Execution *Execution `json:"execution,omitempty"`
}

// A Query asks for entries of the journal.
type Query struct {
	Call        string     `json:"call,omitempty" doc:"id of one call"`
	Name        string     `json:"name,omitempty" doc:"tool, resource or prompt"`
	Effect      string     `json:"effect,omitempty" enum:"allow,deny,ask"`
	Status      string     `json:"status,omitempty" enum:"ok,tool_error,denied,bad_arguments,timeout,cancelled,panic,withheld,input_required"`
	Event       string     `json:"event,omitempty" enum:"TOOL_CALL_BLOCKED,POLICY_VIOLATION,POLICY_CHECK,DRIFT_DETECTED,CHECKPOINT_CREATED"`
	Execution   string     `json:"execution,omitempty"`
	Since       *time.Time `json:"since,omitempty" doc:"RFC 3339; entries at or after it"`
	Until       *time.Time `json:"until,omitempty" doc:"RFC 3339; entries before it"`
	OldestFirst bool       `json:"oldest_first,omitempty"`
	Limit       int        `json:"limit,omitempty" min:"1" max:"200" default:"20"`
	Cursor      string     `json:"cursor,omitempty" doc:"next of the page before"`
	Principal   string     `json:"principal,omitempty" doc:"operators only: whose entries; agents always get their own"`
	Agent       string     `json:"agent,omitempty" doc:"operators only"`
}

// maxRecords bounds a page of the journal.
const maxRecords = 200

// Records are a page of the journal.
type Records struct {
	Entries []Record `json:"entries"`
	Next    string   `json:"next,omitempty" doc:"cursor of the next page; absent at the end"`
}

// A Record is one entry of the journal.
type Record struct {
	Seq           uint64    `json:"seq"`
	Kind          string    `json:"kind" doc:"decision, outcome, usage or control"`
	At            time.Time `json:"at"`
	Call          string    `json:"call_id,omitempty"`
	Parent        string    `json:"parent,omitempty"`
	Target        string    `json:"target,omitempty" doc:"tool, resource, prompt, completion, subscription or task"`
	Name          string    `json:"name,omitempty"`
	Principal     string    `json:"principal,omitempty"`
	Agent         string    `json:"agent,omitempty"`
	Client        string    `json:"client,omitempty" doc:"what the host calls itself"`
	Execution     string    `json:"execution,omitempty"`
	Depth         int       `json:"depth,omitempty"`
	Effect        string    `json:"effect,omitempty"`
	Event         string    `json:"event,omitempty"`
	Status        string    `json:"status,omitempty"`
	Stage         string    `json:"stage,omitempty"`
	Check         string    `json:"check,omitempty"`
	Rule          string    `json:"rule,omitempty"`
	Policy        string    `json:"policy,omitempty"`
	Reason        string    `json:"reason,omitempty"`
	Would         bool      `json:"would,omitempty" doc:"mode audit let pass what enforcing would deny"`
	Policies      []string  `json:"policies,omitempty"`
	PolicyDigest  string    `json:"policy_digest,omitempty"`
	Confidence    float64   `json:"confidence,omitempty"`
	ElapsedMicros int64     `json:"elapsed_us,omitempty"`
	Tokens        int64     `json:"tokens,omitempty"`
	ArgsBytes     int64     `json:"args_bytes,omitempty"`
	ArgsPreview   string    `json:"args_preview,omitempty" doc:"redacted"`
	ResultBytes   int64     `json:"result_bytes,omitempty"`
	Failure       string    `json:"failure,omitempty"`
	Hash          string    `json:"hash"`
}
