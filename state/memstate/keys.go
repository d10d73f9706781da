package memstate

import (
	"iter"
	"slices"
	"sort"
)

// chunkSize is the most that one insertion moves.
const chunkSize = 256

// keys is a sorted set of strings, in chunks so that an insertion moves little and a listing may begin anywhere.
type keys struct{ chunks [][]string }

// chunk returns the place of the chunk in which a key is, or would be.
func (k *keys) chunk(key string) int {
	return max(0, sort.Search(len(k.chunks), func(i int) bool { return k.chunks[i][0] > key })-1)
}

// add puts in a key that is not there yet.
func (k *keys) add(key string) {
	if len(k.chunks) == 0 {
		k.chunks = [][]string{{key}}
		return
	}
	i := k.chunk(key)
	at, _ := slices.BinarySearch(k.chunks[i], key)
	grown := slices.Insert(k.chunks[i], at, key)
	k.chunks[i] = grown
	if half := len(grown) / 2; len(grown) > chunkSize {
		k.chunks[i] = slices.Clone(grown[:half])
		k.chunks = slices.Insert(k.chunks, i+1, slices.Clone(grown[half:]))
	}
}

// remove takes out a key that is there.
func (k *keys) remove(key string) {
	i := k.chunk(key)
	at, _ := slices.BinarySearch(k.chunks[i], key)
	k.chunks[i] = slices.Delete(k.chunks[i], at, at+1)
	if len(k.chunks[i]) == 0 {
		k.chunks = slices.Delete(k.chunks, i, i+1)
	}
}

// after yields the keys greater than one, in order.
func (k *keys) after(key string) iter.Seq[string] {
	return func(yield func(string) bool) {
		if len(k.chunks) == 0 {
			return
		}
		first := k.chunk(key)
		for i, chunk := range k.chunks[first:] {
			at := 0
			if i == 0 {
				at = sort.Search(len(chunk), func(i int) bool { return chunk[i] > key })
			}
			for _, found := range chunk[at:] {
				if !yield(found) {
					return
				}
			}
		}
	}
}
