package lint

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/governance/match"
	"github.com/mcp-kernel/mcp-kernel/modules/primitives"
)

// A list is an allowlist of a policy, and the names of its kind that there are.
type list struct {
	field string
	names []string
	there []string
}

func (l *linter) all() []list {
	tools, prompts := make([]string, 0, len(l.o.Surface.Tools)), make([]string, 0, len(l.o.Surface.Prompts))
	for _, t := range l.o.Surface.Tools {
		tools = append(tools, t.Name)
	}
	for _, p := range l.o.Surface.Prompts {
		prompts = append(prompts, p.Name)
	}
	return []list{
		{governance.CheckTools, l.p.AllowedTools, tools},
		{governance.CheckResources, l.p.AllowedResources, l.o.Resources},
		{governance.CheckPrompts, l.p.AllowedPrompts, prompts},
	}
}

// lists looks for entries that another makes needless, and for those that nothing matches.
func (l *linter) lists() {
	for _, list := range l.all() {
		l.entries(list.field, list.names, list.there)
	}
	for i, limit := range l.p.Limits {
		l.about(fmt.Sprintf("%s[%d]", governance.CheckRates, i), limit.Tools, nil, nil, nil)
	}
}

func (l *linter) entries(field string, names, there []string) {
	globs := make([]*match.GlobMatcher, len(names))
	for i, name := range names {
		globs[i], _ = match.CompileGlob(name, true) // a valid policy has no other
	}
	for i, name := range names {
		at := fmt.Sprintf("%s[%d]", field, i)
		if by := covered(i, names, globs); by >= 0 {
			l.warn(at, "strike it", "%q is needless beside %q", name, names[by])
			continue
		}
		if globs[i] == nil || name == "*" || len(there) == 0 || slices.ContainsFunc(there, func(there string) bool { return fits(globs[i], name, there) }) {
			continue
		}
		if server := l.unseen(name); server != "" {
			l.note(at, "look with mcp-kernel upstream test "+server, "what %q is cannot be checked: it is not known what server %s offers", name, server)
			continue
		}
		fix := "strike it, or look for a slip"
		if near := primitives.Nearest(name, there, max(1, len(name)/4)); near != "" {
			fix = fmt.Sprintf("did you mean %q?", near)
		}
		l.note(at, fix, "%q is the name of nothing that there is", name)
	}
}

// covered returns which other entry allows all that the i-th does, or -1. Of two that are equal the later one is covered.
func covered(i int, names []string, globs []*match.GlobMatcher) int {
	for j := range names {
		switch {
		case i == j || globs[i] == nil || globs[j] == nil:
		case names[i] == names[j]:
			if j < i {
				return j
			}
		case names[j] == "*":
			return j
		default:
			if name, exact := globs[i].Literal(); exact && globs[j].Match(name) {
				return j
			}
			if prefixed(names[i], names[j]) {
				return j
			}
		}
	}
	return -1
}

// fits reports whether a glob may match what there is: a name, or a family of URIs by its template.
func fits(g *match.GlobMatcher, glob, there string) bool {
	stem, _, family := strings.Cut(there, "{")
	if g.Match(there) || !family {
		return g.Match(there)
	}
	plain := glob
	if i := strings.IndexAny(glob, `*?[\`); i >= 0 {
		plain = glob[:i]
	}
	return strings.HasPrefix(plain, stem) || plain != glob && strings.HasPrefix(stem, plain)
}

// unseen returns the server whose tools or prompts a name is of, if it is not known what that offers.
func (l *linter) unseen(name string) string {
	for _, server := range l.o.Unseen {
		if strings.HasPrefix(name, server+"__") {
			return server
		}
	}
	return ""
}

// about looks at which calls a part of the policy is about: its entries, and whether the policy lets any of those calls come
// so far. Where no name that it matches is known, there is nothing to be said.
func (l *linter) about(field string, tools, resources, prompts []string, hints map[string]bool) {
	known, reached := false, false
	for i, names := range [][]string{tools, resources, prompts} {
		list := l.all()[i]
		kind := strings.TrimPrefix(list.field, "allowed_")
		if len(names) > 0 {
			l.entries(field+"."+kind, names, list.there)
		} else if i > 0 || len(resources)+len(prompts) > 0 || len(hints) == 0 {
			continue
		}
		for _, name := range list.there {
			if len(names) > 0 && !takes(names, name) || i == 0 && !l.hinted(name, hints) {
				continue
			}
			known = true
			reached = reached || takes(list.names, name)
		}
	}
	if known && !reached {
		l.warn(field, "strike it, or allow what it is about", "is never reached: the policy allows nothing of what it is about")
	}
}

// takes reports whether an entry matches a name.
func takes(entries []string, name string) bool {
	return slices.ContainsFunc(entries, func(entry string) bool {
		g, err := match.CompileGlob(entry, true)
		return err == nil && fits(g, entry, name)
	})
}

// hinted reports whether a tool has all of some hints.
func (l *linter) hinted(name string, hints map[string]bool) bool {
	for _, t := range l.o.Surface.Tools {
		if t.Name != name {
			continue
		}
		says := map[string]bool{"read_only": t.ReadOnly, "destructive": t.Destructive, "idempotent": t.Idempotent, "open_world": t.OpenWorld}
		for hint, want := range hints {
			if says[hint] != want {
				return false
			}
		}
	}
	return true
}
