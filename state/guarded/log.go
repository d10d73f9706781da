package guarded

import (
	"context"
	"iter"
	"time"

	"github.com/mcp-kernel/mcp-kernel/state"
)

// Append implements state.Log.
func (s *Store) Append(ctx context.Context, stream string, after state.Seq, records ...[]byte) (state.Seq, error) {
	return do(ctx, s, "append", once, func(ctx context.Context) (state.Seq, error) {
		return s.driver.Append(ctx, stream, after, records...)
	})
}

// Last implements state.Log.
func (s *Store) Last(ctx context.Context, stream string) (state.Seq, error) {
	return do(ctx, s, "last", twice, func(ctx context.Context) (state.Seq, error) { return s.driver.Last(ctx, stream) })
}

// Trim implements state.Log.
func (s *Store) Trim(ctx context.Context, stream string, before state.Seq) error {
	return s.write(ctx, "trim", func(ctx context.Context) error { return s.driver.Trim(ctx, stream, before) })
}

// Read implements state.Log. The time limit is for each record; what the reader does with it takes none of it.
func (s *Store) Read(ctx context.Context, stream string, from state.Seq) iter.Seq2[state.Record, error] {
	return func(yield func(state.Record, error) bool) {
		p, refused := s.breaker.admit()
		if refused != nil {
			s.done(Operation{Name: "read", Fault: faultOpen, Refused: true})
			yield(state.Record{}, refused)
			return
		}
		w := watch{store: s, name: "read", begun: s.opts.Now(), pass: p, ctx: ctx, timeout: s.opts.Timeout}
		w.through(func(ctx context.Context) iter.Seq2[state.Record, error] { return s.driver.Read(ctx, stream, from) }, yield)
	}
}

// Follow implements state.Log. It has no time limit: a stream may be quiet for long. So it proves nothing, and while the
// breaker is not closed it asks for the end of the stream first.
func (s *Store) Follow(ctx context.Context, stream string, from state.Seq) iter.Seq2[state.Record, error] {
	return func(yield func(state.Record, error) bool) {
		if !s.Health().OK() {
			if _, err := s.Last(ctx, stream); err != nil {
				yield(state.Record{}, err)
				return
			}
		}
		w := watch{store: s, name: "follow", begun: s.opts.Now(), pass: s.breaker.current(), ctx: ctx}
		w.through(func(ctx context.Context) iter.Seq2[state.Record, error] { return s.driver.Follow(ctx, stream, from) }, yield)
	}
}

// A watch is one sequence of records on its way through.
type watch struct {
	store   *Store
	name    string
	begun   time.Time
	pass    pass
	ctx     context.Context //nolint:containedctx // of one sequence, the reader's own
	timeout time.Duration   // for each record; 0 is none
}

// through hands on what a driver yields. The first record already shows that the backend answers.
func (w *watch) through(records func(context.Context) iter.Seq2[state.Record, error], yield func(state.Record, error) bool) {
	ctx, cancel := context.WithCancel(w.ctx)
	defer cancel()
	timer := &time.Timer{}
	if w.timeout > 0 {
		timer = time.AfterFunc(w.timeout, cancel)
		defer timer.Stop()
	}
	told := false
	for r, err := range records(ctx) {
		if w.timeout > 0 {
			timer.Stop()
		}
		if err != nil {
			yield(state.Record{}, w.fail(ctx, err))
			return
		}
		if !told {
			told = true
			w.answer()
		}
		if !yield(r, nil) {
			break
		}
		if w.timeout > 0 {
			timer.Reset(w.timeout)
		}
	}
	if !told {
		w.answer()
	}
	w.store.done(Operation{Name: w.name, Took: w.store.opts.Now().Sub(w.begun)})
}

// answer tells the breaker that the backend works. A follower tells nothing: it is no measure of the others.
func (w *watch) answer() {
	if w.timeout > 0 {
		w.store.breaker.end(w.pass, fault{kind: answered}, nil)
		w.pass = w.store.breaker.current()
	}
}

// fail tells the breaker what went wrong, and returns what the reader is to know of it.
func (w *watch) fail(ctx context.Context, err error) error {
	f := w.store.judge(w.ctx, ctx, &err)
	after := w.store.breaker.end(w.pass, f, err)
	w.store.done(Operation{Name: w.name, Took: w.store.opts.Now().Sub(w.begun), Fault: f.class})
	if f.failure() {
		return &state.UnavailableError{After: after, Tried: true, Err: err}
	}
	return err
}
