package trace

import (
	"context"
	"encoding/json"
	"errors"
	"hash/fnv"
	"sync"
	"time"
)

// What holds where Options say nothing.
const (
	DefaultInbound = 10  // calls a second
	DefaultLate    = 100 // calls a second
)

// ErrRatio says that a ratio is none.
var ErrRatio = errors.New("the ratio of calls that are followed is between 0 and 1")

// Options are what a Tracer is made of. Export is required.
type Options struct {
	Ratio   float64          // of the calls without a parent, which of them are followed from their beginning: 0 none, 1 all
	Inbound float64          // calls a second that are followed because their callers say so, at most; 0 is DefaultInbound
	Late    float64          // calls a second that are told of at their end because they failed, at most; 0 is DefaultLate
	Export  func(all []Data) // takes spans that have ended; must not wait. The slice is its own
}

// A Tracer decides which calls are followed. It is safe for concurrent use.
type Tracer struct {
	o       Options
	inbound bucket
	late    bucket
	below   uint64 // followed is who has fewer in the last 56 bits of its trace's id
}

// New returns a tracer.
func New(o Options) (*Tracer, error) {
	if !(o.Ratio >= 0 && o.Ratio <= 1) {
		return nil, ErrRatio
	}
	if o.Export == nil || o.Inbound < 0 || o.Late < 0 {
		return nil, errors.New("tracer options: Export is nil, or a rate is negative")
	}
	if o.Inbound == 0 {
		o.Inbound = DefaultInbound
	}
	if o.Late == 0 {
		o.Late = DefaultLate
	}
	return &Tracer{
		o: o, inbound: bucket{rate: o.Inbound}, late: bucket{rate: o.Late}, below: uint64(o.Ratio * (1 << 56)),
	}, nil
}

// A bucket lets through so many a second, and that many at once.
type bucket struct {
	rate float64

	mu   sync.Mutex
	left float64
	at   time.Time
}

func (b *bucket) take(now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	most := max(b.rate, 1)
	if b.at.IsZero() {
		b.left = most
	} else if passed := now.Sub(b.at); passed > 0 {
		b.left = min(most, b.left+passed.Seconds()*b.rate)
	}
	b.at = now
	if b.left < 1 {
		return false
	}
	b.left--
	return true
}

// A Call is what is to be known of one that begins.
type Call struct {
	ID    string          // of the call, a UUID
	Outer string          // id of the call that makes this one; empty for one from outside
	Meta  json.RawMessage // _meta of the request
	At    time.Time
}

// Of returns the id of the trace that begins with a call: the bytes of its own id.
func Of(call string) ID {
	if id, ok := uuid(call); ok {
		return id
	}
	sum := fnv.New128a()
	_, _ = sum.Write([]byte(call)) // which never fails
	return ID(sum.Sum(nil))
}

// uuid reads one, without allocating.
func uuid(text string) (id ID, ok bool) {
	digits := 0
	for i := range len(text) {
		var n byte
		switch c := text[i]; {
		case c == '-':
			continue
		case c >= '0' && c <= '9':
			n = c - '0'
		case c >= 'a' && c <= 'f':
			n = c - 'a' + 10
		default:
			return id, false
		}
		if digits == 2*len(id) {
			return id, false
		}
		id[digits/2] = id[digits/2]<<4 | n
		digits++
	}
	return id, digits == 2*len(id)
}

// SpanOf returns the id of a call's own span: the end of its id, which is random.
func SpanOf(call string) SpanID {
	id := Of(call)
	return SpanID(id[8:])
}

// chance are the last 56 bits of a trace's id, which are random (W3C Trace Context level 2).
func (id ID) chance() (n uint64) {
	for _, b := range id[9:] {
		n = n<<8 | uint64(b)
	}
	return n
}

// Begin is told of each call that begins. It returns the call's span, with a context that knows it, or nil for a call that
// is not followed and has no trace to pass on. A flag of the caller's is believed at a bounded rate only, and a trace id
// that the caller has chosen is never what decides.
func (t *Tracer) Begin(ctx context.Context, c Call) (context.Context, *Span) {
	if c.Outer != "" {
		return t.within(ctx, c)
	}
	parent, told := Read(c.Meta)
	around, beside := ctx.Value(ambientKey{}).(Parent)
	if !told && beside {
		parent, told = around, true
	}
	own := Of(c.ID)
	followed := !told && own.chance() < t.below || told && parent.Sampled && t.inbound.take(c.At)
	if !followed && !told {
		return ctx, nil
	}
	s := &Span{t: t, followed: followed, state: parent, data: Data{Trace: own, ID: SpanOf(c.ID), Kind: Server, Begin: c.At}}
	if told {
		s.data.Trace, s.data.Parent, s.data.Remote, s.data.State = parent.Trace, parent.Span, true, parent.State
		if beside && around != parent {
			s.data.Links = []Parent{around}
		}
	}
	return context.WithValue(ctx, spanKey{}, s), s
}

// within follows a call that another one makes, if that is followed.
func (t *Tracer) within(ctx context.Context, c Call) (context.Context, *Span) {
	outer, _ := ctx.Value(spanKey{}).(*Span)
	if outer == nil {
		return ctx, nil
	}
	s := &Span{t: t, followed: outer.followed, state: outer.state, data: Data{
		Trace: outer.data.Trace, ID: SpanOf(c.ID), Parent: outer.data.ID, State: outer.data.State, Kind: Server, Begin: c.At,
	}}
	return context.WithValue(ctx, spanKey{}, s), s
}

// Late tells of a call that was not followed and failed: its own span, without the steps. span is what Begin returned. It
// does nothing where too many failed within a second.
func (t *Tracer) Late(c Call, span *Span, end Data) {
	if !t.late.take(end.End) {
		return
	}
	d := Data{Trace: Of(c.ID), ID: SpanOf(c.ID), Kind: Server, Begin: c.At}
	if span != nil {
		d = span.data
	}
	t.o.Export([]Data{d.ended(end)})
}

// ended is the span with what is known at its end.
func (d Data) ended(end Data) Data {
	d.Name, d.End, d.Failed, d.Message, d.Attrs = end.Name, end.End, end.Failed, end.Message, append(d.Attrs, end.Attrs...)
	return d
}
