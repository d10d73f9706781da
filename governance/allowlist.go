package governance

import (
	"strings"
	"sync"

	"github.com/mcp-kernel/mcp-kernel/governance/match"
)

// Bounds of the rulings that an allowlist remembers for names that only globs can judge.
const (
	maxRulings     = 1024
	maxRulingBytes = 256
)

// A ruling is what an allowlist says of one name, and the policy whose list said it.
type ruling struct {
	policy string
	ok     bool
}

// An allowlist is the intersection of the lists of several policies for one kind of name. The zero value allows
// nothing. Looking up a name costs the same whatever the number of entries: exact names are judged when the list is
// made, names that only globs can match are judged once and remembered within bounds.
type allowlist struct {
	lists  []nameList
	exact  map[string]ruling // every exact name of any list
	open   bool              // every list allows everything
	closed ruling            // for names of no list, when some list has no globs
	globs  bool              // every list has globs, so that names of no list may pass

	mu    sync.RWMutex
	known map[string]ruling
}

// A nameList is one policy's list.
type nameList struct {
	policy string
	exact  map[string]struct{}
	globs  []*match.GlobMatcher
	texts  []string // of the globs
	all    bool     // has "*"
}

// newNameList reads a list that was validated.
func newNameList(policy string, entries []string) nameList {
	l := nameList{policy: policy, exact: make(map[string]struct{}, len(entries))}
	for _, entry := range entries {
		g, err := match.CompileGlob(entry, true)
		if err != nil {
			continue // Validate has refused it, and an entry that is left out allows nothing
		}
		if name, literal := g.Literal(); literal {
			l.exact[name] = struct{}{}
			continue
		}
		l.all = l.all || entry == "*"
		l.globs, l.texts = append(l.globs, g), append(l.texts, entry)
	}
	return l
}

// allows reports whether this list has the name.
func (l *nameList) allows(name string) bool {
	if _, ok := l.exact[name]; ok || l.all {
		return true
	}
	if ambiguous(name) {
		return false
	}
	for _, g := range l.globs {
		if g.Match(name) {
			return true
		}
	}
	return false
}

// ambiguous reports whether a name has "." or ".." as a segment, plain or percent-encoded, or a backslash or an encoded
// slash: whoever resolves it may end up elsewhere than the glob that matched its text. Such a name must be on the list
// as it is.
func ambiguous(name string) bool {
	if !strings.ContainsAny(name, "/\\%") {
		return false
	}
	plain := strings.NewReplacer("%2e", ".", "%2E", ".", "%2f", "\\", "%2F", "\\", "%5c", "\\", "%5C", "\\").Replace(name)
	if strings.Contains(plain, "\\") {
		return true
	}
	for segment := range strings.SplitSeq(plain, "/") {
		if segment == "." || segment == ".." {
			return true
		}
	}
	return false
}

// newAllowlist composes lists; a name must be allowed by each.
func newAllowlist(lists []nameList) *allowlist {
	a := &allowlist{lists: lists, exact: make(map[string]ruling), open: len(lists) > 0, globs: len(lists) > 0}
	for i := range lists {
		a.open = a.open && lists[i].all
		if a.globs && len(lists[i].globs) == 0 {
			a.globs, a.closed = false, ruling{policy: lists[i].policy}
		}
	}
	for i := range lists {
		for name := range lists[i].exact {
			if _, done := a.exact[name]; !done {
				a.exact[name] = a.judge(name)
			}
		}
	}
	return a
}

// judge asks every list. The ruling names the first list that refuses, or the first when none does.
func (a *allowlist) judge(name string) ruling {
	if len(a.lists) == 0 {
		return ruling{}
	}
	for i := range a.lists {
		if !a.lists[i].allows(name) {
			return ruling{policy: a.lists[i].policy}
		}
	}
	return ruling{policy: a.lists[0].policy, ok: true}
}

// rule returns the ruling on a name.
func (a *allowlist) rule(name string) ruling {
	switch {
	case a == nil || name == "":
		return ruling{}
	case a.open:
		return ruling{policy: a.lists[0].policy, ok: true}
	}
	if r, ok := a.exact[name]; ok {
		return r
	}
	if !a.globs {
		return a.closed
	}
	return a.remembered(name)
}

// remembered judges a name by globs, once as long as it is remembered.
func (a *allowlist) remembered(name string) ruling {
	a.mu.RLock()
	r, ok := a.known[name]
	a.mu.RUnlock()
	if ok {
		return r
	}
	r = a.judge(name)
	if len(name) > maxRulingBytes {
		return r
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.known == nil || len(a.known) >= maxRulings {
		a.known = make(map[string]ruling)
	}
	a.known[strings.Clone(name)] = r
	return r
}
