package tools

import "encoding/json"

// A Result is what a handler answered. A tool fills Content and Structured, a resource Contents, a prompt Messages and
// Description, a completion Values. The caller of a handler owns it.
type Result struct {
	Content    []Content
	Structured json.RawMessage // a JSON object, beside its text in Content
	IsError    bool            // the tool failed in a way the model can act on

	Contents []ResourceContents

	// Verbatim is the whole result object as another server wrote it, made by Verbatim; the other fields that are about the
	// answer are then empty, but for IsError.
	Verbatim json.RawMessage `json:",omitempty"`

	Description string
	Messages    []Message

	Values []string // at most 100
	Total  int      // of all matching values; 0 when unknown
	More   bool     // there are more values than were returned

	// Pending is what the client must answer before the call can go on; everything else is then empty. The Dispatcher
	// fills it, for a handler that passed on ErrInputRequired.
	Pending []Inquiry

	CallID string                     // of the call that this answers, by which its entries are found; the Dispatcher's
	Doubt  float64                    // 1 − the tool's own confidence: 0 (none) to 1; it can only lower the kernel's figure
	Meta   map[string]json.RawMessage // result _meta; keys under "io.mcp-kernel/" are the kernel's
}

// ContentType says which fields of a Content are filled.
type ContentType string

// The content types of the protocol.
const (
	TypeText         ContentType = "text"
	TypeImage        ContentType = "image"
	TypeAudio        ContentType = "audio"
	TypeResourceLink ContentType = "resource_link"
	TypeResource     ContentType = "resource"
)

// Content is one block of a tool's answer or of a prompt's message.
type Content struct {
	Type     ContentType
	Text     string            // TypeText
	Data     []byte            // TypeImage, TypeAudio: raw bytes
	MIMEType string            // TypeImage, TypeAudio, TypeResourceLink
	URI      string            // TypeResourceLink
	Name     string            // TypeResourceLink
	Title    string            // TypeResourceLink
	Resource *ResourceContents // TypeResource
}

// Text returns a text block.
func Text(s string) Content { return Content{Type: TypeText, Text: s} }

// ResourceContents is what was read from a resource: text, or bytes when Blob is not nil.
type ResourceContents struct {
	URI      string
	MIMEType string
	Text     string
	Blob     []byte
}

// A Message is one message of a prompt.
type Message struct {
	Role    Role
	Content Content
}

// Role says who speaks in a prompt's message.
type Role string

// The roles.
const (
	RoleUser      Role = "user"
	RoleAssistant Role = "assistant"
)
