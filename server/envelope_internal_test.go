package server

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestOpenEnvelope(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, text       string
		method, id, args string
		target           string
	}{
		{"request", `{"jsonrpc":"2.0","id":1,"method":"ping"}`, "ping", "1", "", ""},
		{"notification", `{"jsonrpc":"2.0","method":"notifications/initialized"}`, "notifications/initialized", "", "", ""},
		{"big id", `{"jsonrpc":"2.0","id":9007199254740993,"method":"ping"}`, "ping", "9007199254740993", "", ""},
		{"string id", `{"jsonrpc":"2.0","id":"a\u00e9","method":"ping"}`, "ping", `"a\u00e9"`, "", ""},
		{"call", ` {"jsonrpc":"2.0","id":0,"method":"tools/call","params":{"name":"x","arguments":{"a": 1}}} `, "tools/call", "0", `{"a": 1}`, "x"},
		{"escaped keys", `{"jsonrpc":"2.0","id":0,"\u006dethod":"tools/call","params":{"n\u0061me":"x"}}`, "tools/call", "0", "", "x"},
		{"read", `{"jsonrpc":"2.0","id":0,"method":"resources/read","params":{"uri":"a://b"}}`, "resources/read", "0", "", "a://b"},
		{"unknown keys pass", `{"jsonrpc":"2.0","id":0,"method":"ping","extra":[{}],"params":{"more":{}}}`, "ping", "0", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			e, fault := openEnvelope([]byte(c.text))
			if fault != nil {
				t.Fatal(fault)
			}
			if e.method != c.method || string(e.rawID()) != c.id || string(e.rawArguments()) != c.args || e.name != c.target {
				t.Errorf("got method %q, id %s, arguments %s, name %q", e.method, e.rawID(), e.rawArguments(), e.name)
			}
		})
	}
}

func TestOpenEnvelopeRefuses(t *testing.T) {
	t.Parallel()
	deep := `{"jsonrpc":"2.0","id":1,"method":"ping","params":{"a":` + strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000) + `}}`
	for _, c := range []struct {
		name, text string
		code       int
		id         string
		message    string
	}{
		{"no JSON", `{"jsonrpc":`, codeParse, "", "parse error: unexpected end of the message at byte 11"},
		{"two values", `{} {}`, codeParse, "", "parse error: unexpected text behind the message at byte 3"},
		{"invalid UTF-8", "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"\xff\"}", codeParse, "", "parse error: invalid UTF-8 at byte 34"},
		{"lone surrogate", `{"id":"\ud800"}`, codeParse, "", "parse error: lone surrogate at byte 8"},
		{"too deep", deep, codeParse, "", "parse error: nesting deeper than 512 at byte 564"},
		{"batch", `[{"jsonrpc":"2.0","id":1,"method":"ping"}]`, codeInvalid, "", "batches are not supported: send one message at a time"},
		{"scalar", `1`, codeInvalid, "", "invalid request: expected an object at byte 0"},
		{"version", `{"jsonrpc":"1.0","id":1,"method":"ping"}`, codeInvalid, "1", `invalid request: jsonrpc must be "2.0"`},
		{"null id", `{"jsonrpc":"2.0","id":null,"method":"ping"}`, codeInvalid, "", "invalid request: id must be a string or an integer"},
		{"fraction as id", `{"jsonrpc":"2.0","id":1.5,"method":"ping"}`, codeInvalid, "", "invalid request: id must be a string or an integer"},
		{"array as id", `{"jsonrpc":"2.0","id":[1],"method":"ping"}`, codeInvalid, "", "invalid request: id must be a string or an integer"},
		{"no method", `{"jsonrpc":"2.0","id":1}`, codeInvalid, "1", "invalid request: method must be a non-empty string"},
		{"repeated key", `{"jsonrpc":"2.0","id":1,"method":"tools/list","method":"ping"}`, codeInvalid, "1", `invalid request: key "method" is repeated or differs from "method" only in case`},
		{"case twin", `{"jsonrpc":"2.0","id":1,"method":"tools/list","Method":"ping"}`, codeInvalid, "1", `invalid request: key "Method" is repeated or differs from "method" only in case`},
		{"case variant alone", `{"jsonrpc":"2.0","id":1,"Method":"ping"}`, codeInvalid, "1", `invalid request: unknown key "Method": keys are case-sensitive`},
		{"folded letter", `{"jsonrpc":"2.0","id":1,"method":"ping","param` + "\u017f" + `":{}}`, codeInvalid, "1", "invalid request: unknown key \"param\u017f\": keys are case-sensitive"},
		{"params as array", `{"jsonrpc":"2.0","id":1,"method":"ping","params":[]}`, codeInvalid, "1", "invalid request: params must be an object"},
		{"twin in params", `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","Name":"b"}}`, codeParams, "1", `invalid params: key "Name" is repeated or differs from "name" only in case`},
		{"variant in params", `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","Arguments":{}}}`, codeParams, "1", `invalid params: unknown key "Arguments": keys are case-sensitive`},
		{"name of the wrong type", `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":1}}`, codeParams, "1", "invalid params: name and uri must be strings"},
		{"repeated key in _meta", `{"jsonrpc":"2.0","id":1,"method":"ping","params":{"_meta":{"a":1,"a":2}}}`, codeParams, "1", `invalid params: _meta: key "a" is repeated or differs from "a" only in case`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, fault := openEnvelope([]byte(c.text))
			if fault == nil {
				t.Fatal("accepted")
			}
			if fault.code != c.code || string(fault.id) != c.id || fault.message != c.message {
				t.Errorf("got %d, id %s, %q\nwant %d, id %s, %q", fault.code, fault.id, fault.message, c.code, c.id, c.message)
			}
		})
	}
}

