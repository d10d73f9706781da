package tokens_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/mcp-kernel/mcp-kernel/governance/tokens"
)

// answer is what a tool typically answers.
const answer = `{"content":[{"type":"text","text":"The order was found and is on its way to you."}],"structuredContent":` +
	`{"id":"6f9619ff-8b86-d011-b42d-00c04fc964ff","status":"shipped","customer":{"name":"Ada Lovelace","city":"London"},` +
	`"items":[{"sku":"AX-1042","quantity":3,"price":19.95}],"updated_at":"2026-11-22T21:46:00Z"}}`

func BenchmarkCountNow(b *testing.B) {
	for _, bb := range []struct{ name, unit string }{
		{"JSON", answer},
		{"prose", "The migration was finished on Tuesday; nothing was lost. "},
		{"letter", "a"},
		{"space", " "},
		{"newline", "\n"},
		{"sign", "!"},
		{"Chinese", "漢"},
		{"marks", "\u0301"},
		{"spacenewline", " \n"},
	} {
		for _, size := range []int{len(answer), 64 << 10, 1 << 20} {
			b.Run(fmt.Sprintf("%s/%d", bb.name, size), func(b *testing.B) {
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

// BenchmarkSubmit measures all that a call's text costs, on the call's path and on the worker.
func BenchmarkSubmit(b *testing.B) {
	c := tokens.New(tokens.Options{Gather: -1})
	defer closed(b, c)
	if _, err := c.CountNow(nil); err != nil {
		b.Fatal(err)
	}
	it := tokens.Item{Call: "a", Shard: "s", Text: []byte(`{"order":"6f9619ff-8b86-d011-b42d-00c04fc964ff"}`), Tail: []byte(answer), Bound: 400}
	b.ReportAllocs()
	for n := 1; b.Loop(); n++ {
		if !c.Submit(it) {
			b.Fatal("a text was refused")
		}
		if n%1000 == 0 {
			if err := c.Drain(b.Context()); err != nil {
				b.Fatal(err)
			}
		}
	}
	if err := c.Drain(b.Context()); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkFirst measures the first count of a process, and the start and end of a Counter.
func BenchmarkFirst(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		c := tokens.New(tokens.Options{})
		if _, err := c.CountNow([]byte("a")); err != nil {
			b.Fatal(err)
		}
		closed(b, c)
	}
}
