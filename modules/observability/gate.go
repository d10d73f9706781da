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
	m.counting.Lock()
	defer m.counting.Unlock()
	at(m.ledger.entries[:], e.Kind).Add(1, metric.Exemplar{})
	switch e.Kind {
	case audit.KindDecision:
		m.decided(&e)
	case audit.KindOutcome:
		m.ended(&e)
	case audit.KindUsage:
		for _, u := range e.Usage {
			m.ledger.counted.Add(float64(u.Tokens), metric.Exemplar{})
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
	m.ledger.decision(d).Add(1, example)
	at(m.ledger.asked[:], e.Target).Add(float64(e.Args.Bytes), metric.Exemplar{})
	m.found(e, "arguments")
	if d.Effect == governance.Deny && d.Stage == governance.StageLimits {
		m.own(limited).With(orNone(d.Check)).Add(1, example)
	}
	if d.Would || d.Effect == governance.Deny {
		m.violated(d, m.ledger.of(e).name, example)
	}
}

// violated counts what was denied, or would be.
func (m *Module) violated(d *audit.Decision, name string, example metric.Exemplar) {
	mode := "enforce"
	if d.Would {
		mode = "audit"
	} else {
		m.own(blocked).With(name).Add(1, example)
	}
	m.own(violations).With(name, orNone(d.Check), orNone(d.Policy), mode).Add(1, example)
}

// ended counts how a call ended.
func (m *Module) ended(e *audit.Entry) {
	example, l := m.example(e), &m.ledger
	of := l.of(e)
	l.end(of, e).Add(1, example)
	at(l.answered[:], e.Target).Add(float64(e.Result.Bytes), metric.Exemplar{})
	l.charged.Add(float64(e.Tokens), metric.Exemplar{})
	l.overhead.Seconds(max(0, e.Elapsed-e.Handler), example)
	m.found(e, "answer")
	if e.Status.Ran() {
		l.duration(of).Seconds(e.Handler, example)
		l.score.Observe(max(0, 1-e.Confidence), example)
	}
	if e.Failure != "" {
		m.own(failures).With(e.Failure).Add(1, example)
	}
	if e.SchemaValid == audit.No {
		m.own(misshapen).With(of.name).Add(1, example)
	}
	if e.Event == governance.DriftDetected {
		m.own(drifts).With(of.name).Add(1, example)
	}
	if e.Status == governance.StatusWithheld || e.Decision.Would {
		m.violated(&e.Decision, of.name, example)
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
