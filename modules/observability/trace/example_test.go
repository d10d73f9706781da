package trace_test

import (
	"context"
	"fmt"
	"time"

	"github.com/mcp-kernel/mcp-kernel/modules/observability/trace"
)

func Example() {
	tracer, _ := trace.New(trace.Options{Ratio: 1, Export: func(all []trace.Data) {
		for _, span := range all {
			fmt.Println(span.Trace, span.ID, span.Name)
		}
	}})
	began := time.Unix(1, 0)
	_, span := tracer.Begin(context.Background(), trace.Call{ID: "01890a5d-ac96-774b-bcce-b302099a8057", At: began})
	span.End(trace.Data{Name: "tools/call echo", End: began.Add(time.Millisecond)})
	// Output: 01890a5dac96774bbcceb302099a8057 bcceb302099a8057 tools/call echo
}
