package guarded_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/mcp-kernel/mcp-kernel/state"
	"github.com/mcp-kernel/mcp-kernel/state/guarded"
	"github.com/mcp-kernel/mcp-kernel/state/memstate"
)

const (
	modelFailures = 2
	modelPause    = 4 * time.Second
	modelMost     = 16 * time.Second
	modelTimeout  = time.Hour // of the context: nothing of this test waits for it
)

// A modelBreaker is what the breaker does, as plainly as possible, and the operations that are under way.
type modelBreaker struct {
	store *guarded.Store
	now   time.Time

	state    guarded.State
	until    time.Time
	pause    time.Duration
	failures int
	epoch    int
	probing  bool
	flying   []flight
}

// A flight is an operation that the backend has not answered yet.
type flight struct {
	epoch  int
	probe  bool
	answer chan error
	ended  chan error
}

// A gate is a backend that answers when it is told to.
type gate struct {
	*memstate.Store
	asked chan chan error
}

func (g *gate) Set(context.Context, string, []byte, time.Duration) error {
	answer := make(chan error)
	g.asked <- answer
	return <-answer
}

// TestBreakerModel takes random walks of operations that overlap, succeed, fail and are given up, and of time, and compares
// the breaker with the model after every step.
func TestBreakerModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		m := &modelBreaker{now: time.Unix(1_000_000, 0), pause: modelPause}
		g := &gate{Store: memstate.New(memstate.Options{}), asked: make(chan chan error)}
		m.store = guarded.New(g, guarded.Options{
			Timeout: modelTimeout, Failures: modelFailures, Pause: modelPause, MaxPause: modelMost,
			Now: func() time.Time { return m.now }, Random: func() float64 { return 0 },
		})
		t.Repeat(map[string]func(*rapid.T){
			"begin": func(t *rapid.T) { m.begin(t, g) },
			"end":   m.end,
			"wait":  func(t *rapid.T) { m.now = m.now.Add(time.Duration(rapid.IntRange(2, 9).Draw(t, "s")) * time.Second) },
			"": func(t *rapid.T) {
				if h := m.store.Health(); h.State != m.state {
					t.Fatalf("state %v, want %v", h.State, m.state)
				}
			},
		})
		for _, f := range m.flying {
			f.answer <- nil
			if err := <-f.ended; err != nil {
				t.Fatal(err)
			}
		}
	})
}

// begin begins an operation, which is refused or gets to the backend.
func (m *modelBreaker) begin(t *rapid.T, g *gate) {
	if len(m.flying) > 6 {
		t.Skip("enough is under way")
	}
	if m.state == guarded.Open && !m.now.Before(m.until) {
		m.become(guarded.HalfOpen)
	}
	passes := m.state == guarded.Closed || m.state == guarded.HalfOpen && !m.probing
	f := flight{epoch: m.epoch, probe: m.state == guarded.HalfOpen, ended: make(chan error, 1)}
	go func() { f.ended <- m.store.Set(context.Background(), "a/b", nil, 0) }()
	select {
	case f.answer = <-g.asked:
		if !passes {
			t.Fatalf("an operation got through while the breaker is %v", m.state)
		}
		m.probing = f.probe
		m.flying = append(m.flying, f)
	case err := <-f.ended:
		u, ok := errors.AsType[*state.UnavailableError](err)
		if passes || !ok || u.Tried || u.After <= 0 || m.state == guarded.Open && u.After != m.until.Sub(m.now) {
			t.Fatalf("refused while the breaker is %v until %v: %v", m.state, m.until.Sub(m.now), err)
		}
	}
}

// end lets the backend answer one of the operations.
func (m *modelBreaker) end(t *rapid.T) {
	if len(m.flying) == 0 {
		t.Skip("nothing is under way")
	}
	i := rapid.IntRange(0, len(m.flying)-1).Draw(t, "which")
	f := m.flying[i]
	m.flying = append(m.flying[:i], m.flying[i+1:]...)
	answer := rapid.SampledFrom([]error{nil, errReset, errReset, state.ErrConflict, state.ErrInvalid}).Draw(t, "answer")
	f.answer <- answer
	if err := <-f.ended; !errors.Is(err, answer) {
		t.Fatalf("error %v, want %v", err, answer)
	}
	if f.epoch == m.epoch {
		m.conclude(f, answer)
	}
}

func (m *modelBreaker) conclude(f flight, answer error) {
	fails, nothing := errors.Is(answer, errReset), errors.Is(answer, state.ErrInvalid)
	switch {
	case f.probe && nothing:
		m.probing = false
	case f.probe && fails:
		m.become(guarded.Open)
	case f.probe:
		m.become(guarded.Closed)
	case nothing:
	case !fails:
		m.failures = 0
	default:
		if m.failures++; m.failures == modelFailures {
			m.become(guarded.Open)
		}
	}
}

func (m *modelBreaker) become(s guarded.State) {
	m.state, m.failures, m.probing = s, 0, false
	m.epoch++
	switch s {
	case guarded.Open:
		m.until = m.now.Add(m.pause / 2)
		m.pause = min(2*m.pause, modelMost)
	case guarded.Closed:
		m.pause = modelPause
	case guarded.HalfOpen:
	}
}
