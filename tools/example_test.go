package tools_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/tools"
)

type addIn struct {
	A int `json:"a" doc:"First addend."`
	B int `json:"b,omitempty" doc:"Second addend." default:"1" max:"1000"`
}

type addOut struct {
	Sum int `json:"sum"`
}

// adding is a module with one tool.
type adding struct{}

func (adding) Name() string { return "adding" }

func (adding) Surface() tools.Surface {
	spec := tools.Spec{
		Name: "add", Title: "Add", Description: "Adds two integers.", Audience: tools.ForAgents,
		ReadOnly: tools.Yes, Destructive: tools.No, Idempotent: tools.Yes, OpenWorld: tools.No,
		Profiles: []string{tools.ProfileDefault},
	}
	return tools.Surface{Tools: []tools.Tool{
		tools.Func(spec, func(_ context.Context, _ *tools.Request, in addIn) (addOut, error) {
			return addOut{Sum: in.A + in.B}, nil
		}),
	}}
}

func ExampleFunc() {
	spec := adding{}.Surface().Tools[0].Spec()
	fmt.Println(string(spec.InputSchema))
	fmt.Println(string(spec.OutputSchema))
	// Output:
	// {"type":"object","properties":{"a":{"type":"integer","description":"First addend."},"b":{"type":"integer","maximum":1000,"description":"Second addend.","default":1}},"required":["a"],"additionalProperties":false}
	// {"type":"object","properties":{"sum":{"type":"integer"}},"required":["sum"]}
}

func ExampleNewCatalog() {
	_, err := tools.NewCatalog(adding{}, adding{})
	fmt.Println(err)
	// Output:
	// module adding: tool "add": module adding has one of that name: rename one
}

func ExampleDispatcher_Dispatch() {
	catalog, err := tools.NewCatalog(adding{})
	if err != nil {
		fmt.Println(err)
		return
	}
	d, err := tools.NewDispatcher(tools.DispatcherOptions{Catalog: catalog, Gate: exampleGate(), Journal: &journal{}})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = d.Close(context.Background()) }()
	for i, args := range []string{`{"a":1,"b":2}`, `{"a":1}`, `{"a":1,"c":2}`, `{"a":"one"}`} {
		result, err := d.Dispatch(context.Background(), governance.Call{
			ID: fmt.Sprint(i), Kind: governance.KindTool, Name: "add", Caller: governance.Caller{Principal: "alice"}, Args: []byte(args),
		}, nil)
		if err != nil {
			var refused *tools.Error
			fmt.Println(errors.As(err, &refused), err)
			continue
		}
		fmt.Println(string(result.Structured))
	}
	// Output:
	// {"sum":3}
	// {"sum":2}
	// true bad_arguments: /c: unknown argument; allowed: a, b (call 2)
	// true bad_arguments: /a: want integer, got string (call 3)
}

// exampleGate is a gate whose one policy allows the tools of the examples.
func exampleGate() *governance.Gate {
	snapshot, err := governance.Compile(governance.Ceiling{}, governance.Policy{Name: "sums", AllowedTools: []string{"add", "remove"}})
	if err != nil {
		panic(err)
	}
	gate, err := governance.New(governance.Options{
		Select:  func(*governance.Call) (*governance.Snapshot, error) { return snapshot, nil },
		Limiter: &counters{used: map[string]int64{}},
	})
	if err != nil {
		panic(err)
	}
	return gate
}
