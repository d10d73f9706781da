package approval_test

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/governance/approval"
	"github.com/mcp-kernel/mcp-kernel/state/memstate"
)

// A call is asked about, agreed to by an operator, and runs once.
func Example() {
	ctx := context.Background()
	desk, err := approval.New(approval.Options{
		Store: memstate.New(memstate.Options{}), Sweep: -1,
		Show: func(canonical []byte) (string, bool) { return string(canonical), true },
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = desk.Close() }()

	call := &governance.Call{
		ID: "c1", Kind: governance.KindTool, Name: "file_delete", Caller: governance.Caller{Principal: "user:ada"},
		Args: json.RawMessage(`{"path": "notes.txt"}`),
	}
	needs := []governance.Requirement{{
		Policy: "careful", Rule: "deletes", Approvers: []string{governance.ApproverOperators}, Quorum: 1,
		Expires: 15 * time.Minute, Channels: []governance.Channel{governance.ChannelCLI},
	}}

	request, err := desk.Open(ctx, call, needs)
	fmt.Println(request.Status, request.Arguments, err)
	request, err = desk.Answer(ctx, request, approval.Vote{
		By: "user:root", Operator: true, Channel: governance.ChannelCLI, Approve: true,
	})
	fmt.Println(request.Status, err)
	for range 2 {
		grant, err := desk.Redeem(ctx, call, needs)
		fmt.Println(grant != nil, err)
	}
	// Output:
	// waiting {"path":"notes.txt"} <nil>
	// granted <nil>
	// true <nil>
	// false <nil>
}
