// Package echo is one tool that answers with what it is told. It does nothing that takes time, so that a measurement of
// calling it is one of everything around a handler: the transport, governing, recording. Only a build with the tag
// "echo" has it, which internal/bench makes; what is released does not.
package echo

import (
	"context"
	"encoding/json"

	"github.com/mcp-kernel/mcp-kernel/tools"
)

// Name is the module's name.
const Name = "echo"

// A Module offers the tool "echo". The zero value is ready, and safe for concurrent use.
type Module struct{}

// Name implements tools.Module.
func (Module) Name() string { return Name }

// Surface implements tools.Module.
func (Module) Surface() tools.Surface {
	return tools.Surface{Tools: []tools.Tool{tools.Raw(tools.Spec{
		Name: "echo", Title: "Echo", Description: "Answers with the message.", Audience: tools.ForAgents,
		InputSchema: []byte(`{"type":"object","properties":{"message":{"type":"string"}},"required":["message"],"additionalProperties":false}`),
		ReadOnly:    tools.Yes, Destructive: tools.No, Idempotent: tools.Yes, OpenWorld: tools.No,
	}, say)}}
}

// say answers with the message.
func say(_ context.Context, _ *tools.Request, args json.RawMessage) (tools.Result, error) {
	var a struct {
		Message string `json:"message"`
	}
	if err := json.Unmarshal(args, &a); err != nil {
		return tools.Result{}, err
	}
	return tools.Result{Content: []tools.Content{tools.Text(a.Message)}}, nil
}
