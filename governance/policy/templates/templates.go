// Package templates holds ready-made policies, each as the file that an operator would write, with comments that say what
// it is for, what to adapt and which requirement a part answers, and beside it the fixtures that show what it does. It
// knows nothing of what the files mean: package policy reads them.
package templates

import (
	"embed"
	"slices"
	"strings"
)

//go:embed *.yaml
var files embed.FS

// The endings of the names of a template's two files.
const (
	policyEnding  = ".yaml"
	fixtureEnding = ".test.yaml"
)

// Names returns the names of the templates, sorted. Each is that of its policy, too.
func Names() []string {
	entries, err := files.ReadDir(".")
	if err != nil {
		return nil // the root of what is embedded is always there
	}
	var names []string
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), fixtureEnding) {
			names = append(names, strings.TrimSuffix(e.Name(), policyEnding))
		}
	}
	slices.Sort(names)
	return names
}

// Policy returns the policy file of a template, and whether there is one of that name. The caller owns the text.
func Policy(name string) ([]byte, bool) { return read(name, policyEnding) }

// Fixtures returns the fixtures of a template, and whether there is one of that name. The caller owns the text.
func Fixtures(name string) ([]byte, bool) { return read(name, fixtureEnding) }

func read(name, ending string) ([]byte, bool) {
	if !slices.Contains(Names(), name) {
		return nil, false
	}
	text, err := files.ReadFile(name + ending)
	return text, err == nil
}
