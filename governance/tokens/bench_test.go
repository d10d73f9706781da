package tokens_test

import (
	"strings"
	"testing"

	"github.com/mcp-kernel/mcp-kernel/governance/tokens"
)

func BenchmarkCountNow(b *testing.B) {
	for _, bb := range []struct{ name, unit string }{
		{"prose", "The migration was finished on Tuesday; nothing was lost. "},
		{"letter", "a"},
		{"space", " "},
		{"newline", "\n"},
		{"sign", "!"},
		{"Chinese", "漢"},
		{"marks", "\u0301"},
		{"spacenewline", " \n"},
	} {
		for _, size := range []int{64 << 10, 1 << 20} {
			b.Run(bb.name+map[int]string{64 << 10: "/64KiB", 1 << 20: "/1MiB"}[size], func(b *testing.B) {
				c := tokens.New(tokens.Options{})
				defer closed(b, c)
				text := []byte(strings.Repeat(bb.unit, size/len(bb.unit)))
				if _, err := c.CountNow(nil); err != nil {
					b.Fatal(err)
				}
				b.SetBytes(int64(len(text)))
				b.ReportAllocs()
				for b.Loop() {
					if _, err := c.CountNow(text); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

func BenchmarkSubmit(b *testing.B) {
	c := tokens.New(tokens.Options{})
	defer closed(b, c)
	it := item("a", strings.Repeat("word ", 60))
	b.ReportAllocs()
	for b.Loop() {
		c.Submit(it)
	}
}
