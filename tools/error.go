package tools

import (
	"encoding/json"
	"errors"

	"github.com/mcp-kernel/mcp-kernel/modules/primitives"
)

// Code says what kind of refusal or fault an Error is. It is stable: clients may act on it.
type Code string

// The codes.
const (
	CodeUnknown      Code = "unknown_name"      // no such tool, resource or prompt, or none for this audience
	CodeDenied       Code = "denied"            // policy denied it
	CodeApproval     Code = "approval_required" // people must agree first; the details say which approval, and the same call passes then
	CodeBadArguments Code = "bad_arguments"     // the arguments do not fit the schema
	CodeTimeout      Code = "timeout"           // the deadline passed
	CodeCancelled    Code = "cancelled"         // the caller hung up or cancelled
	CodeFrozen       Code = "frozen"            // an operator stopped all calls
	CodeWithheld     Code = "withheld"          // the answer was reviewed and withheld
	CodeUnavailable  Code = "unavailable"       // the kernel cannot record, so it does not run; try again later
	CodeOverloaded   Code = "overloaded"        // too many calls at once; try again later
	CodeUnsupported  Code = "unsupported"       // the client has not declared a capability that the call needs
	CodeNeedsTask    Code = "needs_task"        // the tool runs as a task only, and the client does not know tasks
	CodeRemote       Code = "remote_error"      // another server answered with an error, which is Remote
	CodeFailed       Code = "failed"            // the handler says why, in words that may be shown
	CodeInternal     Code = "internal_error"    // a fault of the handler or the kernel; the log knows it by the call id
)

// The keys of result _meta that the kernel writes.
const (
	MetaCall     = "io.mcp-kernel/call"     // on every answer: {"id"}; Result.CallID as it is sent
	MetaDecision = "io.mcp-kernel/decision" // on a refusal: the fields of Refusal
)

// An Error is why a call was not answered. Code, Reason and CallID are for the client; the wrapped cause never is.
type Error struct {
	Code    Code
	Reason  string          // one short sentence, safe to show
	CallID  string          // by which log and journal know the call
	Details json.RawMessage // a JSON object, safe to show: check, rule, policy, pointer, retry_after; or nil
	Remote  *Remote         // of CodeRemote: what another server said
	failure string          // the word for the journal; the code's when empty
	cause   error           // for the log
}

// Error returns code, reason and call id. It is safe to show.
func (e *Error) Error() string {
	text := string(e.Code)
	if e.Reason != "" {
		text += ": " + e.Reason
	}
	if e.CallID != "" {
		text += " (call " + e.CallID + ")"
	}
	return text
}

// Unwrap returns the cause, which is for logs only.
func (e *Error) Unwrap() error { return e.cause }

// Result is the error as a tool's answer, which is where a model sees it: a text, and the refusal under MetaDecision.
func (e *Error) Result() Result {
	return Result{
		Content: []Content{Text(e.Error())},
		IsError: true,
		Meta:    map[string]json.RawMessage{MetaDecision: e.document()},
	}
}

// document joins the error's own fields with its details into one object.
func (e *Error) document() json.RawMessage {
	own, err := json.Marshal(struct {
		Code   Code    `json:"code"`
		Reason string  `json:"reason,omitempty"`
		CallID string  `json:"call_id,omitempty"`
		Remote *Remote `json:"remote,omitempty"`
	}{e.Code, e.Reason, e.CallID, e.Remote})
	if err != nil || len(e.Details) <= len("{}") {
		return own
	}
	return append(append(own[:len(own)-1], ','), e.Details[1:]...)
}

// Fail returns an error for a handler to give up with: unlike any other error its reason is shown to the caller, and so
// must not contain a secret or an internal. kind is a stable word for programs, as in "not_found"; it is shown as
// failure in the details. cause is for the log and may be nil.
func Fail(kind, reason string, cause error) error {
	details, err := json.Marshal(map[string]string{"failure": kind})
	return &Error{Code: CodeFailed, Reason: reason, Details: details, failure: kind, cause: errors.Join(cause, err)}
}

// failed is the error of a handler that returned a failure: its own message is shown, and none of its causes.
func failed(f *primitives.Failure) *Error {
	shown := *f
	shown.Cause = nil
	details, err := json.Marshal(map[string]*primitives.Failure{"failure": &shown})
	return &Error{Code: CodeFailed, Reason: f.Message, Details: details, failure: f.Type.String(), cause: errors.Join(f.Unwrap(), err)}
}

// NotFound returns the error of a resource's handler for a URI that fits its template and names nothing.
func NotFound(uri string) error {
	return &Error{Code: CodeUnknown, Reason: "resource " + quote(uri) + " does not exist"}
}
