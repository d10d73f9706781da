package bench

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
)

func TestScan(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, text string
		want       message
		fault      error
	}{
		{"a result", `{"jsonrpc":"2.0","id":12,"result":{"content":[]}}`, message{id: 12}, nil},
		{"spaces and another order", "\t{ \"result\" : { } , \"id\" : 7 }\r\n", message{id: 7}, nil},
		{"an id inside a text", `{"result":{"text":"\"id\":9,\\"},"id":3}`, message{id: 3}, nil},
		{"a tool that failed", `{"id":1,"result":{"isError":true}}`, message{id: 1, isError: true}, nil},
		{"isError further down is none", `{"id":1,"result":{"structuredContent":{"isError":true}}}`, message{id: 1}, nil},
		{"an error", `{"id":1,"error":{"message":"m","code":-32602}}`, message{id: 1, failed: true, code: -32602}, nil},
		{"an error for nobody", `{"id":null,"error":{"code":-32700}}`, message{failed: true, code: -32700}, nil},
		{"no error after all", `{"id":1,"error":null,"result":{}}`, message{id: 1}, nil},
		{"input is wanted", `{"id":1,"result":{"resultType":"input_required"}}`, message{id: 1, input: true}, nil},
		{"a notification", `{"method":"notifications/message"}`, message{method: true}, nil},
		{"a request", `{"id":"x","method":"ping"}`, message{method: true}, nil},
		{"an id that is no number of ours", `{"id":1e3,"result":{}}`, message{}, nil},
		{"nothing", ``, message{}, errNotMessage},
		{"no object", `[]`, message{}, errNotMessage},
		{"an object without sense", `{}`, message{}, errNotMessage},
		{"an object that does not end", `{"id":1,"result":{"a":"}"}`, message{}, errNotMessage},
		{"a text that does not end", `{"id":1,"result":"\"`, message{}, errNotMessage},
		{"two objects", `{"id":1,"result":{}}{}`, message{}, errNotMessage},
		{"words", `ready to serve`, message{}, errNotMessage},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := scan([]byte(c.text))
			got.rawID, got.asked = nil, nil
			if !errors.Is(err, c.fault) {
				t.Fatalf("error %v, want %v", err, c.fault)
			}
			if got.id != c.want.id || got.method != c.want.method || got.failed != c.want.failed || got.code != c.want.code ||
				got.isError != c.want.isError || got.input != c.want.input {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
		})
	}
}

// FuzzScan holds what is scanned to what encoding/json reads, wherever the text is JSON without escapes or doubles in it.
func FuzzScan(f *testing.F) {
	f.Add(`{"jsonrpc":"2.0","id":12,"result":{"content":[{"a":"}"}],"isError":true}}`)
	f.Add(`{"id":1,"error":{"code":-32602,"message":"x"}}`)
	f.Add(`{"id":1,"result":{"resultType":"input_required"}} `)
	f.Add(`{"method":"x","params":[1,2,{"id":4}]}`)
	f.Add(`{"id":"\"`)
	f.Fuzz(func(t *testing.T, text string) {
		got, err := scan([]byte(text))
		var members map[string]json.RawMessage
		if json.Unmarshal([]byte(text), &members) != nil || strings.Contains(text, `\`) || twice(text) {
			return
		}
		_, method := members["method"]
		_, id := members["id"]
		var failed struct{ Code int }
		isFailed := strings.HasPrefix(string(members["error"]), "{")
		if want := method || id || isFailed; want != (err == nil) {
			t.Fatalf("scan says %v, want a message: %v", err, want)
		}
		if err != nil {
			return
		}
		var number int64
		_ = json.Unmarshal(members["id"], &number)
		if got.method != method || got.failed != isFailed || got.id != number && !strings.ContainsAny(string(members["id"]), ".eE[{") {
			t.Fatalf("got %+v of %s", got, text)
		}
		if isFailed && json.Unmarshal(members["error"], &failed) == nil && got.code != failed.Code {
			var exact map[string]json.RawMessage
			if _ = json.Unmarshal(members["error"], &exact); exact["code"] != nil {
				t.Fatalf("code %d, want %d", got.code, failed.Code)
			}
		}
	})
}

// twice reports whether a name might occur twice, or in another case, of which encoding/json makes something of its own.
func twice(text string) bool {
	lower := strings.ToLower(text)
	for _, name := range []string{`"id"`, `"method"`, `"error"`, `"result"`, `"code"`} {
		if strings.Count(lower, name) > 1 {
			return true
		}
	}
	return false
}

func BenchmarkScan(b *testing.B) {
	text := []byte(`{"jsonrpc":"2.0","id":1000000001,"result":{"content":[{"type":"text","text":"` + strings.Repeat(`{\"safe\":true}`, 20) + `"}],"structuredContent":{"safe":true,"findings":[]}}}`)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := scan(text); err != nil {
			b.Fatal(err)
		}
	}
}
