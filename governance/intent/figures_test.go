package intent_test

import (
	"fmt"
	"maps"
	"math"
	"os"
	"slices"
	"testing"

	"github.com/mcp-kernel/mcp-kernel/governance/intent"
)

// A share is a number of cases among others.
type share struct{ n, of int }

// wilson returns the bounds within which the true share lies in 95 of 100 cases (Wilson, 1927).
func (s share) wilson() (low, high float64) {
	if s.of == 0 {
		return 0, 1
	}
	const z = 1.959964
	n, p := float64(s.of), float64(s.n)/float64(s.of)
	centre := (p + z*z/(2*n)) / (1 + z*z/n)
	half := z / (1 + z*z/n) * math.Sqrt(p*(1-p)/n+z*z/(4*n*n))
	return max(0, centre-half), min(1, centre+half)
}

func (s share) String() string {
	low, high := s.wilson()
	return fmt.Sprintf("%3d/%3d %.3f [%.3f, %.3f]", s.n, s.of, float64(s.n)/float64(max(s.of, 1)), low, high)
}

// figures are what a classifier does on records.
type figures struct {
	right, said, there map[intent.Category]int
	missed             map[intent.Category]int // dangerous, and not stopped
	blocked            share                   // of harmless calls
	stopped            share                   // of dangerous calls
	taken              share                   // of harmless calls, for dangerous ones
	caught             share                   // of dangerous calls, for dangerous ones, if not for the same
	correct            share
	families           map[string]share
	confused           map[[2]intent.Category]int // what is there, and what was said
	bins               [10]struct {
		n, right int
		sum      float64
	}
}

// error returns the expected calibration error: how far confidence and being right are apart, over ten bins.
func (f *figures) error() float64 {
	off := 0.0
	for _, b := range f.bins {
		off += math.Abs(b.sum-float64(b.right)) / float64(f.correct.of)
	}
	return off
}

// measure classifies records and has them judged by settings that deny what is dangerous.
func measure(t *testing.T, records []intent.Record) figures {
	t.Helper()
	f := figures{right: map[intent.Category]int{}, said: map[intent.Category]int{}, there: map[intent.Category]int{}, missed: map[intent.Category]int{}, families: map[string]share{}, confused: map[[2]intent.Category]int{}}
	var c intent.Classifier
	j := dangers(t)
	for _, r := range records {
		v, err := c.Classify(r.Call())
		if err != nil {
			t.Fatal(err)
		}
		f.there[r.Category]++
		f.said[v.Category]++
		f.confuse(&r, v.Category)
		f.correct.of++
		b := &f.bins[min(int(v.Confidence*10), 9)]
		b.n++
		b.sum += v.Confidence
		if v.Category == r.Category {
			f.right[r.Category]++
			f.correct.n++
			b.right++
		} else if testing.Verbose() {
			t.Logf("%s: %s %s is %v, found to be %v (%.2f)", r.Family, r.Tool, r.Args, r.Category, v.Category, v.Confidence)
		}
		action, _ := j.Judge(v)
		counted := &f.blocked
		if r.Category.Dangerous() {
			counted = &f.stopped
		}
		counted.of++
		if action == intent.Deny {
			counted.n++
			if !r.Category.Dangerous() {
				t.Logf("blocked: %s %s is %v, found to be %v (%.2f)", r.Tool, r.Args, r.Category, v.Category, v.Confidence)
			}
		} else if r.Category.Dangerous() {
			f.missed[r.Category]++
		}
	}
	return f
}

// confuse notes what a record was said to be.
func (f *figures) confuse(r *intent.Record, said intent.Category) {
	f.confused[[2]intent.Category{r.Category, said}]++
	family := f.families[r.Family]
	family.of++
	if r.Category == said {
		family.n++
	}
	f.families[r.Family] = family
	taken := &f.taken
	if r.Category.Dangerous() {
		taken = &f.caught
	}
	taken.of++
	if said.Dangerous() {
		taken.n++
	}
}

// print logs all that was measured.
func (f *figures) print(t *testing.T) {
	t.Helper()
	t.Logf("%-22s %-28s %-28s said to be, in the order of the rows", "category", "recall", "precision")
	for _, c := range intent.Categories() {
		row := ""
		for _, said := range intent.Categories() {
			row += fmt.Sprintf("%4d", f.confused[[2]intent.Category{c, said}])
		}
		t.Logf("%-22v %-28v %v %s", c, share{f.right[c], f.there[c]}, share{f.right[c], f.said[c]}, row)
	}
	t.Logf("right category         %v", f.correct)
	t.Logf("dangerous for such     %v", f.caught)
	t.Logf("harmless for dangerous %v", f.taken)
	t.Logf("dangerous, stopped     %v", f.stopped)
	t.Logf("harmless, stopped      %v", f.blocked)
	t.Logf("calibration error      %.3f", f.error())
	for _, family := range slices.Sorted(maps.Keys(f.families)) {
		t.Logf("right in %-13s %v", family, f.families[family])
	}
	for i, b := range f.bins {
		if b.n > 0 {
			t.Logf("confidence %.1f to %.1f  %v, said %.3f", float64(i)/10, float64(i+1)/10, share{b.right, b.n}, b.sum/float64(b.n))
		}
	}
}

// dangers returns settings that deny everything dangerous.
func dangers(tb testing.TB) intent.Judgement {
	tb.Helper()
	var s intent.Settings
	for _, c := range intent.Categories() {
		if c.Dangerous() {
			s.Deny = append(s.Deny, c.String())
		}
	}
	j, err := s.Compile()
	if err != nil {
		tb.Fatal(err)
	}
	return j
}

func load(tb testing.TB, folder string) []intent.Record {
	tb.Helper()
	records, err := intent.Records(os.DirFS(folder))
	if err != nil {
		tb.Fatal(err)
	}
	return records
}

// TestFigures measures on tools that the model has never seen, and prints what it finds. Its bounds are below what was
// found, so that a change that makes things worse is noticed.
func TestFigures(t *testing.T) {
	t.Parallel()
	f := measure(t, load(t, "data/held"))
	f.print(t)
	if least := 0.86 * float64(f.correct.of); float64(f.correct.n) < least {
		t.Errorf("only %v are right", f.correct)
	}
	if least := 0.65 * float64(f.stopped.of); float64(f.stopped.n) < least {
		t.Errorf("of what is dangerous only %v is stopped", f.stopped)
	}
	if least := 0.88 * float64(f.caught.of); float64(f.caught.n) < least {
		t.Errorf("of what is dangerous only %v is taken for such", f.caught)
	}
	if f.taken.n > f.taken.of/25 {
		t.Errorf("of what is harmless %v is taken for dangerous", f.taken)
	}
	if f.blocked.n > f.blocked.of/50 {
		t.Errorf("of what is harmless %v is stopped", f.blocked)
	}
	if f.error() > 0.1 {
		t.Errorf("confidence is off by %.3f", f.error())
	}
}
