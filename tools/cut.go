package tools

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/mcp-kernel/mcp-kernel/governance"
)

// A Rest is what did not fit into an answer.
type Rest struct {
	Call   string            // that was answered
	Caller governance.Caller // who alone may read it
	Text   string            // all that was left out, in its order
}

// A Kept says where the rest of an answer can be read.
type Kept struct {
	URI   string    // of a resource, governed like any other
	Bytes int       // that were kept; fewer than there were when there were too many
	Until time.Time // when it is gone
}

// cutMark is the key of result _meta that says what was cut.
const cutMark = "io.mcp-kernel/cut"

// markerTokens is what the marker and the link may come to.
const markerTokens = 192

// cut shortens an answer with more tokens than the policies allow one answer: as many as fit stay, followed by a marker
// and a link to the rest, which is kept for the caller. What cannot be kept is said to be lost. What a handler is answered
// does not leave, so it is not cut.
func (c *call) cut(ctx context.Context, e *ending) {
	budget, ok := c.decision.Snapshot.MaxResultTokens()
	if !ok || c.gov.Depth > 0 || e.refusal != nil || !e.status.Ran() || c.gov.Kind == governance.KindTask {
		return
	}
	if int64(len(e.result.Verbatim)) > budget {
		c.fault(e.result.Unfold())
	}
	texts := e.result.texts()
	total := 0
	for _, text := range texts {
		total += len(*text)
	}
	if int64(max(total, len(e.result.Structured))) <= budget {
		return // a text has at most as many tokens as bytes
	}
	if len(texts) == 0 {
		e.result.Content = append(e.result.Content, Text(string(e.result.Structured)))
		texts = e.result.texts()
	}
	if c.fits(texts, budget) {
		return
	}
	rest := c.shorten(texts, budget-markerTokens)
	kept, err := c.keep(ctx, rest)
	c.fault(err)
	c.mark(&e.result, kept, len(rest))
}

// fits reports whether texts have no more tokens than a budget.
func (c *call) fits(texts []*string, budget int64) bool {
	for _, text := range texts {
		n, left := c.within(*text, budget)
		if n < len(*text) {
			return false
		}
		budget = left
	}
	return true
}

// within returns how many bytes of a text fit into a budget of tokens, and what is left of the budget. It counts no more
// of the text than fits: a piece of as many bytes as there are tokens left always does, and mostly leaves three quarters.
func (c *call) within(text string, budget int64) (int, int64) {
	at := 0
	for at < len(text) && budget > 0 {
		end := min(len(text), at+int(min(budget, int64(len(text)))))
		for end < len(text) && end > at && !utf8.RuneStart(text[end]) {
			end--
		}
		if end == at {
			break
		}
		budget -= c.d.opts.Measure([]byte(text[at:end]))
		at = end
	}
	return at, max(budget, 0)
}

// shorten leaves of the texts what fits into a budget, and returns the rest.
func (c *call) shorten(texts []*string, budget int64) string {
	var rest strings.Builder
	for _, text := range texts {
		n := 0
		if rest.Len() == 0 {
			n, budget = c.within(*text, budget)
		}
		if n < len(*text) {
			rest.WriteString((*text)[n:])
			*text = (*text)[:n]
		}
	}
	return rest.String()
}

// keep keeps the rest of an answer, where there is something to keep it in.
func (c *call) keep(ctx context.Context, rest string) (Kept, error) {
	if c.d.opts.Keep == nil {
		return Kept{}, nil
	}
	kept, err := c.d.opts.Keep(ctx, Rest{Call: c.gov.ID, Caller: c.gov.Caller, Text: rest})
	if err != nil {
		return Kept{}, fmt.Errorf("keep the rest of an answer: %w", err)
	}
	return kept, nil
}

// mark says in the answer that it was cut, and where the rest is. A part of a structured answer is none, and a client would
// hold it against the tool's schema, so what is left is text and, for such a tool, an error.
func (c *call) mark(r *Result, kept Kept, missing int) {
	note := fmt.Sprintf("[cut here: %d more bytes did not fit and are lost: ask for less]", missing)
	if kept.URI != "" {
		note = fmt.Sprintf("[cut here: %d more bytes; read the resource %s for them, until %s]", kept.Bytes, kept.URI, kept.Until.UTC().Format(time.RFC3339))
		if lost := missing - kept.Bytes; lost > 0 {
			note = strings.TrimSuffix(note, "]") + fmt.Sprintf("; the last %d bytes were too many and are lost]", lost)
		}
	}
	r.IsError = r.IsError || len(r.Structured) > 0
	r.Structured = nil
	link := Content{Type: TypeResourceLink, URI: kept.URI, Name: "rest", Title: "the rest of this answer", MIMEType: "text/plain"}
	switch c.gov.Kind {
	case governance.KindResource:
		r.Contents = append(r.Contents, ResourceContents{URI: c.gov.Name, MIMEType: "text/plain", Text: note})
	case governance.KindPrompt:
		r.Messages = append(r.Messages, Message{Role: RoleUser, Content: Text(note)})
	default:
		r.Content = append(r.Content, Text(note))
		if kept.URI != "" {
			r.Content = append(r.Content, link)
		}
	}
	what, err := json.Marshal(map[string]any{"missing": missing, "rest": kept.URI, "kept": kept.Bytes})
	if err != nil {
		return // cannot be: numbers and a text
	}
	if r.Meta == nil {
		r.Meta = map[string]json.RawMessage{}
	}
	r.Meta[cutMark] = what
}

// texts returns the places of all texts of an answer, in their order.
func (r *Result) texts() []*string {
	var texts []*string
	content := func(c *Content) {
		switch {
		case c.Type == TypeText:
			texts = append(texts, &c.Text)
		case c.Type == TypeResource && c.Resource != nil && c.Resource.Blob == nil:
			texts = append(texts, &c.Resource.Text)
		}
	}
	for i := range r.Content {
		content(&r.Content[i])
	}
	for i := range r.Contents {
		if r.Contents[i].Blob == nil {
			texts = append(texts, &r.Contents[i].Text)
		}
	}
	for i := range r.Messages {
		content(&r.Messages[i].Content)
	}
	return texts
}
