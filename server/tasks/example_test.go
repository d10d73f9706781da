package tasks_test

import (
	"context"
	"fmt"
	"time"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/modules/primitives"
	"github.com/mcp-kernel/mcp-kernel/server/tasks"
	"github.com/mcp-kernel/mcp-kernel/state/memstate"
	"github.com/mcp-kernel/mcp-kernel/tools"
)

// A call becomes a task when its handler says so; its client is answered, and asks for the rest.
func Example() {
	ctx := context.Background()
	m, err := tasks.New(tasks.Options{
		Door: &door{jobs: map[string]job{"add": func(ctx context.Context, client tools.Detacher) (tools.Result, error) {
			if err := client.Detach(ctx); err != nil {
				return tools.Result{}, err
			}
			return tools.Result{Content: []tools.Content{tools.Text("1 + 1 = 2")}}, nil
		}}},
		Store: memstate.New(memstate.Options{}), Process: "this one", Lives: func(string) bool { return true },
		IDs: primitives.NewIDs(nil, nil).New, Now: time.Now,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	ada := governance.Caller{Principal: "user:ada"}
	_, task, err := m.Run(ctx, tasks.Start{Call: governance.Call{Kind: governance.KindTool, Name: "add", Caller: ada}, Peer: client{}})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(task.Tool, "is", task.Status)
	for !task.Over() {
		if *task, err = m.Await(ctx, ada.Identity(), task.ID, *task); err != nil {
			fmt.Println(err)
			return
		}
	}
	_, answer, err := m.Get(ctx, governance.Call{Caller: ada}, "tasks/get", task.ID)
	fmt.Println(task.Status, answer.Content[0].Text, err)
	fmt.Println(m.Close(ctx))
	// Output:
	// add is working
	// completed 1 + 1 = 2 <nil>
	// <nil>
}
