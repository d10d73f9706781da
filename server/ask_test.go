package server_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mcp-kernel/mcp-kernel/server"
)

const callGreet = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"greet","arguments":{}}}`

// answers are what a client may answer to greet, as the result member of a response or as an answer of the 2026 era, and
// what comes of it in each.
func TestAnswersToAQuestion(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, answer, legacy, modern string }{
		{"accepted", `{"action":"accept","content":{"name":"Ada"}}`, "hello Ada", "hello Ada"},
		{"with more than was asked", `{"action":"accept","content":{"name":"Ada","x":1},"_meta":{}}`, "hello Ada", "hello Ada"},
		{"declined", `{"action":"decline"}`, "decline", "decline"},
		{"declined with content", `{"action":"decline","content":{"name":1}}`, "decline", "decline"},
		{"dismissed", `{"action":"cancel"}`, "cancel", "cancel"},
		{"wrong type", `{"action":"accept","content":{"name":1}}`, `error failed: the client's answer to "user_name": /name: want string, got number`, "asks user_name"},
		{"too long", `{"action":"accept","content":{"name":"123456789012345678901"}}`, `error failed: the client's answer to "user_name": /name: want at most 20 characters`, "asks user_name"},
		{"nothing", `{"action":"accept"}`, `error failed: the client's answer to "user_name": /name: missing, want string`, "asks user_name"},
		{"no action", `{"content":{"name":"Ada"}}`, `error failed: the client's answer to "user_name": the action is none of accept, decline and cancel`, "asks user_name"},
		{"a number", `12345`, `error failed: the client's answer to "user_name": is no object with an action`, "asks user_name"},
		{"null", `null`, `error failed: the client's answer to "user_name": the action is none of accept, decline and cancel`, "asks user_name"},
		{"blocked", `{"action":"accept","content":{"name":"forbidden"}}`, `error denied: what the client answered: blocked pattern "word" of policy "open"`, `error denied: blocked pattern "word" of policy "open"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newCurious(t, &book{}, nil)
			old := begin(t, s, `{"elicitation":{}}`)
			asked := parse(t, old.ask(callGreet))
			answered := parse(t, old.ask(`{"jsonrpc":"2.0","id":%s,"result":%s}`, asked.ID, c.answer))
			if got := answered.say(); got != c.legacy {
				t.Errorf("2025: got %s, want %s", got, c.legacy)
			}
			now := host(t, s, "user:ada")
			first := now.call("greet", everyCapability, "")
			second := now.retry("greet", &first, `{"user_name":`+c.answer+`}`)
			if got := second.say(); got != c.modern {
				t.Errorf("2026: got %s, want %s", got, c.modern)
			}
		})
	}
}

// TestAskedOnTheWire holds the words of every kind of question to the protocol.
func TestAskedOnTheWire(t *testing.T) {
	t.Parallel()
	const (
		form  = `{"message":"What is your name?","requestedSchema":` + nameForm + `}`
		model = `{"messages":[{"role":"user","content":{"type":"text","text":"weather?"}},{"role":"assistant","content":{"type":"tool_use","name":"weather","id":"u1","input":{}}},{"role":"user","content":{"type":"tool_result","toolUseId":"u1","content":[{"type":"text","text":"rain"}]}}],"modelPreferences":{"hints":[{"name":"small"}],"speedPriority":1},"systemPrompt":"be brief","maxTokens":10,"tools":[{"name":"weather","inputSchema":{"type":"object"}}],"toolChoice":{"mode":"auto"}}`
		page  = `{"message":"Pay","mode":"url","url":"https://example.org/pay?n=1"}`
	)
	for _, c := range []struct{ tool, key, method, params, legacy string }{
		{"greet", "user_name", "elicitation/create", form, form},
		{"with_tools", "ask-1", "sampling/createMessage", model, model},
		{"open", "ask-1", "elicitation/create", page, `{"elicitationId":"E",` + page[1:]},
	} {
		t.Run(c.tool, func(t *testing.T) {
			t.Parallel()
			s := newCurious(t, &book{}, func(o *server.Options) { o.IDs = func() string { return "E" } })
			line := begin(t, s, everyCapability).ask(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":%q}}`, c.tool)
			if want := fmt.Sprintf(`{"jsonrpc":"2.0","id":"ask-1","method":%q,"params":%s}`, c.method, c.legacy); line != want {
				t.Errorf("2025: got  %s\nwant %s", line, want)
			}
			got := host(t, s, "user:ada").ask(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":%q,"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":%s}}}`, c.tool, everyCapability)
			before := fmt.Sprintf(`{"jsonrpc":"2.0","id":1,"result":{"inputRequests":{%q:{"method":%q,"params":%s}},"requestState":"`, c.key, c.method, c.params)
			after := `","_meta":{"io.mcp-kernel/call":{"id":"E"},"io.modelcontextprotocol/serverInfo":{"name":"mcp-kernel","version":"1"}},"resultType":"input_required"}}`
			if !strings.HasPrefix(got, before) || !strings.HasSuffix(got, after) {
				t.Errorf("2026: got  %s\nwant %s…%s", got, before, after)
			}
		})
	}
}

