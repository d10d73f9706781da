package primitives_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/mcp-kernel/mcp-kernel/modules/primitives"
)

func TestDistance(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		a, b string
		want int
	}{
		{"", "", 0},
		{"", "abc", 3},
		{"kitten", "sitting", 3},
		{"allowed_tols", "allowed_tools", 1},
		{"allwoed", "allowed", 1}, // neighbours
		{"ca", "abc", 3},          // no letter is touched twice
		{"drift", "drift", 0},
		{"drift", "DRIFT", 5},
		{strings.Repeat("a", 129), strings.Repeat("a", 129), 11}, // too long
	} {
		if got := primitives.Distance(c.a, c.b, 10); got != c.want {
			t.Errorf("%q, %q: %d, want %d", c.a, c.b, got, c.want)
		}
	}
}

func TestDistanceAllocatesNothing(t *testing.T) { //nolint:paralleltest // counts allocations
	if allocated := testing.AllocsPerRun(100, func() { primitives.Distance("allowed_tols", "allowed_tools", 4) }); allocated != 0 {
		t.Errorf("%v allocations", allocated)
	}
}

// slips is the definition, without bounds.
func slips(a, b string) int {
	switch {
	case a == "":
		return len(b)
	case b == "":
		return len(a)
	}
	least := min(slips(a[1:], b)+1, slips(a, b[1:])+1)
	if a[0] == b[0] {
		return min(least, slips(a[1:], b[1:]))
	}
	if len(a) > 1 && len(b) > 1 && a[0] == b[1] && a[1] == b[0] {
		least = min(least, slips(a[2:], b[2:])+1)
	}
	return min(least, slips(a[1:], b[1:])+1)
}

func TestDistanceIsItsDefinition(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.StringMatching(`[ab]{0,6}`)
		a, b, most := word.Draw(t, "a"), word.Draw(t, "b"), rapid.IntRange(0, 7).Draw(t, "most")
		want := min(slips(a, b), most+1)
		if got := primitives.Distance(a, b, most); got != want {
			t.Errorf("%q, %q, %d: %d, want %d", a, b, most, got, want)
		}
	})
}

func TestNearest(t *testing.T) {
	t.Parallel()
	known := []string{"kernel_execute", "policy_check", "drift_compare"}
	for word, want := range map[string]string{
		"Policy_Chekc": "policy_check", "kernel_exec": "kernel_execute", "drift": "drift_compare", "dri": "", "xyz": "", "": "", "policy_check": "policy_check",
	} {
		if got := primitives.Nearest(word, known, 3); got != want {
			t.Errorf("%q: %q, want %q", word, got, want)
		}
	}
	if got := primitives.Nearest("b", []string{"a", "c"}, 1); got != "a" {
		t.Errorf("of two that are as near: %q", got)
	}
	if primitives.Slips("abc") != 2 || primitives.Slips("abcdefghijkl") != 4 {
		t.Error("slips")
	}
}
