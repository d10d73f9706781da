package tools_test

import (
	"bytes"
	"context"
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/mcp-kernel/mcp-kernel/tools"
)

func TestStrictDecoding(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		args string
		want string // the reason; empty is accepted
	}{
		"least":            {`{"action":"read","next":null}`, ""},
		"spaces":           {" {\t\"action\" : \"read\" ,\r\n \"next\" : 1 } ", ""},
		"escapes":          {`{"a\u0063tion":"re\u0061d","next":null}`, ""},
		"missing":          {`{}`, `/action: missing, want string; /next: missing, want integer or null`},
		"no arguments":     {``, `/action: missing, want string; /next: missing, want integer or null`},
		"misspelt":         {`{"actoin":"read","action":"read","next":1}`, `/actoin: unknown argument, did you mean "action"?; allowed: cursor, action, limit, ratio, next, names, labels, since, wait, blob, raw, any, level, inner, tree, pair, pattern`},
		"case":             {`{"Action":"read","action":"read","next":1}`, `/Action: unknown argument, did you mean "action"?; allowed: cursor, action, limit, ratio, next, names, labels, since, wait, blob, raw, any, level, inner, tree, pair, pattern`},
		"twice":            {`{"action":"read","action":"read","next":1}`, `/action: there twice`},
		"twice by escape":  {`{"action":"read","\u0061ction":"read","next":1}`, `/action: there twice`},
		"enum":             {`{"action":"wirte","next":1}`, `/action: want one of read, write, did you mean "write"?`},
		"wrong types":      {`{"action":1,"next":"1","names":{},"labels":[],"inner":true,"tree":null}`, `/action: want string, got number; /next: want integer or null, got string; /names: want array, got object; /labels: want object, got array; /inner: want object, got boolean; /tree: want object, got null`},
		"null":             {`{"action":null,"next":1}`, `/action: want string, got null`},
		"fraction":         {`{"action":"read","next":1.0}`, `/next: want integer, without fraction or exponent`},
		"exponent":         {`{"action":"read","next":1e2}`, `/next: want integer, without fraction or exponent`},
		"huge integer":     {`{"action":"read","next":9223372036854775808}`, `/next: is out of range`},
		"huge number":      {`{"action":"read","next":1,"ratio":1e999}`, `/ratio: is out of range`},
		"over max":         {`{"action":"read","next":1,"limit":101}`, `/limit: want at most 100`},
		"under min":        {`{"action":"read","next":1,"limit":0}`, `/limit: want at least 1`},
		"too many items":   {`{"action":"read","next":1,"names":["a","b","c","d"]}`, `/names: want at most 3 items`},
		"item":             {`{"action":"read","next":1,"names":["a",2]}`, `/names/1: want string, got number`},
		"odd key":          {`{"action":"read","next":1,"labels":{"a/b~c":1}}`, `/labels/a~1b~0c: want string, got number`},
		"map key twice":    {`{"action":"read","next":1,"labels":{"a":"1","a":"2"}}`, `/labels/a: there twice`},
		"any key twice":    {`{"action":"read","next":1,"any":[{"a":{"b":1,"b":2}}]}`, `/any/0/a/b: there twice`},
		"time":             {`{"action":"read","next":1,"since":"yesterday"}`, `/since: is no valid date-time`},
		"duration":         {`{"action":"read","next":1,"wait":"1m30s"}`, ``},
		"bad duration":     {`{"action":"read","next":1,"wait":"90"}`, `/wait: does not fit pattern of the schema at "root"`},
		"base64":           {`{"action":"read","next":1,"blob":"?"}`, `/blob: is no valid base64`},
		"own schema":       {`{"action":"read","next":1,"level":"middle"}`, `/level: does not fit enum of the schema at "root"`},
		"deep":             {`{"action":"read","next":1,"tree":{"value":1,"children":[{"value":2},null,{"valeu":3}]}}`, `/tree/children/2/valeu: unknown argument, did you mean "value"?; allowed: value, children; /tree/children/2/value: missing, want integer`},
		"pair":             {`{"action":"read","next":1,"pair":[1]}`, `/pair: want at least 2 items`},
		"pair of three":    {`{"action":"read","next":1,"pair":[1,2,3]}`, `/pair: want at most 2 items`},
		"pattern":          {`{"action":"read","next":1,"pattern":"AB"}`, `/pattern: does not match the pattern ^[a-z]+$`},
		"short":            {`{"action":"read","next":1,"pattern":"é"}`, `/pattern: want at least 2 characters`},
		"long":             {`{"action":"read","next":1,"pattern":"abcde"}`, `/pattern: want at most 4 characters`},
		"array":            {`[]`, `want object, got array`},
		"null document":    {`null`, `want object, got null`},
		"two values":       {`{"action":"read","next":1} {}`, `not valid JSON: unexpected '{' after the value at byte 27`},
		"cut":              {`{"action":"read","next":1`, `not valid JSON: want ',' or '}', got end at byte 25`},
		"trailing comma":   {`{"action":"read","next":1,}`, `not valid JSON: want a key, got '}' at byte 26`},
		"leading zero":     {`{"action":"read","next":01}`, `not valid JSON: want ',' or '}', got '1' at byte 25`},
		"bare minus":       {`{"action":"read","next":-}`, `not valid JSON: invalid number at byte 25`},
		"not UTF-8":        {"{\"action\":\"re\xffad\",\"next\":1}", `not valid JSON: a string is not UTF-8 at byte 10`},
		"half a surrogate": {`{"action":"\ud83d","next":1}`, `not valid JSON: invalid escape in a string at byte 11`},
		"control":          {"{\"action\":\"a\nb\",\"next\":1}", `not valid JSON: a control character in a string must be escaped at byte 12`},
		"control later":    {"{\"action\":\"\\t\x01\",\"next\":1}", `not valid JSON: a control character in a string must be escaped at byte 13`},
		"not UTF-8 later":  {"{\"action\":\"\\t\xff\",\"next\":1}", `not valid JSON: a string is not UTF-8 at byte 15`},
		"no end":           {`{"action":"\"`, `not valid JSON: a string does not end at byte 13`},
		"bad escape":       {`{"action":"\x"}`, `not valid JSON: invalid escape in a string at byte 11`},
		"short escape":     {`{"action":"\u00"}`, `not valid JSON: invalid escape in a string at byte 11`},
		"all escapes":      {`{"action":"read","next":1,"cursor":"\"\\\/\b\f\n\r\t\u00e9\uD83D\uDE00 plain"}`, ""},
		"NaN":              {`{"action":"read","next":NaN}`, `not valid JSON: want a value, got 'N' at byte 24`},
		"too deep":         {`{"action":"read","next":1,"any":` + strings.Repeat("[", 600) + strings.Repeat("]", 600) + `}`, `not valid JSON: nested more than 512 deep at byte 543`},
		"many faults":      {`{"a1":1,"a2":1,"a3":1,"a4":1,"a5":1,"a6":1,"a7":1,"a8":1,"a9":1,"b1":1,"b2":1,"action":"read","next":1}`, `and 1 more`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := decode[everything](t, c.args)
			switch {
			case err == nil && c.want == "":
			case err == nil:
				t.Errorf("accepted, want %q", c.want)
			case name == "many faults" && strings.HasSuffix(err.Error(), c.want):
			case err.Error() != c.want:
				t.Errorf("got  %q\nwant %q", err, c.want)
			}
		})
	}
}

