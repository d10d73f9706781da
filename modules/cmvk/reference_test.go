package cmvk_test

import (
	"strings"
	"testing"

	"github.com/mcp-kernel/mcp-kernel/modules/cmvk"
)

// The pairs on which the reference's drift was measured to be wrong, at its own threshold of 0.3.
func TestTextWhereTheReferenceErrs(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("the system reads the request and then stores the record in the table ", 6)
	general, err := cmvk.ProfileOf("")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, a, b string
		passes     bool
	}{
		{"renamed parameters", "def add(a, b): return a + b", "def add(x, y): return x + y", true},
		{"negation", "The drug is safe for children under twelve years of age.", "The drug is not safe for children under twelve years of age.", false},
		{"dose", "Take 5 mg of the tablet twice daily with water after meals.", "Take 50 mg of the tablet twice daily with water after meals.", false},
		{"roles", "Alice paid Bob 100 dollars on Monday", "Bob paid Alice 100 dollars on Monday", false},
		{"case", "The Quick Brown Fox Jumps", "THE QUICK BROWN FOX JUMPS", true},
		{"key order as text", `{"a": 1, "b": 2, "c": 3}`, `{"c": 3, "b": 2, "a": 1}`, true},
		{"one word of many", long, "one" + strings.TrimPrefix(long, "the"), true},
		// A paraphrase shares no words. No lexical method can pass it and also fail an answer to another question.
		{"paraphrase", "The cat sat on the mat.", "A feline was resting upon the rug.", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d, err := cmvk.Text(c.a, c.b, cmvk.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if general.Passed(d.Score) != c.passes {
				t.Errorf("score %.3f %+v, want passed = %v", d.Score, d.Dimensions, c.passes)
			}
		})
	}
}
