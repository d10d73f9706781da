package compose_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mcp-kernel/mcp-kernel/modules/compose"
)

// A bench answers calls, and remembers them.
type bench struct {
	mu    sync.Mutex
	calls []string
}

// call answers by the tool's name: echo with its arguments, json with a document, fail and refuse with that, slow late.
func (b *bench) call(ctx context.Context, tool string, args json.RawMessage) (compose.Answer, error) {
	b.mu.Lock()
	b.calls = append(b.calls, tool+" "+string(args))
	b.mu.Unlock()
	switch name, _, _ := strings.Cut(tool, "_"); name {
	case "json":
		return compose.Answer{Text: "see data", Data: json.RawMessage(`{"n":12345678901234567890,"list":[{"name":"a/b"},{"name":"two"}],"state":"open"}`)}, nil
	case "fail":
		return compose.Answer{Text: "no luck", Failed: true}, nil
	case "refuse":
		return compose.Answer{}, fmt.Errorf("%w: policy", compose.ErrRefused)
	case "ask":
		return compose.Answer{}, compose.ErrAsks
	case "slow":
		select {
		case <-time.After(50 * time.Second):
		case <-ctx.Done():
			return compose.Answer{}, context.Cause(ctx)
		}
	case "large":
		return compose.Answer{Text: strings.Repeat("x", compose.MaxKept/2+1)}, nil
	}
	return compose.Answer{Text: string(args)}, nil
}

const head = "compositions:\n- name: it\n  description: Does it.\n  steps:\n"

// one reads one composition.
func one(t *testing.T, text string) *compose.Plan {
	t.Helper()
	plans, err := compose.Parse([]byte(head + text))
	if err != nil {
		t.Fatal(err)
	}
	return plans[0]
}

