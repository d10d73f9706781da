package secret_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mcp-kernel/mcp-kernel/modules/atr/secret"
)

func TestFill(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		args, want string
		err        string
	}{
		"nothing":            {`{ "a" : 1.0 }`, `{ "a" : 1.0 }`, ""},
		"a whole text":       {`{"a":"{{cred:key}}"}`, `{"a":"<hu\"sh>"}`, ""},
		"within a text":      {`{"a":{"b":["x","Bearer {{cred:key}}!"]}, "n": 12345678901234567890}`, `{"a":{"b":["x","Bearer <hu\"sh>!"]}, "n": 12345678901234567890}`, ""},
		"twice":              {`["{{cred:key}}{{cred:key}}"]`, `["<hu\"sh><hu\"sh>"]`, ""},
		"escaped":            {`{"a":"\u007b{cred:key}}"}`, `{"a":"<hu\"sh>"}`, ""},
		"not quite":          {`{"a":"{{cred:}} {{cred:a b}} {cred:key} {{CRED:key}}"}`, `{"a":"{{cred:}} {{cred:a b}} {cred:key} {{CRED:key}}"}`, ""},
		"in a name":          {`{"x":{"{{cred:key}}":1}}`, "", `a credential may not be used there: in the name of "/x/{{cred:key}}"`},
		"in a name, escaped": {`{"\u007b{cred:key}}":1}`, "", "may not be used there"},
		"elsewhere":          {`{"other":"{{cred:key}}"}`, "", "may not be used there"},
		"unknown":            {`{"a":"{{cred:door}}"}`, "", "no door"},
		"a strange pointer":  {`{"a/b~c":{"":["{{cred:where}}"]}}`, `{"a/b~c":{"":["/a~1b~0c//0"]}}`, ""},
		"after an object":    {`{"a":{"b":{}},"c":[[],{}, "{{cred:where}}"]}`, `{"a":{"b":{}},"c":[[],{}, "/c/2"]}`, ""},
		"no document":        {`{"a":"{{cred:key}}"`, "", "cannot be read"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := secret.Fill([]byte(tt.args), func(name, pointer string) (string, error) {
				switch {
				case name == "where":
					return pointer, nil
				case name != "key":
					return "", errors.New("no " + name)
				case pointer == "/other":
					return "", secret.ErrPlace
				}
				return `<hu"sh>`, nil
			})
			if (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) || string(got) != tt.want {
				t.Errorf("%s, %v", got, err)
			}
		})
	}
}

func TestWithin(t *testing.T) {
	t.Parallel()
	patterns := []string{"/token", "/headers/*", "/a/*/b"}
	for pointer, want := range map[string]bool{
		"/token": true, "/token/x": false, "/headers/x": true, "/headers": false, "/headers/x/y": false, "/a/1/b": true, "/a/1/c": false, "": false, "token": false, "/x/headers/y": false,
	} {
		if got := secret.Within(pointer, patterns); got != want {
			t.Errorf("%s: %v", pointer, got)
		}
	}
	for name, want := range map[string]bool{"key": true, "a-b_9": true, "": false, "a b": false, "a}}": false, strings.Repeat("x", 65): false} {
		if secret.ValidName(name) != want {
			t.Error(name)
		}
	}
}

func TestRedactor(t *testing.T) {
	t.Parallel()
	var none secret.Redactor
	if got := none.Document([]byte(`{"a":"\n"}`)); string(got) != `{"a":"\n"}` {
		t.Errorf("%s", got)
	}
	r := &secret.Redactor{}
	r.Add("key", `hush/"hush"é`)
	r.Add("key", `hush/"hush"é`)
	r.Add("pin", "4711")
	r.Add("none", "")
	for name, tt := range map[string]struct{ text, want string }{
		"nothing":             {`{"a":[1.0,"b"]}`, `{"a":[1.0,"b"]}`},
		"whole":               {`{"a":"hush/\"hush\"é"}`, `{"a":"{{cred:key}}"}`},
		"escaped":             {`{"a":"\u0068ush\/\u0022hush\"\u00e9"}`, `{"a":"{{cred:key}}"}`},
		"within":              {`{"a": "not hush/\"hush\"é!", "n":1e1}`, `{"a": "not {{cred:key}}!", "n":1e1}`},
		"a name":              {`{"hush/\"hush\"é":1}`, `{"{{cred:key}}":1}`},
		"base64":              {`["aHVzaC8iaHVzaCLDqQ==","aHVzaC8iaHVzaCLDqQ"]`, `["{{cred:key}}","{{cred:key}}"]`},
		"in an address":       {`["https://x/?a=hush%2F%22hush%22%C3%A9"]`, `["https://x/?a={{cred:key}}"]`},
		"short, whole":        {`["4711"]`, `["{{cred:pin}}"]`},
		"short, within":       {`["471100","a 4711",4711]`, `["471100","a 4711",4711]`},
		"no document":         {`oops hush/"hush"é`, `oops {{cred:key}}`},
		"half a document":     {`{"a":"hush/\"hush\"é hush/"hush"é"`, `{"a":"hush/\"hush\"é {{cred:key}}"`},
		"several documents":   {`"4711" "4711"`, `"{{cred:pin}}" "{{cred:pin}}"`},
		"the reference stays": {`["{{cred:key}}"]`, `["{{cred:key}}"]`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want, string(r.Document([]byte(tt.text)))); diff != "" {
				t.Error(diff)
			}
		})
	}
	if got := r.Text(`not hush/"hush"é`); got != "not {{cred:key}}" {
		t.Error(got)
	}
}

// FuzzRedactor sees that nothing but values is taken out, and that they are whatever is around them.
func FuzzRedactor(f *testing.F) {
	f.Add([]byte(`{"a":["\u0068ush-hush",{"b":1.0}]}`), "hush-hush")
	f.Add([]byte(`"x`), `a"b\c<é`)
	f.Fuzz(func(t *testing.T, document []byte, value string) {
		r := &secret.Redactor{}
		r.Add("n", value)
		got := r.Document(document)
		var before, after any
		if json.Unmarshal(document, &before) != nil {
			return
		}
		if err := json.Unmarshal(got, &after); err != nil {
			t.Fatalf("%q became %q: %v", document, got, err)
		}
		if len(value) >= 8 && !strings.Contains(secret.Mark("n"), value) {
			if found := containing(after, value); found != "" && strings.ToValidUTF8(value, "\ufffd") == value && !strings.Contains(value, "{{cred:n}}") && !strings.ContainsAny(value, "{}") {
				t.Errorf("%q in %q", found, got)
			}
		}
		if containing(before, "") == "" && !bytes.Equal(got, document) {
			t.Errorf("%q became %q", document, got)
		}
	})
}

// containing returns a text of a value that contains another.
func containing(v any, part string) string {
	switch v := v.(type) {
	case string:
		if strings.Contains(v, part) {
			return v + " "
		}
	case []any:
		for _, e := range v {
			if found := containing(e, part); found != "" {
				return found
			}
		}
	case map[string]any:
		for name, e := range v {
			if strings.Contains(name, part) {
				return name + " "
			}
			if found := containing(e, part); found != "" {
				return found
			}
		}
	}
	return ""
}
