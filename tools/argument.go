package tools

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/mcp-kernel/mcp-kernel/modules/primitives"
)

// Bounds of what is said about arguments.
const (
	maxFaults = 10
	maxNames  = 40 // names listed in one fault
	maxQuoted = 64 // characters of a name that came from outside
)

// A Fault is one thing that is wrong with arguments, or with an answer.
type Fault struct {
	Pointer string // RFC 6901, of the value or of the member that is missing; empty for the whole
	Problem string // what is wrong; it never repeats a value
}

// String returns pointer and problem.
func (f Fault) String() string {
	if f.Pointer == "" {
		return f.Problem
	}
	return f.Pointer + ": " + f.Problem
}

// An ArgumentError is why arguments were refused: all faults, up to ten of them. It is safe to show.
type ArgumentError struct {
	Faults []Fault
	Hidden int // faults that are not in Faults
}

// Error joins the faults.
func (e *ArgumentError) Error() string {
	texts := make([]string, len(e.Faults), len(e.Faults)+1)
	for i, fault := range e.Faults {
		texts[i] = fault.String()
	}
	if e.Hidden > 0 {
		texts = append(texts, fmt.Sprintf("and %d more", e.Hidden))
	}
	return strings.Join(texts, "; ")
}

func tooLarge(n, limit int) error {
	return &ArgumentError{Faults: []Fault{{
		Problem: fmt.Sprintf("the arguments are %d bytes, at most %d are taken: send less, or a reference", n, limit),
	}}}
}

// A step is one part of a path: a key, or an index when indexed.
type step struct {
	key     string
	index   int
	indexed bool
}

func (d *decoder) push(key []byte) { d.path = append(d.path, step{key: string(key)}) }
func (d *decoder) pushIndex(i int) { d.path = append(d.path, step{index: i, indexed: true}) }
func (d *decoder) pop()            { d.path = d.path[:len(d.path)-1] }
func (d *decoder) pointer() string { return pointerTo(d.path) }
func escapePointer(key string) string {
	return strings.NewReplacer("~", "~0", "/", "~1").Replace(clip(key))
}

func pointerTo(path []step) string {
	var b strings.Builder
	for _, s := range path {
		b.WriteByte('/')
		if s.indexed {
			b.WriteString(strconv.Itoa(s.index))
		} else {
			b.WriteString(escapePointer(s.key))
		}
	}
	return b.String()
}

// fault records what is wrong here.
func (d *decoder) fault(problem string) {
	if len(d.faults) == maxFaults {
		d.hidden++
		return
	}
	d.faults = append(d.faults, Fault{Pointer: d.pointer(), Problem: problem})
}

// err is everything that was found, or nil.
func (d *decoder) err() error {
	if d.broken != "" {
		return &ArgumentError{Faults: []Fault{{Problem: "not valid JSON: " + d.broken}}}
	}
	if len(d.faults) == 0 {
		return nil
	}
	return &ArgumentError{Faults: d.faults, Hidden: d.hidden}
}

// unknown says that a name is not one of those allowed.
func unknown(name string, allowed []string) string {
	return "unknown argument" + suggest(name, allowed) + "; allowed: " + enumerate(allowed)
}

func notOneOf(got string, allowed []string) string {
	return "want one of " + enumerate(allowed) + suggest(got, allowed)
}

func enumerate(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	if len(names) > maxNames {
		return strings.Join(names[:maxNames], ", ") + ", …"
	}
	return strings.Join(names, ", ")
}

// suggest returns the allowed name that a wrong one is most likely meant to be, as a question, or "".
func suggest(name string, allowed []string) string {
	if len(name) < 2 || len(name) > maxQuoted {
		return ""
	}
	best := primitives.Nearest(name, allowed, max(1, len(name)/3))
	if best == "" {
		return ""
	}
	return ", did you mean " + strconv.Quote(best) + "?"
}

// clip shortens a name that came from outside.
func clip(s string) string {
	if len(s) <= maxQuoted {
		return s
	}
	return strings.ToValidUTF8(s[:maxQuoted], "") + "…"
}

func quote(s string) string { return strconv.Quote(clip(s)) }

// sortedKeys returns the keys of a map in order.
func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}
