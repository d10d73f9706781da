package match_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mcp-kernel/mcp-kernel/governance/match"
)

// shown writes down everything that a walker shows.
func shown(w *match.Walker, doc string) ([]string, error) {
	var all []string
	err := w.Walk([]byte(doc), func(l *match.Leaf) error {
		kind := map[match.Kind]string{
			match.Key: "key", match.String: "string", match.Number: "number", match.Joined: "joined", match.Spliced: "spliced",
		}[l.Kind]
		wide := ""
		if l.Wide {
			wide = " wide"
		}
		all = append(all, fmt.Sprintf("%s %s=%q in %q%s", kind, l.Pointer(), l.Text, l.Key, wide))
		return nil
	})
	return all, err
}

func TestWalk(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, doc string
		want      []string
	}{
		{"nothing but words", `[true,false,null]`, nil},
		{"a string alone", `"a\nb"`, []string{`string ="a\nb" in ""`}},
		{"a number as written", ` -1.50e+2 `, []string{`number ="-1.50e+2" in ""`}},
		{"names stand in their object's", `{"a":{"b\u0020c":{"d":1}}}`, []string{
			`key /a="a" in ""`, `key /a/b c="b c" in "a"`, `key /a/b c/d="d" in "b c"`, `number /a/b c/d="1" in "d"`,
		}},
		{"elements stand in the array's", `{"keys":[["x"],"\u00e9"]}`, []string{
			`key /keys="keys" in ""`, `string /keys/0/0="x" in "keys"`, `string /keys/1="é" in "keys" wide`,
		}},
		{"neighbours", `{"a":"rm -","b":{"c":7},"d":"rf"}`, []string{
			`key /a="a" in ""`, `string /a="rm -" in "a"`, `key /b="b" in ""`, `key /b/c="c" in "b"`, `number /b/c="7" in "c"`,
			`key /d="d" in ""`, `string /d="rf" in "d"`, `joined ="rm - rf" in ""`, `spliced ="rm -rf" in ""`,
		}},
		{"an escaped name keeps while its value is read", `{"\u0061":["\u0062","\n"]}`, []string{
			`key /a="a" in ""`, `string /a/0="b" in "a"`, `string /a/1="\n" in "a"`, `joined /a="b \n" in "a"`, `spliced /a="b\n" in "a"`,
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := match.Walker{Neighbours: true}
			for range 2 { // the second time with what the first has left
				got, err := shown(&w, tt.doc)
				if diff := cmp.Diff(tt.want, got); diff != "" || err != nil {
					t.Errorf("%v\n%s", err, diff)
				}
			}
		})
	}
}

func TestWalkShowsEndsOfLongNeighbours(t *testing.T) {
	t.Parallel()
	long := "é" + strings.Repeat("x", match.Window-3) + "é" + strings.Repeat("y", match.Window) + "é"
	var joined []string
	w := match.Walker{Neighbours: true}
	err := w.Walk([]byte(`["a","`+long+`","b"]`), func(l *match.Leaf) error {
		if l.Kind == match.Joined {
			joined = append(joined, string(l.Text))
		}
		return nil
	})
	want := []string{
		"a é" + strings.Repeat("x", match.Window-3) + "é",
		strings.Repeat("y", match.Window-2) + "é b",
	}
	if diff := cmp.Diff(want, joined); diff != "" || err != nil {
		t.Errorf("%v\n%s", err, diff)
	}
}

func TestWalkStopsWithTheVisitorsError(t *testing.T) {
	t.Parallel()
	enough := errors.New("enough")
	visits := 0
	err := match.Walk([]byte(`{"a":{"b":1}}`), func(*match.Leaf) error {
		visits++
		return enough
	})
	if !errors.Is(err, enough) || visits != 1 {
		t.Errorf("Walk = %v after %d visits", err, visits)
	}
}

func TestWalkDoesNotAllocate(t *testing.T) {
	if testing.Short() {
		t.Skip("counts what the whole process allocates")
	}
	w := match.Walker{Neighbours: true}
	doc, visit := []byte(arguments), func(*match.Leaf) error { return nil }
	if got := testing.AllocsPerRun(100, func() { _ = w.Walk(doc, visit) }); got != 0 {
		t.Errorf("%v allocations", got)
	}
}

func BenchmarkWalk(b *testing.B) {
	for name, doc := range map[string][]byte{"300B": []byte(arguments), "64KiB": page()} {
		b.Run(name, func(b *testing.B) {
			w := match.Walker{Neighbours: true}
			b.SetBytes(int64(len(doc)))
			b.ReportAllocs()
			for b.Loop() {
				if err := w.Walk(doc, func(*match.Leaf) error { return nil }); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
