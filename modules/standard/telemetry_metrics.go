package standard

import (
	"context"
	"time"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/modules/observability/metric"
	"github.com/mcp-kernel/mcp-kernel/modules/observability/otlp"
	"github.com/mcp-kernel/mcp-kernel/modules/observability/trace"
)

// A timing is the metric of the semantic conventions: how long calls from outside took. The names are those of release v0.1.0 of
// open-telemetry/semantic-conventions-genai, as are the buckets from 10 ms on; calls of ours are often shorter.
type timing struct{ family *metric.Family }

func newTiming() (*timing, error) {
	set, err := metric.New([]metric.Desc{{
		Name: "mcp_server_operation_duration_seconds", Kind: metric.Histogram, Unit: "seconds",
		Help: "How long a request took, from when it was taken up until its answer was recorded.",
		Labels: []metric.Label{
			{Name: "method", Help: "of the protocol", Most: 16},
			{Name: "tool", Help: "its name", Most: 500},
			{Name: "prompt", Help: "its name", Most: 100},
			{Name: "error", Help: "why it failed", Most: 64},
		},
		Buckets: []float64{0.0001, 0.0005, 0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300},
		Most:    2000,
	}})
	if err != nil {
		return nil, err
	}
	return &timing{set.Families()[0]}, nil
}

func (t *timing) note(c *governance.Call, method, target, why string, took time.Duration) {
	tool, prompt := "", ""
	if c.Kind == governance.KindPrompt {
		prompt = target
	} else {
		tool = target
	}
	t.family.With(method, tool, prompt, why).Seconds(took, metric.Exemplar{})
}

// read is the metric as it is sent.
func (t *timing) read() otlp.Metric {
	return otlp.Metric{
		Desc: t.family.Desc(), Name: trace.Duration, Labels: []string{trace.Method, trace.Tool, trace.Prompt, trace.ErrorType},
		Samples: t.family.Samples(),
	}
}

// measured reads all metrics: those that Prometheus would find, and how long requests took.
func (k *Kernel) measured(t *timing) func() []otlp.Metric {
	return func() []otlp.Metric {
		all := []otlp.Metric{t.read()}
		if k.meter == nil {
			return all
		}
		ctx, cancel := context.WithTimeout(context.Background(), flushFor)
		defer cancel()
		err := k.meter.Read(ctx, func(d *metric.Desc, samples []metric.Sample) {
			all = append(all, otlp.Metric{Desc: d, Samples: samples})
		})
		if err != nil {
			k.fault("", err)
		}
		return all
	}
}
