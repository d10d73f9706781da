package detection_test

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mcp-kernel/mcp-kernel/governance/intent"
	"github.com/mcp-kernel/mcp-kernel/internal/detection"
)

var update = flag.Bool("update", false, "write docs/detection.md anew")

// page is where the figures stand, between marks. What is written around them is written by hand.
const page = "../../docs/detection.md"

// least is how many records a class must have for a figure of its own.
const least = 5

// measures are everything that is measured.
type measures struct {
	figures     map[string]detection.Figure // of each set of a check, and by the check of the benign set
	benign      map[string]detection.Figure
	blocked     detection.Shares
	denied      detection.Share
	redacted    map[string]detection.Redaction
	evaded      []detection.Evasion
	intended    detection.Intents
	examined    detection.Safety
	refFound    map[string][2]detection.Share
	refIntended detection.Intents
	refExamined detection.Safety
}

// measured are the sets that belong to one check, in the order in which they are shown.
func measured() []struct{ set, check string } {
	return []struct{ set, check string }{
		{"secrets", "secrets"}, {"pii", "pii"}, {"injection", "injection"}, {"terminal", "terminal"}, {"definitions", "definition"},
	}
}

// TestPage measures everything anew and holds docs/detection.md to it.
func TestPage(t *testing.T) {
	t.Parallel()
	m := measure(t)
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	got := string(text)
	for mark, section := range map[string]string{
		"summary": m.summary(), "benign": m.harmless(), "hard": m.hard(), "redaction": m.redaction(), "evasion": m.evasion(),
		"secrets": m.classes("secrets"), "pii": m.classes("pii"), "injection": m.classes("injection"),
		"terminal": m.classes("terminal"), "definitions": m.classes("definitions"),
		"intent": m.intent(), "calibration": m.calibration(), "code": m.code(), "reference": m.reference(),
	} {
		between := regexp.MustCompile(`(?s)(<!-- detection: ` + mark + ` -->\n).*?(<!-- end of ` + mark + ` -->)`)
		if !between.MatchString(got) {
			t.Fatalf("%s has lost the marks of %s", page, mark)
		}
		got = between.ReplaceAllStringFunc(got, func(string) string {
			return "<!-- detection: " + mark + " -->\n" + section + "<!-- end of " + mark + " -->"
		})
	}
	if *update {
		if err := os.WriteFile(page, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(strings.Split(string(text), "\n"), strings.Split(got, "\n")); diff != "" {
		t.Errorf("%s is not what is measured: run make detection (-page +measured):\n%s", page, diff)
	}
}

// must is what a measurement returned, which must not be an error.
func must[T any](t *testing.T) func(T, error) T {
	t.Helper()
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func measure(t *testing.T) *measures {
	t.Helper()
	m := &measures{
		figures: map[string]detection.Figure{}, benign: map[string]detection.Figure{},
		redacted: map[string]detection.Redaction{}, refFound: map[string][2]detection.Share{},
	}
	e, x, harmless := engine(t), detection.NewReference(), records(t, "benign")
	for _, s := range measured() {
		m.figures[s.set] = must[detection.Figure](t)(detection.Detected(e, s.check, records(t, s.set)))
		m.benign[s.check] = must[detection.Figure](t)(detection.Detected(e, s.check, harmless))
	}
	for _, check := range []string{"secrets", "pii"} {
		m.redacted[check] = must[detection.Redaction](t)(detection.Redacted(e, check, records(t, check)))
		found, falsely, err := x.Detected(check, records(t, check))
		if err != nil {
			t.Fatal(err)
		}
		m.refFound[check] = [2]detection.Share{found, falsely}
	}
	m.blocked = must[detection.Shares](t)(detection.Blocked(e, harmless))
	m.denied = must[detection.Share](t)(detection.Denied(new(intent.Classifier), harmless))
	m.evaded = must[[]detection.Evasion](t)(detection.Evaded(t.Context(), records(t, "evasion")))
	m.intended = must[detection.Intents](t)(detection.Intended(new(intent.Classifier), records(t, "intent")))
	m.examined = must[detection.Safety](t)(detection.Examined(records(t, "code")))
	m.refIntended = must[detection.Intents](t)(x.Intended(records(t, "intent")))
	m.refExamined = must[detection.Safety](t)(x.Examined(records(t, "code")))
	return m
}

// A table is written row by row; of a cell that is a share it is the share with its interval.
type table struct{ strings.Builder }

func newTable(head ...any) *table {
	t := new(table)
	t.row(head...)
	t.WriteString(strings.Repeat("|---", len(head)) + "|\n")
	return t
}

func (t *table) row(cells ...any) {
	for _, cell := range cells {
		fmt.Fprintf(t, "| %v ", cell)
	}
	t.WriteString("|\n")
}

// brief is a share without its interval.
func brief(s detection.Share) string {
	if s.Of == 0 {
		return ""
	}
	return fmt.Sprintf("%d of %d", s.N, s.Of)
}

func (m *measures) summary() string {
	t := newTable("", "found", "found and acted on", "false, of hard negatives", "and acted on")
	for _, s := range measured() {
		f := m.figures[s.set]
		t.row(s.set, f.Found, f.Acted, f.FalseFound, f.FalselyActed)
	}
	i, c := &m.intended, &m.examined
	t.row("intent: dangerous", i.Dangerous, i.Denied, i.Falsely, i.Wrongly)
	t.row("code: unsafe", c.Unsafe["all"], c.BlockedUnsafe["all"], c.Safe["all"], c.BlockedSafe["all"])
	hidden := m.evasions(false)
	t.row("blocked texts, hidden", hidden.Hidden[detection.Text], hidden.Hidden[detection.Words], hidden.Twins[detection.Text], hidden.Twins[detection.Words])
	return t.String()
}

func (m *measures) harmless() string {
	t := newTable("of 1,000", "something was found", "acted on", "found in calls", "in results", "in texts", "as")
	for _, s := range measured() {
		f := m.benign[s.check]
		var taken []string
		for _, class := range slices.Sorted(maps.Keys(f.Taken)) {
			taken = append(taken, fmt.Sprintf("%s %d", class, f.Taken[class]))
		}
		t.row(s.check, f.FalseFound.PerThousand(), f.FalselyActed.PerThousand(), brief(f.ByKind["call"]), brief(f.ByKind["result"]), brief(f.ByKind["text"]), strings.Join(taken, ", "))
	}
	t.row("all of these", "", m.blocked["all"].PerThousand(), "", "", "", "")
	t.row("all of these, in calls", "", m.blocked["call"].PerThousand(), "", "", "", "")
	t.row("intent, in calls", "", m.denied.PerThousand(), "", "", "", "")
	return t.String()
}

func (m *measures) hard() string {
	t := newTable("hard negatives of", "of 1,000 something was found in", "which are", "and were taken for")
	for _, s := range measured() {
		f := m.figures[s.set]
		t.row(s.set, f.FalseFound.PerThousand(), f.ByNote.Hit(), strings.Join(slices.Sorted(maps.Keys(f.Taken)), ", "))
	}
	return t.String()
}

func (m *measures) redaction() string {
	t := newTable("", "nothing is left, of all", "nothing is left, of what was found", "a part is left of")
	for _, check := range []string{"secrets", "pii"} {
		r := m.redacted[check]
		t.row(check, r.Clean, r.OfFound, r.Partly.Hit())
	}
	return t.String()
}

// classes are what was found of a set by class: those with enough records, and the others as one.
func (m *measures) classes(set string) string {
	f := m.figures[set]
	t := newTable("expected", "found", "acted on")
	names, rest, others := f.By.Large(least)
	for _, name := range names {
		t.row(name, f.By[name], f.ActedBy[name])
	}
	if len(others) > 0 {
		acted := detection.Share{}
		for _, name := range others {
			acted.N, acted.Of = acted.N+f.ActedBy[name].N, acted.Of+f.ActedBy[name].Of
		}
		t.row(fmt.Sprintf("%d others", len(others)), rest, acted)
		fmt.Fprintf(t, "\nThe others: %s. Of them was not found: %s.\n", strings.Join(others, ", "), f.By.Missed(others))
	}
	return t.String()
}