func TestForSDKHasASmallID(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ text, want string }{
		{`{"id":1,"method":"ping","jsonrpc":"2.0"}`, `{"id":7,"method":"ping","jsonrpc":"2.0"}`},
		{`{"method":"ping","id":12345678901234567890,"jsonrpc":"2.0"}`, `{"method":"ping","id":7,"jsonrpc":"2.0"}`},
		{`{"jsonrpc":"2.0","id":"x","method":"initialize","params":{"id":"x"}}`, `{"jsonrpc":"2.0","id":7,"method":"initialize","params":{"id":"x"}}`},
	} {
		e, fault := openEnvelope([]byte(c.text))
		if fault != nil {
			t.Fatal(fault)
		}
		if got := string(e.forSDK(7)); got != c.want {
			t.Errorf("got  %s\nwant %s", got, c.want)
		}
	}
}

// What the envelope accepts, the SDK's decoder must read in the same way: that is what the envelope is for.
func FuzzOpenEnvelope(f *testing.F) {
	for _, seed := range []string{
		`{"jsonrpc":"2.0","id":1,"method":"ping"}`, `{"jsonrpc":"2.0","id":"a","method":"tools/call","params":{"name":"x","arguments":{"a":1},"_meta":{"progressToken":1}}}`,
		`{"jsonrpc":"2.0","id":1,"method":"tools/list","Method":"ping"}`, `{"jsonrpc":"2.0","id":1,"\u006dethod":"ping","method":"x"}`,
		`{"jsonrpc":"2.0","id":1,"result":{}}`, "{\"id\":\"\xff\"}", `[]`, `{"jsonrpc":"2.0","id":-0,"method":"\ud83d\ude00"}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		e, fault := openEnvelope(text)
		if fault != nil {
			if fault.message == "" || len(fault.id) > 256 || !utf8.ValidString(fault.message) {
				t.Fatalf("%q is refused with %q", text, fault.message)
			}
			return
		}
		var sdk struct {
			JSONRPC string          `json:"jsonrpc"`
			Method  string          `json:"method"`
			ID      json.RawMessage `json:"id"`
			Params  struct {
				Name string          `json:"name"`
				URI  string          `json:"uri"`
				Args json.RawMessage `json:"arguments"`
			} `json:"params"`
		}
		if err := json.Unmarshal(text, &sdk); err != nil && e.params.to == 0 {
			t.Fatalf("%q is accepted, but not by the SDK's decoder: %v", text, err)
		}
		if sdk.JSONRPC != "2.0" || sdk.Method != e.method || e.id.to > 0 && string(sdk.ID) != string(e.rawID()) {
			t.Fatalf("%q: the SDK reads %+v, we read method %q, id %s", text, sdk, e.method, e.rawID())
		}
		if e.id.to > 0 && !json.Valid(e.forSDK(1)) {
			t.Fatalf("%q becomes %q", text, e.forSDK(1))
		}
	})
}

func BenchmarkOpenEnvelope(b *testing.B) {
	for _, size := range []int{5, 64 << 10} {
		text := fmt.Appendf(nil, `{"jsonrpc":"2.0","id":12,"method":"tools/call","params":{"name":"echo","arguments":{"s":%q}}}`, strings.Repeat("a", size))
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				if _, fault := openEnvelope(text); fault != nil {
					b.Fatal(fault)
				}
			}
		})
	}
}
