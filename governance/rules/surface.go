package rules

import "encoding/json"

// A Surface is what a kernel offers, as far as rules can speak of it.
type Surface struct {
	Tools   []Tool
	Prompts []Prompt
	Labels  []string // data labels that something other than a policy adds, as in detectors' findings
}

// A Tool is one tool: its name, what it says of itself, and the JSON Schema of its arguments, which must be an object's.
type Tool struct {
	Name        string
	ReadOnly    bool // changes nothing
	Destructive bool // may delete or overwrite
	Idempotent  bool // the same arguments again add no effect
	OpenWorld   bool // reaches beyond the kernel's own domain
	Input       json.RawMessage
}

// A Prompt is one prompt with the names of its arguments, which are all texts.
type Prompt struct {
	Name     string
	Required []string
	Optional []string
}

// A Kind says what a call invokes. The zero value is invalid, and no rule allows it.
type Kind uint8

// The kinds of call.
const (
	KindInvalid Kind = iota
	KindTool
	KindResource
	KindPrompt
	KindCompletion
	KindSubscription
	KindTask
)

// The names of the actions, which are those of the protocol. Every tool is an action of its own in ActionTools, and
// every prompt, with "prompt/" before its name, one in ActionPrompts; no tool's name has a slash.
const (
	ActionTools         = "tools/call"
	ActionResources     = "resources/read"
	ActionPrompts       = "prompts/get"
	ActionCompletions   = "completion/complete"
	ActionSubscriptions = "subscriptions/listen"
	ActionTasks         = "tasks/manage"
	promptPrefix        = "prompt/"
)

// The types of entity.
const (
	typePrincipal = "Principal"
	typeAgent     = "Agent"
	typeTool      = "Tool"
	typePrompt    = "Prompt"
	typeResource  = "Resource"
	typeAction    = "Action"
)
