package tasks

import (
	"encoding/json"
	"time"

	"github.com/mcp-kernel/mcp-kernel/state"
	"github.com/mcp-kernel/mcp-kernel/tools"
)

// A Status is what a task is at, in the protocol's words. It leaves the last three never.
type Status string

// The statuses.
const (
	Working       Status = "working"
	InputRequired Status = "input_required" // the client must answer questions before it goes on
	Completed     Status = "completed"      // there is an answer, maybe one that says what went wrong
	Failed        Status = "failed"         // there is none: a fault of the kernel, or its end
	Cancelled     Status = "cancelled"      // by the client or by a freeze
)

// A Task is what a client can know about one call that goes on without it.
type Task struct {
	ID      string        // a UUIDv7 by which its caller, and nobody else, finds it
	Tool    string        // that was called
	Call    string        // id of the call, by which log and journal know it
	Status  Status        // what it is at
	Message string        // why, in words for people; or empty
	Created time.Time     // when its client was given it
	Updated time.Time     // when the status last changed
	TTL     time.Duration // from Created on, how long it is kept; it is cancelled if it runs longer
	IsError bool          // it is Completed, and the answer says what went wrong

	Questions []Question   // what the client must answer; only while InputRequired
	Refusal   *tools.Error // why there is no answer; only when Failed or Cancelled, and not when the client cancelled

	version state.Version
}

// Over reports whether the status is final.
func (t *Task) Over() bool { return t.Status.over() }

func (s Status) over() bool { return s == Completed || s == Failed || s == Cancelled }

// A Question is one thing that a task asks its client.
type Question struct {
	Key    string          `json:"key"`    // by which it is answered; used once in a task
	Method string          `json:"method"` // elicitation/create, sampling/createMessage or roots/list
	Params json.RawMessage `json:"params"`
}
