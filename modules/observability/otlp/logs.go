package otlp

import (
	"time"

	"github.com/mcp-kernel/mcp-kernel/modules/observability/trace"
)

// The severities of records, with the numbers that OTLP gives them.
const (
	Info = 9
	Warn = 13
	Fail = 17
)

// A Record is one of a log.
type Record struct {
	At       time.Time
	Severity uint64
	Event    string // its name
	Body     string
	Attrs    []trace.Attr
	Trace    trace.ID // zero is none
	Span     trace.SpanID
}

// logs is an ExportLogsServiceRequest.
func (e *Exporter) logs(all []Record) []byte {
	now := e.o.Now()
	return e.wrap(func(m *message) {
		for i := range all {
			m.part(2, func(m *message) { record(m, &all[i], now) })
		}
	})
}

func record(m *message, r *Record, seen time.Time) {
	m.time(1, r.At)
	m.number(2, r.Severity)
	m.part(5, func(m *message) { m.text(1, r.Body) })
	m.attrs(6, r.Attrs)
	if r.Trace != (trace.ID{}) {
		m.flags(8, flagSampled)
		m.bytes(9, r.Trace[:])
		m.bytes(10, r.Span[:])
	}
	m.time(11, seen)
	m.text(12, r.Event)
}
