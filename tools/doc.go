// Package tools is the contract between the kernel and its modules. A Module offers a Surface of tools, resources and
// prompts; a Catalog is the immutable set of all surfaces; the Dispatcher is the only door to a handler. Handlers are
// kept in unexported fields, so outside this package there is no expression that runs one: whoever wants a handler to
// run asks the Dispatcher, which decides, records, runs, reviews, settles and records again, in that order.
//
// # Types and schemas
//
// Func reflects both schemas of a tool, and the strict decoder of its arguments, from Go structs. Every exported field
// has a json tag; one that may be omitted (omitempty, omitzero) is optional and every other is required. A pointer that
// is required may be null. Further tags:
//
//	doc        what the field is for, to be read by a model
//	enum       the allowed texts or integers, separated by commas
//	min, max   bounds of a number
//	minLength, maxLength, pattern, format   of a text; pattern is a Go regular expression, format only informs
//	minItems, maxItems                      of a slice
//	default    what an absent optional field gets
//
// Structs may be nested, embedded and recursive. A type may bring its own schema by a method JSONSchema() json.RawMessage
// and then its own JSON. time.Time is a date-time and Duration a text such as "1m30s"; a bare time.Duration is refused.
// Arguments are refused with all their faults: unknown, repeated and missing keys, wrong types, broken bounds, integers
// that would be rounded, texts that are no Unicode. Numbers below an any are json.Number.
//
// # Asking back
//
// A handler asks its client in one straight line:
//
//	answer, err := r.Ask(ctx, tools.Question{Key: "sure", Message: "Delete 12 files?"})
//	if err != nil {
//		return out, err // ErrInputRequired among others: always pass it on
//	}
//	if !answer.Accepted() {
//		return out, tools.Fail("declined", "nothing was deleted", nil)
//	}
//
// Clients that can be asked while a call runs are, and the handler waits. Others get the questions as the result of the
// call and make it again with the answers; the handler then runs from its beginning, and Ask returns what was answered
// under the same key to the same question. So a handler asks before it acts, asks the same when it is run with the same
// arguments, and names its keys when it asks concurrently.
//
// # Calls that take long
//
// A tool whose Spec says so may run as a task: its client is answered with a handle, and the call goes on without it. Nothing
// else changes for the handler, whose questions then wait for their answers in either case. The call is a task before the
// handler begins, or, with TaskLate, from where it calls Detach:
//
//	answer, err := r.Ask(ctx, tools.Question{Key: "sure", Message: "Build 12 projects?"}) // still awaited
//	…
//	if err := r.Detach(ctx); err != nil {
//		return out, err
//	}
//
// # What a caller sees of an error
//
// Only an *Error is shown, as the Dispatcher makes it or a handler by Fail and NotFound, and a *primitives.Failure of a
// known type. Everything else, a panic included, is answered with the call's id and goes to DispatcherOptions.OnFault.
package tools
