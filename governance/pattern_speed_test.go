package governance_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/governance/match"
)

// manyPatterns are n patterns that do not occur, 95 of a hundred with a literal part: substrings, expressions and globs.
func manyPatterns(n int) []match.Pattern {
	r := rand.New(rand.NewPCG(1, 2))
	patterns := make([]match.Pattern, n)
	for i := range patterns {
		word := make([]byte, 8+r.IntN(16))
		for j := range word {
			word[j] = "etaoinshrdlcumwfgypbvk._-/"[r.IntN(26)]
		}
		p := match.Pattern{Name: fmt.Sprint("p", i), Type: match.Substring, Text: string(word) + "qz"}
		switch {
		case i%20 == 0:
			p.Type, p.Text = match.Regex, fmt.Sprintf(`\b\d{%d}-[0-9a-f]{2}-\d{3}\b`, 2+i%7)
		case i%4 == 1:
			p.Type, p.Text = match.Regex, `\b`+string(word[:6])+`q\s+z[a-z]{2,8}\b`
		case i%4 == 2:
			p.Type, p.Text = match.Glob, "*"+string(word)+"*.q?"
		}
		patterns[i] = p
	}
	return patterns
}

func BenchmarkDecidePatterns(b *testing.B) {
	args := map[string]string{"40B": `{"path":"notes/meeting.md","limit":4096}`, "300B": string(ordinary("").Args)}
	for _, n := range []int{10, 10_000} {
		p := worked(10)
		if n > 10 {
			p.BlockedPatterns = manyPatterns(n)
		}
		for size, text := range args {
			b.Run(fmt.Sprintf("patterns=%d/%s", n, size), func(b *testing.B) {
				g, _ := gate(b, p, tallied)
				c := call(func(c *governance.Call) { c.Name, c.Args = "file_read", json.RawMessage(text) })
				b.ReportAllocs()
				for b.Loop() {
					if !g.Decide(b.Context(), c).Allowed() {
						b.Fatal("denied")
					}
				}
			})
		}
	}
}

func BenchmarkCompilePatterns(b *testing.B) {
	p := worked(10)
	p.BlockedPatterns = manyPatterns(10_000)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := governance.Compile(governance.Ceiling{}, p); err != nil {
			b.Fatal(err)
		}
	}
}
