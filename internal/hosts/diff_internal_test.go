package hosts

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// A diff has all lines of both texts, in their order, and its hunks are where they say.
func TestUnified(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.Custom(func(t *rapid.T) string {
			return strings.Join(rapid.SliceOfN(rapid.SampledFrom([]string{"a\n", "b\n", "c\n", "d\n"}), 0, 30).Draw(t, "lines"), "")
		})
		a, b := text.Draw(t, "a"), text.Draw(t, "b")
		diff := unified(a, b, "a", "b")
		if (diff == "") != (a == b) {
			t.Fatalf("%q and %q: %q", a, b, diff)
		}
		if got := patched(t, a, diff); diff != "" && got != b {
			t.Fatalf("%q becomes %q, not %q, by\n%s", a, got, b, diff)
		}
	})
}

// patched applies a diff as strictly as can be.
func patched(t *rapid.T, text, diff string) string {
	old := strings.SplitAfter(text, "\n")
	var b strings.Builder
	at := 0
	for _, l := range strings.SplitAfter(diff, "\n") {
		switch {
		case strings.HasPrefix(l, "--- "), strings.HasPrefix(l, "+++ "), l == "":
		case strings.HasPrefix(l, "@@ -"):
			var from, n int
			for _, r := range l[len("@@ -"):strings.IndexByte(l, ',')] {
				from = from*10 + int(r-'0')
			}
			for _, r := range l[strings.IndexByte(l, ',')+1 : strings.Index(l, " +")] {
				n = n*10 + int(r-'0')
			}
			if n > 0 {
				from--
			}
			for ; at < from; at++ {
				b.WriteString(old[at])
			}
		case l[0] == '+':
			b.WriteString(l[1:])
		default:
			if at >= len(old) || old[at] != l[1:] {
				t.Fatalf("line %d is not %q", at, l)
			}
			if at++; l[0] == ' ' {
				b.WriteString(l[1:])
			}
		}
	}
	return b.String() + strings.Join(old[at:], "")
}