func TestAnswersOfModelsAndPeople(t *testing.T) {
	t.Parallel()
	use := `{"role":"assistant","model":"m","stopReason":"toolUse","content":[{"type":"tool_use","id":"u2","name":"weather","input":{"at":"home"}}]}`
	for _, c := range []struct{ tool, answer, want string }{
		{"with_tools", use, "m toolUse weather"},
		{"with_tools", `{"role":"assistant","content":{"type":"text","text":"x"}}`, `error failed: the client's answer to "ask-1": is no message of a model`},
		{"with_tools", `{"role":"assistant","model":"m","content":{"type":"hologram"}}`, `error failed: the client's answer to "ask-1": content of type "hologram" is not known here`},
		{"open", `{"action":"accept"}`, "accept"},
		{"open", `{"action":"decline"}`, "decline"},
	} {
		t.Run(c.tool, func(t *testing.T) {
			t.Parallel()
			h := begin(t, newCurious(t, &book{}, nil), everyCapability)
			h.ask(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":%q}}`, c.tool)
			got := parse(t, h.ask(`{"jsonrpc":"2.0","id":"ask-1","result":%s}`, c.answer))
			if got.say() != c.want {
				t.Errorf("got %s, want %s", got.say(), c.want)
			}
		})
	}
}

// TestSeveralQuestions asks three kinds at once and in a row, and in calls within calls, in both eras.
func TestSeveralQuestions(t *testing.T) {
	t.Parallel()
	const (
		ada   = `{"action":"accept","content":{"name":"Ada"}}`
		hello = `{"role":"assistant","model":"m","content":{"type":"text","text":"Hello"}}`
		roots = `{"roots":[{"uri":"file:///work","name":"work"}]}`
		yes   = `{"action":"accept"}`
	)
	for _, c := range []struct {
		tool    string
		answers []string // in the order of the questions
		rounds  []string // by key, of the 2026 era
		want    string
	}{
		{"everything", []string{ada, hello, roots}, []string{`{"user_name":` + ada + `,"greeting":` + hello + `,"client_roots":` + roots + `,"extra":1}`}, `{"name":"Ada"} Hello [{file:///work work}]`},
		{"everything", []string{ada, hello, roots}, []string{`{"greeting":` + hello + `}`, `{"user_name":` + ada + `,"greeting":{}}`, `{"client_roots":` + roots + `}`}, `{"name":"Ada"} Hello [{file:///work work}]`},
		{"steps", []string{yes, yes}, []string{`{"ask-1":` + yes + `}`, `{"ask-2":` + yes + `}`}, "accept accept"},
		{"steps", []string{`{"action":"decline"}`, yes}, []string{`{"ask-1":{"action":"decline"},"ask-2":` + yes + `}`, `{}`, `{"ask-2":` + yes + `}`}, "decline accept"},
		{"nested", []string{ada, ada}, []string{`{"1/user_name":` + ada + `}`, `{"2/user_name":` + ada + `}`}, `{"text":"hello Ada"}+{"text":"hello Ada"}`},
	} {
		t.Run(c.tool, func(t *testing.T) {
			t.Parallel()
			s := newCurious(t, &book{}, nil)
			h := begin(t, s, everyCapability)
			line := h.ask(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":%q}}`, c.tool)
			for i, answer := range c.answers {
				asked := fmt.Sprintf(`"id":"ask-%d"`, i+1)
				if !strings.Contains(line, asked) {
					t.Fatalf("2025: want question %d, got %s", i+1, line)
				}
				h.send(`{"jsonrpc":"2.0","id":"ask-%d","result":%s}`, i+1, answer)
				if c.tool != "everything" {
					line = h.line()
				} else if i < 2 {
					line = h.line() // which was sent before
				}
			}
			if c.tool == "everything" {
				line = h.line()
			}
			last := parse(t, line)
			if got := last.say(); got != c.want {
				t.Errorf("2025: got %s, want %s", got, c.want)
			}
			now := host(t, s, "user:ada")
			r := now.call(c.tool, everyCapability, "")
			for _, answers := range c.rounds {
				if r.Result.ResultType != "input_required" {
					t.Fatalf("2026: got %s before %s", r.say(), answers)
				}
				before := r.Result.RequestState
				if r = now.retry(c.tool, &r, answers); r.Result.RequestState == before {
					t.Error("the state did not change")
				}
			}
			if got := r.say(); got != c.want {
				t.Errorf("2026: got %s, want %s", got, c.want)
			}
		})
	}
}

// TestResourcesAndPromptsAsk asks from what is no tool.
func TestResourcesAndPromptsAsk(t *testing.T) {
	t.Parallel()
	const meta = `"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{"elicitation":{}}}`
	for method, target := range map[string]string{"resources/read": `"uri":"test://asking"`, "prompts/get": `"name":"asking"`} {
		t.Run(method, func(t *testing.T) {
			t.Parallel()
			h := host(t, newCurious(t, &book{}, nil), "user:ada")
			first := parse(t, h.ask(`{"jsonrpc":"2.0","id":1,"method":%q,"params":{%s,%s}}`, method, target, meta))
			if first.say() != "asks who" {
				t.Fatalf("got %s", first.say())
			}
			got := h.ask(`{"jsonrpc":"2.0","id":2,"method":%q,"params":{%s,"inputResponses":{"who":{"action":"accept","content":{"name":"Ada"}}},"requestState":%q,%s}}`, method, target, first.Result.RequestState, meta)
			if !strings.Contains(got, `"text":"{\"name\":\"Ada\"}"`) || !strings.Contains(got, `"resultType":"complete"`) {
				t.Errorf("got %s", got)
			}
		})
	}
}

// TestUnsupported asks clients for what they have not declared.
func TestUnsupported(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, tool, capabilities, missing, required string }{
		{"nothing declared", "greet", `{}`, "elicitation", `{"elicitation":{}}`},
		{"only addresses", "greet", `{"elicitation":{"url":{}}}`, "elicitation", `{"elicitation":{}}`},
		{"only forms", "open", `{"elicitation":{}}`, "elicitation.url", `{"elicitation":{"url":{}}}`},
		{"no model", "everything", `{"elicitation":{},"roots":{}}`, "sampling", `{"sampling":{}}`},
		{"no tools", "with_tools", `{"sampling":{}}`, "sampling.tools", `{"sampling":{"tools":{}}}`},
		{"no roots", "everything", `{"elicitation":{},"sampling":{}}`, "roots", `{"roots":{}}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newCurious(t, &book{}, nil)
			why := "the client has not declared the capability " + c.missing + ", which this call needs"
			now := host(t, s, "user:ada").call(c.tool, c.capabilities, "")
			if got := now.say(); got != "-32021 "+why {
				t.Errorf("2026: got %s", got)
			}
			var data struct{ RequiredCapabilities json.RawMessage }
			if err := json.Unmarshal(now.Error.Data, &data); err != nil || string(data.RequiredCapabilities) != c.required {
				t.Errorf("2026: got %s, want %s (%v)", now.Error.Data, c.required, err)
			}
			old := parse(t, begin(t, s, c.capabilities).ask(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":%q}}`, c.tool))
			if got := old.say(); got != "error unsupported: "+why {
				t.Errorf("2025: got %s", got)
			}
		})
	}
}

