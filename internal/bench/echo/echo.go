// Package echo is a tool that answers with what it is told. It does nothing that takes time, so that a measurement of
// calling it is one of everything around a handler: the transport, governing, recording. A second one tells how many
// goroutines there are. Only a build with the tag "echo" has them, which internal/bench makes; what is released does not.
package echo

import (
	"context"
	"runtime"
	"strconv"

	"github.com/mcp-kernel/mcp-kernel/tools"
)

// Name is the module's name.
const Name = "echo"

// A Module offers the tools "echo" and "goroutines". The zero value is ready, and safe for concurrent use.
type Module struct{}

// Name implements tools.Module.
func (Module) Name() string { return Name }

// Surface implements tools.Module.
func (Module) Surface() tools.Surface {
	echo := tools.Spec{
		Name: "echo", Title: "Echo", Description: "Answers with the message.", Audience: tools.ForAgents,
		ReadOnly: tools.Yes, Destructive: tools.No, Idempotent: tools.Yes, OpenWorld: tools.No,
	}
	goroutines := echo
	goroutines.Name, goroutines.Title, goroutines.Description = "goroutines", "Goroutines", "Answers with how many there are."
	return tools.Surface{Tools: []tools.Tool{tools.FuncMixed(echo, say), tools.FuncMixed(goroutines, count)}}
}

// count answers with the number of goroutines, its own included.
func count(context.Context, *tools.Request, struct{}) (tools.Result, error) {
	return tools.Result{Content: []tools.Content{tools.Text(strconv.Itoa(runtime.NumGoroutine()))}}, nil
}

// spoken are the arguments of echo.
type spoken struct {
	Message string `json:"message" doc:"what is answered"`
}

// say answers with the message.
func say(_ context.Context, _ *tools.Request, args spoken) (tools.Result, error) {
	return tools.Result{Content: []tools.Content{tools.Text(args.Message)}}, nil
}
