package detect

import (
	"maps"
	"slices"
	"testing"
)

// A tally counts passages: those in which something was found, and those that the default settings do not let pass.
type tally struct{ found, stopped, of int }

// tallied judges passages by family.
func tallied(tb testing.TB, all []passage) (attacks, others map[string]tally) {
	tb.Helper()
	e, err := New(Options{Detectors: Injection})
	if err != nil {
		tb.Fatal(err)
	}
	settings := DefaultSettings()
	attacks, others = map[string]tally{}, map[string]tally{}
	for _, p := range all {
		found, err := e.Text(nil, p.text, Context{})
		if err != nil {
			tb.Fatal(err)
		}
		by := others
		if p.attack {
			by = attacks
		}
		n := by[p.family]
		n.of++
		n.found += min(1, len(found))
		for _, f := range found {
			if settings.Action(f, Results) >= Redact {
				n.stopped++
				break
			}
		}
		by[p.family] = n
	}
	return attacks, others
}

// sum adds up tallies.
func sum(all map[string]tally) (n tally) {
	for _, t := range all {
		n.found, n.stopped, n.of = n.found+t.found, n.stopped+t.stopped, n.of+t.of
	}
	return n
}

// TestInjectionHeld measures what was neither learned from nor tuned on. Its bounds lie somewhat below what was measured.
func TestInjectionHeld(t *testing.T) {
	t.Parallel()
	attacks, others := tallied(t, passages(t, "held/held.txt"))
	for _, family := range slices.Sorted(maps.Keys(attacks)) {
		t.Logf("%-22s %+v", family, attacks[family])
	}
	found, falsely := sum(attacks), sum(others)
	t.Logf("attacks %+v, others %+v", found, falsely)
	if found.found < found.of*55/100 || found.stopped < found.of*45/100 || falsely.stopped > falsely.of*4/100 || falsely.found > falsely.of*10/100 {
		t.Errorf("attacks %+v, others %+v", found, falsely)
	}
}
