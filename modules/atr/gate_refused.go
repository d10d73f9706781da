package atr

import (
	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/modules/atr/pin"
)

// waiting is how many refusals wait to be counted; more at once are not.
const waiting = 1024

// Count counts the refusals that a stream announces, until the module ends. It is called once, before calls are made.
func (m *Module) Count(events *governance.Stream) {
	sub := events.Subscribe(waiting)
	m.work.Go(func() {
		defer sub.Close()
		for n := range sub.All(m.ctx) {
			m.heed(&n)
		}
	})
}

// heed counts a notice of a refusal. A call that ran, and whose answer was kept back, is none.
func (m *Module) heed(n *governance.Notice) {
	denied := n.Event == governance.ToolCallBlocked || n.Event == governance.PolicyViolation && n.Stage != governance.StageReview
	if n.Kind != governance.KindTool || !denied {
		return
	}
	if _, ok := m.offering(pin.Tool, n.Name); ok {
		m.stats.refused(n.Name, n.At)
	}
}
