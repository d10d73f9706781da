package compare

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/governance/rules"
)

// maxMadeUp is how many globs tools are made up for.
const maxMadeUp = 32

// A hinting is what a tool may say of itself that rules, labels and approval go by.
type hinting struct {
	readOnly, destructive, openWorld bool
}

// hintings are all that are worth telling apart: who only reads destroys nothing.
func hintings() []hinting {
	return []hinting{
		{destructive: true, openWorld: true},
		{openWorld: true},
		{readOnly: true, openWorld: true},
		{destructive: true},
		{},
		{readOnly: true},
	}
}

// String is the hinting in words.
func (h hinting) String() string {
	words := []string{"writes"}
	switch {
	case h.readOnly:
		words[0] = "only reads"
	case h.destructive:
		words[0] = "destroys"
	}
	if h.openWorld {
		words = append(words, "reaches out")
	}
	return strings.Join(words, " and ")
}

// makeUp adds tools to the surface that might be there, one of each hinting for every glob of tools in what goes by hints:
// policies are also about what another server offers tomorrow.
func (c *comparison) makeUp() {
	globs := []string{"*"}
	byHints := false
	note := func(tools []string, hints map[string]bool) {
		globs = append(globs, tools...)
		byHints = byHints || len(hints) > 0
	}
	for i := range c.sides {
		has := &c.sides[i].has
		byHints = byHints || len(has.Rules) > 0
		for k := range has.RequireApproval {
			note(has.RequireApproval[k].Tools, has.RequireApproval[k].Hints)
		}
		for k := range has.Labels {
			note(has.Labels[k].Tools, has.Labels[k].Hints)
		}
	}
	if !byHints {
		return
	}
	c.o.Surface.Tools = slices.Clone(c.o.Surface.Tools)
	c.made = map[string]string{}
	slices.Sort(globs)
	globs = slices.DeleteFunc(slices.Compact(globs), func(glob string) bool { return !strings.Contains(glob, "*") })
	for _, glob := range globs[:min(len(globs), maxMadeUp)] {
		for n, h := range hintings() {
			c.add(glob, fmt.Sprintf("made_up_%d", n+1), h)
		}
	}
}

// add makes up one tool for a glob.
func (c *comparison) add(glob, word string, h hinting) {
	name := strings.ReplaceAll(strings.Replace(glob, "*", word, 1), "*", "")
	taken := slices.ContainsFunc(c.o.Surface.Tools, func(t rules.Tool) bool { return t.Name == name })
	if taken || !matchesAny([]string{glob}, name) {
		return
	}
	c.o.Surface.Tools = append(c.o.Surface.Tools, rules.Tool{Name: name, ReadOnly: h.readOnly, Destructive: h.destructive, OpenWorld: h.openWorld})
	c.made[name] = "a tool that is made up and " + h.String()
}

// tools are the names of the tools that there are, and after these those that are made up.
func (c *comparison) tools() (names []string) {
	for _, madeUp := range []bool{false, true} {
		for _, t := range c.o.Surface.Tools {
			if (c.made[t.Name] != "") == madeUp {
				names = append(names, t.Name)
			}
		}
	}
	return names
}

// of returns the call of a name, which says so when its tool is made up.
func (c *comparison) of(kind governance.Kind, name string) probe {
	p := probe{kind: kind, name: name}
	if kind == governance.KindTool {
		p.made = c.made[name]
	}
	return p
}
