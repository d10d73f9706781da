package command_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/mcp-kernel/mcp-kernel/modules/atr/command"
	"github.com/mcp-kernel/mcp-kernel/modules/atr/local"
)

// A program as a tool: what is given fills one argument, whatever is in it.
func Example() {
	echo, err := command.New(command.Spec{
		Name: "say", Description: "Says something.", Required: []string{"text"},
		Parameters: map[string]json.RawMessage{"text": json.RawMessage(`{"type":"string"}`)},
		Argv:       [][]string{{"echo"}, {"{text}"}},
	}, command.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	answer, err := echo.Call(context.Background(), json.RawMessage(`{"text":"hello; rm -rf /"}`))
	fmt.Print(answer.Text, err, "\n")
	_, err = echo.Call(context.Background(), json.RawMessage(`{"text":"--help"}`))
	fmt.Println(errors.Is(err, local.ErrArguments), err)
	// Output:
	// hello; rm -rf /
	// <nil>
	// true the arguments do not fit: text begins with -, which the program would take for an option
}
