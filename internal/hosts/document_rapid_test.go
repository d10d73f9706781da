package hosts_test

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/mcp-kernel/mcp-kernel/internal/hosts"
)

// gap draws what may stand between two parts of a text.
func gap(t *rapid.T, end string) string {
	piece := rapid.SampledFrom([]string{"", "", " ", "  ", "\t", end, end + "  ", "/* c */", "/*,}*/", "// c" + end, "//" + end + "\t"})
	return strings.Join(rapid.SliceOfN(piece, 0, 3).Draw(t, "gap"), "")
}

// text draws a document with comments in all places. Names do not contain "new".
func text(t *rapid.T, depth int, end string) string {
	kinds := []string{"1", "true", `"x\" // {"`, "-1.5e3", "null"}
	kind := rapid.IntRange(0, len(kinds)+2).Draw(t, "kind")
	if depth < 1 && kind < len(kinds) {
		return kinds[kind]
	}
	if depth < -3 {
		return "0"
	}
	open, stop := "{", "}"
	if depth < 1 && kind == len(kinds) {
		open, stop = "[", "]"
	}
	var b strings.Builder
	b.WriteString(open)
	n := rapid.IntRange(0, 3).Draw(t, "items")
	for i := range n {
		b.WriteString(gap(t, end))
		if open == "{" {
			b.WriteString(`"` + string(rune('a'+i)) + `"` + gap(t, end) + ":" + gap(t, end))
		}
		b.WriteString(text(t, depth-1, end) + gap(t, end))
		if i < n-1 || rapid.Bool().Draw(t, "comma behind the last") {
			b.WriteString(",")
		}
	}
	if n > 0 || rapid.Bool().Draw(t, "comment in an empty one") {
		b.WriteString(gap(t, end))
	}
	b.WriteString(stop)
	return b.String()
}

// What was set and removed leaves no trace; only an object of spaces becomes one without.
func TestSetThenRemoveIsNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		end := rapid.SampledFrom([]string{"\n", "\r\n"}).Draw(t, "end")
		before := gap(t, end) + text(t, 2, end) + gap(t, end)
		if rapid.Bool().Draw(t, "mark") {
			before = "\xef\xbb\xbf" + before
		}
		d, err := hosts.Parse([]byte(before))
		if err != nil {
			t.Fatal(err)
		}
		path := place(t, d)
		if blank := d.Raw(path[:len(path)-1]...); strings.TrimSpace(strings.Trim(blank, "{}[]")) == "" && len(blank) > 2 {
			t.Skip("an object of spaces")
		}
		if err := d.Set(entry(), path...); err != nil {
			t.Fatalf("%q: %v", before, err)
		}
		within(t, d, path)
		if path[len(path)-1] == hosts.End {
			names := d.Names(path[:len(path)-1]...)
			path[len(path)-1] = names[len(names)-1]
		}
		if was, err := d.Remove(path...); !was || err != nil {
			t.Fatalf("%s: %v, %v", d.Bytes(), was, err)
		}
		if got := string(d.Bytes()); got != before {
			t.Fatalf("got\n%q\nwant\n%q", got, before)
		}
	})
}

// Whatever is removed, the rest means what it meant.
func TestRemoveLeavesTheRest(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d, err := hosts.Parse([]byte(text(t, 2, "\n")))
		if err != nil {
			t.Fatal(err)
		}
		var want map[string]any
		if _, err := d.Decode(&want); err != nil {
			t.Fatal(err)
		}
		names := d.Names()
		if len(names) == 0 {
			t.Skip("nothing to remove")
		}
		name := rapid.SampledFrom(names).Draw(t, "name")
		delete(want, name)
		if _, err := d.Remove(name); err != nil {
			t.Fatal(err)
		}
		var got map[string]any
		if err := json.Unmarshal(d.JSON(), &got); err != nil {
			t.Fatalf("%s: %v", d.Bytes(), err)
		}
		a, _ := json.Marshal(got)
		b, _ := json.Marshal(want)
		if !bytes.Equal(a, b) {
			t.Fatalf("got %s, want %s", a, b)
		}
	})
}

// place draws an object or an array of the document, and a name that it has not.
func place(t *rapid.T, d *hosts.Document) []string {
	var path []string
	for {
		names := slices.DeleteFunc(d.Names(path...), func(name string) bool {
			raw := d.Raw(append(slices.Clone(path), name)...)
			return raw[0] != '{' && raw[0] != '['
		})
		if len(names) == 0 || rapid.Bool().Draw(t, "here") {
			break
		}
		path = append(path, rapid.SampledFrom(names).Draw(t, "into"))
	}
	if d.Raw(path...)[0] == '[' {
		return append(path, hosts.End)
	}
	return append(path, "new")
}

// within holds a document to having our entry, and to being JSON.
func within(t *rapid.T, d *hosts.Document, path []string) {
	if !json.Valid(d.JSON()) {
		t.Fatalf("%s is not valid", d.Bytes())
	}
	at := slices.Clone(path)
	if names := d.Names(path[:len(path)-1]...); at[len(at)-1] == hosts.End {
		at[len(at)-1] = names[len(names)-1]
	}
	var got launch
	if ok, err := d.Decode(&got, at...); !ok || err != nil || got.Command != entry().Command {
		t.Fatalf("%s has %+v, %v, %v at %v", d.Bytes(), got, ok, err, at)
	}
}

// FuzzDocument: whatever it is given, a document does not panic, agrees with encoding/json where there are no comments, and what it writes parses.
func FuzzDocument(f *testing.F) {
	for _, seed := range []string{
		`{}`, `{"a":{"b":1}}`, "{\n  // c\n  \"a\": [1, 2,], /* d */\n}", "\xef\xbb\xbf{ }", `{"a":1,"a":2}`, `[[[`, "// x", "{\"a\": 1 // x\n}", `"\ud800"`, `{"s": "a\"b"}`, "{\r\n\t\"a\": 1,\r\n}",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		d, err := hosts.Parse(text)
		if err != nil {
			if json.Valid(text) && bytes.Count(text, []byte("[")) < 500 && bytes.Count(text, []byte("{")) < 500 {
				t.Fatalf("%q is JSON: %v", text, err)
			}
			return
		}
		if !json.Valid(d.JSON()) {
			t.Fatalf("%q is not valid as %q", text, d.JSON())
		}
		for _, path := range [][]string{{"new"}, {"a", "new"}, {"a", hosts.End}} {
			before := slices.Clone(d.Bytes())
			if d.Set(entry(), path...) != nil {
				if !bytes.Equal(before, d.Bytes()) {
					t.Fatalf("%q has become %q by what failed", before, d.Bytes())
				}
				continue
			}
			if _, err := hosts.Parse(d.Bytes()); err != nil || !json.Valid(d.JSON()) {
				t.Fatalf("%q: %v", d.Bytes(), err)
			}
			if _, err := d.Remove(path[0]); err != nil {
				t.Fatalf("%q: %v", d.Bytes(), err)
			}
		}
	})
}
