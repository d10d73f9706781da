package observability

import (
	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/governance/audit"
	"github.com/mcp-kernel/mcp-kernel/modules/observability/metric"
)

// ledger are the series that every call counts for, so that they are looked up once and not for each entry. It is one
// goroutine's at a time.
type ledger struct {
	m                *Module
	entries          [audit.KindControl + 1]*metric.Series
	asked, answered  [governance.KindTask + 1]*metric.Series // bytes
	charged, counted *metric.Series                          // tokens
	overhead, score  *metric.Series
	subjects         map[subject]*tally
	verdicts         map[verdict]*metric.Series
}

// A subject is what was called.
type subject struct {
	kind governance.Kind
	name string
}

// A tally is what calls of one subject count for.
type tally struct {
	name   string // as it is counted
	ended  [governance.StatusInputRequired + 1]*metric.Series
	lasted *metric.Series
}

// A verdict is what was decided.
type verdict struct {
	effect governance.Effect
	event  governance.Event
	check  string
}

// mostKept bounds how many subjects and verdicts are remembered; then all are looked up anew.
const mostKept = 512

func newLedger(m *Module) ledger {
	l := ledger{
		m: m, subjects: make(map[subject]*tally), verdicts: make(map[verdict]*metric.Series),
		charged: m.own(charged).With(), counted: m.own(counted).With(), overhead: m.own(overhead).With(), score: m.own(driftScore).With(),
	}
	for kind := audit.KindDecision; kind <= audit.KindControl; kind++ {
		l.entries[kind] = m.own(entries).With(kind.String())
	}
	for kind := governance.KindTool; kind <= governance.KindTask; kind++ {
		l.asked[kind] = m.own(requestSize).With(kind.String())
		l.answered[kind] = m.own(responseSize).With(kind.String())
	}
	return l
}

// of returns what calls of an entry's subject count for. What the catalog does not have is not remembered: it may have it
// later, and there is no end to such names.
func (l *ledger) of(e *audit.Entry) *tally {
	s := subject{e.Target, e.Name}
	if t := l.subjects[s]; t != nil {
		return t
	}
	t := &tally{name: l.m.name(e.Target.String(), e.Name)}
	if t.name != e.Name {
		return t
	}
	if len(l.subjects) >= mostKept {
		clear(l.subjects)
	}
	l.subjects[s] = t
	return t
}

// end returns the series of calls that ended so.
func (l *ledger) end(t *tally, e *audit.Entry) *metric.Series {
	if int(e.Status) >= len(t.ended) {
		return l.m.own(requests).With(e.Target.String(), t.name, e.Status.String())
	}
	if t.ended[e.Status] == nil {
		t.ended[e.Status] = l.m.own(requests).With(e.Target.String(), t.name, e.Status.String())
	}
	return t.ended[e.Status]
}

// duration returns the series of how long handlers ran.
func (l *ledger) duration(t *tally) *metric.Series {
	if t.lasted == nil {
		t.lasted = l.m.own(executing).With(t.name)
	}
	return t.lasted
}

// decision returns the series of what was decided.
func (l *ledger) decision(d *audit.Decision) *metric.Series {
	v := verdict{d.Effect, d.Event, d.Check}
	s := l.verdicts[v]
	if s == nil {
		if len(l.verdicts) >= mostKept {
			clear(l.verdicts)
		}
		s = l.m.own(decisions).With(d.Effect.String(), orNone(d.Check), d.Event.String())
		l.verdicts[v] = s
	}
	return s
}

// at returns the series of a kind, nil for one that there is not.
func at[K ~uint8](series []*metric.Series, kind K) *metric.Series {
	if int(kind) >= len(series) {
		return nil
	}
	return series[kind]
}
