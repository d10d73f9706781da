package detect

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// A passage is a line of testdata/injection: a text, and the part of it that is an instruction to a model, if it has one.
type passage struct {
	family string
	attack bool
	grown  bool // made by the grammar
	text   string
	span   [2]int
}

// passages reads the files of a folder of testdata, in the order of their names.
func passages(tb testing.TB, pattern string) []passage {
	tb.Helper()
	names, err := filepath.Glob(filepath.Join("testdata", "injection", pattern))
	if err != nil || len(names) == 0 {
		tb.Fatalf("%s: %d files, %v", pattern, len(names), err)
	}
	slices.Sort(names)
	var all []passage
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			tb.Fatal(err)
		}
		for i, line := range strings.Split(string(data), "\n") {
			if line == "" || line[0] == '#' {
				continue
			}
			label, quoted, ok := strings.Cut(line, "\t")
			text, err := unquoted(quoted)
			if !ok || err != nil {
				tb.Fatalf("%s:%d: %v", name, i+1, err)
			}
			all = append(all, marked(label[1:], label[0] == '+', text))
		}
	}
	return all
}

// tuned reads the passages of the rules' own corpus.
func tuned(tb testing.TB, names ...string) []passage {
	tb.Helper()
	var all []passage
	for _, name := range names {
		data, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			tb.Fatal(err)
		}
		for line := range strings.Lines(string(data)) {
			label, quoted, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
			if text, err := unquoted(quoted); err == nil && (label == "injection" || label == "benign") {
				all = append(all, passage{family: name, attack: label == "injection", text: text, span: [2]int{0, len(text)}})
			}
		}
	}
	return all
}

// unquoted undoes the escapes of a Go string; those of something else stay as they are.
func unquoted(text string) (string, error) {
	text = strings.NewReplacer(`"`, `\"`, `\\`, `\\`, `\n`, `\n`, `\t`, `\t`, `\u`, `\u`, `\U`, `\U`, `\x`, `\x`, `\`, `\\`).Replace(text)
	return strconv.Unquote(`"` + text + `"`)
}

// marked returns a passage whose instruction is set off by ⟦ and ⟧, or is all of it.
func marked(family string, attack bool, text string) passage {
	p := passage{family: family, attack: attack, text: text, span: [2]int{0, len(text)}}
	if before, rest, ok := strings.Cut(text, "⟦"); ok {
		inner, after, _ := strings.Cut(rest, "⟧")
		p.text, p.span = before+inner+after, [2]int{len(before), len(before) + len(inner)}
	}
	return p
}

// A lesson is what a passage shows: its clauses, in the stretches that they were heard in.
type lesson struct {
	passage
	stretches [][]heard
}

// heard is a clause with its features.
type heard struct {
	clause
	features features
}

// lessons hears passages out.
func lessons(tb testing.TB, all []passage) []lesson {
	tb.Helper()
	e, err := New(Options{Detectors: Injection})
	if err != nil {
		tb.Fatal(err)
	}
	e.model = &model{weights: strings.Repeat("\x00", 1<<modelBits), scale: 1, slope: 1}
	var current *lesson
	e.listener = func(first bool, c clause, f *features) {
		if current == nil {
			return
		}
		if first {
			current.stretches = append(current.stretches, nil)
		}
		h := heard{clause: c}
		for g := range f.group {
			h.features.group[g] = slices.Clone(f.group[g])
		}
		last := len(current.stretches) - 1
		current.stretches[last] = append(current.stretches[last], h)
	}
	learned := make([]lesson, len(all))
	for i := range all {
		learned[i].passage = all[i]
		current = &learned[i]
		s := e.begin()
		s.dst = s.read(nil, all[i].text, Context{})
		e.end(s)
	}
	return learned
}

// A window is clauses that are taken together.
type window struct {
	start, end int
	features   []*features
}

// windows calls use with every few clauses that stand together.
func (l *lesson) windows(use func(w window)) {
	for _, stretch := range l.stretches {
		for i := range stretch {
			w := window{start: stretch[i].start}
			for k := i; k < len(stretch) && k < i+together; k++ {
				w.end = stretch[k].end
				w.features = append(w.features, &stretch[k].features)
				use(w)
			}
		}
	}
}

// label says of a window whether it is an instruction (1), is none (0), or is neither whole nor apart from one (-1).
func (l *lesson) label(w window) int {
	common := min(w.end, l.span[1]) - max(w.start, l.span[0])
	switch {
	case !l.attack || common <= 0:
		return 0
	case 5*common >= 3*(l.span[1]-l.span[0]) && 2*common >= w.end-w.start, 5*common >= 4*(w.end-w.start) && common > 160:
		return 1
	}
	return -1
}
