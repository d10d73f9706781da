package compose

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"sync"
	"sync/atomic"
)

// What becomes of a call, besides an answer.
var (
	// ErrRefused is wrapped by a Call's error where policy, and not the tool, is why there is no answer.
	ErrRefused = errors.New("refused")
	// ErrAsks is wrapped by a Call's error where the tool has asked the client something, and would have to be called again
	// with what was answered.
	ErrAsks = errors.New("the tool asks the client")
	// ErrTooMuch says that the answers of steps are larger than MaxKept in all.
	ErrTooMuch = errors.New("the answers of the steps are too large")
)

// An Answer is what a tool answered.
type Answer struct {
	Text    string          // all its texts, with a line end between two
	Data    json.RawMessage // its structured content; nil where there is none
	Content json.RawMessage // its content, a list of the protocol's blocks; nil where there is none
	Failed  bool            // the tool says that it failed
}

// A Call calls a tool as the composition's caller, in the gate.
type Call func(ctx context.Context, tool string, args json.RawMessage) (Answer, error)

// A StepError is why a step came to no answer.
type StepError struct {
	At   string // the step
	Tool string
	Err  error
}

// Error names the step.
func (e *StepError) Error() string { return fmt.Sprintf("%s (%s): %v", e.At, e.Tool, e.Err) }

// Unwrap returns the cause.
func (e *StepError) Unwrap() error { return e.Err }

// A failedError is that of a tool that says that it failed.
type failedError struct{ answer Answer }

func (e *failedError) Error() string { return "the tool failed: " + short(e.answer.Text) }

// short is the beginning of a text.
func short(text string) string {
	const most = 200
	if len(text) <= most {
		return text
	}
	return string([]rune(text[:most])[:most/2]) + "…"
}

// A Result is what a composition came to.
type Result struct {
	Answer Answer          // of the last step, where there is no output
	Output json.RawMessage // where the composition says what it answers
}

// A scope holds what steps refer to. That of a step beside others looks into the one around them and writes into its own.
type scope struct {
	around *scope
	values map[string]any
}

func (s *scope) value(name string) (any, bool) {
	for at := s; at != nil; at = at.around {
		if v, ok := at.values[name]; ok {
			return v, true
		}
	}
	return nil, false
}

func (s *scope) inside() *scope { return &scope{around: s, values: map[string]any{}} }

// A run is one use of a plan.
type run struct {
	call  Call
	kept  atomic.Int64 // bytes
	calls atomic.Int64 // that came to an answer
}

// Run does the steps. Its error is a *StepError, or the end of ctx. What a step has done is not undone.
func (p *Plan) Run(ctx context.Context, input json.RawMessage, call Call) (Result, error) {
	ctx, cancel := context.WithTimeout(ctx, p.declared.Timeout)
	defer cancel()
	value, err := decoded(input)
	if err != nil {
		return Result{}, fmt.Errorf("input: %w", err)
	}
	r := &run{call: call}
	s := &scope{values: map[string]any{"input": value}}
	last, err := r.sequence(ctx, p.steps, s)
	if err != nil {
		return Result{}, err
	}
	if p.output == nil {
		return Result{Answer: last.answer}, nil
	}
	filled, err := p.output.fill(s)
	if err != nil {
		return Result{}, fmt.Errorf("output: %w", err)
	}
	text, err := json.Marshal(filled)
	return Result{Output: text}, err
}

