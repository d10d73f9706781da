package tools

import "encoding/json"

// Code says what kind of refusal or fault an Error is. It is stable: clients may act on it.
type Code string

// The codes.
const (
	CodeUnknown      Code = "unknown_name"   // no such tool, resource or prompt, or none for this audience
	CodeDenied       Code = "denied"         // policy denied it
	CodeBadArguments Code = "bad_arguments"  // the arguments do not fit the schema
	CodeTimeout      Code = "timeout"        // the deadline passed
	CodeCancelled    Code = "cancelled"      // the caller hung up or cancelled
	CodeFrozen       Code = "frozen"         // an operator stopped all calls
	CodeWithheld     Code = "withheld"       // the answer was reviewed and withheld
	CodeUnavailable  Code = "unavailable"    // the kernel cannot record, so it does not run; try again later
	CodeOverloaded   Code = "overloaded"     // too many calls at once; try again later
	CodeInternal     Code = "internal_error" // a fault of the handler or the kernel; the log knows it by the call id
)

// An Error is why a call was not answered. Code, Reason and CallID are for the client; the wrapped cause never is.
type Error struct {
	Code    Code
	Reason  string          // one short sentence, safe to show
	CallID  string          // by which log and journal know the call
	Details json.RawMessage // a JSON object, safe to show: check, rule, policy, pointer, retry_after; or nil
	cause   error           // for the log
}
