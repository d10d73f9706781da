package tools_test

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

	"github.com/google/go-cmp/cmp"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/tools"
)

// A person is a peer that answers at once, or after a while, or never.
type person struct {
	answers map[string]string // by key; what is missing is asked in the next round
	takes   time.Duration
	can     []tools.Capability

	mu    sync.Mutex
	asked []string // key, method and params
}

func (*person) Progress(context.Context, tools.Progress) {}
func (*person) Log(context.Context, tools.LogMessage)    {}

func (*person) Waits() bool { return true }

func (p *person) Supports(c tools.Capability) bool {
	return p.can == nil || slices.Contains(p.can, c)
}

func (p *person) Ask(ctx context.Context, inquiries []tools.Inquiry) ([]json.RawMessage, error) {
	if p.takes > 0 {
		select {
		case <-time.After(p.takes):
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	answers := make([]json.RawMessage, len(inquiries))
	for i, q := range inquiries {
		p.asked = append(p.asked, q.Key+" "+q.Method+" "+string(q.Params))
		if a := json.RawMessage(p.answers[q.Key]); len(a) > 0 && q.Check(a) == nil {
			answers[i] = a
		}
	}
	return answers, nil
}

type nothing struct{}

// asking is a desk with one tool, "ask", of a function.
func asking(t *testing.T, fn func(context.Context, *tools.Request) error) *desk {
	t.Helper()
	spec := tools.Spec{
		Name: "ask", Title: "Ask", Description: "Asks.", Audience: tools.ForAgents,
		ReadOnly: tools.Yes, Destructive: tools.No, Idempotent: tools.Yes, OpenWorld: tools.No, Timeout: time.Second,
	}
	return newDesk(t, tools.Surface{Tools: []tools.Tool{
		tools.Func(spec, func(ctx context.Context, r *tools.Request, _ nothing) (nothing, error) { return nothing{}, fn(ctx, r) }),
	}})
}

// TestQuestions holds questions to what the protocol lets a form be.
func TestQuestions(t *testing.T) {
	t.Parallel()
	form := func(properties string) tools.Question {
		return tools.Question{Key: "k", Message: "m", Schema: json.RawMessage(`{"type":"object","properties":{` + properties + `}}`)}
	}
	for _, c := range []struct {
		name string
		q    tools.Query
		want string // what was asked, or the fault
	}{
		{"agreement", tools.Question{Message: "sure?"}, `ask-1 elicitation/create {"message":"sure?","requestedSchema":{"type":"object","properties":{}}}`},
		{"every field", form(
			`"s":{"type":"string","format":"email"},"n":{"type":"number"},"i":{"type":"integer","default":3},"b":{"type":"boolean"},"e":{"type":"string","enum":["a"],"enumNames":["A"]},"o":{"type":"string","oneOf":[{"const":"a","title":"A"}]},"m":{"type":"array","items":{"type":"string","enum":["a"]}},"t":{"type":"array","items":{"anyOf":[{"const":"a","title":"A"}]},"minItems":1}`,
		), `k elicitation/create {"message":"m","requestedSchema":{"type":"object","properties":{"s":{"type":"string","format":"email"},"n":{"type":"number"},"i":{"type":"integer","default":3},"b":{"type":"boolean"},"e":{"type":"string","enum":["a"],"enumNames":["A"]},"o":{"type":"string","oneOf":[{"const":"a","title":"A"}]},"m":{"type":"array","items":{"type":"string","enum":["a"]}},"t":{"type":"array","items":{"anyOf":[{"const":"a","title":"A"}]},"minItems":1}}}}`},
		{"no message", tools.Question{Key: "k"}, `question "k": has no message`},
		{"nested", form(`"o":{"type":"object"}`), `question "k": schema: field "o": want a string, number, integer, boolean, or array of choices`},
		{"list of texts", form(`"l":{"type":"array","items":{"type":"string"}}`), `question "k": schema: field "l": want a string, number, integer, boolean, or array of choices`},
		{"required and not there", tools.Question{Key: "k", Message: "m", Schema: json.RawMessage(`{"type":"object","required":["x"]}`)}, `question "k": schema: field "x" is required and not among the properties`},
		{"no schema", tools.Question{Key: "k", Message: "m", Schema: json.RawMessage(`[]`)}, `question "k": schema: is no JSON object`},
		{"key", tools.Question{Key: "a b", Message: "m"}, `question "a b": want a key of up to 64 letters, digits, '_', '-' and '.'`},
		{"URL", tools.Question{Message: "m", URL: "https://example.org/x"}, `ask-1 elicitation/create {"message":"m","mode":"url","url":"https://example.org/x"}`},
		{"no URL", tools.Question{Key: "k", Message: "m", URL: "example.org"}, `question "k": want an absolute URL, and no schema beside it`},
		{"roots", tools.RootsQuery{}, `ask-1 roots/list {}`},
		{"model", tools.Sampling{Messages: []tools.Turn{tools.Say(tools.RoleUser, "<hi>")}, MaxTokens: 1}, `ask-1 sampling/createMessage {"messages":[{"role":"user","content":{"type":"text","text":"\u003chi\u003e"}}],"maxTokens":1}`},
		{"no tokens", tools.Sampling{Key: "k", Messages: []tools.Turn{tools.Say(tools.RoleUser, "x")}}, `question "k": want messages, and how many tokens may be made`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var fault error
			d := asking(t, func(ctx context.Context, r *tools.Request) error {
				_, fault = r.AskAll(ctx, c.q)
				return fault
			})
			p := &person{}
			result, _ := d.Dispatch(t.Context(), d.call("ask", `{}`), p)
			got := strings.Join(p.asked, "\n")
			if got == "" {
				got = fault.Error()
			} else if len(result.Pending) != 1 {
				t.Errorf("%d questions are pending", len(result.Pending))
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestPending lets a call end with questions, and holds the journal to it.
func TestPending(t *testing.T) {
	t.Parallel()
	d := asking(t, func(ctx context.Context, r *tools.Request) error {
		if _, err := r.Ask(ctx, tools.Question{Message: "one?"}); !errors.Is(err, tools.ErrInputRequired) {
			return err
		}
		_, err := r.Ask(ctx, tools.Question{Key: "two", Message: "two?"})
		return fmt.Errorf("asking: %w", err)
	})
	result, err := d.Dispatch(t.Context(), d.call("ask", `{}`), &person{})
	if err != nil {
		t.Fatal(err)
	}
	var keys []string
	for _, q := range result.Pending {
		keys = append(keys, q.Key)
	}
	if diff := cmp.Diff([]string{"ask-1", "two"}, keys); diff != "" {
		t.Error(diff)
	}
	want := []string{"call-1 allow POLICY_CHECK /", "call-1 input_required CHECKPOINT_CREATED "}
	if diff := cmp.Diff(want, d.journal.lines()); diff != "" {
		t.Error(diff)
	}
	if used := d.gate.limiter.of(governance.CounterCalls); used != 1 {
		t.Errorf("%d calls are charged", used)
	}
}

// TestQuestionsAreReviewed withholds questions that the review objects to: they are on their way to the client.
func TestQuestionsAreReviewed(t *testing.T) {
	t.Parallel()
	d := asking(t, func(ctx context.Context, r *tools.Request) error {
		_, err := r.Ask(ctx, tools.Question{Message: "one?"})
		return err
	})
	d.gate.review.Store(&governance.Decision{Effect: governance.Deny, Stage: governance.StageReview, Check: "secrets", Reason: "a secret"})
	result, err := d.Dispatch(t.Context(), d.call("ask", `{}`), &person{})
	if refused := refusal(t, err); refused.Code != tools.CodeWithheld || len(result.Pending) > 0 {
		t.Errorf("got %v, %v", refused, result.Pending)
	}
}

// TestAskingLate asks when the handler has returned.
func TestAskingLate(t *testing.T) {
	t.Parallel()
	var late *tools.Request
	d := asking(t, func(_ context.Context, r *tools.Request) error {
		late = r
		return nil
	})
	if _, err := d.Dispatch(t.Context(), d.call("ask", `{}`), &person{}); err != nil {
		t.Fatal(err)
	}
	_, err := late.Ask(t.Context(), tools.Question{Message: "m"})
	if want := "unsupported: nobody can be asked here (call call-1)"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

// TestAskingWrongly asks nobody, twice and too much.
func TestAskingWrongly(t *testing.T) {
	t.Parallel()
	one := tools.Question{Key: "k", Message: "m"}
	yes := map[string]string{"k": `{"action":"accept"}`}
	for _, c := range []struct {
		name string
		peer tools.Peer
		ask  func(context.Context, *tools.Request) error
		want string
	}{
		{"nobody", nil, func(ctx context.Context, r *tools.Request) error {
			_, err := r.Sample(ctx, tools.Sampling{})
			return err
		}, "unsupported: nobody can be asked here (call call-1)"},
		{"undeclared", &person{can: []tools.Capability{tools.CanElicit}}, func(ctx context.Context, r *tools.Request) error {
			_, err := r.Roots(ctx)
			return err
		}, "unsupported: the client has not declared the capability roots, which this call needs (call call-1)"},
		{"twice", &person{answers: yes}, func(ctx context.Context, r *tools.Request) error {
			_, err := r.AskAll(ctx, one, one)
			return err
		}, "internal_error: internal error; the log tells more under this call's id (call call-1)"},
		{"too much", &person{}, func(ctx context.Context, r *tools.Request) error {
			all := make([]tools.Query, 33)
			for i := range all {
				all[i] = tools.Question{Message: "m"}
			}
			_, err := r.AskAll(ctx, all...)
			return err
		}, "failed: the call asked more than 32 questions (call call-1)"},
		{"too many", &person{}, func(ctx context.Context, r *tools.Request) error {
			for {
				if _, err := r.Ask(ctx, tools.Question{Message: "m"}); !errors.Is(err, tools.ErrInputRequired) {
					return err
				}
			}
		}, "failed: the call asked more than 32 questions (call call-1)"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d := asking(t, c.ask)
			_, err := d.Dispatch(t.Context(), d.call("ask", `{}`), c.peer)
			if err == nil || err.Error() != c.want {
				t.Errorf("got %v, want %s", err, c.want)
			}
		})
	}
}

// TestWaitingIsNotWorking gives a handler of one second an hour for its client, and no more than its second for itself.
func TestWaitingIsNotWorking(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		spent := 900 * time.Millisecond
		d := asking(t, func(ctx context.Context, r *tools.Request) error {
			time.Sleep(spent / 2)
			if _, err := r.Ask(ctx, tools.Question{Key: "k", Message: "m"}); err != nil {
				return err
			}
			select {
			case <-time.After(spent / 2):
			case <-ctx.Done():
			}
			return ctx.Err()
		})
		p := &person{answers: map[string]string{"k": `{"action":"accept"}`}, takes: time.Hour}
		if _, err := d.Dispatch(t.Context(), d.call("ask", `{}`), p); err != nil {
			t.Errorf("within its time: %v", err)
		}
		spent = 1100 * time.Millisecond
		if _, err := d.Dispatch(t.Context(), d.call("ask", `{}`), p); refusal(t, err).Code != tools.CodeTimeout {
			t.Errorf("beyond its time: %v", err)
		}
	})
}
