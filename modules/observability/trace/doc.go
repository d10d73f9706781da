// Package trace follows calls: each becomes a span with its steps, within the trace that its caller is in (W3C Trace Context)
// or one of its own, whose ids are those of the calls, so that who knows a call finds its trace. It decides which calls are
// followed; what a call is, and who is told of spans, others decide.
package trace
