// Package archtest holds the source tree to ARCHITECTURE.md: it reads every file of the module, whatever its build
// tags, and reports each place that breaks a law, with what to do about it. It contains tests only and needs neither
// the network nor a build.
//
// What a newcomer edits are the three tables: the ranks of packages (ranks_test.go), the owners of imports
// (owners_test.go) and the exempted variables (state_test.go). Each law has a planted breach in planted_test.go which it
// must find, so that a law that stopped looking is noticed.
package archtest_test

import (
	"os"
	"testing"
)

// A law reports the breaches it finds in a tree, each one a line that begins with the place.
type law struct {
	name  string
	check func(*tree) []string
}

// laws returns all of them, in the order in which a reader would ask.
func laws() []law {
	return []law{
		{"ranks", ranksLaw},
		{"edges", edgesLaw},
		{"names", namesLaw},
		{"package docs", docsLaw},
		{"no init", initLaw},
		{"no package state", stateLaw},
		{"owners", ownersLaw},
		{"module files", moduleFilesLaw},
		{"standard output", stdoutLaw},
	}
}

func TestLaws(t *testing.T) {
	t.Parallel()
	source, err := parse(os.DirFS("../.."))
	if err != nil {
		t.Fatal(err)
	}
	if source.packages["internal/archtest"] == nil {
		t.Fatalf("found only the packages %v: the walk looks in the wrong place", source.dirs())
	}
	for _, law := range laws() {
		t.Run(law.name, func(t *testing.T) {
			t.Parallel()
			for _, breach := range law.check(source) {
				t.Error(breach)
			}
		})
	}
}
