package compose_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/mcp-kernel/mcp-kernel/modules/compose"
)

// A tree is steps as they are drawn, and what must come of them.
type tree struct {
	rt    *rapid.T
	calls int
}

// step draws a step, no deeper than depth. Its calls are named by their order in the text: ok_1, fail_2.
func (tr *tree) step(depth int) compose.Step {
	kind := "call"
	if depth > 0 && tr.calls < 24 {
		kind = rapid.SampledFrom([]string{"call", "parallel", "when", "first_of"}).Draw(tr.rt, "kind")
	}
	several := func(least int) []compose.Step {
		all := make([]compose.Step, rapid.IntRange(least, 3).Draw(tr.rt, "steps"))
		for i := range all {
			all[i] = tr.step(depth - 1)
		}
		return all
	}
	switch kind {
	case "parallel":
		return compose.Step{Parallel: several(1), AtOnce: rapid.IntRange(1, 4).Draw(tr.rt, "at once")}
	case "when":
		there := rapid.Bool().Draw(tr.rt, "there")
		return compose.Step{When: &compose.Condition{From: "/input/x", Exists: &there}, Then: several(1), Else: several(1)}
	case "first_of":
		return compose.Step{FirstOf: several(2), Refused: rapid.Bool().Draw(tr.rt, "even if refused")}
	}
	tr.calls++
	return compose.Step{Call: fmt.Sprintf("%s_%d", rapid.SampledFrom([]string{"ok", "ok", "ok", "fail", "refuse"}).Draw(tr.rt, "does"), tr.calls)}
}

// model says which calls steps make when nothing runs side by side, and how they end.
func model(steps []compose.Step, input bool) (calls []string, end string) {
	for i := range steps {
		made, end := modelOne(&steps[i], input)
		calls = append(calls, made...)
		if end != "ok" {
			return calls, end
		}
	}
	return calls, "ok"
}

func modelOne(s *compose.Step, input bool) (calls []string, end string) {
	switch {
	case s.Call != "":
		does, _, _ := strings.Cut(s.Call, "_")
		return []string{s.Call}, does
	case s.Parallel != nil:
		return model(s.Parallel, input)
	case s.When != nil && *s.When.Exists == input:
		return model(s.Then, input)
	case s.When != nil:
		return model(s.Else, input)
	}
	refused := false
	for i := range s.FirstOf {
		var made []string
		made, end = modelOne(&s.FirstOf[i], input)
		calls = append(calls, made...)
		if end == "ok" || end == "refuse" && !s.Refused {
			return calls, end
		}
		refused = refused || end == "refuse"
	}
	if refused {
		return calls, "refuse"
	}
	return calls, "fail"
}

// inTurn has no steps run side by side.
func inTurn(steps []compose.Step) []compose.Step {
	all := slices.Clone(steps)
	for i := range all {
		all[i].Parallel, all[i].Then, all[i].Else, all[i].FirstOf = inTurn(all[i].Parallel), inTurn(all[i].Then), inTurn(all[i].Else), inTurn(all[i].FirstOf)
		if all[i].Parallel != nil {
			all[i].AtOnce = 1
		}
	}
	return all
}

// answered is how a tool ends a call by its name.
func answered(tool string) (compose.Answer, error) {
	switch does, _, _ := strings.Cut(tool, "_"); does {
	case "fail":
		return compose.Answer{Failed: true}, nil
	case "refuse":
		return compose.Answer{}, compose.ErrRefused
	}
	return compose.Answer{Text: "done"}, nil
}

// Whatever the steps are, they are done in their order, each at most once, none after one that ends the composition, and what
// policy refuses is gone around nowhere but where the operator has said so.
func TestOrderOfSteps(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		tr := &tree{rt: rt}
		steps := inTurn([]compose.Step{tr.step(3), tr.step(3)})
		p, err := compose.New(&compose.Declaration{Name: "it", Description: "Does it.", Steps: steps})
		if err != nil {
			rt.Fatal(err)
		}
		input := rapid.Bool().Draw(rt, "input")
		args := `{}`
		if input {
			args = `{"x":1}`
		}
		var calls []string
		_, err = p.Run(t.Context(), json.RawMessage(args), func(_ context.Context, tool string, _ json.RawMessage) (compose.Answer, error) {
			calls = append(calls, tool)
			return answered(tool)
		})
		want, end := model(steps, input)
		if !slices.Equal(want, calls) || (err == nil) != (end == "ok") || end == "refuse" != errors.Is(err, compose.ErrRefused) {
			rt.Fatalf("%v, %v; want %v, %s", calls, err, want, end)
		}
	})
}

// Whenever a composition is given up, its calls are told, none begins any more, and none runs on when it has returned; side by
// side there are never more than may be.
func TestGivenUp(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		tr := &tree{rt: rt}
		p, err := compose.New(&compose.Declaration{Name: "it", Description: "Does it.", Steps: []compose.Step{tr.step(2), tr.step(2)}})
		if err != nil {
			rt.Fatal(err)
		}
		after := time.Duration(rapid.IntRange(0, 20).Draw(rt, "given up after")) * time.Second
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), after+time.Millisecond)
			defer cancel()
			var mu sync.Mutex
			running, most, began := 0, 0, time.Now()
			_, err := p.Run(ctx, nil, func(ctx context.Context, tool string, _ json.RawMessage) (compose.Answer, error) {
				if ctx.Err() != nil {
					rt.Errorf("%s is called after the end", tool)
				}
				mu.Lock()
				running++
				most = max(most, running)
				mu.Unlock()
				defer func() { mu.Lock(); running--; mu.Unlock() }()
				select {
				case <-time.After(time.Second):
					return answered(tool)
				case <-ctx.Done():
					return compose.Answer{}, ctx.Err()
				}
			})
			if took := time.Since(began); took > after+time.Millisecond || running != 0 || most > 16 {
				rt.Fatalf("%v after %s: %d run, %d at most", err, took, running, most)
			}
		})
	})
}
