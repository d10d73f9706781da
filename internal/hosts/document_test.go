package hosts_test

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/mcp-kernel/mcp-kernel/internal/hosts"
)

// An entry is what the tests write.
type launch struct {
	Command string   `json:"command"`
	Args    []string `json:"args"`
}

func entry() launch { return launch{"/bin/k", []string{"serve"}} }

func TestSet(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, before, after string
		path                []string
	}{
		{"into an empty object", `{}`, "{\n  \"k\": {\n    \"command\": \"/bin/k\",\n    \"args\": [\n      \"serve\"\n    ]\n  }\n}", []string{"k"}},
		{"into nothing", "", "{\n  \"k\": {\n    \"command\": \"/bin/k\",\n    \"args\": [\n      \"serve\"\n    ]\n  }\n}\n", []string{"k"}},
		{"into nothing but a comment", "// mine", "// mine\n{\n  \"k\": {\n    \"command\": \"/bin/k\",\n    \"args\": [\n      \"serve\"\n    ]\n  }\n}\n", []string{"k"}},
		{
			"behind a neighbour, with its tabs and ends of lines",
			"{\r\n\t\"servers\": {\r\n\t\t\"a\": {}\r\n\t}\r\n}\r\n",
			"{\r\n\t\"servers\": {\r\n\t\t\"a\": {},\r\n\t\t\"k\": {\r\n\t\t\t\"command\": \"/bin/k\",\r\n\t\t\t\"args\": [\r\n\t\t\t\t\"serve\"\r\n\t\t\t]\r\n\t\t}\r\n\t}\r\n}\r\n",
			[]string{"servers", "k"},
		},
		{"on one line", `{"a": 1}`, `{"a": 1, "k": {"command":"/bin/k","args":["serve"]}}`, []string{"k"}},
		{"without spaces", `{"a":1,"b":2}`, `{"a":1,"b":2,"k":{"command":"/bin/k","args":["serve"]}}`, []string{"k"}},
		{"without spaces, on the way", `{"a":1}`, `{"a":1,"s":{"k":{"command":"/bin/k","args":["serve"]}}}`, []string{"s", "k"}},
		{
			"between a comment and the end",
			"{\n    // first\n    \"a\": 1 // one\n    /* last */\n}",
			"{\n    // first\n    \"a\": 1, // one\n    /* last */\n    \"k\": {\n        \"command\": \"/bin/k\",\n        \"args\": [\n            \"serve\"\n        ]\n    }\n}",
			[]string{"k"},
		},
		{
			"behind a comma that is there",
			"{\n  \"a\": 1, // one\n}",
			"{\n  \"a\": 1, // one\n  \"k\": {\n    \"command\": \"/bin/k\",\n    \"args\": [\n      \"serve\"\n    ]\n  },\n}",
			[]string{"k"},
		},
		{"instead of another", "{\n  \"k\": 1, // mine\n}", "{\n  \"k\": {\n    \"command\": \"/bin/k\",\n    \"args\": [\n      \"serve\"\n    ]\n  }, // mine\n}", []string{"k"}},
		{"behind an element", `{"k": [1]}`, `{"k": [1, {"command":"/bin/k","args":["serve"]}]}`, []string{"k", hosts.End}},
		{"behind a mark of UTF-8", "\xef\xbb\xbf{ }", "\xef\xbb\xbf{\n  \"k\": {\n    \"command\": \"/bin/k\",\n    \"args\": [\n      \"serve\"\n    ]\n  }\n}", []string{"k"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d := parse(t, c.before)
			if err := d.Set(entry(), c.path...); err != nil {
				t.Fatal(err)
			}
			if got := string(d.Bytes()); got != c.after {
				t.Errorf("got\n%s\nwant\n%s", got, c.after)
			}
			if !json.Valid(d.JSON()) {
				t.Errorf("%s is not valid", d.JSON())
			}
		})
	}
}

