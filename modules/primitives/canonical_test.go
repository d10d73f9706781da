package primitives_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/mcp-kernel/mcp-kernel/modules/primitives"
)

func TestCanonical(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, in, want string }{
		{"scalars", ` [ null , true,false, "" ] `, `[null,true,false,""]`},
		{"members are sorted", `{"b":1,"a":{"d":[],"c":{}}}`, `{"a":{"c":{},"d":[]},"b":1}`},
		{
			"RFC 8785 3.2.3: order of UTF-16 code units",
			`{"\u20ac":"Euro Sign","\r":"Carriage Return","\ufb33":"Hebrew Letter Dalet With Dagesh","1":"One","\ud83d\ude00":"Emoji: Grinning Face","\u0080":"Control","\u00f6":"Latin Small Letter O With Diaeresis"}`,
			"{\"\\r\":\"Carriage Return\",\"1\":\"One\",\"\u0080\":\"Control\",\"ö\":\"Latin Small Letter O With Diaeresis\",\"€\":\"Euro Sign\",\"😀\":\"Emoji: Grinning Face\",\"\ufb33\":\"Hebrew Letter Dalet With Dagesh\"}",
		},
		{
			"RFC 8785 3.2.2: numbers and escapes",
			`{"numbers":[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001],"string":"\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/","literals":[null,true,false]}`,
			"{\"literals\":[null,true,false],\"numbers\":[333333333.3333333,1e+30,4.5,0.002,1e-27],\"string\":\"€$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"}",
		},
		{"whole numbers", `[0,-0,10,9007199254740992,100000000000000000000,1000000000000000000000,1.0,1e2]`, `[0,0,10,9007199254740992,100000000000000000000,1e+21,1,100]`},
		{"fractions", `[0.000001,0.0000001,-0.0,0.10,-1.25,100.500,0.1234567890123456789,123456789012.345,123456789012345.678]`, `[0.000001,1e-7,0,0.1,-1.25,100.5,0.12345678901234568,123456789012.345,123456789012345.67]`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := primitives.Canonical([]byte(c.in))
			if err != nil || string(got) != c.want {
				t.Errorf("got  %s, %v\nwant %s", got, err, c.want)
			}
		})
	}
}

// The figures of RFC 8785 appendix B.
func TestAppendNumber(t *testing.T) {
	t.Parallel()
	for bits, want := range map[uint64]string{
		0x0000000000000000: "0", 0x8000000000000000: "0", 0x0000000000000001: "5e-324", 0x8000000000000001: "-5e-324",
		0x7fefffffffffffff: "1.7976931348623157e+308", 0xffefffffffffffff: "-1.7976931348623157e+308",
		0x4340000000000000: "9007199254740992", 0xc340000000000000: "-9007199254740992",
		0x4430000000000000: "295147905179352830000", 0x44b52d02c7e14af5: "9.999999999999997e+22",
		0x44b52d02c7e14af6: "1e+23", 0x44b52d02c7e14af7: "1.0000000000000001e+23", 0x444b1ae4d6e2ef4e: "999999999999999700000",
		0x444b1ae4d6e2ef4f: "999999999999999900000", 0x444b1ae4d6e2ef50: "1e+21", 0x3eb0c6f7a0b5ed8c: "9.999999999999997e-7",
		0x3eb0c6f7a0b5ed8d: "0.000001", 0x41b3de4355555553: "333333333.3333332", 0x41b3de4355555557: "333333333.33333343",
		0xbecbf647612f3696: "-0.0000033333333333333333", 0x43143ff3c1cb0959: "1424953923781206.2",
		0x7fffffffffffffff: "null", 0x7ff0000000000000: "null",
	} {
		if got := string(primitives.AppendNumber(nil, math.Float64frombits(bits))); got != want {
			t.Errorf("%016x: got %s, want %s", bits, got, want)
		}
	}
}

func TestCanonicalRefuses(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat("[", primitives.MaxDepth+1)
	for _, c := range []struct {
		name, in string
		at       int
		problem  string
	}{
		{"nothing", ``, 0, "unexpected end"},
		{"two values", `1 2`, 2, "unexpected text behind the value"},
		{"repeated key", `{"a":1,"a":2}`, 0, `key "a" is repeated in the object`},
		{"repeated key, apart", ` {"b":1,"a":2,"b":3}`, 1, `key "b" is repeated in the object`},
		{"repeated key, escaped", `{"a":1,"\u0061":2}`, 0, `key "a" is repeated in the object`},
		{"integer that would be rounded", `{"n":9007199254740993}`, 5, "number that cannot be held exactly"},
		{"integer that is printed as another", `1170000000009999872`, 0, "number that cannot be held exactly"},
		{"power of two that is printed as another", `1180591620717411303424`, 0, "number that cannot be held exactly"},
		{"out of range", `[1e400]`, 1, "number that cannot be held exactly"},
		{"lone surrogate", `"\ud800x"`, 2, "lone surrogate"},
		{"trailing comma", `[1,]`, 3, "unexpected character"},
		{"trailing comma in an object", `{"a":1,}`, 7, "expected a key"},
		{"control character", "\"a\nb\"", 2, "control character in a string"},
		{"invalid UTF-8", "\"a\xff\"", 2, "invalid UTF-8"},
		{"leading zero", `01`, 1, "unexpected text behind the value"},
		{"too deep", deep, primitives.MaxDepth, "nesting deeper than 512"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dst := []byte("kept")
			got, err := primitives.AppendCanonical(dst, []byte(c.in))
			var fault *primitives.SyntaxError
			if !errors.As(err, &fault) || fault.Offset != c.at || fault.Problem != c.problem {
				t.Errorf("got %v, want %q at byte %d", err, c.problem, c.at)
			}
			if string(got) != "kept" {
				t.Errorf("dst came back as %q", got)
			}
		})
	}
}

