package tools

import (
	"encoding/json"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/governance/audit"
	"github.com/mcp-kernel/mcp-kernel/governance/match"
)

// redact makes of an ending what the review left of its document, and returns the document as it is then. An answer that
// is no answer any more without what was taken out is withheld.
func (c *call) redact(e *ending, doc []byte) []byte {
	if e.refusal != nil {
		return e.refusal.redact(doc)
	}
	typed := len(e.result.Structured) > 0 && c.target != nil && c.target.out != nil
	if err := e.result.replace(doc); err != nil {
		e.status, e.result = governance.StatusWithheld, Result{}
		e.refusal = c.refuse(CodeWithheld, "the answer holds what must not leave, and cannot be told without it", err)
		return e.refusal.document()
	}
	if !typed || c.target.out.check(e.result.Structured, c.d.opts.MaxResult) == nil {
		return doc
	}
	// A client would hold a structured answer against the tool's schema, so what is left is text, and an error.
	if len(e.result.Content) == 0 {
		e.result.Content = []Content{Text(string(e.result.Structured))}
	}
	e.valid, e.result.Structured, e.result.IsError = audit.No, nil, true
	return c.document(e)
}

// redact makes of an error what is left of its document.
func (e *Error) redact(doc []byte) []byte {
	var left map[string]json.RawMessage
	if json.Unmarshal(doc, &left) != nil || json.Unmarshal(left["reason"], &e.Reason) != nil {
		e.Reason, e.Details = "the reason holds what must not leave", nil
		return e.document()
	}
	if e.Remote != nil {
		e.Remote = &Remote{Code: e.Remote.Code}
		if json.Unmarshal(left["remote"], e.Remote) != nil {
			e.Remote = &Remote{Code: e.Remote.Code, Message: e.Reason}
		}
	}
	for _, own := range []string{"code", "reason", "call_id", "remote"} {
		delete(left, own)
	}
	details, err := json.Marshal(left)
	if err != nil || len(left) == 0 {
		details = nil
	}
	e.Details = details
	return doc
}

// tally is findings as the journal holds them: how many of each check and class.
func tally(findings []match.Finding) map[string]int {
	if len(findings) == 0 {
		return nil
	}
	counts := make(map[string]int, len(findings))
	for i := range findings {
		counts[findings[i].Check+"/"+findings[i].Class]++
	}
	return counts
}
