package governance

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// Kind says what is being invoked. The zero value is invalid and is denied.
type Kind uint8

// The kinds of governed invocation.
const (
	KindInvalid      Kind = iota
	KindTool              // tools/call
	KindResource          // resources/read
	KindPrompt            // prompts/get
	KindCompletion        // completion/complete
	KindSubscription      // resources/subscribe, subscriptions/listen
	KindTask              // tasks/get, tasks/update, tasks/cancel
)

// kindNames are the texts of the kinds, as policies, the journal and the command line spell them.
const kindNames = "invalid tool resource prompt completion subscription task"

// String returns the kind's name: "tool", "resource", and so on.
func (k Kind) String() string { return nameAt(kindNames, int(k)) }

// MarshalText implements encoding.TextMarshaler; the text is what String returns.
func (k Kind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler; an unknown name is an error.
func (k *Kind) UnmarshalText(text []byte) error {
	i, ok := indexOf(kindNames, string(text))
	if !ok {
		return fmt.Errorf("unknown kind %q", text)
	}
	*k = Kind(i)
	return nil
}

// A Caller is who acts. Principal and Operator come from the transport (the OS user on stdio, a token's subject on
// HTTP) and Agent from a proven key; rights and limits hang on these alone. Label is what the host calls itself: it is
// shown and recorded, and grants nothing.
type Caller struct {
	Principal string `json:"principal"`          // authenticated by the transport; empty is denied
	Agent     string `json:"agent,omitempty"`    // proven DID; empty when none was proven
	Label     string `json:"label,omitempty"`    // the host's own name and version, unproven
	Operator  bool   `json:"operator,omitempty"` // owns configuration, data directory and keys
	Roles     string `json:"roles,omitempty"`    // that the transport found the principal to have, by commas; they choose policies and are no part of who it is
}

// Identity is the part of the caller that limits and baselines are counted by: the principal, and the proven agent
// below it. It never contains the label, and two callers that differ in either never share one: what separates the
// two is escaped in the principal.
func (c Caller) Identity() string {
	principal := c.Principal
	if strings.IndexByte(principal, '#') >= 0 || strings.IndexByte(principal, '%') >= 0 {
		principal = strings.NewReplacer("%", "%25", "#", "%23").Replace(principal)
	}
	if c.Agent == "" {
		return principal
	}
	return principal + "#" + c.Agent
}

// Hints are the behaviour hints a tool declares about itself. The zero value is the pessimistic one of the protocol:
// it may write, may destroy, may not be repeated and may reach the open world.
type Hints struct {
	ReadOnly       bool `json:"read_only,omitempty"`       // changes nothing
	NonDestructive bool `json:"non_destructive,omitempty"` // only adds
	Idempotent     bool `json:"idempotent,omitempty"`      // repeating adds no effect
	ClosedWorld    bool `json:"closed_world,omitempty"`    // touches nothing outside its own domain
}

// A Call is one governed invocation. It is built once, by the server or by Request.Call, and is read-only from then on:
// a check must not change it nor keep Args beyond the call.
type Call struct {
	ID        string          // UUIDv7; unique
	Parent    string          // id of the call whose handler made this one, or empty
	Kind      Kind            // what is invoked
	Name      string          // tool name, resource URI, prompt name, or the completion's or subscription's reference
	Caller    Caller          // who acts
	Execution string          // handle minted by execution_open, or empty for the implicit execution
	Policies  []string        // names of further policies that narrow this call; unknown ones deny
	Depth     int             // 0 for a call from outside, parent's depth + 1 otherwise
	Hints     Hints           // declared by the tool
	Labels    []string        // what the execution has touched so far
	Args      json.RawMessage // raw JSON object exactly as received; nil or empty means {}
	Answers   json.RawMessage // JSON object of what the client answered to questions of earlier rounds, by key; nil is none
	Meta      json.RawMessage // raw _meta of the request, or nil; never trusted
	At        time.Time       // when the call arrived, by the kernel's clock
	Tree      *Tree           // shared by all calls that one call from outside leads to; nil is none to be counted in
	Unknown   bool            // nothing of that name is offered, so that the call is denied whatever is decided
}
