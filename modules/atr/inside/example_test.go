package inside_test

import (
	"context"
	"fmt"

	"github.com/mcp-kernel/mcp-kernel/modules/atr/inside"
	"github.com/mcp-kernel/mcp-kernel/modules/atr/rpc"
)

// Tools that run in this process are those of a server like any other.
func Example() {
	conn, err := rpc.Connect(context.Background(), rpc.Options{Transport: inside.New(inside.Options{
		Tools: func(context.Context) ([]inside.Tool, error) { return []inside.Tool{tool{name: "echo", run: echo}}, nil },
	})})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer conn.Close() //nolint:errcheck // nothing is left to do
	_, err = conn.Call(context.Background(), rpc.Request{Method: "tools/call", Params: []byte(`{"name":"echo"}`)})
	fmt.Println(err)
	// Output:
	// the server answered with error -32600: "what runs as echo is not what was agreed to: an operator has to look at it (mcp-kernel pins diff)"
}
