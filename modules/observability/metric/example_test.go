package metric_test

import (
	"fmt"
	"os"
	"time"

	"github.com/mcp-kernel/mcp-kernel/modules/observability/metric"
)

func Example() {
	set, err := metric.New([]metric.Desc{
		{
			Name: "calls_total", Kind: metric.Counter, Help: "Calls that have ended.",
			Labels: []metric.Label{{Name: "tool", Most: 100}},
		},
		{Name: "call_seconds", Kind: metric.Histogram, Unit: "seconds", Help: "How long they took.", Buckets: []float64{0.01, 0.1}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	set.Family("calls_total").With("file_read").Add(1, metric.Exemplar{})
	set.Family("call_seconds").With().Seconds(30*time.Millisecond, metric.Exemplar{Call: "4711", At: time.Unix(1795440000, 0)})
	if err := set.Write(os.Stdout, metric.OpenMetrics); err != nil {
		fmt.Println(err)
	}
	// Output:
	// # HELP call_seconds How long they took.
	// # TYPE call_seconds histogram
	// # UNIT call_seconds seconds
	// call_seconds_bucket{le="0.01"} 0
	// call_seconds_bucket{le="0.1"} 1 # {call_id="4711"} 0.03 1795440000.000
	// call_seconds_bucket{le="+Inf"} 1
	// call_seconds_sum 0.03
	// call_seconds_count 1
	// # HELP calls Calls that have ended.
	// # TYPE calls counter
	// calls_total{tool="file_read"} 1
	// # EOF
}
