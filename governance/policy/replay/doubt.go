package replay

import (
	"strings"
	"time"

	"github.com/mcp-kernel/mcp-kernel/governance"
)

// doubt says what is not known of a principal's counters and labels.
type doubt uint8

const (
	doubtOver   doubt = 1 << iota // they may be higher than they would have been
	doubtUnder                    // they may be lower
	doubtTokens                   // those of tokens and bytes may be lower
)

// doubts remember for a window what is not known of whom. When there are too many principals, all are in doubt.
type doubts struct {
	lasts   time.Duration
	shared  bool // limits count over principals together
	rates   bool // policies give limits, beside the kernel's own
	tokens  bool // of tokens or bytes
	labels  bool // policies have labels
	by      map[string]doubted
	instead map[doubt]time.Time // of everybody
}

type doubted struct {
	is    doubt
	until time.Time
}

// newDoubts looks at what the policies count. The window is that of the implicit execution.
func newDoubts(s *governance.Snapshot, window time.Duration) doubts {
	if window == 0 {
		window = governance.DefaultWindow
	}
	d := doubts{lasts: 2 * window, by: map[string]doubted{}, instead: map[doubt]time.Time{}}
	e := s.Effective()
	own := func(policy string) bool { return policy != "" && policy != governance.CeilingName }
	d.rates = own(e.MaxToolCallsPerRequest.Policy) || own(e.MaxTokensPerRequest.Policy) || len(e.Limits) > 0
	d.tokens = own(e.MaxTokensPerRequest.Policy)
	d.labels = len(e.Labels) > 0
	for _, l := range e.Limits {
		d.lasts = max(d.lasts, time.Duration(l.Window))
		d.shared = d.shared || !strings.Contains(l.Per, "principal") && !strings.Contains(l.Per, "agent")
		d.tokens = d.tokens || l.Metric != governance.MetricCalls.String() && l.Metric != governance.MetricConcurrent.String()
	}
	return d
}

func (d *doubts) key(c *governance.Call) string {
	if d.shared {
		return ""
	}
	return c.Caller.Principal
}

// add notes what is not known from a call on.
func (d *doubts) add(c *governance.Call, is doubt) {
	until := c.At.Add(d.lasts)
	key := d.key(c)
	have, ok := d.by[key]
	if !ok && len(d.by) >= maxRemember {
		d.everybody(c.At, is)
		return
	}
	if ok && c.At.Before(have.until) {
		is |= have.is
	}
	d.by[key] = doubted{is, until}
}

// about says whether a decision depends on what is not known. A refusal by a limit may be one too many where more was
// counted than there was, and what passes one too many where it was less.
func (d *doubts) about(c *governance.Call, decision *governance.Decision) string {
	key := d.key(c)
	is := doubt(0)
	if have, ok := d.by[key]; ok {
		if c.At.Before(have.until) {
			is = have.is
		} else {
			delete(d.by, key)
		}
	}
	for bit, until := range d.instead {
		if c.At.Before(until) {
			is |= bit
		}
	}
	refuses := !decision.Allowed() || decision.Would
	switch {
	case is == 0:
		return ""
	case refuses && is&doubtOver != 0 && (decision.Stage == governance.StageLimits || decision.Check == governance.CheckRules && d.labels):
		return NoHistory
	case !refuses && is&doubtUnder != 0 && (d.rates || d.labels):
		return NoHistory
	case !refuses && is&doubtTokens != 0 && d.tokens:
		return NoHistory
	default:
		return ""
	}
}

// everybody notes what is not known of anybody from a time on.
func (d *doubts) everybody(at time.Time, is doubt) {
	for bit := doubtOver; bit <= doubtTokens; bit <<= 1 {
		if is&bit != 0 {
			d.instead[bit] = at.Add(d.lasts)
		}
	}
}

// remembered is a map of two generations. When the younger is full, the older is forgotten. The zero value is ready.
type remembered[T any] struct {
	young, old map[string]T
	last       time.Time // when the older got its last
}

// put remembers a value, and reports whether any was forgotten for it that is younger than a duration.
func (m *remembered[T]) put(key string, value T, at time.Time, lasts time.Duration) (lost bool) {
	if len(m.young) >= maxRemember/2 {
		lost = len(m.old) > 0 && at.Sub(m.last) < lasts
		m.old, m.young, m.last = m.young, nil, at
	}
	if m.young == nil {
		m.young = make(map[string]T)
	}
	m.young[key] = value
	return lost
}

func (m *remembered[T]) get(key string) (T, bool) {
	if value, ok := m.young[key]; ok {
		return value, true
	}
	value, ok := m.old[key]
	return value, ok
}

func (m *remembered[T]) take(key string) (T, bool) {
	value, ok := m.get(key)
	delete(m.young, key)
	delete(m.old, key)
	return value, ok
}
