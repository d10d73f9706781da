package tasks

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strconv"
	"time"

	"github.com/mcp-kernel/mcp-kernel/state"
	"github.com/mcp-kernel/mcp-kernel/tools"
)

// The collections. Behind the dash stands a digest of whose tasks they are, so that nobody finds another's.
const (
	recordsPrefix = "task-"
	answersPrefix = "taskanswer-"
)

// A record is a task as it is kept.
type record struct {
	ID        string                     `json:"id"`
	Owner     string                     `json:"owner"` // the process that runs it
	Tool      string                     `json:"tool"`
	Call      string                     `json:"call"`
	Status    Status                     `json:"status"`
	Message   string                     `json:"message,omitempty"`
	Created   time.Time                  `json:"created"`
	Updated   time.Time                  `json:"updated"`
	TTL       time.Duration              `json:"ttl"`
	IsError   bool                       `json:"is_error,omitempty"`
	Refusal   *refusal                   `json:"refusal,omitempty"`
	Pieces    int                        `json:"pieces,omitempty"`    // of the answer
	Questions []Question                 `json:"questions,omitempty"` // that were not answered yet
	Answers   map[string]json.RawMessage `json:"answers,omitempty"`   // that the owner has not taken yet, by key
}

// A refusal is a tools.Error as it is kept: what may be shown of it.
type refusal struct {
	Code    tools.Code      `json:"code"`
	Reason  string          `json:"reason"`
	Call    string          `json:"call,omitempty"`
	Details json.RawMessage `json:"details,omitempty"`
}

func refusalOf(e *tools.Error) *refusal {
	return &refusal{Code: e.Code, Reason: e.Reason, Call: e.CallID, Details: e.Details}
}

// A place is where one task is kept.
type place struct{ owner, id string }

func placeOf(identity, id string) place {
	sum := sha256.Sum256([]byte(identity))
	return place{owner: hex.EncodeToString(sum[:16]), id: id}
}

func (p place) collection() string { return recordsPrefix + p.owner }

func (p place) key() string { return p.collection() + "/" + p.id }

func (p place) piece(n int) string {
	return answersPrefix + p.owner + "/" + p.id + "." + strconv.Itoa(n)
}

// isID reports whether a text has the form of a task's id, 8-4-4-4-12 hexadecimal digits in lower case: nothing else is
// ever looked up.
func isID(s string) bool {
	const form = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx"
	if len(s) != len(form) {
		return false
	}
	for i := range len(form) {
		digit := '0' <= s[i] && s[i] <= '9' || 'a' <= s[i] && s[i] <= 'f'
		if (form[i] == '-') != (s[i] == '-') || form[i] == 'x' && !digit {
			return false
		}
	}
	return true
}

// left is for how long the record is still kept.
func (r *record) left(now time.Time) time.Duration { return r.Created.Add(r.TTL).Sub(now) }

// task is a version of the record as its caller sees it. Of no record there is no task.
func (r *record) task(version state.Version) Task {
	if r == nil {
		return Task{}
	}
	t := Task{
		version: version,

		ID: r.ID, Tool: r.Tool, Call: r.Call, Status: r.Status, Message: r.Message, Created: r.Created, Updated: r.Updated,
		TTL: r.TTL, IsError: r.IsError, Questions: r.Questions,
	}
	if f := r.Refusal; f != nil {
		t.Refusal = &tools.Error{Code: f.Code, Reason: f.Reason, CallID: f.Call, Details: f.Details}
	}
	return t
}

// become changes the status. What was asked is asked no more once the task is over.
func (r *record) become(s Status, message string, now time.Time) {
	r.Status, r.Message, r.Updated = s, message, now
	if s.over() {
		r.Questions, r.Answers = nil, nil
	}
}

// ask waits for what is asked, or goes on when nothing is.
func (r *record) ask(questions []Question, now time.Time) {
	r.Questions = questions
	switch {
	case len(questions) > 0:
		r.become(InputRequired, "waits for its client to answer", now)
	case r.Status == InputRequired:
		r.become(Working, "", now)
	}
}

// end notes how the call ended. An error that says that there is no answer is the task's own; any other is the answer.
func (r *record) end(result *tools.Result, refused *tools.Error, now time.Time) {
	switch {
	case refused == nil:
		r.IsError = result.IsError
		r.become(Completed, "", now)
	case refused.Code == tools.CodeCancelled, refused.Code == tools.CodeFrozen:
		r.Refusal = refusalOf(refused)
		r.become(Cancelled, refused.Reason, now)
	default:
		r.Refusal = refusalOf(refused)
		r.become(Failed, refused.Reason, now)
	}
}

// answered reports whether a refusal is an answer that a model can act on, as it is for a call that is waited for.
func answered(e *tools.Error) bool {
	switch e.Code {
	case tools.CodeDenied, tools.CodeApproval, tools.CodeBadArguments, tools.CodeTimeout, tools.CodeWithheld, tools.CodeFailed:
		return true
	default:
		return false
	}
}
