package audit

import (
	"slices"

	"github.com/mcp-kernel/mcp-kernel/governance"
)

// A piece is a part of an entry as a draft encoded it last. Most entries of a process have the same one again: then it
// is copied.
type piece[T comparable] struct {
	of   T
	text []byte
}

// again appends the piece if it is the one of this value.
func (p *piece[T]) again(dst []byte, of *T) ([]byte, bool) {
	if len(p.text) == 0 || p.of != *of {
		return dst, false
	}
	return append(dst, p.text...), true
}

// keep keeps the piece of a value.
func (p *piece[T]) keep(of *T, text []byte) { p.of, p.text = *of, append(p.text[:0], text...) }

func (d *draft) writeCaller(c *governance.Caller) {
	if *c == (governance.Caller{}) {
		return
	}
	var same bool
	if d.b, same = d.caller.again(d.b, c); same {
		return
	}
	start := len(d.b)
	d.key(`,"caller":`)
	d.b = append(d.b, '{')
	d.text(`,"agent":`, c.Agent, maxCaller)
	d.text(`,"label":`, c.Label, maxCaller)
	d.yes(`,"operator":`, c.Operator)
	d.text(`,"principal":`, c.Principal, maxCaller)
	d.b = append(d.b, '}')
	d.caller.keep(c, d.b[start:])
}

func (d *draft) writeDecision(e *Entry) {
	v := &e.Decision
	if *v == (Decision{}) && e.Kind != KindDecision {
		return
	}
	var same bool
	if d.b, same = d.decision.again(d.b, v); same {
		return
	}
	start := len(d.b)
	d.key(`,"decision":`)
	d.b = append(d.b, '{')
	d.text(`,"check":`, v.Check, maxWord)
	d.word(`,"effect":`, v.Effect.String())
	if v.Event != governance.EventNone {
		d.word(`,"event":`, v.Event.String())
	}
	d.text(`,"pointer":`, v.Pointer, maxPointer)
	d.text(`,"policy":`, v.Policy, maxRule)
	d.text(`,"reason":`, v.Reason, maxReason)
	d.text(`,"rule":`, v.Rule, maxRule)
	d.text(`,"stage":`, v.Stage, maxShort)
	d.yes(`,"would":`, v.Would)
	d.b = append(d.b, '}')
	if !d.strange {
		d.decision.keep(v, d.b[start:])
	}
}

// A standing says under what an entry was written, together with the policies' names.
type standing struct{ digest, process string }

const zeroHash = "0000000000000000000000000000000000000000000000000000000000000000"

// writeStanding writes the fields from policies to process, with room for the hash of the entry before among them.
func (d *draft) writeStanding(e *Entry) {
	of, start := standing{e.PolicyDigest, e.Process}, len(d.b)
	if slices.Equal(d.policies, e.Policies) {
		var same bool
		if d.b, same = d.standing.again(d.b, &of); same {
			d.prev = start + d.prevAt
			return
		}
	}
	d.list(`,"policies":`, e.Policies, maxPolicies, maxWord)
	d.text(`,"policy_digest":`, e.PolicyDigest, maxWord)
	d.key(`,"prev":`)
	d.b = append(d.b, '"')
	d.prev = len(d.b)
	d.b = append(d.b, zeroHash...)
	d.b = append(d.b, '"')
	d.text(`,"process":`, e.Process, maxID)
	d.prevAt = d.prev - start
	d.standing.keep(&of, d.b[start:])
	d.policies = append(d.policies[:0], e.Policies[:min(len(e.Policies), maxPolicies)]...)
}