func TestRemove(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, before, after string }{
		{"the only one", "{\n  \"k\": 1\n}", `{}`},
		{"the only one, below a comment", "{ // mine\n  \"k\": 1\n}", "{ // mine\n}"},
		{"the first", `{ "k": 1, "b": 2 }`, `{ "b": 2 }`},
		{"the first, below a comment", "{ // mine\n  \"k\": 1, \"b\": 2 }", "{ // mine\n   \"b\": 2 }"},
		{"one in the middle, and its comment stays", "{\n  \"a\": 1,\n  \"k\": 2, // two\n  \"b\": 3\n}", "{\n  \"a\": 1, // two\n  \"b\": 3\n}"},
		{"the last", "{\n  \"a\": 1, // one\n  \"k\": 2\n}", "{\n  \"a\": 1 // one\n}"},
		{"the last, with a comma of its own", "{\n  \"a\": 1,\n  \"k\": 2,\n}", "{\n  \"a\": 1,\n}"},
		{"the last, on the line of the end", "{\n  \"a\": 1, // one\n  \"k\": 2 }", "{\n  \"a\": 1 // one\n   }"},
		{"a comment before the comma stays", `{"k": 1 /* c */ , "b": 2}`, `{ /* c */  "b": 2}`},
		{"what is not there", `{"a": 1}`, `{"a": 1}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d := parse(t, c.before)
			if _, err := d.Remove("k"); err != nil {
				t.Fatal(err)
			}
			if got := string(d.Bytes()); got != c.after {
				t.Errorf("got\n%s\nwant\n%s", got, c.after)
			}
			if !json.Valid(d.JSON()) {
				t.Errorf("%s is not valid", d.JSON())
			}
		})
	}
}

func TestWhatIsNoDocument(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`{`:              "it is no JSON: line 1, column 2: want a name in quotation marks",
		"{\n\"a\": 1 2}": `it is no JSON: line 2, column 8: want a comma or '}'`,
		`{"a" 1}`:        "it is no JSON: line 1, column 6: want a colon",
		`{,}`:            "it is no JSON: line 1, column 2: want a name in quotation marks",
		`[,]`:            "it is no JSON: line 1, column 2: want a value",
		`{} x`:           "it is no JSON: line 1, column 4: there is more behind the end",
		`{/* x}`:         "it is no JSON: line 1, column 2: the comment has no end",
		`{"a": "x}`:      "it is no JSON: line 1, column 7: the string has no end",
		`{"a": 01}`:      "it is no JSON: line 1, column 7: want a value",
		`{'a': 1}`:       "it is no JSON: line 1, column 2: want a name in quotation marks",
		`/ {}`:           "it is no JSON: line 1, column 1: a single stroke is no comment",
	} {
		if _, err := hosts.Parse([]byte(text)); err == nil || err.Error() != want || !errors.Is(err, hosts.ErrSyntax) {
			t.Errorf("%s: got %v, want %s", text, err, want)
		}
	}
}

func TestPathsThatLeadNowhere(t *testing.T) {
	t.Parallel()
	for text, path := range map[string][]string{
		`{"a": 1}`:         {"a", "b"},
		`{"a": 1, "a": 2}`: {"a"},
		`{"a": [1]}`:       {"a", "b"},
		`[1]`:              {"7"},
	} {
		d := parse(t, text)
		if err := d.Set(1, path...); !errors.Is(err, hosts.ErrPath) {
			t.Errorf("%s: %v: got %v", text, path, err)
		}
		if string(d.Bytes()) != text {
			t.Errorf("%s has become %s", text, d.Bytes())
		}
	}
	d := parse(t, `{"a": 1, "a": 2}`)
	if _, err := d.Remove("a"); !errors.Is(err, hosts.ErrPath) {
		t.Errorf("got %v for a name that stands there twice", err)
	}
	if err := d.SetRaw(`1, "b": 2`, "c"); !errors.Is(err, hosts.ErrSyntax) {
		t.Errorf("got %v for a text that is more than a value", err)
	}
}

func TestRead(t *testing.T) {
	t.Parallel()
	d := parse(t, "{ // hosts\n \"servers\": {\"a\": {\"command\": \"x\", /* none */ \"args\": [1, 2,],}, \"b\": {}}}")
	var got struct {
		Command string
		Args    []int
	}
	if ok, err := d.Decode(&got, "servers", "a"); !ok || err != nil || got.Command != "x" || len(got.Args) != 2 {
		t.Errorf("got %+v, %v, %v", got, ok, err)
	}
	if ok, err := d.Decode(&got, "servers", "c"); ok || err != nil {
		t.Errorf("got %v, %v for what is not there", ok, err)
	}
	if names := d.Names("servers"); len(names) != 2 || names[0] != "a" || names[1] != "b" {
		t.Errorf("got %q", names)
	}
	if raw := d.Raw("servers", "a", "args"); raw != "[1, 2,]" {
		t.Errorf("got %s", raw)
	}
}

func parse(t *testing.T, text string) *hosts.Document {
	t.Helper()
	d, err := hosts.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return d
}
