package observability_test

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/governance/audit"
	"github.com/mcp-kernel/mcp-kernel/modules/observability"
	"github.com/mcp-kernel/mcp-kernel/modules/observability/metric"
)

func Example() {
	m, err := observability.New(observability.Options{Known: func(_, name string) bool { return name == "file_read" }})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, name := range []string{"file_read", "file_read", "an invention"} {
		m.Observe(audit.Entry{
			Kind: audit.KindOutcome, Target: governance.KindTool, Name: name, Status: governance.StatusOK, Confidence: 1,
			Handler: 4 * time.Millisecond, Elapsed: 5 * time.Millisecond,
		})
	}
	var text bytes.Buffer
	if err := m.Write(context.Background(), &text, metric.Text); err != nil {
		fmt.Println(err)
		return
	}
	for line := range strings.Lines(text.String()) {
		if strings.HasPrefix(line, "mcp_kernel_requests_total") {
			fmt.Print(line)
		}
	}
	// Output:
	// mcp_kernel_requests_total{kind="tool",name="file_read",status="ok"} 2
	// mcp_kernel_requests_total{kind="tool",name="other",status="ok"} 1
}
