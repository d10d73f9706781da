package bench_test

import (
	"context"
	"fmt"
	"os"

	"github.com/mcp-kernel/mcp-kernel/internal/bench"
)

func Example() {
	report, err := bench.Run(context.Background(),
		bench.Target{Name: "fake", Command: []string{os.Args[0]}, Env: []string{"MCP_BENCH_FAKE=stdio"}},
		bench.Load{
			Calls:    []bench.Call{{Tool: "echo", Weight: 4}, {Tool: "fail"}},
			Pipeline: 16,
			Warmup:   bench.Span{Requests: 100},
			Measure:  bench.Span{Requests: 1000},
		})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(report.Server, "over", report.Transport)
	fmt.Println(report.Good+report.Errors, "answers, of which", report.Faults[0].Kind, report.Faults[0].Count)
	// Output:
	// fake 1 over stdio
	// 1000 answers, of which isError 198
}