// decoded reads JSON, with numbers as they are written. Nothing is an empty object.
func decoded(text json.RawMessage) (value any, err error) {
	if len(bytes.TrimSpace(text)) == 0 {
		return map[string]any{}, nil
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	return value, d.Decode(&value)
}

// An ending is what a step came to: an answer, and what others see of it.
type ending struct {
	answer Answer
	value  any
}

// sequence does steps one after the other.
func (r *run) sequence(ctx context.Context, steps []node, s *scope) (last ending, err error) {
	for i := range steps {
		if last, err = r.step(ctx, &steps[i], s); err != nil {
			return ending{}, err
		}
		if steps[i].id != "" {
			s.values[steps[i].id] = last.value
		}
	}
	return last, nil
}

// step does a step.
func (r *run) step(ctx context.Context, n *node, s *scope) (ending, error) {
	if ctx.Err() != nil {
		return ending{}, &StepError{At: n.at, Tool: n.call, Err: context.Cause(ctx)}
	}
	switch {
	case n.parallel != nil:
		return r.sideBySide(ctx, n, s)
	case n.when != nil && n.when.holds(s):
		return r.sequence(ctx, n.then, s.inside())
	case n.when != nil:
		return r.sequence(ctx, n.els, s.inside())
	case n.firstOf != nil:
		return r.firstOf(ctx, n, s)
	default:
		return r.one(ctx, n, s)
	}
}

// one makes the call of a step.
func (r *run) one(ctx context.Context, n *node, s *scope) (ending, error) {
	fail := func(err error) (ending, error) { return ending{}, &StepError{At: n.at, Tool: n.call, Err: err} }
	args := json.RawMessage("{}")
	if n.args != nil {
		filled, err := n.args.fill(s)
		if err != nil {
			return fail(err)
		}
		if args, err = json.Marshal(filled); err != nil {
			return fail(err)
		}
	}
	answer, err := r.call(ctx, n.call, args)
	switch {
	case err != nil:
		return fail(err)
	case answer.Failed:
		return fail(&failedError{answer})
	}
	if r.kept.Add(int64(len(answer.Text)+len(answer.Data)+len(answer.Content))) > MaxKept {
		return fail(ErrTooMuch)
	}
	r.calls.Add(1)
	value, err := seen(&answer)
	if err != nil {
		return fail(err)
	}
	return ending{answer, value}, nil
}

// seen is what others see of an answer: text, data and content. Where there is no structured content and the text is a JSON
// object or list, that is its data.
func seen(a *Answer) (any, error) {
	all := map[string]any{"text": a.Text}
	if data := a.Data; data != nil {
		value, err := decoded(data)
		if err != nil {
			return nil, err
		}
		all["data"] = value
	} else if text := bytes.TrimSpace([]byte(a.Text)); len(text) > 0 && (text[0] == '{' || text[0] == '[') && json.Valid(text) {
		if value, err := decoded(text); err == nil {
			all["data"] = value
		}
	}
	if a.Content != nil {
		value, err := decoded(a.Content)
		if err != nil {
			return nil, err
		}
		all["content"] = value
	}
	return all, nil
}

// firstOf does steps until one does not fail. What policy refuses is not gone around, unless the operator has said so.
func (r *run) firstOf(ctx context.Context, n *node, s *scope) (ending, error) {
	var faults []error
	for i := range n.firstOf {
		done, err := r.step(ctx, &n.firstOf[i], s.inside())
		switch {
		case err == nil:
			return done, nil
		case ctx.Err() != nil, errors.Is(err, ErrAsks), errors.Is(err, ErrTooMuch), errors.Is(err, ErrRefused) && !n.refused:
			return ending{}, err
		}
		faults = append(faults, err)
	}
	return ending{}, errors.Join(faults...)
}

// sideBySide does steps at once, and returns their answers in the order in which they are written. One that fails ends the
// others, unless failures are kept.
func (r *run) sideBySide(ctx context.Context, n *node, s *scope) (ending, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	done, faults := make([]ending, len(n.parallel)), make([]error, len(n.parallel))
	slots := make(chan struct{}, n.atOnce)
	var all sync.WaitGroup
	var once sync.Once
	var first error
	for i := range n.parallel {
		slots <- struct{}{}
		all.Go(func() {
			defer func() { <-slots }()
			done[i], faults[i] = r.step(ctx, &n.parallel[i], s.inside())
			if faults[i] != nil && !kept(n, faults[i]) {
				once.Do(func() { first = faults[i]; cancel() })
			}
		})
	}
	all.Wait()
	if first != nil {
		return ending{}, first
	}
	return r.gather(n, s, done, faults)
}

// kept reports whether a failure beside others is one that they outlive.
func kept(n *node, err error) bool {
	return n.keep && !errors.Is(err, ErrAsks) && !errors.Is(err, ErrTooMuch) && !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded)
}

// gather makes one ending of those of steps side by side.
func (*run) gather(n *node, s *scope, done []ending, faults []error) (ending, error) {
	list, named := make([]any, len(done)), map[string]any{}
	for i := range done {
		value := done[i].value
		if faults[i] != nil {
			value = map[string]any{"error": faults[i].Error(), "refused": errors.Is(faults[i], ErrRefused)}
		}
		list[i] = value
		if id := n.parallel[i].id; id != "" {
			s.values[id], named[id] = value, value
		}
	}
	value := map[string]any{"all": list}
	maps.Copy(value, named)
	text, err := json.Marshal(value)
	return ending{Answer{Text: string(text), Data: text}, value}, err
}
