package observability

import (
	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/governance/audit"
	"github.com/mcp-kernel/mcp-kernel/modules/observability/metric"
)

// Observe counts an entry of the journal. It implements tools.Observer.
func (m *Module) Observe(e audit.Entry) {
	if m.o.Process != nil && e.Process != m.o.Process() {
		return
	}
	m.own(entries).With(e.Kind.String()).Add(1, metric.Exemplar{})
	switch e.Kind {
	case audit.KindDecision:
		m.decided(&e)
	case audit.KindOutcome:
		m.ended(&e)
	case audit.KindUsage:
		for _, u := range e.Usage {
			m.own(counted).With().Add(float64(u.Tokens), metric.Exemplar{})
		}
	case audit.KindControl:
		m.own(controls).With(string(e.Control.Action)).Add(1, metric.Exemplar{})
		if e.Control.Action == audit.ActionAbandoned {
			m.own(crashes).With().Add(1, metric.Exemplar{})
		}
	default: // there are no others
	}
}

// example is the call of an entry, as what made a metric what it is.
func (m *Module) example(e *audit.Entry) metric.Exemplar {
	return metric.Exemplar{Call: e.Call, Trace: m.o.Trace(e.Call), At: e.At}
}

// decided counts a decision.
func (m *Module) decided(e *audit.Entry) {
	d, example := &e.Decision, m.example(e)
	name := m.name(e.Target.String(), e.Name)
	m.own(decisions).With(d.Effect.String(), orNone(d.Check), d.Event.String()).Add(1, example)
	m.own(requestSize).With(e.Target.String()).Add(float64(e.Args.Bytes), metric.Exemplar{})
	m.found(e, "arguments")
	if d.Effect == governance.Deny && d.Stage == governance.StageLimits {
		m.own(limited).With(orNone(d.Check)).Add(1, example)
	}
	m.violated(d, name, example)
}

// violated counts what was denied, or would be.
func (m *Module) violated(d *audit.Decision, name string, example metric.Exemplar) {
	mode := "enforce"
	switch {
	case d.Would:
		mode = "audit"
	case d.Effect != governance.Deny:
		return
	default:
		m.own(blocked).With(name).Add(1, example)
	}
	m.own(violations).With(name, orNone(d.Check), orNone(d.Policy), mode).Add(1, example)
}

// ended counts how a call ended.
func (m *Module) ended(e *audit.Entry) {
	example := m.example(e)
	kind := e.Target.String()
	name := m.name(kind, e.Name)
	m.own(requests).With(kind, name, e.Status.String()).Add(1, example)
	m.own(responseSize).With(kind).Add(float64(e.Result.Bytes), metric.Exemplar{})
	m.own(charged).With().Add(float64(e.Tokens), metric.Exemplar{})
	m.own(overhead).With().Seconds(max(0, e.Elapsed-e.Handler), example)
	m.found(e, "answer")
	if e.Status.Ran() {
		m.own(executing).With(name).Seconds(e.Handler, example)
		m.own(driftScore).With().Observe(max(0, 1-e.Confidence), example)
	}
	if e.Failure != "" {
		m.own(failures).With(e.Failure).Add(1, example)
	}
	if e.SchemaValid == audit.No {
		m.own(misshapen).With(name).Add(1, example)
	}
	if e.Event == governance.DriftDetected {
		m.own(drifts).With(name).Add(1, example)
	}
	if e.Status == governance.StatusWithheld || e.Decision.Would {
		m.violated(&e.Decision, name, example)
	}
}

// found counts what detectors found.
func (m *Module) found(e *audit.Entry, where string) {
	for class, n := range e.Findings {
		m.own(detections).With(class, where).Add(float64(n), m.example(e))
	}
}

func orNone(text string) string {
	if text == "" {
		return "none"
	}
	return text
}
