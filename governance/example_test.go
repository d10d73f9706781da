package governance_test

import (
	"fmt"

	"github.com/mcp-kernel/mcp-kernel/governance"
)

func Example() {
	policies := []governance.Policy{
		{Name: "team", AllowedTools: []string{"file_*"}},
		{Name: "reading", AllowedTools: []string{"file_read", "file_list"}},
	}
	snapshot, err := governance.Compile(governance.Ceiling{}, policies...)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, tool := range []string{"file_read", "file_write", "shell"} {
		policy, ok := snapshot.Allowed(governance.KindTool, tool)
		fmt.Println(tool, ok, policy)
	}
	fmt.Println(snapshot.Effective().MaxToolCallsPerRequest)
	// Output:
	// file_read true reading
	// file_write false reading
	// shell false reading
	// {10000 kernel ceiling}
}
