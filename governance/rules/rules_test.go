package rules_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/mcp-kernel/mcp-kernel/governance/rules"
)

// surface is what the tests' kernel offers.
func surface() rules.Surface {
	return rules.Surface{
		Labels: []string{"untrusted:web", "read:secret"},
		Tools: []rules.Tool{
			{Name: "file_read", ReadOnly: true, Idempotent: true, Input: json.RawMessage(`{"type":"object","required":["path"],"properties":{
				"path":{"type":"string"},"limit":{"type":"integer"},"ratio":{"type":"number"},"any":{},
				"mode":{"enum":["a","b"]},"deep":{"$ref":"#/$defs/deep"},"tags":{"type":"array","items":{"type":"string"}}},
				"$defs":{"deep":{"type":"object","properties":{"on":{"type":["boolean","null"]},"again":{"$ref":"#/$defs/deep"}}}}}`)},
			{Name: "file_write", Destructive: true, Input: json.RawMessage(`{"type":"object","required":["path"],"properties":{"path":{"type":"string"},"text":{"type":"string"}}}`)},
			{Name: "web_post", OpenWorld: true, Input: json.RawMessage(`{"type":"object"}`)},
		},
		Prompts: []rules.Prompt{{Name: "plan", Required: []string{"goal"}, Optional: []string{"style"}}},
	}
}

