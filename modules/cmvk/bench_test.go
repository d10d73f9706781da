package cmvk_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/mcp-kernel/mcp-kernel/modules/cmvk"
)

// hostile are texts of 20,000 characters that have cost matchers dearly.
func hostile() map[string]string {
	const size = 20_000
	r := rand.New(rand.NewPCG(1, 2))
	printable := make([]byte, size)
	for i := range printable {
		printable[i] = byte(' ' + r.IntN(95))
	}
	return map[string]string{
		"printable":  string(printable),
		"prose":      strings.Repeat("The Service in Berlin reads 5 requests, and then Alice does not store the record. ", size/82),
		"one word":   strings.Repeat("a", size),
		"numbers":    strings.Repeat("12 ", size/3),
		"units":      strings.Repeat("1m-", size/3),
		"digits":     strings.Repeat("7", size),
		"dashes":     strings.Repeat("1-", size/2),
		"negations":  strings.Repeat("not a ", size/6),
		"lines":      strings.Repeat("\n", size),
		"names":      strings.Repeat("Xx Yy ", size/6),
		"ideographs": strings.Repeat("日本", size/2),
	}
}

func BenchmarkTextHostile(b *testing.B) {
	for name, text := range hostile() {
		half := len(text) / 2
		other := text[half:] + "!" + text[:half-1] + "7"
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := cmvk.Text(text, other, cmvk.Options{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkJSON(b *testing.B) {
	same := large(46, `"amount":100`)
	for name, pair := range map[string][2]string{
		"equal 4KB":         {same, same},
		"one change 4KB":    {same, large(46, `"amount":900`)},
		"all different 4KB": {same, strings.NewReplacer("record", "entry", "list", "page", "true", "false", "1", "2").Replace(same)},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(pair[0])))
			x, y := []byte(pair[0]), []byte(pair[1])
			for b.Loop() {
				if _, err := cmvk.JSON(x, y, cmvk.Options{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