// TestAsksOnlyForWhatIsDeclared lets a tool look first.
func TestAsksOnlyForWhatIsDeclared(t *testing.T) {
	t.Parallel()
	h := host(t, newCurious(t, &book{}, nil), "user:ada")
	r := h.call("able", `{"sampling":{}}`, "")
	if got := string(r.Result.InputRequests["ask-1"]); !strings.Contains(got, "sampling/createMessage") || len(r.Result.InputRequests) != 1 {
		t.Errorf("got %s", r.say())
	}
}

// TestStrayAnswers answers what was not asked, or no longer.
func TestStrayAnswers(t *testing.T) {
	t.Parallel()
	h := begin(t, newCurious(t, &book{}, nil), everyCapability)
	h.send(`{"jsonrpc":"2.0","id":"ask-1","result":{"action":"accept"}}`)
	h.send(`{"jsonrpc":"2.0","id":7,"result":{"action":"accept"}}`)
	h.send(`{"jsonrpc":"2.0","id":"ask-9","error":{"code":1,"message":"x"}}`)
	asked := parse(t, h.ask(callGreet))
	if asked.Method != "elicitation/create" {
		t.Fatalf("got %s", asked.Method)
	}
	h.send(`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}`)
	if got, want := h.line(), fmt.Sprintf(`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":%s,"reason":"no longer needed"}}`, asked.ID); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	h.send(`{"jsonrpc":"2.0","id":%s,"result":{"action":"accept","content":{"name":"Ada"}}}`, asked.ID)
	if got := h.ask(`{"jsonrpc":"2.0","id":2,"method":"ping"}`); got != `{"jsonrpc":"2.0","id":2,"result":{}}` {
		t.Errorf("got %s", got)
	}
	again := parse(t, h.ask(`{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"name":"greet"}}`))
	h.send(`{"jsonrpc":"2.0","id":%s,"error":{"code":-1,"message":"the person is asleep"}}`, again.ID)
	if r := parse(t, h.line()); r.say() != "error failed: the client answered with an error" {
		t.Errorf("got %s", r.say())
	}
}