func schema(tb testing.TB) *rules.Schema {
	tb.Helper()
	s, err := rules.NewSchema(surface())
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

// reading are rules for file_read under one condition.
func reading(condition string) string {
	return "@id(\"r\")\nforbid (principal, action == Action::\"file_read\", resource)\nwhen { " + condition + " };"
}

func TestFaults(t *testing.T) {
	t.Parallel()
	s := schema(t)
	for name, c := range map[string]struct{ text, want string }{
		"an argument that no tool has": {
			reading(`context.args.pth == "x"`), `f.cedar:3:21: policy "p": rule "r": there is no argument of tool file_read "pth": did you mean "path"?`,
		},
		"one that is only asked for": {
			reading(`context.args has limt`), `f.cedar:3:25: policy "p": rule "r": there is no argument of tool file_read "limt": did you mean "limit"?`,
		},
		"in brackets": {
			reading(`context["args"]["pth"] == "x"`), `f.cedar:3:24: policy "p": rule "r": there is no argument of tool file_read "pth": did you mean "path"?`,
		},
		"deeper": {
			reading(`context.args has deep && context.args.deep has off`),
			`f.cedar:3:55: policy "p": rule "r": there is no argument of tool file_read "deep.off": there are again, on`,
		},
		"without a type": {
			reading(`context.args.any == 5`), `f.cedar:3:21: policy "p": rule "r": argument "any" of tool file_read has no single type, so no rule can judge it: use blocked_patterns`,
		},
		"that may be left out": {
			reading(`true && context.args.limit > 5`),
			`f.cedar:3:29: policy "p": rule "r": context.args.limit may be left out in tool file_read: write "context.args has limit &&" before it`,
		},
		"another type": {
			reading(`context.args.path == "a" && context.args.path == 5`), `f.cedar:3:36: policy "p": rule "r": types do not fit: the types Long and String are not compatible`,
		},
		"another type behind or": {
			reading(`principal.operator || 1 < "x"`), `f.cedar:3:30: policy "p": rule "r": types do not fit: expected datetime, or duration, or Long but saw String`,
		},
		"another type within not": {
			reading(`!(context.depth == "x")`), `f.cedar:3:10: policy "p": rule "r": types do not fit: the types Long and String are not compatible`,
		},
		"another type in a branch": {
			reading(`if principal.operator then true else context.depth == "x"`), `f.cedar:3:45: policy "p": rule "r": types do not fit: the types Long and String are not compatible`,
		},
		"a number is a decimal": {
			reading(`context.args has ratio && context.args.ratio > 5`),
			`f.cedar:3:34: policy "p": rule "r": types do not fit: expected datetime, or duration, or Long but saw decimal; a JSON number is a decimal: write .lessThan(decimal("10.0"))`,
		},
		"no truth": {reading(`context.args.path`), `f.cedar:3:8: policy "p": rule "r": types do not fit: expected Bool but saw String`},
		"a label that nothing adds": {
			reading(`context.labels.contains("untrusted:wbe")`), `f.cedar:3:32: policy "p": rule "r": there is no label "untrusted:wbe": did you mean "untrusted:web"?`,
		},
		"labels in a set": {
			reading(`context.labels.containsAny(["read:secret", "x:y"])`), `f.cedar:3:51: policy "p": rule "r": there is no label "x:y": there are read:secret, untrusted:web`,
		},
		"an attribute of the context": {
			reading(`context.tme.hour > 5`), `f.cedar:3:16: policy "p": rule "r": there is no attribute of context "tme": did you mean "time"?`,
		},
		"of the time": {
			reading(`context.time.hur > 5`), `f.cedar:3:21: policy "p": rule "r": there is no attribute of context.time "hur": did you mean "hour"?`,
		},
		"of the principal": {
			reading(`principal.nam == "x"`), `f.cedar:3:18: policy "p": rule "r": there is no attribute of principal "nam": did you mean "name"?`,
		},
		"a tool that does not exist": {
			`forbid (principal, action == Action::"file_reed", resource);`, `f.cedar:1:38: policy "p": rule "rules[0]": there is no action or tool "file_reed": did you mean "file_read"?`,
		},
		"as a resource": {
			`forbid (principal, action, resource == Tool::"file_reed");`, `f.cedar:1:46: policy "p": rule "rules[0]": there is no tool "file_reed": did you mean "file_read"?`,
		},
		"a prompt that does not exist": {
			`forbid (principal, action, resource == Prompt::"plam");`, `f.cedar:1:48: policy "p": rule "rules[0]": there is no prompt "plam": did you mean "plan"?`,
		},
		"a type that does not exist": {
			`forbid (principal == User::"x", action, resource);`, `f.cedar:1:28: policy "p": rule "rules[0]": there is no type "User": there are Action, Agent, Principal, Prompt, Resource, Tool`,
		},
		"nothing that can match": {
			`forbid (principal, action == Action::"file_read", resource is Prompt);`, `f.cedar:1:1: policy "p": rule "rules[0]": no call can match: the action is never done to such a resource`,
		},
		"a group that is no action": {
			`forbid (principal, action == Action::"tools/call", resource);`, `f.cedar:1:1: policy "p": rule "rules[0]": no call can match: Action::"tools/call" is many actions, none of which equals it: write: action in Action::"tools/call"`,
		},
		"an argument that some tools have": {
			`forbid (principal, action in Action::"tools/call", resource) when { context.args.path like "/etc/*" };`,
			`f.cedar:1:82: policy "p": rule "rules[0]": context.args.path is not there in tool web_post: write "context.args has path &&" before it, or name the tools that have it`,
		},
		"a hint that some resources have": {
			`forbid (principal, action, resource) when { resource.open_world };`,
			`f.cedar:1:54: policy "p": rule "rules[0]": resource.open_world is not there in Prompt: write "resource is …" in the scope of the rule, or "resource has open_world &&" before it`,
		},
		"two at once": {
			reading(`context.args.pth == "x" || context.args.lmit == 5`),
			`f.cedar:3:21: policy "p": rule "r": there is no argument of tool file_read "pth": did you mean "path"?
f.cedar:3:48: policy "p": rule "r": there is no argument of tool file_read "lmit": did you mean "limit"?`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, err := rules.Parse(rules.Source{Policy: "p", File: "f.cedar", Text: c.text})
			if err != nil {
				t.Fatal(err)
			}
			_, err = rules.Compile(s, nil, d)
			if err == nil || err.Error() != c.want {
				t.Errorf("got\n%v\nwant\n%s", err, c.want)
			}
		})
	}
}

