package primitives_test

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/mcp-kernel/mcp-kernel/modules/primitives"
)

// Documents of the kind that calls have: sorted as the kernel writes them, and as clients do.
const (
	sorted   = `{"action":"file_write","context":{"execution":"x-123","policies":["a","b"]},"params":{"content":"The quick brown fox jumps over the lazy dog, again and again until the sun goes down.","mode":"overwrite","n":[1,2,3,4,5,6.5],"path":"work:notes/a.txt"},"z":true}`
	unsorted = `{"path": "work:notes/a.txt", "mode": "overwrite", "context": {"policies": ["b", "a"], "execution": "x-123"}, "content": "The quick\nbrown \"fox\"\njumps over the lazy dog, again and again until the sun goes down.", "a\n\"b\"": 1E2}`
)

// What a Canonicalizer read before, and how it ended, is no part of what it reads next.
func TestCanonicalizerForgets(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var c primitives.Canonicalizer
		for range rapid.IntRange(1, 8).Draw(t, "documents") {
			_, text := document(t, 0)
			cut := rapid.IntRange(len(text)/2, 2*len(text)).Draw(t, "cut")
			raw := []byte(text[:min(cut, len(text))])
			want, wantErr := primitives.AppendCanonical([]byte("before"), raw)
			got, err := c.Append([]byte("before"), raw)
			if !bytes.Equal(got, want) || fmt.Sprint(err) != fmt.Sprint(wantErr) {
				t.Fatalf("%s becomes %s, %v; alone it becomes %s, %v", raw, got, err, want, wantErr)
			}
		}
	})
}

// More members than a Canonicalizer holds in itself, and more than it keeps.
func TestCanonicalizerSortsLargeObjects(t *testing.T) {
	t.Parallel()
	var c primitives.Canonicalizer
	for _, n := range []int{1, 15, 16, 17, 18, 63, 64, 65, 5000, 3} {
		var in, want []string
		for i := range n {
			in = append(in, fmt.Sprintf(`"\u006b%06d":{"b":%d,"a":0}`, n-i, n-i))
			want = append(want, fmt.Sprintf(`"k%06d":{"a":0,"b":%d}`, i+1, i+1))
		}
		got, err := c.Append(nil, []byte("{"+strings.Join(in, " , ")+"}"))
		if err != nil || string(got) != "{"+strings.Join(want, ",")+"}" {
			t.Errorf("%d members: got %.200s, %v", n, got, err)
		}
	}
}

func TestEscapesAreTheShortest(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, in, want string }{
		{"already", `"\"\\\b\f\n\r\t"`, `"\"\\\b\f\n\r\t"`},
		{"longer", `"\u0022\u005C\u0008\u000c\u000A\u000d\u0009\/"`, `"\"\\\b\f\n\r\t/"`},
		{"control", `"\u0000\u001F\u007f"`, `"\u0000\u001f` + "\x7f" + `"`},
		{"among text", `"seven77\u0041eight888\neight888\u00e9"`, `"seven77Aeight888\neight888é"`},
		{"bytes beyond ASCII are no marks", `"` + strings.Repeat("¢", 9) + `\u0020"`, `"` + strings.Repeat("¢", 9) + ` "`},
		{"keys are sorted by what they mean", `{"\u0062":1,"a\nb":2,"a\u0000":3,"\"":4}`, `{"\"":4,"a\u0000":3,"a\nb":2,"b":1}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got, err := primitives.Canonical([]byte(c.in)); err != nil || string(got) != c.want {
				t.Errorf("got  %s, %v\nwant %s", got, err, c.want)
			}
		})
	}
}

// Most numbers are found canonical by their looks. They must be what their doubles are printed as.
func TestNumbersAreTheShortest(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`-?(0|[1-9][0-9]{0,16})(\.(0{0,8}[0-9]{1,16}))?([eE][-+]?[0-9]{1,2})?`).Draw(t, "number")
		f, err := strconv.ParseFloat(text, 64)
		if err != nil {
			t.Skip()
		}
		want := string(primitives.AppendNumber(nil, f))
		got, err := primitives.Canonical([]byte(text))
		if err != nil && !strings.ContainsAny(text, ".eE") && strings.Trim(want, "-") != strings.Trim(text, "-") {
			return // an integer that would be printed as another
		}
		if err != nil || string(got) != want {
			t.Fatalf("%s becomes %s, %v; want %s", text, got, err, want)
		}
	})
}

// TestCanonicalAllocations is not parallel: it counts what the whole process allocates.
func TestCanonicalAllocations(t *testing.T) {
	var c primitives.Canonicalizer
	large := []byte(`[` + strings.Repeat(unsorted+",", 100) + sorted + `]`)
	dst := make([]byte, 0, 3*len(large))
	for name, tt := range map[string]struct {
		raw  []byte
		form func(dst, raw []byte) ([]byte, error)
	}{
		"sorted":           {[]byte(sorted), primitives.AppendCanonical},
		"scalars":          {[]byte(`[1,2.50,1e-9,9007199254740992,"\u0041"]`), primitives.AppendCanonical},
		"unsorted":         {[]byte(`{"b":1,"a":{"d":[],"c":{}}}`), primitives.AppendCanonical},
		"sorted, reused":   {[]byte(sorted), c.Append},
		"unsorted, reused": {[]byte(unsorted), c.Append},
		"large, reused":    {large, c.Append},
	} {
		run := func() {
			if _, err := tt.form(dst, tt.raw); err != nil {
				t.Error(err)
			}
		}
		if got := testing.AllocsPerRun(100, run); got > 0 {
			t.Errorf("%s: %v allocations", name, got)
		}
	}
}

func BenchmarkCanonicalizer(b *testing.B) {
	text := primitives.AppendString(nil, strings.Repeat("Line after line, \"quoted\" and not.\n", 120))
	for name, raw := range map[string]string{"sorted": sorted, "unsorted": unsorted, "text": `{"text":` + string(text) + `}`} {
		b.Run(name, func(b *testing.B) {
			var c primitives.Canonicalizer
			in, out := []byte(raw), make([]byte, 0, 2*len(raw))
			b.SetBytes(int64(len(raw)))
			b.ReportAllocs()
			for b.Loop() {
				out, _ = c.Append(out[:0], in)
			}
		})
	}
}
