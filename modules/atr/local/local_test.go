package local_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mcp-kernel/mcp-kernel/modules/atr/local"
)

// What is not said of effects is the worst.
func TestEffects(t *testing.T) {
	t.Parallel()
	for words, want := range map[string]string{
		"":          `{"destructiveHint":true,"idempotentHint":false,"openWorldHint":true,"readOnlyHint":false}`,
		"read_only": `{"destructiveHint":false,"idempotentHint":false,"openWorldHint":true,"readOnlyHint":true}`,
		"non_destructive idempotent closed_world": `{"destructiveHint":false,"idempotentHint":true,"openWorldHint":false,"readOnlyHint":false}`,
	} {
		e, err := local.ParseEffects(strings.Fields(words))
		d := local.Definition{Name: "x", Description: "y", Input: json.RawMessage(`{}`), Effects: e}
		text, fault := d.JSON()
		if want := `{"_meta":{"io.mcp-kernel/runs":null},"annotations":` + want + `,"description":"y","inputSchema":{},"name":"x"}`; err != nil || fault != nil || string(text) != want {
			t.Errorf("%s: %s, %v, %v, want %s", words, text, err, fault, want)
		}
	}
	if _, err := local.ParseEffects([]string{"none"}); err == nil {
		t.Error("an unknown effect is taken")
	}
}

func TestAnswer(t *testing.T) {
	t.Parallel()
	a, err := local.Structure([]byte(` [1.50] `))
	if diff := cmp.Diff(local.Answer{Text: " [1.50] ", Structured: json.RawMessage(`{"result":[1.50]}`)}, a); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	text, err := a.JSON()
	if want := `{"content":[{"text":" [1.50] ","type":"text"}],"isError":false,"structuredContent":{"result":[1.50]}}`; err != nil || string(text) != want {
		t.Errorf("%s, %v", text, err)
	}
	bad := local.Failed("no %s\xff", "luck")
	if text, err = bad.JSON(); err != nil || string(text) != `{"content":[{"text":"no luck`+"\uFFFD"+`","type":"text"}],"isError":true}` {
		t.Errorf("%s, %v", text, err)
	}
	for _, text := range []string{"", "{", "1 2", "nul"} {
		if a, err := local.Structure([]byte(text)); err == nil {
			t.Errorf("%q: %+v", text, a)
		}
	}
}

func TestParameters(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat(`{"type":"array","items":`, 20) + `{"type":"string"}` + strings.Repeat("}", 20)
	for name, tt := range map[string]struct{ schema, want string }{
		"nested":              {`{"type":"object","properties":{"a":{"type":"array","items":{"type":"string","minLength":1}}},"additionalProperties":false}`, ""},
		"a typo":              {`{"type":"string","patern":"x"}`, `the keyword "patern" is unknown here`},
		"a nested typo":       {`{"type":"object","properties":{"a":{"typ":"string"}}}`, `a: the keyword "typ" is unknown here`},
		"in items":            {`{"type":"array","items":{"$ref":"#"}}`, `items: the keyword "$ref"`},
		"in further members":  {`{"type":"object","additionalProperties":{"x":1}}`, `additionalProperties: the keyword "x"`},
		"no schema":           {`true`, "is no schema"},
		"no type":             {`{}`, "has no type"},
		"types":               {`{"type":["string","null"]}`, "none of string"},
		"deep":                {deep, "nested deeper"},
		"a default":           {`{"type":"array","items":{"type":"integer"},"default":[1,"x"]}`, "its default has an item that is no integer"},
		"a pattern of others": {`{"type":"string","pattern":"(?<!x)"}`, "pattern"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, _, err := local.Parameters(map[string]json.RawMessage{"p": json.RawMessage(tt.schema)}, nil)
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("%v, want %q", err, tt.want)
			}
		})
	}
	if _, object, err := local.Parameters(nil, nil); err != nil || string(object) != `{"additionalProperties":false,"properties":{},"type":"object"}` {
		t.Errorf("%s, %v", object, err)
	}
	if _, _, err := local.Parameters(map[string]json.RawMessage{"a-b": json.RawMessage(`{"type":"string"}`)}, nil); err == nil {
		t.Error("a name with a dash is taken")
	}
}

func FuzzArguments(f *testing.F) {
	all, _, err := local.Parameters(map[string]json.RawMessage{
		"s": json.RawMessage(`{"type":"string"}`), "n": json.RawMessage(`{"type":"integer","default":1}`), "l": json.RawMessage(`{"type":"array","items":{"type":"number"}}`),
	}, []string{"s"})
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{`{"s":"x"}`, `{"s":"x","n":2,"l":[1,2.5]}`, `{"s":null}`, `[]`, `{"s":"x","s":1}`, `{"n":1e3}`, ``} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, args []byte) {
		given, err := local.Arguments(all, []string{"s"}, args)
		if err != nil {
			if !errors.Is(err, local.ErrArguments) {
				t.Error(err)
			}
			return
		}
		if given["s"][0] != '"' || given["n"] == nil {
			t.Errorf("%s: %s", args, given)
		}
		for name, value := range given {
			if all[name].Fits(value) != nil {
				t.Errorf("%s: %s", name, value)
			}
		}
	})
}

// A file is read again when it is another, and remembered when it was left alone for a while.
func TestFiles(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "file")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	later := time.Now().Add(time.Hour)
	f := local.Files{Now: func() time.Time { return later }}
	seen := map[string]string{}
	for _, text := range []string{"one", "two", "three", "one"} {
		write(text)
		for range 2 {
			digest, err := f.Digest(path)
			if err != nil || !strings.HasPrefix(digest, "sha256:") || seen[text] != "" && seen[text] != digest {
				t.Fatal(digest, err)
			}
			seen[text] = digest
		}
	}
	if len(seen) != 3 {
		t.Errorf("%v", seen)
	}
	if _, err := f.Digest(filepath.Dir(path)); err == nil {
		t.Error("a folder has a digest")
	}
	if _, err := f.Digest(path + "x"); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}

// A file with the size and the time of another is told apart, even where it was only just remembered.
func TestForgedTimes(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "file")
	past := time.Now().Add(-time.Hour)
	var f local.Files
	var digests []string
	for _, text := range []string{"good", "evil"} {
		if err := errors.Join(os.WriteFile(path, []byte(text), 0o600), os.Chtimes(path, past, past)); err != nil {
			t.Fatal(err)
		}
		digest, err := f.Digest(path)
		if err != nil {
			t.Fatal(err)
		}
		digests = append(digests, digest)
	}
	if digests[0] == digests[1] {
		t.Skip("the system does not tell when a file was changed")
	}
}

func BenchmarkFiles(b *testing.B) {
	path := filepath.Join(b.TempDir(), "file")
	if err := os.WriteFile(path, make([]byte, 4<<20), 0o600); err != nil {
		b.Fatal(err)
	}
	later := time.Now().Add(time.Hour)
	f := local.Files{Now: func() time.Time { return later }}
	for b.Loop() {
		if _, err := f.Digest(path); err != nil {
			b.Fatal(err)
		}
	}
}