func TestDecodedValues(t *testing.T) {
	t.Parallel()
	got, err := decode[everything](t, `{"cursor":"c","action":"write","ratio":0.5,"next":-9223372036854775808,"names":["é","\ud83d\ude00"],
		"labels":{"a":"b"},"since":"2026-01-02T03:04:05Z","wait":"1m30s","blob":"AQI=","raw":{"x": 1},"any":[9007199254740993,null],
		"level":"high","tree":{"value":1,"children":[{"value":2},null]},"pair":[1,2]}`)
	if err != nil {
		t.Fatal(err)
	}
	ratio, next := 0.5, int64(-9223372036854775808)
	want := everything{
		paging: paging{Cursor: "c"}, Action: "write", Limit: 20, Ratio: &ratio, Next: &next, Names: []string{"é", "😀"},
		Labels: map[string]string{"a": "b"}, Since: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
		Wait: tools.Duration(90 * time.Second), Blob: []byte{1, 2}, Raw: json.RawMessage(`{"x": 1}`),
		Any: []any{json.Number("9007199254740993"), nil}, Level: "high", Inner: inner{Deep: true},
		Tree: &tree{Value: 1, Children: []*tree{{Value: 2}, nil}}, Pair: [2]int{1, 2},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

// decode dispatches a call to a tool that takes an In and returns what it got.
func decode[In any](tb testing.TB, args string) (In, error) {
	tb.Helper()
	var got In
	d := newDesk(tb, tools.Surface{Tools: []tools.Tool{
		tools.Func(spec("x"), func(_ context.Context, _ *tools.Request, in In) (struct{}, error) {
			got = in
			return struct{}{}, nil
		}),
	}})
	d.gate.pass() // which refuses on its own what is no JSON
	_, err := d.Dispatch(tb.Context(), d.call("x", args), nil)
	if err == nil {
		return got, nil
	}
	refused := refusal(tb, err)
	if refused.Code != tools.CodeBadArguments {
		tb.Fatalf("refused with %v", refused)
	}
	return got, stringError(refused.Reason)
}

type stringError string

func (e stringError) Error() string { return string(e) }

func TestRawArgumentsFitTheirSchema(t *testing.T) {
	t.Parallel()
	s := spec("x")
	s.InputSchema = json.RawMessage(`{"type":"object","properties":{"path":{"type":"string"},"mode":{"enum":["r","w"],"type":"string"},
		"n":{"type":["integer","null"],"maximum":3},"list":{"type":"array","items":{"type":"string"}},
		"either":{"anyOf":[{"type":"string"},{"type":"boolean"}]}},"required":["path"],"additionalProperties":false,"maxProperties":3}`)
	tool := tools.Raw(s, func(_ context.Context, _ *tools.Request, args json.RawMessage) (tools.Result, error) {
		return tools.Result{Content: []tools.Content{tools.Text(string(args))}}, nil
	})
	d := newDesk(t, tools.Surface{Tools: []tools.Tool{tool}})
	for args, want := range map[string]string{
		`{"path":"p"}`:                            "",
		`{"path":"p","n":null}`:                   "",
		`{"path":"p","n":2.0}`:                    "",
		`{"pth":"p"}`:                             `/pth: unknown argument, did you mean "path"?; allowed: either, list, mode, n, path; /path: missing, want string`,
		`{"path":1,"mode":"x","list":["a",1]}`:    `/path: want string, got number; /mode: want one of r, w; /list/1: want string, got number`,
		`{"path":"p","n":4}`:                      `/n: want at most 3`,
		`{"path":"p","n":1.5}`:                    `does not fit type of the schema at "/properties/n"`,
		`{"path":"p","either":1}`:                 `does not fit type of the schema at "/properties/either/anyOf/1"`,
		`{"path":"p","n":1,"mode":"r","list":[]}`: `does not fit maxProperties of the schema at "root"`,
		`{"path":"p","path":"p"}`:                 `/path: there twice`,
	} {
		_, err := d.Dispatch(t.Context(), d.call("x", args), nil)
		got := ""
		if err != nil {
			got = refusal(t, err).Reason
		}
		if got != want {
			t.Errorf("%s\ngot  %q\nwant %q", args, got, want)
		}
	}
}

// FuzzDecode holds the decoder against encoding/json: whatever it accepts, the standard library accepts and reads the
// same way.
func FuzzDecode(f *testing.F) {
	for _, seed := range []string{
		`{"action":"read","next":null}`, `{"Action":"read"}`, `{"action":"read","next":1,"any":[{"a":1e5}],"raw":{"b":[]}}`,
		`{"action":"write","next":-1,"tree":{"value":1,"children":[null]},"pair":[1,2],"wait":"1s","blob":"AQ=="}`,
		`{"action":"\ud83d\ude00"}`, "{\"\xff\":1}", `[[[[`, `{"next":1e309}`, `{"names":["a"],"labels":{"x":"y"},"since":"2026-01-02T03:04:05Z"}`,
	} {
		f.Add([]byte(seed))
	}
	d := newDesk(f, tools.Surface{Tools: []tools.Tool{
		tools.Func(spec("x"), func(_ context.Context, r *tools.Request, in everything) (struct{}, error) {
			var plain everything
			plain.Limit, plain.Inner.Deep = 20, true // the defaults
			reader := json.NewDecoder(bytes.NewReader(r.Args()))
			reader.UseNumber()
			if len(r.Args()) == 0 {
				return struct{}{}, nil
			}
			if err := reader.Decode(&plain); err != nil {
				f.Errorf("accepted what encoding/json refuses: %q: %v", r.Args(), err)
			}
			if !reflect.DeepEqual(in, plain) {
				f.Errorf("%q\nread as %+v\nwant    %+v", r.Args(), in, plain)
			}
			return struct{}{}, nil
		}),
	}})
	d.gate.pass()
	f.Fuzz(func(t *testing.T, args []byte) {
		_, err := d.Dispatch(t.Context(), d.call("x", string(args)), nil)
		if err != nil {
			if refused := refusal(t, err); refused.Code != tools.CodeBadArguments {
				t.Fatalf("%q: %v", args, refused)
			}
			return
		}
	})
}

// FuzzRoundTrip shows that what a type encodes to is accepted and read as what it was.
func FuzzRoundTrip(f *testing.F) {
	f.Add("cursor", int64(-1), 0.25, "a\x00\u2028\"é", []byte{0, 255}, true)
	f.Fuzz(func(t *testing.T, text string, n int64, ratio float64, key string, blob []byte, deep bool) {
		if !utf8.ValidString(text) || !utf8.ValidString(key) || !(ratio >= 0 && ratio <= 1) {
			return
		}
		value := everything{
			paging: paging{Cursor: text}, Action: "read", Limit: 1, Next: &n, Ratio: &ratio, Names: []string{text, key},
			Labels: map[string]string{key: text}, Blob: append([]byte{1}, blob...), Inner: inner{Deep: true},
			Tree: &tree{Value: int(n), Children: []*tree{nil, {Value: 1}}}, Wait: tools.Duration(n), Any: deep,
		}
		args, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		got, err := decode[everything](t, string(args))
		if err != nil {
			t.Fatalf("%s: %v", args, err)
		}
		if !reflect.DeepEqual(got, value) {
			t.Errorf("got  %+v\nwant %+v", got, value)
		}
	})
}