func TestRun(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		text  string
		input string
		want  string // the answer, or the error
		calls []string
	}{
		"one call":  {"  - call: echo", "", "{}", []string{"echo {}"}},
		"arguments": {`  - {call: echo, args: {a: 1, b: [x, null, true], c: {d: 1.50}}}`, "", `{"a":1,"b":["x",null,true],"c":{"d":1.5}}`, nil},
		"input":     {`  - {call: echo, args: {a: {$from: /input/x}}}`, `{"x":{"y":1.50}}`, `{"a":{"y":1.50}}`, nil},
		"no input":  {`  - {call: echo, args: {a: {$from: /input/x}}}`, `{}`, "steps[0] (echo): there is nothing at /input/x", []string{}},
		"data of a step": {
			"  - {id: first, call: json}\n  - {call: echo, args: {n: {$from: /first/data/n}, name: {$from: /first/data/list/0/name}, all: {$from: /first/text}}}", "",
			`{"all":"see data","n":12345678901234567890,"name":"a/b"}`,
			[]string{"json {}", `echo {"all":"see data","n":12345678901234567890,"name":"a/b"}`},
		},
		"data in a text": {"  - {id: first, call: echo, args: {deep: {x: 7}}}\n  - {call: echo, args: {x: {$from: /first/data/deep/x}}}", "", `{"x":7}`, nil},
		"join":           {`  - {call: echo, args: {a: {$join: ["#", {$from: /input/n}, " ", {$from: /input/o}]}}}`, `{"n":7,"o":{"p":"q"}}`, `{"a":"#7 {\"p\":\"q\"}"}`, nil},
		"index beyond":   {"  - {id: first, call: json}\n  - {call: echo, args: {n: {$from: /first/data/list/2}}}", "", "steps[1] (echo): there is nothing at /first/data/list/2", nil},
		"a sign":         {"  - {id: first, call: json}\n  - {call: echo, args: {n: {$from: /first/data/list/-0}}}", "", "steps[1] (echo): there is nothing at /first/data/list/-0", nil},
		"then":           {"  - {id: f, call: json}\n  - {when: {from: /f/data/state, equals: open}, then: [{call: echo_a}], else: [{call: echo_b}]}", "", "{}", []string{"json {}", "echo_a {}"}},
		"else":           {"  - {when: {from: /input/n, greater: 3}, then: [{call: echo_a}], else: [{call: echo_b}]}", `{"n":3}`, "{}", []string{"echo_b {}"}},
		"less":           {"  - {when: {from: /input/n, less: 3.5}, then: [{call: echo_a}]}", `{"n":3}`, "{}", []string{"echo_a {}"}},
		"no else":        {"  - {when: {from: /input/n, exists: true}, then: [{call: echo_a}]}", `{}`, "", []string{}},
		"differs":        {"  - {when: {from: /input/n, differs: 1}, then: [{call: echo_a}]}", `{"n":1.0}`, "", []string{}},
		"contains":       {"  - {when: {from: /input/n, contains: b}, then: [{call: echo_a}]}", `{"n":"abc"}`, "{}", []string{"echo_a {}"}},
		"a group's answer": {
			"  - {id: g, when: {from: /input/n, exists: false}, then: [{call: json}]}\n  - {call: echo, args: {s: {$from: /g/data/state}}}", "", `{"s":"open"}`, nil,
		},
		"fallback":              {"  - first_of: [{call: fail}, {call: echo}]", "", "{}", []string{"fail {}", "echo {}"}},
		"no way around policy":  {"  - first_of: [{call: refuse}, {call: echo}]", "", "steps[0].first_of[0] (refuse): refused: policy", []string{"refuse {}"}},
		"a way around it":       {"  - {first_of: [{call: refuse}, {call: echo}], even_if_refused: true}", "", "{}", []string{"refuse {}", "echo {}"}},
		"a question":            {"  - {first_of: [{call: ask}, {call: echo}], even_if_refused: true}", "", "steps[0].first_of[0] (ask): the tool asks the client", []string{"ask {}"}},
		"all fail":              {"  - first_of: [{call: fail_1}, {call: fail_2}]", "", "steps[0].first_of[0] (fail_1): the tool failed: no luck\nsteps[0].first_of[1] (fail_2): the tool failed: no luck", nil},
		"the end of a sequence": {"  - {call: fail}\n  - {call: echo}", "", "steps[0] (fail): the tool failed: no luck", []string{"fail {}"}},
		"side by side": {
			"  - {at_once: 1, parallel: [{id: a, call: echo, args: {x: 1}}, {call: echo, args: {x: 2}}]}\n  - {call: echo, args: {y: {$from: /a/data/x}}}", "",
			`{"y":1}`,
			[]string{`echo {"x":1}`, `echo {"x":2}`, `echo {"y":1}`},
		},
		"failures kept": {
			"  - {id: g, keep_failures: true, at_once: 1, parallel: [{id: a, call: fail}, {id: b, call: refuse}, {id: c, call: echo}]}\n  - {call: echo, args: {a: {$from: /a/error}, r: {$from: /b/refused}, c: {$from: /g/c/text}}}", "",
			`{"a":"steps[0].parallel[0] (fail): the tool failed: no luck","c":"{}","r":true}`, nil,
		},
		"a failure beside": {"  - {at_once: 1, parallel: [{call: fail}, {call: echo}]}", "", "steps[0].parallel[0] (fail): the tool failed: no luck", []string{"fail {}"}},
		"too much":         {"  - {call: large}\n  - {call: large}\n  - {call: echo}", "", "steps[1] (large): the answers of the steps are too large", []string{"large {}", "large {}"}},
		"late":             {"  - {call: slow}\n  - {call: slow}\n  - {call: slow}", "", "steps[2] (slow): context deadline exceeded", []string{"slow {}", "slow {}", "slow {}"}},
		"output":           {"  - {id: f, call: json}\n  output: {s: {$from: /f/data/state}, i: {$from: /input/i}}", `{"i":null}`, `{"i":null,"s":"open"}`, nil},
		"no output":        {"  - {id: f, call: json}\n  output: {s: {$from: /f/data/gone}}", ``, `output: there is nothing at /f/data/gone`, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, b := one(t, tt.text), &bench{}
			synctest.Test(t, func(t *testing.T) {
				result, err := p.Run(t.Context(), json.RawMessage(tt.input), b.call)
				got := result.Answer.Text + string(result.Output)
				if err != nil {
					got = err.Error()
				}
				if diff := cmp.Diff(tt.want, got); diff != "" {
					t.Error(diff)
				}
				if b.calls == nil {
					b.calls = []string{}
				}
				if diff := cmp.Diff(tt.calls, b.calls); tt.calls != nil && diff != "" {
					t.Error(diff)
				}
			})
		})
	}
}

// What fails beside others ends them, and no more run at once than may.
func TestSideBySide(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := one(t, "  - {at_once: 3, parallel: ["+strings.Repeat("{call: slow}, ", 9)+"{call: slow}]}")
		var mu sync.Mutex
		running, most := 0, 0
		began := time.Now()
		_, err := p.Run(t.Context(), nil, func(context.Context, string, json.RawMessage) (compose.Answer, error) {
			mu.Lock()
			running++
			most = max(most, running)
			mu.Unlock()
			time.Sleep(time.Second)
			mu.Lock()
			running--
			mu.Unlock()
			return compose.Answer{}, nil
		})
		if took := time.Since(began); err != nil || most != 3 || took != 4*time.Second {
			t.Errorf("%d at once, %v, %v", most, took, err)
		}
		began = time.Now()
		p = one(t, "  - parallel: [{call: slow}, {call: fail}]")
		_, err = p.Run(t.Context(), nil, (&bench{}).call)
		var step *compose.StepError
		if !errors.As(err, &step) || step.Tool != "fail" || time.Since(began) != 0 {
			t.Errorf("%v after %v", err, time.Since(began))
		}
	})
}

