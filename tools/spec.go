package tools

import (
	"encoding/json"
	"time"
)

// Audience says for whom something is. The zero value is invalid, so that nobody gets a tool by an oversight.
type Audience uint8

// The audiences.
const (
	AudienceUnset Audience = iota
	ForAgents              // listed and callable for agents, as policy allows, and for operators
	ForOperators           // neither listed nor callable for an agent
)

// Hint is a yes, a no, or not said. Every tool must say all four of its hints.
type Hint uint8

// The hints.
const (
	HintUnset Hint = iota
	Yes
	No
)

// The profiles that the kernel knows. A profile only decides what a host is shown; what may be called, policy decides.
const (
	ProfileDefault = "default" // at most 12 tools
	ProfileFiles   = "files"   // the file and memory actions as tools of their own
	ProfileFull    = "full"    // everything; every tool belongs to it without saying so
)

// A Spec describes a tool. Name matches ^[a-zA-Z0-9_-]{1,47}$: a host prefixes mcp__mcp-kernel__ and stops at 64.
type Spec struct {
	Name        string
	Title       string // for people
	Description string // for the model: what it does, what it needs, what it answers
	Audience    Audience
	Profiles    []string // besides ProfileFull

	ReadOnly    Hint // changes nothing
	Destructive Hint // may delete or overwrite
	Idempotent  Hint // the same arguments again add no effect
	OpenWorld   Hint // reaches beyond the kernel's own domain

	Timeout time.Duration // its own bound beside the policy's; 0 means the policy's alone

	Task     TaskSupport `json:",omitzero"` // whether a call may go on as a task; the zero value is never
	TaskLate bool        `json:",omitzero"` // its handler says when, by Request.Detach, so that it can ask the client before

	// InputSchema and OutputSchema are JSON Schema 2020-12 documents. Func reflects both from its types and refuses a
	// Spec that sets them; Raw requires the first and publishes them as they are.
	InputSchema  json.RawMessage
	OutputSchema json.RawMessage

	// Definition is what another server says of the tool, in the protocol's words; Foreign sets it.
	Definition json.RawMessage `json:",omitempty"`
}

// A ResourceSpec describes a resource, or a family of resources when Template is set instead of URI.
type ResourceSpec struct {
	URI         string // of a single resource
	Template    string // RFC 6570, of a family
	Name        string // unique
	Title       string
	Description string
	MIMEType    string
	Audience    Audience
	Size        int64 // bytes, when known; 0 is unknown

	// Definition is what another server says of the resource, in the protocol's words; ForeignResource sets it.
	Definition json.RawMessage `json:",omitempty"`
}

// A PromptSpec describes a prompt.
type PromptSpec struct {
	Name        string
	Title       string
	Description string
	Audience    Audience
	Arguments   []PromptArgument

	// Definition is what another server says of the prompt, in the protocol's words; ForeignPrompt sets it.
	Definition json.RawMessage `json:",omitempty"`
}

// A PromptArgument is one argument of a prompt; all arguments are strings.
type PromptArgument struct {
	Name        string
	Title       string
	Description string
	Required    bool
}
