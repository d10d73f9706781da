package cmvk_test

import (
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/mcp-kernel/mcp-kernel/modules/cmvk"
)

// lawful checks what holds for any drift: its range, and that turning the inputs round turns only the sides.
func lawful(t rapid.TB, d, turned cmvk.Drift) {
	t.Helper()
	if d.Score != turned.Score || d.Dimensions != turned.Dimensions || d.Found != turned.Found || len(d.Changes) != len(turned.Changes) {
		t.Errorf("not symmetric: %+v and %+v", d, turned)
		return
	}
	for _, part := range []float64{d.Score, d.Dimensions.Lexical, d.Dimensions.Numeric, d.Dimensions.Negation, d.Dimensions.Entity, d.Dimensions.Structure} {
		if math.IsNaN(part) || part < 0 || part > 1 {
			t.Errorf("out of range: %+v", d)
		}
	}
	for i, c := range d.Changes {
		o := turned.Changes[i]
		o.A, o.B, o.AtA, o.AtB = o.B, o.A, o.AtB, o.AtA
		o.What = c.What
		if c != o {
			t.Errorf("change %d is %+v, and turned round %+v", i, c, o)
		}
	}
}

// Sentences of words that the rules are about meet more of them than bytes at random.
func TestTextIsLawful(t *testing.T) {
	t.Parallel()
	word := rapid.SampledFrom([]string{
		"not", "no", "never", "safe", "unsafe", "allowed", "forbidden", "kind", "unkind", "Alice", "Bob", "Carol", "paid", "saw", "and",
		"by", "to", "from", "the", "only", "5 mg", "50 mg", "2 g", "$5", "seven", "GPT-4", ",", ".", "\n", "tide", "diet",
	})
	rapid.Check(t, func(r *rapid.T) {
		a := strings.Join(rapid.SliceOfN(word, 0, 20).Draw(r, "a"), " ")
		b := strings.Join(rapid.SliceOfN(word, 0, 20).Draw(r, "b"), " ")
		d, err := cmvk.Text(a, b, cmvk.Options{})
		if err != nil {
			r.Fatal(err)
		}
		turned, err := cmvk.Text(b, a, cmvk.Options{})
		if err != nil {
			r.Fatal(err)
		}
		lawful(r, d, turned)
	})
}

func FuzzText(f *testing.F) {
	for _, seed := range [][2]string{
		{"The drug is safe.", "The drug is not safe."},
		{"5 mg", "-5,000.0e3 kg/l"},
		{"", "\xff\xfe"},
		{"can't won't", "日本 7°C"},
		{"Alice paid Bob", "Bob, Alice and Carol"},
		{"1.2.3 2024-05-01 10:30 a@b.c", "$5M twenty-five not only no. 5"},
		{"1e999", "9e-999"},
	} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		d, err := cmvk.Text(a, b, cmvk.Options{})
		if err != nil {
			t.Skip()
		}
		turned, err := cmvk.Text(b, a, cmvk.Options{})
		if err != nil {
			t.Fatal(err)
		}
		lawful(t, d, turned)
		for _, c := range d.Changes {
			if c.AtA > len(a) || c.AtB > len(b) {
				t.Errorf("%+v is outside of %q or %q", c, a, b)
			}
		}
	})
}

func FuzzJSON(f *testing.F) {
	for _, seed := range [][2]string{
		{`{"a":1}`, `{"a":"x","b":[null]}`},
		{`[1,2,3]`, `[1,9,2,3,4]`},
		{`[{"id":1},{"id":2}]`, `[{"id":2},{"id":1},{"id":3}]`},
		{`{"\u00e9~/":"\"q\""}`, `{"\ue000":1,"😀":2}`},
		{`1e308`, `-1e308`},
		{`[[[]]]`, `"\\"`},
	} {
		f.Add([]byte(seed[0]), []byte(seed[1]))
	}
	f.Fuzz(func(t *testing.T, a, b []byte) {
		for _, compare := range []func([]byte, []byte, cmvk.Options) (cmvk.Drift, error){cmvk.JSON, cmvk.Shape} {
			d, err := compare(a, b, cmvk.Options{})
			if err != nil {
				continue
			}
			turned, err := compare(b, a, cmvk.Options{})
			if err != nil {
				t.Fatal(err)
			}
			lawful(t, d, turned)
			if same, err := compare(a, a, cmvk.Options{}); err != nil || same.Score != 0 {
				t.Errorf("drift from itself: %+v %v", same, err)
			}
		}
	})
}
