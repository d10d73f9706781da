package tools_test

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/tools"
)

type removeIn struct {
	Path string `json:"path"`
}

type removeOut struct {
	Deleted bool `json:"deleted"`
}

// removing is a module whose tool asks a person before it acts.
type removing struct{}

func (removing) Name() string { return "removing" }

func (removing) Surface() tools.Surface {
	spec := tools.Spec{
		Name: "remove", Title: "Remove", Description: "Deletes a file when a person agrees.", Audience: tools.ForAgents,
		ReadOnly: tools.No, Destructive: tools.Yes, Idempotent: tools.Yes, OpenWorld: tools.No,
	}
	return tools.Surface{Tools: []tools.Tool{
		tools.Func(spec, func(ctx context.Context, r *tools.Request, in removeIn) (removeOut, error) {
			answer, err := r.Ask(ctx, tools.Question{Key: "sure", Message: "Delete " + in.Path + "?"})
			if err != nil {
				return removeOut{}, err
			}
			return removeOut{Deleted: answer.Accepted()}, nil
		}),
	}}
}

// The first client has no answer yet: the call ends with the question, and is made again with the answer. The handler is
// the same for a client that is asked while the call runs.
func ExampleRequest_Ask() {
	catalog, err := tools.NewCatalog(removing{})
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
	for _, answers := range []map[string]string{nil, {"sure": `{"action":"accept"}`}, {"sure": `{"action":"decline"}`}} {
		result, err := d.Dispatch(context.Background(), governance.Call{
			ID: "1", Kind: governance.KindTool, Name: "remove", Caller: governance.Caller{Principal: "alice"},
			Args: json.RawMessage(`{"path":"a.txt"}`),
		}, &person{answers: answers})
		for _, q := range result.Pending {
			fmt.Println(q.Key, string(q.Params))
		}
		fmt.Println(string(result.Structured), err)
	}
	// Output:
	// sure {"message":"Delete a.txt?","requestedSchema":{"type":"object","properties":{}}}
	//  <nil>
	// {"deleted":true} <nil>
	// {"deleted":false} <nil>
}
