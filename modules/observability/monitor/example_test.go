package monitor_test

import (
	"fmt"

	"github.com/mcp-kernel/mcp-kernel/modules/observability/monitor"
)

func ExampleRules() {
	for _, r := range monitor.Rules() {
		if r.Name == "MCPKernelFrozen" {
			fmt.Println(r.Severity, r.Expr)
		}
	}
	// Output: critical mcp_kernel_frozen == 1
}
