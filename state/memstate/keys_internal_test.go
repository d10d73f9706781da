package memstate

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// TestKeys compares the chunks with a sorted slice, with enough keys for chunks to split and to empty.
func TestKeys(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		var chunked keys
		var plain []string
		draw := rapid.StringOfN(rapid.RuneFrom([]rune("abcdefgh")), 1, 5, -1)
		least := rapid.SampledFrom([]int{0, 2 * chunkSize}).Draw(r, "least")
		for _, key := range rapid.SliceOfNDistinct(draw, least, 4*chunkSize, rapid.ID).Draw(r, "keys") {
			at, _ := slices.BinarySearch(plain, key)
			plain = slices.Insert(plain, at, key)
			chunked.add(key)
		}
		for range rapid.IntRange(0, len(plain)).Draw(r, "removed") {
			at := rapid.IntRange(0, len(plain)-1).Draw(r, "at")
			chunked.remove(plain[at])
			plain = slices.Delete(plain, at, at+1)
		}
		after := rapid.StringOfN(rapid.RuneFrom([]rune("abcdefghi")), 0, 5, -1).Draw(r, "after")
		first, found := slices.BinarySearch(plain, after)
		if found {
			first++
		}
		if got := slices.Collect(chunked.after(after)); !slices.Equal(got, plain[first:]) {
			r.Errorf("after %q: %q, want %q", after, got, plain[first:])
		}
		for _, chunk := range chunked.chunks {
			if len(chunk) == 0 || len(chunk) > chunkSize {
				r.Errorf("a chunk has %d keys", len(chunk))
			}
		}
	})
}