func TestSyntax(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ text, want string }{
		"an operand is missing": {"forbid (principal, action, resource)\nwhen { 1 == };", `f.cedar:11:18: policy "p": not Cedar: found ";": invalid primary`},
		"the end is missing":    {"forbid (principal, action", `f.cedar:10:35: policy "p": not Cedar: the text ends where "," must be`},
		"a quote is open":       {`forbid (principal, action == Action::"x, resource);`, `f.cedar:10:47: policy "p": not Cedar: literal not terminated`},
		"an unknown effect":     {"deny (principal, action, resource);", `f.cedar:10:15: policy "p": not Cedar: found "(": unexpected effect: deny`},
		"brackets without end":  {"forbid (principal, action, resource) when { " + strings.Repeat("(", 70), `f.cedar:10:117: policy "p": brackets are nested more than 64 deep`},
		"signs without end":     {"forbid (principal, action, resource) when { " + strings.Repeat("!", 70), `f.cedar:10:117: policy "p": brackets are nested more than 64 deep`},
		"a name twice": {
			"@id(\"a\") forbid (principal, action, resource);\n@id(\"a\") forbid (principal, action, resource);",
			`f.cedar:11:5: policy "p": rule "a": "a" is already the @id of another rule: rename one`,
		},
		"not a name":    {`@id("a b") forbid (principal, action, resource);`, `f.cedar:10:10: policy "p": rule "a b": @id "a b" has characters other than letters, digits, '.', '_' and '-'`},
		"not UTF-8":     {"\xff", `f.cedar:10:10: policy "p": not valid UTF-8: save the file as UTF-8`},
		"too much":      {strings.Repeat(" ", rules.MaxBytes+1), `f.cedar:10:10: policy "p": the rules have 262145 bytes: at most 262144 are read`},
		"too many":      {strings.Repeat("forbid (principal, action, resource);", rules.MaxRules+1), `f.cedar:10:10: policy "p": 1001 rules: at most 1000 are read`},
		"a long reason": {`@reason("` + strings.Repeat("x", 201) + `") forbid (principal, action, resource);`, `f.cedar:10:10: policy "p": rule "rules[0]": @reason has 201 bytes: use at most 200`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, err := rules.Parse(rules.Source{Policy: "p", File: "f.cedar", Text: c.text, Start: rules.Position{Line: 10, Column: 10}, Indent: 4})
			if err == nil || err.Error() != c.want || d != nil {
				t.Errorf("got\n%v\nwant\n%s", err, c.want)
			}
			if _, ok := errors.AsType[*rules.RuleError](err); !ok {
				t.Errorf("%T holds no *RuleError", err)
			}
		})
	}
}

// engine compiles rules of one policy.
func engine(tb testing.TB, text string) *rules.Engine {
	tb.Helper()
	d, err := rules.Parse(rules.Source{Policy: "p", Text: text})
	if err != nil {
		tb.Fatal(err)
	}
	e, err := rules.Compile(schema(tb), nil, d)
	if err != nil {
		tb.Fatal(err)
	}
	return e
}

