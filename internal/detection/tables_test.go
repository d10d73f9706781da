package detection_test

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mcp-kernel/mcp-kernel/governance/intent"
	"github.com/mcp-kernel/mcp-kernel/internal/detection"
)

// evasions adds up the techniques that hide a text in a form of it, or those that hide by meaning.
func (m *measures) evasions(meaning bool) (sum detection.Evasion) {
	for i := range m.evaded {
		e := &m.evaded[i]
		if e.Meaning != meaning {
			continue
		}
		for policy := range e.Hidden {
			sum.Hidden[policy] = plus(sum.Hidden[policy], e.Hidden[policy])
			sum.Twins[policy] = plus(sum.Twins[policy], e.Twins[policy])
		}
		sum.Naive = plus(sum.Naive, e.Naive)
	}
	return sum
}

func plus(a, b detection.Share) detection.Share {
	return detection.Share{N: a.N + b.N, Of: a.Of + b.Of}
}

func (m *measures) evasion() string {
	t := newTable("technique", "found", "as whole words", "and by intent", "by a search of the serialised call", "twins blocked", "as whole words", "and by intent")
	row := func(name string, e *detection.Evasion) {
		t.row(name, e.Hidden[detection.Text], brief(e.Hidden[detection.Words]), brief(e.Hidden[detection.Meaning]), brief(e.Naive),
			brief(e.Twins[detection.Text]), brief(e.Twins[detection.Words]), brief(e.Twins[detection.Meaning]))
	}
	for _, meaning := range []bool{false, true} {
		for i := range m.evaded {
			if e := &m.evaded[i]; e.Meaning == meaning {
				row(strings.ReplaceAll(e.Name, `\`, `\\`), e)
			}
		}
		sum := m.evasions(meaning)
		row(map[bool]string{false: "**all that hide a form of the text**", true: "**all that hide by meaning**"}[meaning], &sum)
	}
	return t.String()
}

func (m *measures) intent() string {
	i := &m.intended
	t := newTable("expected", "found", "of verdicts for it, right", "else taken for")
	for _, c := range intent.Categories() {
		name := c.String()
		t.row(name, i.By[name], i.Taken[name], confusions(i.For[name]))
	}
	t.row("**all nine**", i.Right, "", "")
	t.row("**a dangerous one, as a dangerous one**", i.Dangerous, "", "")
	t.row(fmt.Sprintf("**the same, at least %.1f sure**", intent.DefaultThreshold), i.Denied, "", "")
	t.row("**any other, as a dangerous one**", i.Falsely, "", "")
	t.row(fmt.Sprintf("**the same, at least %.1f sure**", intent.DefaultThreshold), i.Wrongly, "", "")
	return t.String()
}

// confusions are what a category was taken for, the most frequent first.
func confusions(instead map[string]int) string {
	var names []string
	for name := range instead {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int {
		if d := instead[b] - instead[a]; d != 0 {
			return d
		}
		return strings.Compare(a, b)
	})
	for i, name := range names {
		names[i] = fmt.Sprintf("%s %d", name, instead[name])
	}
	return strings.Join(names, ", ")
}

func (m *measures) calibration() string {
	i := &m.intended
	t := newTable("confidence", "verdicts", "mean confidence", "right")
	for b := range i.Bins {
		bin := &i.Bins[b]
		width := 1 / float64(len(i.Bins))
		t.row(fmt.Sprintf("%.1f to %.1f", float64(b)*width, float64(b+1)*width), bin.Right.Of, fmt.Sprintf("%.3f", bin.Confidence()), bin.Right)
	}
	fmt.Fprintf(t, "\nExpected calibration error: %.3f.\n", i.Error())
	return t.String()
}

func (m *measures) code() string {
	c := &m.examined
	t := newTable("", "unsafe, found", "unsafe, blocked", "safe, something found", "safe, blocked")
	names, _, _ := c.Unsafe.Large(0)
	slices.Sort(names)
	for _, name := range append(names[1:], names[0]) { // "all" is the first of them
		t.row(name, c.Unsafe[name], c.BlockedUnsafe[name], c.Safe[name], c.BlockedSafe[name])
	}
	t.WriteString("\n")
	by := newTable("unsafe because of", "found")
	names, rest, others := c.Class.Large(least)
	for _, name := range names {
		by.row(name, c.Class[name])
	}
	by.row(fmt.Sprintf("%d others", len(others)), rest)
	return t.String() + by.String() + fmt.Sprintf("\nThe others: %s. Of them was not found: %s.\n", strings.Join(others, ", "), c.Class.Missed(others))
}

// reference is the expressions of the reference implementation beside ours, on the same records.
func (m *measures) reference() string {
	t := newTable("the same records", "found here", "by the reference's expressions", "false here", "false by the reference's")
	for _, check := range []string{"secrets", "pii"} {
		f, ref := m.figures[check], m.refFound[check]
		t.row(check, f.Found, ref[0], f.FalseFound, ref[1])
	}
	i, ref := &m.intended, &m.refIntended
	t.row("intent: a dangerous one, as one", i.Dangerous, ref.Dangerous, i.Falsely, ref.Falsely)
	t.row("intent: the one category", i.Right, ref.Right, "", "")
	c, refc := &m.examined, &m.refExamined
	t.row("code", c.Unsafe["all"], refc.Unsafe["all"], c.Safe["all"], refc.Safe["all"])
	t.row("code, blocked", c.BlockedUnsafe["all"], refc.BlockedUnsafe["all"], c.BlockedSafe["all"], refc.BlockedSafe["all"])
	form, meaning := m.evasions(false), m.evasions(true)
	t.row("texts hidden in another form", form.Hidden[detection.Text], form.Naive, "", "")
	t.row("texts hidden by meaning, denied by intent", meaning.Hidden[detection.Meaning], meaning.Naive, "", "")
	return t.String()
}
