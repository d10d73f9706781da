package server_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/server"
	"github.com/mcp-kernel/mcp-kernel/tools"
)

// TestStateIsBound shows a state to whom, and for what, it was not made.
func TestStateIsBound(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_800_000_000, 0)
	secret := []byte(strings.Repeat("s", 32))
	with := func(o *server.Options) {
		o.Secret, o.Now, o.AskTimeout = secret, func() time.Time { return now }, time.Minute
	}
	kept := &book{}
	s := newCurious(t, kept, with)
	ada := host(t, s, "user:ada")
	first := ada.call("greet", everyCapability, `,"arguments":{"s":"x"}`)
	good := first.Result.RequestState
	flipped := []byte(good)
	if flipped[40]++; flipped[40] > 'z' {
		flipped[40] = 'A'
	}
	later := newCurious(t, &book{}, func(o *server.Options) {
		with(o)
		o.Now = func() time.Time { return now.Add(time.Minute) }
	})
	const foreign, expired = "-32602 invalid params: requestState is none that this server made for this request: make the request again without it",
		"-32602 invalid params: requestState has expired: make the request again without it"
	for _, c := range []struct {
		name string
		host *client
		tool string
		more string
		want string
	}{
		{"as it was made", ada, "greet", `,"arguments":{"s":"x"},"requestState":"` + good + `"`, "hello Ada"},
		{"twice", ada, "greet", `,"arguments":{"s":"x"},"requestState":"` + good + `"`, "hello Ada"},
		{"at another replica, written otherwise", host(t, newCurious(t, &book{}, with), "user:ada"), "greet", `,"arguments":{ "\u0073" : "\u0078" },"requestState":"` + good + `"`, "hello Ada"},
		{"appended", ada, "greet", `,"arguments":{"s":"x"},"requestState":"` + good + `-TAMPERED"`, foreign},
		{"changed", ada, "greet", `,"arguments":{"s":"x"},"requestState":"` + string(flipped) + `"`, foreign},
		{"cut", ada, "greet", `,"arguments":{"s":"x"},"requestState":"` + good[:len(good)-4] + `"`, foreign},
		{"empty", ada, "greet", `,"arguments":{"s":"x"},"requestState":""`, foreign},
		{"huge", ada, "greet", `,"arguments":{"s":"x"},"requestState":"` + strings.Repeat("A", 1<<20) + `"`, foreign},
		{"no text", ada, "greet", `,"arguments":{"s":"x"},"requestState":null`, "-32602 invalid params: requestState must be a string"},
		{"by another principal", host(t, s, "user:eve"), "greet", `,"arguments":{"s":"x"},"requestState":"` + good + `"`, foreign},
		{"for another tool", ada, "early", `,"arguments":{"s":"x"},"requestState":"` + good + `"`, foreign},
		{"for other arguments", ada, "greet", `,"arguments":{"s":"y"},"requestState":"` + good + `"`, foreign},
		{"with another secret", host(t, newCurious(t, &book{}, nil), "user:ada"), "greet", `,"arguments":{"s":"x"},"requestState":"` + good + `"`, foreign},
		{"too late", host(t, later, "user:ada"), "greet", `,"arguments":{"s":"x"},"requestState":"` + good + `"`, expired},
		{"without it", ada, "greet", `,"arguments":{"s":"x"}`, "asks user_name"},
		{"without it, where that will do", ada, "early", "", "hello Ada"},
		{"and extra answers", ada, "early", `,"requestState_":1`, "hello Ada"},
	} {
		r := c.host.call(c.tool, everyCapability, c.more+`,"inputResponses":{"user_name":{"action":"accept","content":{"name":"Ada"}},"more":{"action":"accept"}}`)
		if got := r.say(); got != c.want {
			t.Errorf("%s: got %s, want %s", c.name, got, c.want)
		}
	}
	kept.mu.Lock()
	defer kept.mu.Unlock()
	barred := 0
	for i := range kept.entries {
		if e := &kept.entries[i]; e.Decision.Check == tools.CheckTransport && e.Decision.Effect == governance.Deny {
			barred++
		}
	}
	if barred != 8 {
		t.Errorf("%d denials say that a state was wrong, want 8", barred)
	}
}

func TestWrongResponses(t *testing.T) {
	t.Parallel()
	h := host(t, newCurious(t, &book{}, nil), "user:ada")
	var many []string
	for i := range 65 {
		many = append(many, fmt.Sprintf(`"k%d":{}`, i))
	}
	for _, c := range []struct{ responses, want string }{
		{`null`, "-32602 invalid params: inputResponses: expected an object at byte "},
		{`[]`, "-32602 invalid params: inputResponses: expected an object at byte "},
		{`{"user_name":{},"user_name":{}}`, `-32602 invalid params: inputResponses: key "user_name" is repeated`},
		{`{` + strings.Join(many, ",") + `}`, "-32602 invalid params: inputResponses: more than 64 keys"},
		{`{"wrong_key":{"action":"accept"}}`, "asks user_name"},
		{`{"user_name":12345}`, "asks user_name"},
		{`{"other":"forbidden"}`, `error denied: blocked pattern "word" of policy "open"`},
	} {
		r := h.call("early", everyCapability, `,"inputResponses":`+c.responses)
		if got := r.say(); !strings.HasPrefix(got, c.want) {
			t.Errorf("%.40s: got %s, want %s", c.responses, got, c.want)
		}
	}
	if got := h.ask(`{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"inputResponses":null,"requestState":1,%s}}`, modern); !strings.Contains(got, `"resultType":"complete"`) {
		t.Errorf("a listing: %s", got)
	}
}

// TestRoundsAreRecorded holds the journal to what happened: each round is a call of its own, with the answers among its
// arguments.
func TestRoundsAreRecorded(t *testing.T) {
	t.Parallel()
	b := &book{}
	h := host(t, newCurious(t, b, nil), "user:ada")
	first := h.call("greet", everyCapability, `,"arguments":{"s":"x"}`)
	h.call("greet", everyCapability, fmt.Sprintf(`,"arguments":{"s":"x"},"inputResponses":{"user_name":{"action":"accept","content":{"name":"Ada"}}},"requestState":%q`, first.Result.RequestState))
	if got, want := b.arguments(), `{"s":"x","io.mcp-kernel/answers":{"user_name":{"action":"accept","content":{"name":"Ada"}}}}`; got != want {
		t.Errorf("arguments %s, want %s", got, want)
	}
	h.call("greet", `{}`, "")
	if diff := cmp.Diff([]string{"greet input_required", "greet ok", "greet tool_error unsupported"}, b.lines()); diff != "" {
		t.Error(diff)
	}
}

// TestRoundsEnd bounds how often a call can ask in a row: a client that answers wrongly for ever gets an error.
func TestRoundsEnd(t *testing.T) {
	t.Parallel()
	h := host(t, newCurious(t, &book{}, nil), "user:ada")
	r := h.call("greet", everyCapability, "")
	for range 14 {
		if r = h.retry("greet", &r, `{}`); r.say() != "asks user_name" {
			t.Fatalf("got %s", r.say())
		}
	}
	if r = h.retry("greet", &r, `{}`); r.say() != "error failed: the call asked in 16 requests one after another" {
		t.Errorf("got %s", r.say())
	}
}
