package trial

import (
	"encoding/json"
	"strings"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/governance/policy"
)

// A block is a piece of an answer, as far as there is text in it.
type block struct {
	Type string `json:"type,omitempty"`
	URI  string `json:"uri,omitempty"`
	Text string `json:"text"`
}

// A message is one of a prompt.
type message struct {
	Role    string `json:"role"`
	Content block  `json:"content"`
}

// A reply is an answer in the protocol's words.
type reply struct {
	Content    json.RawMessage `json:"content,omitempty"`
	Structured json.RawMessage `json:"structuredContent,omitempty"`
	IsError    bool            `json:"isError,omitempty"`
	Contents   []block         `json:"contents,omitempty"`
	Messages   []message       `json:"messages,omitempty"`
}

// document is an answer as the gate is given it: a structured one alone, as the dispatcher gives it when the content only
// repeats it, and anything else in the protocol's words.
func document(call *governance.Call, a *policy.Answer) json.RawMessage {
	var r reply
	switch {
	case call.Kind == governance.KindResource:
		r.Contents = []block{{URI: call.Name, Text: textOf(a)}}
	case call.Kind == governance.KindPrompt:
		r.Messages = []message{{Role: "user", Content: block{Type: "text", Text: textOf(a)}}}
	case a.Structured != nil && a.Text == nil && a.Content == nil && !a.Error:
		return a.Structured
	default:
		r = reply{Content: a.Content, Structured: a.Structured, IsError: a.Error}
		if a.Text != nil {
			r.Content = encoded([]block{{Type: "text", Text: *a.Text}})
		}
	}
	return encoded(r)
}

func textOf(a *policy.Answer) string {
	if a.Text == nil {
		return ""
	}
	return *a.Text
}

func encoded(value any) json.RawMessage {
	text, err := json.Marshal(value)
	if err != nil {
		return nil // what a suite holds is JSON
	}
	return text
}

// remains are what reaches the agent of an answer.
type remains struct {
	redacted   bool
	text       string // of all texts, a line apart
	structured json.RawMessage
}

// remaining reads what is left of an answer, of which something may have been taken out.
func remaining(whole, redacted json.RawMessage) remains {
	left := remains{redacted: redacted != nil}
	if redacted != nil {
		whole = redacted
	}
	var r reply
	var blocks []block
	if json.Unmarshal(whole, &r) != nil || r.Content == nil && r.Contents == nil && r.Messages == nil && r.Structured == nil {
		left.structured = whole
		return left
	}
	left.structured = r.Structured
	if json.Unmarshal(r.Content, &blocks) != nil {
		blocks = nil // there is no content
	}
	blocks = append(blocks, r.Contents...)
	for _, m := range r.Messages {
		blocks = append(blocks, m.Content)
	}
	texts := make([]string, 0, len(blocks))
	for _, b := range blocks {
		if b.Text != "" {
			texts = append(texts, b.Text)
		}
	}
	left.text = strings.Join(texts, "\n")
	return left
}