// Whatever order the members of nested objects stand in, the form is the same.
func TestCanonicalForgetsTheOrderOfMembers(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		one, other := document(t, 0)
		a, errA := primitives.Canonical([]byte(one))
		b, errB := primitives.AppendCanonical([]byte("before"), []byte(other))
		if err := errors.Join(errA, errB); err != nil {
			t.Fatal(err)
		}
		if string(b) != "before"+string(a) {
			t.Fatalf("%s\nbecomes %s,\n%s\nbecomes %s", one, a, other, b)
		}
		if again, err := primitives.Canonical(a); err != nil || !bytes.Equal(a, again) {
			t.Fatalf("%s is not stable: %s, %v", a, again, err)
		}
	})
}

// document draws one value and writes it twice, with the members in different orders.
func document(t *rapid.T, depth int) (one, other string) {
	const scalar, array = 0, 1
	kind := rapid.IntRange(scalar, 3).Draw(t, "kind")
	if kind == scalar || depth > 4 {
		text := string(primitives.AppendString(nil, rapid.String().Draw(t, "text")))
		return text, text
	}
	if kind == array {
		one, other := document(t, depth+1)
		return "[1," + one + "]", "[ 1.0 , " + other + "]"
	}
	keys := rapid.SliceOfNDistinct(rapid.StringN(0, 3, -1), 0, 5, rapid.ID).Draw(t, "keys")
	ones, others := make([]string, len(keys)), make([]string, len(keys))
	order := rapid.Permutation(keys).Draw(t, "order")
	for i, key := range keys {
		text := string(primitives.AppendString(nil, key)) + ":"
		value, again := document(t, depth+1)
		ones[i], others[slices.Index(order, key)] = text+value, text+again
	}
	return "{" + strings.Join(ones, ",") + "}", "{" + strings.Join(others, ",") + "}"
}

// Objects that nest in the wrong order would cost depth times length if each moved its text.
func TestCanonicalSortsNestedObjects(t *testing.T) {
	t.Parallel()
	const depth = primitives.MaxDepth
	in := strings.Repeat(`{"b":1,"a":`, depth) + "0" + strings.Repeat("}", depth)
	want := strings.Repeat(`{"a":`, depth) + "0" + strings.Repeat(`,"b":1}`, depth)
	if got, err := primitives.Canonical([]byte(in)); err != nil || string(got) != want {
		t.Errorf("got %.80s…, %v", got, err)
	}
}

func BenchmarkCanonicalNestedUnsorted(b *testing.B) {
	const depth = primitives.MaxDepth
	in := []byte(strings.Repeat(`{"b":1,"a":`, depth) + `"` + strings.Repeat("x", 1<<20) + `"` + strings.Repeat("}", depth))
	b.SetBytes(int64(len(in)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := primitives.Canonical(in); err != nil {
			b.Fatal(err)
		}
	}
}

func FuzzCanonical(f *testing.F) {
	for _, seed := range []string{`{"b":[1,2.5,"x"],"a":null}`, `"\ud83d\ude00"`, `1e-7`, `117000000001e7`, `{"":{}}`, `[[],{}]`, "\"\xff\""} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		var c primitives.Canonicalizer
		_, _ = c.Append(nil, []byte(`{"\n":0,"b":[{"a`))
		once, err := primitives.Canonical(raw)
		if again, fault := c.Append(nil, raw); fmt.Sprint(err) != fmt.Sprint(fault) || err == nil && !bytes.Equal(once, again) {
			t.Fatalf("%q becomes %q, %v; in used memory %q, %v", raw, once, err, again, fault)
		}
		if err != nil {
			return
		}
		twice, err := primitives.Canonical(once)
		if err != nil || !bytes.Equal(once, twice) {
			t.Fatalf("not stable: %q becomes %q, %v", once, twice, err)
		}
		var before, after any
		if err := errors.Join(json.Unmarshal(raw, &before), json.Unmarshal(once, &after)); err != nil {
			t.Fatalf("%q is accepted, but not by encoding/json: %v", raw, err)
		}
		if !reflect.DeepEqual(before, after) {
			t.Fatalf("%q means %v, its form %q means %v", raw, before, once, after)
		}
	})
}

func BenchmarkAppendCanonical(b *testing.B) {
	raw := []byte(sorted)
	out := make([]byte, 0, 1024)
	b.SetBytes(int64(len(raw)))
	b.ReportAllocs()
	for b.Loop() {
		out, _ = primitives.AppendCanonical(out[:0], raw)
	}
}