func TestJudge(t *testing.T) {
	t.Parallel()
	read := func(args string) rules.Request {
		return rules.Request{Kind: rules.KindTool, Name: "file_read", Principal: "ann", Args: json.RawMessage(args)}
	}
	const forbidden = `rule "r" of policy "p" forbids it`
	for name, c := range map[string]struct {
		text, want string
		request    rules.Request
	}{
		"a text":                    {reading(`context.args.path like "/etc/*"`), forbidden, read(`{"path":"/etc/passwd"}`)},
		"another text":              {reading(`context.args.path like "/etc/*"`), "", read(`{"path":"notes"}`)},
		"a text with an escape":     {reading(`context.args.path like "/etc/*"`), forbidden, read(`{"path":"\u002fetc/passwd"}`)},
		"an integer":                {reading(`context.args has limit && context.args.limit == 22`), forbidden, read(`{"path":"x","limit":22}`)},
		"an integer, written oddly": {reading(`context.args has limit && context.args.limit == 22`), forbidden, read(`{"path":"x","limit":2.2e1}`)},
		"an integer that is none": {
			reading(`context.args has limit && context.args.limit == 22`), "the rules cannot judge the arguments: /limit is not what the input schema says", read(`{"path":"x","limit":2.5}`),
		},
		"a number":          {reading(`context.args has ratio && context.args.ratio.greaterThan(decimal("0.5"))`), forbidden, read(`{"path":"x","ratio":1}`)},
		"an exponent":       {reading(`context.args has ratio && context.args.ratio.greaterThan(decimal("0.5"))`), "", read(`{"path":"x","ratio":5e-1}`)},
		"too many decimals": {reading(`context.args has ratio && context.args.ratio.greaterThan(decimal("0.5"))`), "the rules cannot judge the arguments: /ratio has more digits than a rule can judge", read(`{"path":"x","ratio":0.50001}`)},
		"a huge number":     {reading(`context.args has ratio && context.args.ratio.greaterThan(decimal("0.5"))`), "the rules cannot judge the arguments: /ratio has more digits than a rule can judge", read(`{"path":"x","ratio":1e300}`)},
		"an array":          {reading(`context.args has tags && context.args.tags.contains("x")`), forbidden, read(`{"path":"a","tags":["y","x"]}`)},
		"an element of another type": {
			reading(`context.args has tags && context.args.tags.contains("x")`), "the rules cannot judge the arguments: /tags/1 is not what the input schema says", read(`{"path":"a","tags":["y",1]}`),
		},
		"an enum":             {reading(`context.args has mode && context.args.mode == "a"`), forbidden, read(`{"path":"x","mode":"a"}`)},
		"a null is none":      {reading(`context.args has deep && context.args.deep has on`), "", read(`{"path":"x","deep":{"on":null}}`)},
		"deep":                {reading(`context.args has deep.again.on && context.args.deep.again.on`), forbidden, read(`{"path":"x","deep":{"again":{"on":true}}}`)},
		"the whole":           {reading(`context.args == context.args`), forbidden, read(`{"path":"x","any":[1,"a"],"limit":1}`)},
		"no arguments at all": {reading(`context.args.path == "x"`), `rule "r" of policy "p" cannot judge the call`, read(``)},
		"no object":           {reading(`context.args.path == "x"`), "the rules cannot judge the arguments: is not what the input schema says", rules.Request{Kind: rules.KindTool, Name: "file_read", Args: json.RawMessage(`[]`)}},
		"what is not asked for is not read": {
			reading(`context.args.path == "x"`), "", read(`{"path":"y","limit":"not a number","ratio":0.123456}`),
		},
		"a label":                  {reading(`context.labels.contains("read:secret")`), forbidden, rules.Request{Kind: rules.KindTool, Name: "file_read", Labels: []string{"read:secret"}}},
		"a principal":              {reading(`principal == Principal::"ann"`), forbidden, read(`{"path":"x"}`)},
		"an agent's":               {reading(`principal in Principal::"ann"`), forbidden, rules.Request{Kind: rules.KindTool, Name: "file_read", Principal: "ann", Agent: "did:a"}},
		"an agent":                 {reading(`principal == Agent::"did:a"`), forbidden, rules.Request{Kind: rules.KindTool, Name: "file_read", Principal: "ann", Agent: "did:a"}},
		"somebody else's":          {reading(`principal in Principal::"bob"`), "", rules.Request{Kind: rules.KindTool, Name: "file_read", Principal: "ann", Agent: "did:a"}},
		"named like another":       {reading(`principal == Principal::"did:a"`), "", rules.Request{Kind: rules.KindTool, Name: "file_read", Principal: "ann", Agent: "did:a"}},
		"an operator":              {reading(`!principal.operator`), "", rules.Request{Kind: rules.KindTool, Name: "file_read", Principal: "ann", Operator: true}},
		"depth":                    {reading(`context.depth > 0`), forbidden, rules.Request{Kind: rules.KindTool, Name: "file_read", Depth: 1}},
		"an execution":             {reading(`context has execution && context.execution == "h"`), forbidden, rules.Request{Kind: rules.KindTool, Name: "file_read", Execution: "h"}},
		"an hour":                  {reading(`context.time.hour == 23 && context.time.weekday == "sunday"`), forbidden, rules.Request{Kind: rules.KindTool, Name: "file_read", At: time.Date(2026, 3, 1, 18, 30, 0, 0, time.FixedZone("", -5*3600))}},
		"a moment":                 {reading(`context.now < datetime("2026-01-01")`), "", rules.Request{Kind: rules.KindTool, Name: "file_read", At: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)}},
		"a hint":                   {`@id("r") forbid (principal, action, resource is Tool) when { resource.destructive };`, forbidden, rules.Request{Kind: rules.KindTool, Name: "file_write"}},
		"a task of a tool":         {`@id("r") forbid (principal, action == Action::"tasks/manage", resource) when { resource.destructive };`, forbidden, rules.Request{Kind: rules.KindTask, Name: "file_write"}},
		"a resource":               {`@id("r") forbid (principal, action, resource is Resource) when { resource.scheme == "vault" };`, forbidden, rules.Request{Kind: rules.KindResource, Name: "vault://x"}},
		"a subscription":           {`@id("r") forbid (principal, action, resource == Resource::"vault://x");`, forbidden, rules.Request{Kind: rules.KindSubscription, Name: "resource:vault://x"}},
		"a completion":             {`@id("r") forbid (principal, action, resource == Prompt::"plan");`, forbidden, rules.Request{Kind: rules.KindCompletion, Name: "prompt:plan"}},
		"a prompt":                 {`@id("r") forbid (principal, action == Action::"prompt/plan", resource) when { context.args.goal like "*root*" };`, forbidden, rules.Request{Kind: rules.KindPrompt, Name: "plan", Args: json.RawMessage(`{"goal":"get root"}`)}},
		"only what is forbidden":   {reading(`true`), "", rules.Request{Kind: rules.KindTool, Name: "file_write"}},
		"a permit closes the rest": {`@id("r") permit (principal, action == Action::"file_read", resource);`, `no rule of policy "p" permits it`, rules.Request{Kind: rules.KindTool, Name: "file_write"}},
		"a permit that fails":      {`@id("r") permit (principal, action, resource) when { principal.operator };`, `no rule of policy "p" permits it`, read(`{}`)},
		"forbid wins":              {`permit (principal, action, resource); ` + reading(`true`), forbidden, read(`{}`)},
		"unless":                   {`@id("r") forbid (principal, action == Action::"file_read", resource) unless { principal.operator };`, forbidden, read(`{}`)},
		"one action of a list":     {`@id("r") forbid (principal, action in [Action::"file_write"], resource);`, "", read(`{}`)},
		"an overflow denies":       {reading(`context.depth * 9223372036854775807 == 5`), `rule "r" of policy "p" cannot judge the call`, rules.Request{Kind: rules.KindTool, Name: "file_read", Depth: 9}},
		"an unknown tool":          {reading(`true`), "the rules do not know what the call names", rules.Request{Kind: rules.KindTool, Name: "invented"}},
		"no kind":                  {reading(`true`), "the rules do not know what the call names", rules.Request{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := engine(t, c.text).Judge(&c.request)
			if v.Reason != c.want || v.Allowed != (c.want == "") {
				t.Errorf("%+v, want %q", v, c.want)
			}
		})
	}
}

