package detect

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A maker makes passages.
type maker struct {
	names  map[string][]string
	roots  []root
	random *rand.Rand
}

// A root is what whole passages are made of.
type root struct {
	weight  int
	attack  bool
	family  string
	choices []string
}

// readGrammar reads testdata/injection/grammar.txt.
func readGrammar(tb testing.TB) *maker {
	tb.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "injection", "grammar.txt"))
	if err != nil {
		tb.Fatal(err)
	}
	g := &maker{names: map[string][]string{}, random: rand.New(rand.NewPCG(3, 4))}
	for line := range strings.Lines(string(data)) {
		name, choices, ok := strings.Cut(strings.TrimSuffix(line, "\n"), " = ")
		if !ok || line[0] == '#' {
			continue
		}
		all := strings.Split(choices, " | ")
		if name[0] != '+' && name[0] != '-' {
			g.names[name] = all
			continue
		}
		g.roots = append(g.roots, root{weight: int(name[1] - '0'), attack: name[0] == '+', family: name[3:], choices: all})
	}
	return g
}

// passages makes n passages for each weight of a root.
func (g *maker) passages(n int) []passage {
	var all []passage
	for _, r := range g.roots {
		for range n * r.weight {
			text := g.grown(r.choices[g.random.IntN(len(r.choices))], 0)
			text = strings.ReplaceAll(strings.TrimSpace(text), `\n`, "\n")
			if g.random.IntN(2) == 0 && text[0] >= 'a' && text[0] <= 'z' {
				text = strings.ToUpper(text[:1]) + text[1:]
			}
			all = append(all, passage{grown: true, family: r.family, attack: r.attack, text: text, span: [2]int{0, len(text)}})
		}
	}
	return all
}

// grown replaces the names in a text.
func (g *maker) grown(text string, depth int) string {
	var b strings.Builder
	for depth < 8 {
		before, rest, ok := strings.Cut(text, "{")
		b.WriteString(before)
		if !ok {
			break
		}
		name, after, _ := strings.Cut(rest, "}")
		name, maybe := strings.CutSuffix(name, "?")
		choices, known := g.names[name]
		switch {
		case !known:
			b.WriteString("{")
			text = rest
			continue
		case maybe && g.random.IntN(2) == 0:
		default:
			b.WriteString(g.grown(choices[g.random.IntN(len(choices))], depth+1))
		}
		text = after
	}
	return strings.ReplaceAll(strings.ReplaceAll(b.String(), "  ", " "), " .", ".")
}