// Every fault is found when a composition is read, and names its place.
func TestFaults(t *testing.T) {
	t.Parallel()
	deep := "{call: x}"
	for range compose.MaxDepth + 1 {
		deep = "{first_of: [" + deep + ", {call: y}]}"
	}
	for name, tt := range map[string]struct{ text, want string }{
		"unknown field":      {head + "  - {cal: x}", "unknown field"},
		"a name":             {"compositions: [{name: It, description: x, steps: [{call: x}]}]", `name: "It": want 1 to 47 small letters`},
		"no description":     {"compositions: [{name: it, steps: [{call: x}]}]", "description: is missing"},
		"no steps":           {"compositions: [{name: it, description: x}]", "steps: there are none"},
		"a time":             {"compositions: [{name: it, description: x, timeout: soon, steps: [{call: x}]}]", `timeout: "soon"`},
		"too long":           {"compositions: [{name: it, description: x, timeout: 2h, steps: [{call: x}]}]", "at most 1h0m0s"},
		"two of a name":      {head + "  - {call: x}\n- {name: it, description: x, steps: [{call: x}]}", `there are two compositions "it"`},
		"nothing":            {head + "  - {id: a}", "steps[0]: want one of call, parallel, when and first_of"},
		"two things":         {head + "  - {call: x, first_of: [{call: y}, {call: z}]}", "steps[0]: want one of"},
		"args beside":        {head + "  - {parallel: [{call: y}], args: {}}", "steps[0].args: is for steps with call"},
		"args":               {head + "  - {call: x, args: [1]}", "steps[0].args: want an object"},
		"an id":              {head + "  - {id: A, call: x}", `id "A": want 1 to 32`},
		"input as id":        {head + "  - {id: input, call: x}", "and not input"},
		"two ids":            {head + "  - {id: a, call: x}\n  - {id: a, call: x}", `steps[1]: id "a": there is another step`},
		"itself":             {head + "  - {id: a, call: x, args: {y: {$from: /a/text}}}", `steps[0].args.y: reference "/a/text": there is no answer of "a" by then: there are input`},
		"a later one":        {head + "  - {call: x, args: {y: {$from: /b/text}}}\n  - {id: b, call: x}", `there is no answer of "b" by then`},
		"a branch beside":    {head + "  - parallel: [{id: a, call: x}, {call: y, args: {z: {$from: /a/text}}}]", `steps[0].parallel[1].args.z: reference "/a/text"`},
		"within a condition": {head + "  - {when: {from: /input/x, exists: true}, then: [{id: a, call: x}]}\n  - {call: y, args: {z: {$from: /a/text}}}", `steps[1].args.z: reference "/a/text"`},
		"output":             {head + "  - {call: x}\n  output: {$from: /a/text}", `output: reference "/a/text"`},
		"no pointer":         {head + "  - {call: x, args: {y: {$from: input}}}", `reference "input": want /input/`},
		"beside a reference": {head + "  - {call: x, args: {y: {$from: /input/a, z: 1}}}", "stand alone"},
		"join of one":        {head + "  - {call: x, args: {y: {$join: a}}}", "$join: want a list"},
		"two tests":          {head + "  - {when: {from: /input/x, exists: true, equals: 1}, then: [{call: x}]}", "steps[0].when: want one of"},
		"one of one":         {head + "  - first_of: [{call: x}]", "steps[0].first_of: want two steps or more"},
		"at once":            {head + "  - {parallel: [{call: x}], at_once: 99}", "steps[0].at_once: 99: want 1 to 16"},
		"deep":               {head + "  - " + deep, "nested more than 8 deep"},
		"many":               {head + strings.Repeat("  - {call: x}\n", compose.MaxSteps+1), "steps[64]: there are more than 64 steps"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			plans, err := compose.Parse([]byte(tt.text))
			if err == nil || plans != nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v, want %q", err, tt.want)
			}
		})
	}
}

// What strangers write neither crashes nor runs beyond its bounds.
func FuzzParse(f *testing.F) {
	f.Add(head + "  - {id: first, call: json}\n  - {call: echo, args: {n: {$from: /first/data/n}, j: {$join: [a, {$from: /input/x}]}}}")
	f.Add(head + "  - {when: {from: /input/x, less: 3}, then: [{call: a}], else: [{first_of: [{call: fail}, {call: b}]}]}")
	f.Add(head + "  - {parallel: [{id: a, call: x}, {call: y}], keep_failures: true}")
	f.Fuzz(func(t *testing.T, text string) {
		plans, err := compose.Parse([]byte(text))
		if err != nil {
			return
		}
		for _, p := range plans {
			b := &bench{}
			_, _ = p.Run(t.Context(), json.RawMessage(`{"x":1}`), func(ctx context.Context, tool string, args json.RawMessage) (compose.Answer, error) {
				if strings.HasPrefix(tool, "slow") || strings.HasPrefix(tool, "large") {
					tool = "echo"
				}
				return b.call(ctx, tool, args)
			})
			if len(b.calls) > compose.MaxSteps {
				t.Errorf("%d calls", len(b.calls))
			}
		}
	})
}
