package audit

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/mcp-kernel/mcp-kernel/modules/primitives"
)

// Bounds on the texts of an entry, in bytes as they are written between the quotes. Together with the counts in entry.go
// they keep a line within MaxLine.
const (
	maxName    = 1024
	maxCaller  = 256
	maxID      = 96
	maxWord    = 96
	maxRule    = 160
	maxReason  = 512
	maxPointer = 256
	maxShort   = 64
	maxShard   = 512
)

// appendText appends s as a canonical JSON string of at most limit bytes between the quotes. What is longer is cut at a
// character and ends in a mark that tells how many bytes are missing; invalid UTF-8 is replaced.
func appendText(dst []byte, s string, limit int) []byte {
	if len(s) > limit {
		return appendAny(dst, s, limit)
	}
	start := len(dst)
	b := slices.Grow(dst, 2*len(s)+2)[:start+2*len(s)+2]
	b[start] = '"'
	n, seen := start+1, byte(0)
	for i := range len(s) {
		c := s[i]
		if c == '"' || c == '\\' {
			b[n] = '\\'
			n++
		} else if c < ' ' {
			return appendAny(dst, s, limit)
		}
		b[n] = c
		n++
		seen |= c
	}
	b[n] = '"'
	if n-start-1 > limit || seen >= utf8.RuneSelf && !utf8.ValidString(s) {
		return appendAny(dst, s, limit)
	}
	return b[:n+1]
}

// appendAny is appendText for the few texts that take more than a quote or a backslash to be escaped.
func appendAny(dst []byte, s string, limit int) []byte {
	start := len(dst)
	if len(s) > limit || !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, "\uFFFD")
	}
	if len(s) <= limit {
		dst = primitives.AppendString(dst, s)
		if len(dst)-start-2 <= limit {
			return dst
		}
	}
	return appendCut(dst[:start], s, limit)
}

// appendCut appends the longest beginning of s that fits the limit together with its mark.
func appendCut(dst []byte, s string, limit int) []byte {
	const markBytes = len("…[+9223372036854775807]")
	room := limit - markBytes
	keep, used := 0, 0
	for keep < len(s) {
		_, width := utf8.DecodeRuneInString(s[keep:])
		cost := writtenLen(s[keep : keep+width])
		if used+cost > room {
			break
		}
		keep, used = keep+width, used+cost
	}
	return primitives.AppendString(dst, s[:keep]+"…[+"+strconv.Itoa(len(s)-keep)+"]")
}

// writtenLen returns how many bytes one character takes between the quotes.
func writtenLen(char string) int {
	var scratch [16]byte
	return len(primitives.AppendString(scratch[:0], char)) - 2
}