func TestNoRulesAllow(t *testing.T) {
	t.Parallel()
	d, err := rules.Parse(rules.Source{})
	if err != nil {
		t.Fatal(err)
	}
	e, err := rules.Compile(schema(t), nil, d, nil)
	if err != nil || e != nil || e.UsesLabels() || !e.Judge(&rules.Request{}).Allowed {
		t.Errorf("%+v, %v", e, err)
	}
}

func TestSchemaRefusesWhatIsNone(t *testing.T) {
	t.Parallel()
	for name, input := range map[string]string{"not JSON": "{", "an array": `{"type":"array","items":{"type":"string"}}`} {
		if s, err := rules.NewSchema(rules.Surface{Tools: []rules.Tool{{Name: "x", Input: json.RawMessage(input)}}}); err == nil {
			t.Errorf("%s: %s", name, s.Text())
		}
	}
}

// FuzzParse looks for texts that make the reader or the validator panic, or a fault without a place.
func FuzzParse(f *testing.F) {
	for _, text := range []string{
		reading(`context.args.path like "/etc/*"`), reading(`context.args has deep.on && !context.args.deep.on`),
		`permit (principal is Agent in Principal::"x", action in [Action::"file_read"], resource);`,
		reading(`if context.depth > -1 then {"a": [1, 2]} has a else ip("::1").isLoopback()`), `@id("é") forbid`, "\"", "//", "@",
	} {
		f.Add(text)
	}
	s := schema(f)
	f.Fuzz(func(t *testing.T, text string) {
		d, err := rules.Parse(rules.Source{Policy: "p", File: "f", Text: text})
		if err == nil {
			err = s.Validate(nil, d)
		}
		if err == nil {
			e, err := rules.Compile(s, nil, d)
			if err != nil {
				t.Fatalf("valid, and does not compile: %v", err)
			}
			e.Judge(&rules.Request{Kind: rules.KindTool, Name: "file_read", Args: json.RawMessage(`{"path":"x"}`)})
			return
		}
		for line := range strings.Lines(err.Error()) {
			if strings.HasPrefix(line, "f:0:") {
				t.Errorf("a fault without a place: %s", line)
			}
		}
	})
}
