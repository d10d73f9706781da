package main

import (
	"math/rand/v2"
	"strings"
)

// The alphabets that tokens are made of.
const (
	digits    = "0123456789"
	lower     = "abcdefghijklmnopqrstuvwxyz"
	upper     = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	hexLower  = "0123456789abcdef"
	hexUpper  = "0123456789ABCDEF"
	alnum     = digits + upper + lower
	alnumLow  = digits + lower
	base64URL = alnum + "-_"
	base64Std = alnum + "+/"
	base32    = upper + "234567"
)

// A source of numbers that are the same on every run.
type dice struct{ *rand.Rand }

// newDice returns dice for one set; each set has its own, so that one does not shift another.
func newDice(name string) dice {
	var seed uint64 = 14695981039346656037
	for _, b := range []byte(name) {
		seed = (seed ^ uint64(b)) * 1099511628211
	}
	return dice{rand.New(rand.NewPCG(seed, 20260401))}
}

// str returns n characters of an alphabet.
func (d dice) str(n int, alphabet string) string {
	var b strings.Builder
	for range n {
		b.WriteByte(alphabet[d.IntN(len(alphabet))])
	}
	return b.String()
}

// bytes returns n bytes.
func (d dice) bytes(n int) []byte {
	out := make([]byte, n)
	for i := range out {
		out[i] = byte(d.IntN(256))
	}
	return out
}

// pick returns one of the items.
func pick[T any](d dice, items []T) T { return items[d.IntN(len(items))] }

// uuid returns a random UUID of version 4.
func (d dice) uuid() string {
	h := d.str(32, hexLower)
	return h[:8] + "-" + h[8:12] + "-4" + h[13:16] + "-" + pick(d, []string{"8", "9", "a", "b"}) + h[17:20] + "-" + h[20:]
}
