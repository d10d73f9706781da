package tools

import (
	"encoding/json"

	"github.com/mcp-kernel/mcp-kernel/modules/primitives"
)

// wireContent is a content block in the protocol's words.
type wireContent struct {
	Type     ContentType   `json:"type"`
	Text     string        `json:"text,omitempty"`
	Data     []byte        `json:"data,omitempty"`
	MIMEType string        `json:"mimeType,omitempty"`
	URI      string        `json:"uri,omitempty"`
	Name     string        `json:"name,omitempty"`
	Title    string        `json:"title,omitempty"`
	Resource *wireResource `json:"resource,omitempty"`
}

// wireResource is the contents of a resource in the protocol's words.
type wireResource struct {
	URI      string `json:"uri"`
	MIMEType string `json:"mimeType,omitempty"`
	Text     string `json:"text,omitempty"`
	Blob     []byte `json:"blob,omitempty"`
}

// wireMessage is a message of a prompt in the protocol's words.
type wireMessage struct {
	Role    Role        `json:"role"`
	Content wireContent `json:"content"`
}

// wireInquiry is a question to the client.
type wireInquiry struct {
	Key    string          `json:"key"`
	Method string          `json:"method"`
	Params json.RawMessage `json:"params"`
}

// wireResult is a result in the protocol's words.
type wireResult struct {
	Content     []wireContent   `json:"content,omitempty"`
	Structured  json.RawMessage `json:"structuredContent,omitempty"`
	IsError     bool            `json:"isError,omitempty"`
	Contents    []wireResource  `json:"contents,omitempty"`
	Description string          `json:"description,omitempty"`
	Messages    []wireMessage   `json:"messages,omitempty"`
	Values      []string        `json:"values,omitempty"`
	Pending     []wireInquiry   `json:"inputRequests,omitempty"`
}

func wireOf(c Content) wireContent {
	w := wireContent{
		Type: c.Type, Text: c.Text, Data: c.Data, MIMEType: c.MIMEType, URI: c.URI, Name: c.Name, Title: c.Title,
	}
	if c.Resource != nil {
		r := wireResource(*c.Resource)
		w.Resource = &r
	}
	return w
}

func mapped[A, B any](from []A, to func(A) B) []B {
	if len(from) == 0 {
		return nil
	}
	out := make([]B, len(from))
	for i := range from {
		out[i] = to(from[i])
	}
	return out
}

// document is a result as one JSON value, which is what the gate reviews and the journal digests: the structured answer
// alone where the content only repeats it as text, which is the usual case, and everything otherwise.
func (r *Result) document() ([]byte, error) {
	if r.Verbatim != nil {
		return r.Verbatim, nil
	}
	if r.plain() {
		return r.Structured, nil
	}
	if r.worded() {
		return r.words(), nil
	}
	return json.Marshal(wireResult{
		mapped(r.Content, wireOf), r.Structured, r.IsError,
		mapped(r.Contents, func(c ResourceContents) wireResource { return wireResource(c) }),
		r.Description, mapped(r.Messages, func(m Message) wireMessage { return wireMessage{m.Role, wireOf(m.Content)} }), r.Values,
		mapped(r.Pending, func(i Inquiry) wireInquiry { return wireInquiry{i.Key, i.Method, i.Params} }),
	})
}

// replace makes the result the one of a document that was changed, as document wrote it. What the document does not tell
// stays as it is.
func (r *Result) replace(doc []byte) error {
	if r.Verbatim != nil {
		r.Verbatim = doc
		return wellFormed(doc)
	}
	if r.plain() {
		r.Structured, r.Content = doc, []Content{Text(string(doc))}
		return nil
	}
	var w wireResult
	if err := json.Unmarshal(doc, &w); err != nil {
		return err
	}
	r.Content, r.Structured, r.IsError = mapped(w.Content, wireContent.content), w.Structured, w.IsError
	r.Contents = mapped(w.Contents, func(c wireResource) ResourceContents { return ResourceContents(c) })
	r.Description, r.Values = w.Description, w.Values
	r.Messages = mapped(w.Messages, func(m wireMessage) Message { return Message{m.Role, m.Content.content()} })
	r.Pending = mapped(w.Pending, func(i wireInquiry) Inquiry { return Inquiry{Key: i.Key, Method: i.Method, Params: i.Params} })
	return nil
}

// content is the block that wireOf wrote.
func (w wireContent) content() Content {
	c := Content{Type: w.Type, Text: w.Text, Data: w.Data, MIMEType: w.MIMEType, URI: w.URI, Name: w.Name, Title: w.Title}
	if w.Resource != nil {
		r := ResourceContents(*w.Resource)
		c.Resource = &r
	}
	return c
}

// worded reports whether an answer is text and nothing else.
func (r *Result) worded() bool {
	if r.Verbatim != nil || len(r.Structured) > 0 || len(r.Contents) > 0 || len(r.Messages) > 0 || len(r.Values) > 0 || len(r.Pending) > 0 ||
		r.Description != "" {
		return false
	}
	for i := range r.Content {
		if r.Content[i].Type != TypeText {
			return false
		}
	}
	return true
}

// words is the document of an answer that is text and nothing else.
func (r *Result) words() []byte {
	size := len(`{"content":[],"isError":true}`)
	for i := range r.Content {
		size += len(`{"type":"text","text":""},`) + len(r.Content[i].Text)
	}
	b := append(make([]byte, 0, size), '{')
	for i := range r.Content {
		b = append(b, [...]string{`"content":[`, `,`}[min(i, 1)]...)
		b = append(b, `{"type":"text"`...)
		if text := r.Content[i].Text; text != "" {
			b = primitives.AppendString(append(b, `,"text":`...), text)
		}
		b = append(b, '}')
	}
	if len(r.Content) > 0 {
		b = append(b, ']')
	}
	if r.IsError {
		b = append(b, [...]string{`"isError":true`, `,"isError":true`}[min(len(r.Content), 1)]...)
	}
	return append(b, '}')
}

// plain reports whether the structured answer says everything.
func (r *Result) plain() bool {
	return len(r.Structured) > 0 && !r.IsError && len(r.Contents) == 0 && len(r.Messages) == 0 && len(r.Values) == 0 &&
		len(r.Content) == 1 && r.Content[0].Type == TypeText && r.Content[0].Text == string(r.Structured)
}
