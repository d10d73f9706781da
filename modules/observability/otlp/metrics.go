package otlp

import (
	"context"
	"math"
	"time"

	"github.com/mcp-kernel/mcp-kernel/modules/observability/metric"
	"github.com/mcp-kernel/mcp-kernel/modules/observability/trace"
)

// cumulative is the temporality of what is counted from the beginning of the process, as Prometheus does.
const cumulative = 2

// A Metric is a family of metrics as it stands. Its series are those of the description.
type Metric struct {
	Desc    *metric.Desc
	Name    string   // where it is another than the description's; empty is that one
	Labels  []string // the same for its labels; nil are those
	Samples []metric.Sample
}

// meter reads the metrics and sends them. What cannot be sent is not sent later: the next time they say the same and more.
func (e *Exporter) meter(ctx context.Context) error {
	if e.o.Metrics == nil {
		return nil
	}
	all := e.o.Metrics()
	if len(all) == 0 {
		return nil
	}
	_, err := e.post(ctx, "/v1/metrics", e.metrics(all))
	return err
}

// metrics is an ExportMetricsServiceRequest.
func (e *Exporter) metrics(all []Metric) []byte {
	now := e.o.Now()
	return e.wrap(func(m *message) {
		for i := range all {
			if len(all[i].Samples) > 0 {
				m.part(2, func(m *message) { e.family(m, &all[i], now) })
			}
		}
	})
}

func (e *Exporter) family(m *message, f *Metric, now time.Time) {
	name := f.Name
	if name == "" {
		name = f.Desc.Name
	}
	m.text(1, name)
	m.text(2, f.Desc.Help)
	m.text(3, unit(f.Desc.Unit))
	points := func(m *message, write func(*message, *metric.Sample)) {
		for i := range f.Samples {
			m.part(1, func(m *message) {
				write(m, &f.Samples[i])
				m.time(2, e.begun)
				m.time(3, now)
			})
		}
	}
	number := func(m *message, s *metric.Sample) {
		m.real(4, s.Value)
		m.attrs(7, f.attrs(s))
	}
	switch f.Desc.Kind {
	case metric.Counter:
		m.part(7, func(m *message) {
			points(m, number)
			m.number(2, cumulative)
			m.number(3, 1) // it only grows
		})
	case metric.Gauge:
		m.part(5, func(m *message) { points(m, number) })
	case metric.Histogram:
		m.part(9, func(m *message) {
			points(m, f.histogram)
			m.number(2, cumulative)
		})
	case metric.Invalid: // no table has one
	}
}

// unit is a unit as UCUM writes it.
func unit(name string) string {
	switch name {
	case "seconds":
		return "s"
	case "bytes":
		return "By"
	default:
		return ""
	}
}

func (f *Metric) attrs(s *metric.Sample) []trace.Attr {
	var all []trace.Attr
	for i, value := range s.Labels {
		name := f.Desc.Labels[i].Name
		if f.Labels != nil {
			name = f.Labels[i]
		}
		if value != "" {
			all = append(all, trace.Text(name, value))
		}
	}
	return all
}

// histogram writes the rest of a HistogramDataPoint.
func (f *Metric) histogram(m *message, s *metric.Sample) {
	bounds := make([]uint64, len(f.Desc.Buckets))
	for i, b := range f.Desc.Buckets {
		bounds[i] = math.Float64bits(b)
	}
	m.word(4, s.Count())
	m.real(5, s.Value)
	m.words(6, s.Counts)
	m.words(7, bounds)
	m.attrs(9, f.attrs(s))
}