// TestOpenQuestionsAreBounded leaves questions open.
func TestOpenQuestionsAreBounded(t *testing.T) {
	t.Parallel()
	h := begin(t, newCurious(t, &book{}, func(o *server.Options) { o.MaxAsks = 2 }), everyCapability)
	for id := range 2 {
		h.ask(`{"jsonrpc":"2.0","id":%d,"method":"tools/call","params":{"name":"greet"}}`, id)
	}
	third := parse(t, h.ask(`{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"name":"greet"}}`))
	if third.say() != "error overloaded: the client has not answered 2 earlier questions" {
		t.Errorf("got %s", third.say())
	}
	first := parse(t, h.ask(`{"jsonrpc":"2.0","id":"ask-1","result":{"action":"decline"}}`))
	if first.say() != "decline" {
		t.Errorf("got %s", first.say())
	}
}

// TestTimeOfAPerson lets a person think for much longer than the tool may run, and then for ever.
func TestTimeOfAPerson(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := begin(t, newCurious(t, &book{}, nil), everyCapability)
		asked := parse(t, h.ask(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"nested"}}`))
		time.Sleep(9 * time.Minute)
		again := parse(t, h.ask(`{"jsonrpc":"2.0","id":%s,"result":{"action":"decline"}}`, asked.ID))
		time.Sleep(11 * time.Minute)
		if r := parse(t, h.line()); r.Method != "notifications/cancelled" || !strings.Contains(string(r.Params), string(again.ID)) {
			t.Errorf("got %s %s", r.Method, r.Params)
		}
		if r := parse(t, h.line()); r.say() != "error timeout: the client did not answer within 10m0s" {
			t.Errorf("got %s", r.say())
		}
		h.stop()
		if err := errors.Join(h.in.Close(), <-h.done); err != nil {
			t.Error(err)
		}
	})
}

// TestHostLeavesWhileAsked ends the input while a question is open: nobody will answer it.
func TestHostLeavesWhileAsked(t *testing.T) {
	t.Parallel()
	h := begin(t, newCurious(t, &book{}, nil), everyCapability)
	h.ask(callGreet)
	_ = h.in.Close()
	if r := parse(t, h.line()); r.say() != "error cancelled: the client is gone and cannot be asked" {
		t.Errorf("got %s", r.say())
	}
	if err := <-h.done; err != nil {
		t.Error(err)
	}
}

// TestManyQuestionsAtOnce answers fifty calls' questions in the opposite order: each gets its own.
func TestManyQuestionsAtOnce(t *testing.T) {
	t.Parallel()
	h := begin(t, newCurious(t, &book{}, nil), everyCapability)
	const n = 50
	for i := range n {
		h.send(`{"jsonrpc":"2.0","id":%d,"method":"tools/call","params":{"name":"greet"}}`, i)
	}
	var asked []string
	for range n {
		r := parse(t, h.line())
		asked = append(asked, string(r.ID))
	}
	slices.Reverse(asked)
	got := map[string]bool{}
	for _, id := range asked {
		r := parse(t, h.ask(`{"jsonrpc":"2.0","id":%s,"result":{"action":"accept","content":{"name":%s}}}`, id, id))
		got[r.say()] = true
	}
	if len(got) != n || !got["hello ask-50"] {
		t.Errorf("%d different answers", len(got))
	}
}
