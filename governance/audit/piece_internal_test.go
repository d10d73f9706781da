package audit

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/mcp-kernel/mcp-kernel/governance"
)

// TestPiecesAreThoseOfTheEntry encodes entries that have some parts in common with one draft, and each with a new one.
func TestPiecesAreThoseOfTheEntry(t *testing.T) {
	t.Parallel()
	text := rapid.SampledFrom([]string{"", "a", "b", "\"", "\xff"})
	entry := rapid.Custom(func(t *rapid.T) *Entry {
		return &Entry{
			Kind:    rapid.SampledFrom([]Kind{KindDecision, KindOutcome}).Draw(t, "kind"),
			Process: text.Draw(t, "process"), PolicyDigest: text.Draw(t, "digest"),
			Policies: rapid.SliceOfN(text, 0, 2).Draw(t, "policies"),
			Caller:   governance.Caller{Principal: text.Draw(t, "principal"), Operator: rapid.Bool().Draw(t, "operator")},
			Decision: Decision{Effect: governance.Effect(rapid.SampledFrom([]int{0, 1, 99}).Draw(t, "effect")), Reason: text.Draw(t, "reason")},
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		var used draft
		for range 8 {
			var fresh draft
			e := entry.Draw(t, "entry")
			fresh.encode(e)
			if used.encode(e); string(used.b) != string(fresh.b) || used.prev != fresh.prev || used.seq != fresh.seq ||
				used.strange != fresh.strange {
				t.Fatalf("got  %s\nwant %s", used.b, fresh.b)
			}
		}
	})
}
