package audit_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/mcp-kernel/mcp-kernel/governance/audit"
	"github.com/mcp-kernel/mcp-kernel/modules/primitives"
)

func TestPreview(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ in, want string }{
		"plain":            {`{"path":"notes/today.md","lines":3}`, `{"lines":3,"path":"notes/today.md"}`},
		"long text":        {`{"text":"the quick brown fox jumps over the lazy dog"}`, `{"text":"the quick brown fox jumps ove…"}`},
		"secret key":       {`{"password":"hunter2","apiKey":"x","n":1}`, `{"apiKey":"<secret>","n":1,"password":"<secret>"}`},
		"secret number":    {`{"pin":1234,"card":4111111111111111}`, `{"card":"<number>","pin":"<secret>"}`},
		"secret container": {`{"credentials":{"user":"a","pass":"b"},"z":[1,2]}`, `{"credentials":"<secret>","z":[1,2]}`},
		"bearer":           {`{"cmd":"curl -H 'Authorization: Bearer abcdef'"}`, `{"cmd":"<text with a secret>"}`},
		"token":            {`["ghp_16C7e42F292c6912E7710c838347Ae178B4a"]`, `["<token>"]`},
		"token as a key":   {`{"ghp_16C7e42F292c6912E7710c838347Ae178B4a":1}`, `{"<token>":1}`},
		"behind the cut":   {`["this text is long before it shows sk-abcdefgh12345678"]`, `["<token>"]`},
		"pem":              {`["-----BEGIN PRIVATE KEY-----\nMIIE"]`, `["<private key or certificate>"]`},
		"random":           {`["f3a9c17be2d84560a1b2c3d4e5f60718"]`, `["<random text>"]`},
		"uuid":             {`["0192b1f0-7c5e-7000-8000-000000000001"]`, `["0192b1f0-7c5e-7000-8000-00000…"]`},
		"dsn":              {`["postgres://bob:hunter2@db/x"]`, `["<address with a password>"]`},
		"folded letter":    {`["to\u212Aen=abc"]`, `["<text with a secret>"]`},
		"foreign letters":  {`["ключ: PassWord hunter2"]`, `["<text with a secret>"]`},
		"foreign space":    {`["ab\u00a0ghp_16C7e42F292c6912E7710c838347Ae178B4a"]`, `["<token>"]`},
		"inside a word":    {`["my_Api_Key9"]`, `["<text with a secret>"]`},
		"token, then lead": {`["ghp_16C7e42F292c6912E7710c838347Ae178B4a secret"]`, `["<text with a secret>"]`},
		"address":          {`["https://db.example/a@b:c"]`, `["https://db.example/a@b:c"]`},
		"near leads":       {`["tokens, basics, a pwd, bearers, backwards"]`, `["tokens, basics, a pwd, bearer…"]`},
		"escaped and cut":  {`["one\ntwo \"three\" four five six seven"]`, `["one\ntwo \"three\" four five six…"]`},
		"scalars":          {`[true,false,null,-1.5,""]`, `[true,false,null,-1.5,""]`},
		"deep":             {`[[[[[[[[[[1]]]]]]]]]]`, `[[[[[[[["…"]]]]]]]]`},
		"bare text":        {`"hello"`, `"hello"`},
		"empty":            {`{}`, `{}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			canonical, err := primitives.Canonical([]byte(c.in))
			if err != nil {
				t.Fatal(err)
			}
			if got := audit.Preview(canonical); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func FuzzPreview(f *testing.F) {
	f.Add([]byte(`{"a":[1,{"b":"c"}],"password":"x"}`))
	f.Add([]byte(`{"` + strings.Repeat(`k":{"`, 40) + `":1` + strings.Repeat("}", 41)))
	f.Add([]byte(`["` + strings.Repeat(`\n`, 500) + `"]`))
	f.Add([]byte(`[` + strings.Repeat(`"abcdefghijklmnop",`, 100) + `1]`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		canonical, err := primitives.Canonical(raw)
		if err != nil {
			return
		}
		got := audit.Preview(canonical)
		if len(got) > 256 {
			t.Errorf("%d bytes: %s", len(got), got)
		}
		if !json.Valid([]byte(got)) {
			t.Errorf("no JSON: %s", got)
		}
	})
}

// TestShow shows whole what a person must judge, and says when something is missing.
func TestShow(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a b ", 100)
	for _, c := range []struct {
		name, in, want string
		most, text     int
		whole          bool
	}{
		{"whole", `{"path":"` + long + `"}`, `{"path":"` + long + `"}`, 4096, 1024, true},
		{"a secret", `{"password":"x","path":"p"}`, `{"password":"<secret>","path":"p"}`, 4096, 1024, false},
		{"a long text", `{"path":"` + long + `"}`, `{"path":"` + long[:37] + `…"}`, 4096, 40, false},
		{"too much", `{"a":"` + long[:100] + `","b":1,"c":2}`, `{"a":"` + long[:100] + `","…":"…"}`, 120, 200, false},
		{"too deep", `[[[[[[[[[1]]]]]]]]]`, `[[[[[[[["…"]]]]]]]]`, 4096, 40, false},
		{"control characters", `{"a":"x\u001b[2J\b\n"}`, `{"a":"x\u001b[2J\b\n"}`, 4096, 40, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got, whole := audit.Show([]byte(c.in), c.most, c.text); got != c.want || whole != c.whole {
				t.Errorf("got %s, whole %t; want %s, %t", got, whole, c.want, c.whole)
			}
		})
	}
}
