package otlp

import "github.com/mcp-kernel/mcp-kernel/modules/observability/trace"

// The flags of a span (opentelemetry/proto/trace/v1/trace.proto, SpanFlags): sampled, and whether the parent is known to be
// another process's.
const (
	flagSampled  = 0x01
	flagKnown    = 0x100
	flagRemote   = 0x200
	statusFailed = 2
)

// traces is an ExportTraceServiceRequest.
func (e *Exporter) traces(all []trace.Data) []byte {
	return e.wrap(func(m *message) {
		for i := range all {
			m.part(2, func(m *message) { span(m, &all[i]) })
		}
	})
}

// wrap is the envelope that all three kinds of requests have in common: one resource, one scope, and what is written in it.
func (e *Exporter) wrap(content func(*message)) []byte {
	var m message
	m.part(1, func(m *message) { // ResourceSpans
		m.part(1, func(m *message) { m.attrs(1, e.o.Resource) })
		m.part(2, func(m *message) { // ScopeSpans
			m.part(1, func(m *message) {
				m.text(1, e.o.Scope)
				m.text(2, e.o.Version)
			})
			content(m)
		})
	})
	return m
}

func span(m *message, d *trace.Data) {
	m.bytes(1, d.Trace[:])
	m.bytes(2, d.ID[:])
	m.text(3, d.State)
	if d.Parent != (trace.SpanID{}) {
		m.bytes(4, d.Parent[:])
	}
	m.text(5, d.Name)
	m.number(6, uint64(max(d.Kind, trace.Internal)))
	m.time(7, d.Begin)
	m.time(8, d.End)
	m.attrs(9, d.Attrs)
	for _, l := range d.Links {
		m.part(13, func(m *message) {
			m.bytes(1, l.Trace[:])
			m.bytes(2, l.Span[:])
			m.text(3, l.State)
			m.flags(6, flagKnown|flagRemote)
		})
	}
	if d.Failed {
		m.part(15, func(m *message) {
			m.text(2, d.Message)
			m.number(3, statusFailed)
		})
	}
	flags := uint32(flagSampled | flagKnown)
	if d.Remote {
		flags |= flagRemote
	}
	m.flags(16, flags)
}
