package match_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/mcp-kernel/mcp-kernel/governance/match"
)

// usual are ten patterns as an operator writes them.
func usual() []match.Pattern {
	return []match.Pattern{
		sub("p0", "rm -rf"), sub("p1", "DROP TABLE"), sub("p2", "/etc/passwd"), sub("p3", "AKIA"), exact(sub("p4", "BEGIN PRIVATE KEY")),
		regex("p5", `drop\s+(table|database)`), regex("p6", `curl[^|]*\|\s*(ba)?sh`), regex("p7", `delete\s+from\s+\w+\s*;`),
		glob("p8", "*.exe"), glob("p9", "/home/*/.ssh/*"),
	}
}

// numbers are patterns without any literal part.
func numbers() []match.Pattern {
	return []match.Pattern{regex("ssn", `\b\d{3}-\d{2}-\d{4}\b`), regex("card", `\b(?:\d[ -]?){13,16}\b`), glob("dots", "?.?")}
}

// words are n literals that do not occur.
func words(n int) []match.Pattern {
	r := rand.New(rand.NewPCG(1, 2))
	patterns := make([]match.Pattern, n)
	for i := range patterns {
		word := make([]byte, 8+r.IntN(16))
		for j := range word {
			word[j] = "etaoinshrdlcumwfgypbvk ./-_"[r.IntN(27)]
		}
		patterns[i] = sub(fmt.Sprint("w", i), string(word)+"qz")
	}
	return patterns
}

// arguments are 300 bytes of a typical call.
const arguments = `{"path":"/srv/project/docs/quarterly-report.md","mode":"append","encoding":"utf-8","content":"The migration of the` +
	` customer database was finished on Tuesday; two of the seven services were restarted, and nothing was lost. Next: the mail relay.",` +
	`"options":{"create":true,"backup":false,"limit":2048,"tags":["report"]}}`

// page is about 64 KiB of text in one value.
func page() []byte {
	return []byte(`{"content":"` + strings.Repeat(arguments[100:200], 64<<10/100) + `"}`)
}

func BenchmarkScan(b *testing.B) {
	escaped := []byte(`{"code":"` + strings.Repeat(`func main() {\n\tfmt.Println(\"hello\")\n}\n`, 7) + `"}`)
	wide := []byte(`{"text":"` + strings.Repeat("Съешь ещё этих мягких 寿司 ", 7) + `"}`)
	for _, bb := range []struct {
		name     string
		patterns []match.Pattern
		doc      []byte
	}{
		{"usual10/300B", usual(), []byte(arguments)},
		{"usual10/40B", usual(), []byte(`{"path":"notes/meeting.md","limit":4096}`)},
		{"usual10/64KiB", usual(), page()},
		{"usual10/escapes", usual(), escaped},
		{"usual10/wide", usual(), wide},
		{"nofactor3/300B", numbers(), []byte(arguments)},
		{"words10/300B", words(10), []byte(arguments)},
		{"words1000/300B", words(1000), []byte(arguments)},
		{"words10000/300B", words(10000), []byte(arguments)},
		{"words10000/64KiB", words(10000), page()},
	} {
		b.Run(bb.name, func(b *testing.B) {
			set := compile(b, bb.patterns...)
			b.SetBytes(int64(len(bb.doc)))
			b.ReportAllocs()
			for b.Loop() {
				if _, ok, err := set.Scan("file_write", bb.doc); ok || err != nil {
					b.Fatal(ok, err)
				}
			}
		})
	}
}

func BenchmarkScanHit(b *testing.B) {
	set := compile(b, usual()...)
	doc := []byte(`{"a":{"command":"sudo RM -rf /"}}`)
	b.ReportAllocs()
	for b.Loop() {
		if _, ok, err := set.Scan("shell", doc); !ok || err != nil {
			b.Fatal(ok, err)
		}
	}
}

func BenchmarkGlob(b *testing.B) {
	g, err := match.CompileGlob("file_*_[a-z]?", false)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if !g.Match("file_write_v2") {
			b.Fatal("no match")
		}
	}
}

func BenchmarkCompile(b *testing.B) {
	for _, n := range []int{10, 10_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			patterns := words(n)
			if n == 10 {
				patterns = usual()
			}
			b.ReportAllocs()
			for b.Loop() {
				compile(b, patterns...)
			}
		})
	}
}
