package tools_test

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/mcp-kernel/mcp-kernel/tools"
)

// A tool that asks a person before it acts. It is written once; in which way the client is asked is not its business.
func ExampleRequest_Ask() {
	type in struct {
		Path string `json:"path" doc:"what to delete"`
	}
	type out struct {
		Deleted bool `json:"deleted"`
	}
	remove := func(ctx context.Context, r *tools.Request, a in) (out, error) {
		answer, err := r.Ask(ctx, tools.Question{
			Key: "sure", Message: "Delete " + a.Path + "?",
			Schema: json.RawMessage(`{"type":"object","properties":{"backup":{"type":"boolean","default":true}}}`),
		})
		if err != nil {
			return out{}, err
		}
		return out{Deleted: answer.Accepted()}, nil
	}
	tool := tools.Func(tools.Spec{
		Name: "remove", Title: "Remove", Description: "Deletes a file when a person agrees.", Audience: tools.ForAgents,
		ReadOnly: tools.No, Destructive: tools.Yes, Idempotent: tools.Yes, OpenWorld: tools.No,
	}, remove)
	_, err := tools.NewCatalog(module{"files", tools.Surface{Tools: []tools.Tool{tool}}})
	fmt.Println(tool.Spec().Name, err)
	// Output: remove <nil>
}
