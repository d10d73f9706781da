package inspect_test

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/mcp-kernel/mcp-kernel/governance/inspect"
)

func TestParseRecord(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, line, want string }{ // as id kind tool source value, or what is wrong
		{"all members", `{"id":"a","kind":"call","tool":"t","value":{"a":[1,"]"]},"source":"web"}`, `"a" call t web {"a":[1,"]"]}`},
		{"white space", " \t{ \"kind\" :\"text\" , \"value\"\t: \"\\\"}\" }\r\n", ` text   "\"}"`},
		{"escaped names", `{"k\u0069nd":"text","value":"x"}`, ` text   "x"`},
		{"nothing but a value", `{"kind":"result","value":null}`, ` result   null`},
		{"numbers", `{"id":-1.5e3,"kind":"result","value":-0.5}`, `-1.5e3 result   -0.5`},
		{"a member in another case is another one", `{"Kind":"call","kind":"text","value":"x"}`, ` text   "x"`},
		{"empty object", `{}`, `"kind" is missing: write call, result, definition or text`},
		{"an unknown kind", `{"kind":"call2"}`, `unknown kind "call2": write call, result, definition or text`},
		{"no value", `{"kind":"result"}`, `"value" is missing`},
		{"a call of nothing", `{"kind":"call","value":{}}`, `"tool" is missing: a call names its tool`},
		{"a text that is none", `{"kind":"text","value":{}}`, `"value" of a text must be a string`},
		{"an id that is none", `{"id":{},"kind":"result","value":1}`, `"id" must be a string or a number`},
		{"a long id", `{"id":"` + strings.Repeat("x", 2000) + `","kind":"result","value":1}`, `"id" has 2002 bytes: use at most 1024`},
		{"a tool that is no name", `{"kind":"result","tool":1,"value":1}`, `"tool" must be a string`},
		{"a value twice", `{"kind":"result","value":1,"value":2}`, `"value" is there twice`},
		{"an array", `[{"kind":"text"}]`, `not a JSON object`},
		{"two objects", `{"kind":"text","value":""} {}`, `not JSON: invalid character '{' after top-level value at byte 28`},
		{"invalid UTF-8", "{\"kind\":\"text\",\"value\":\"\xff\"}", `not UTF-8`},
		{"nothing", ``, `not JSON: unexpected end of JSON input at byte 0`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r, err := inspect.ParseRecord([]byte(c.line))
			got := strings.Join([]string{string(r.ID), string(r.Kind), r.Tool, r.Source, string(r.Value)}, " ")
			if err != nil {
				got = err.Error()
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// FuzzParseRecord sees that no line harms the reader, and that it reads what encoding/json reads, wherever both accept.
func FuzzParseRecord(f *testing.F) {
	for _, seed := range []string{
		`{"id":1,"kind":"call","tool":"t","value":{"a":"b"},"source":"web","expect":{"classes":["x"]}}`,
		`{"kind":"text","value":"\"\\\u0000\ud83d\ude00"}`, `{"kind":"definition","value":[[],{},"",0,true,null]}`,
		`{"":{"":[{"":"}]"}]},"kind":"result","value":1e9}`, "{\"kind\":\"text\",\"value\":\"\xc3\"}", `{"kind" : "text" , "value" : "" , "id" : null}`, `{`, `"`, ` `,
	} {
		f.Add([]byte(seed))
	}
	i := inspector(f, "", inspect.Options{})
	f.Fuzz(func(t *testing.T, line []byte) {
		r, err := inspect.ParseRecord(line)
		if err != nil {
			return
		}
		var whole map[string]json.RawMessage
		if err := json.Unmarshal(line, &whole); err != nil || !utf8.Valid(line) {
			t.Fatalf("%q was read: %v", line, err)
		}
		var kind string
		if err := json.Unmarshal(whole["kind"], &kind); err != nil || kind != string(r.Kind) || string(whole["value"]) != string(r.Value) {
			t.Fatalf("%q: got %q and %q", line, r.Kind, r.Value)
		}
		if result := i.Inspect(t.Context(), &r); result.Error != "" {
			t.Fatalf("%q: %s", line, result.Error)
		}
	})
}
