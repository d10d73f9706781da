package lint

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/governance/match"
)

// maxNamed is how many names a way to mend spells out.
const maxNamed = 12

// used looks for entries of the allowlists that allow more than was called.
func (l *linter) used() {
	if l.o.Called == nil {
		return
	}
	kinds := []governance.Kind{governance.KindTool, governance.KindResource, governance.KindPrompt}
	since := l.o.Since.Format(time.DateOnly)
	for k, list := range l.all() {
		for i, entry := range list.names {
			g, err := match.CompileGlob(entry, true)
			if err != nil {
				continue
			}
			at := fmt.Sprintf("%s[%d]", list.field, i)
			called := matching(g, l.o.Called[kinds[k]])
			allowed := 0
			for _, name := range list.there {
				if g.Match(name) {
					allowed++
				}
			}
			_, exact := g.Literal()
			switch {
			case len(called) == 0:
				l.note(at, "strike it if it is not needed", "%q allows what was not called since %s", entry, since)
			case !exact && allowed > len(called) && len(called) <= maxNamed:
				l.note(at, "name what is needed: "+strings.Join(called, ", "), "%q allows %d names, of which %d were called since %s", entry, allowed, len(called), since)
			}
		}
	}
}

// matching returns those of some names that a glob matches, sorted.
func matching(g *match.GlobMatcher, names map[string]bool) (found []string) {
	for name := range names {
		if g.Match(name) {
			found = append(found, name)
		}
	}
	slices.Sort(found)
	return found
}
