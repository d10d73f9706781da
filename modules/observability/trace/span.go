package trace

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"sync"
	"time"
)

// maxSteps bounds what one call's span keeps until it ends. Further steps are left out.
const maxSteps = 128

type (
	spanKey    struct{}
	ambientKey struct{}
)

// Ambient returns a context that knows the span of the transport, as the headers of an HTTP request name it. A call whose
// _meta names none is within that one, and the others are linked to it.
func Ambient(ctx context.Context, traceparent, state, baggage string) context.Context {
	if traceparent == "" {
		return ctx
	}
	if p, ok := ReadParent(traceparent, state, baggage); ok {
		return context.WithValue(ctx, ambientKey{}, p)
	}
	return ctx
}

// A Span is a running call's. Its methods may be called on nil, which is a call that has no trace. It is safe for concurrent
// use.
type Span struct {
	t        *Tracer
	followed bool   // otherwise it is only passed on
	state    Parent // whose State and Baggage go with the trace
	data     Data   // what was known at the beginning

	mu    sync.Mutex
	made  uint64 // ids of steps
	steps []Data
	ended bool
}

// Followed reports whether steps are of use.
func (s *Span) Followed() bool { return s != nil && s.followed }

// Trace returns the id of the call's trace, zero where there is none that is followed.
func (s *Span) Trace() ID {
	if !s.Followed() {
		return ID{}
	}
	return s.data.Trace
}

// Step adds a step that has ended.
func (s *Span) Step(step Data) {
	if s.Followed() {
		s.add(s.next(), step)
	}
}

// add adds a step with an id. Steps that end after their call, as those of abandoned handlers do, go on their own.
func (s *Span) add(id SpanID, step Data) {
	step.Trace, step.ID, step.Parent, step.State = s.data.Trace, id, s.data.ID, s.data.State
	s.mu.Lock()
	late := s.ended
	if !late && len(s.steps) < maxSteps {
		s.steps = append(s.steps, step)
	}
	s.mu.Unlock()
	if late {
		s.t.o.Export([]Data{step})
	}
}

// next makes the id of a step: those of one call are different from each other, and as random as the call's own (the finalizer of
// splitmix64 over it and their number).
func (s *Span) next() (id SpanID) {
	s.mu.Lock()
	s.made++
	z := binary.BigEndian.Uint64(s.data.ID[:]) + s.made*0x9E3779B97F4A7C15
	s.mu.Unlock()
	z = (z ^ z>>30) * 0xBF58476D1CE4E5B9
	z = (z ^ z>>27) * 0x94D049BB133111EB
	z ^= z >> 31
	binary.BigEndian.PutUint64(id[:], max(z, 1)) // zero is no id
	return id
}

// End ends the span of a call that was followed, with all its steps. Of end, what the span knows itself counts for nothing.
func (s *Span) End(end Data) {
	if !s.Followed() {
		return
	}
	s.mu.Lock()
	s.steps = append(s.steps, s.data.ended(end))
	all := s.steps
	s.steps, s.ended = nil, true
	s.mu.Unlock()
	s.t.o.Export(all)
}

// An Outgoing is a call that goes to another server within the call of a context. It may be nil, which is none.
type Outgoing struct {
	of    *Span
	id    SpanID
	began time.Time
}

// Leave begins a call that goes out. It returns nil where the context's call has no trace.
func Leave(ctx context.Context, now time.Time) *Outgoing {
	s, _ := ctx.Value(spanKey{}).(*Span)
	if s == nil {
		return nil
	}
	o := &Outgoing{of: s, id: s.data.ID, began: now}
	if s.followed {
		o.id = s.next()
	}
	return o
}

// Meta returns the members of a request's _meta with those that tell its server of the trace. A trace that is not followed
// goes on as one, so that the next server does not follow it either.
func (o *Outgoing) Meta(members json.RawMessage) (json.RawMessage, error) {
	if o == nil {
		return members, nil
	}
	return Parent{
		Trace: o.of.data.Trace, Span: o.id, Sampled: o.of.followed, State: o.of.state.State, Baggage: o.of.state.Baggage,
	}.meta(members)
}

// End ends the call that went out.
func (o *Outgoing) End(end Data) {
	if o == nil || !o.of.followed {
		return
	}
	end.Kind, end.Begin = Client, o.began
	o.of.add(o.id, end)
}
