package sandbox

import (
	"errors"
	"fmt"
	"strings"
)

// ErrLacking says that a profile requires what this system cannot enforce.
var ErrLacking = errors.New("the sandbox that is required cannot be enforced here")

// A Measure is one thing that a profile asks for.
type Measure struct {
	Name   string `json:"name"`             // "files", "network", "signals", "calls", "privileges", "descriptors", or a limit
	Detail string `json:"detail,omitempty"` // what was done, or why it could not be
}

// A Report is what became of a profile.
type Report struct {
	System   string    `json:"system"`            // what it was enforced with
	Enforced []Measure `json:"enforced"`          // what holds
	Lacking  []Measure `json:"lacking,omitempty"` // what was asked for and does not hold
	Absent   []string  `json:"absent,omitempty"`  // paths that were to be granted and were not, since they are not there
}

func (r *Report) enforced(name, format string, args ...any) {
	r.Enforced = append(r.Enforced, Measure{name, fmt.Sprintf(format, args...)})
}

func (r *Report) lacking(name, format string, args ...any) {
	r.Lacking = append(r.Lacking, Measure{name, fmt.Sprintf(format, args...)})
}

// done notes a measure as enforced, or as lacking for the reason that err is.
func (r *Report) done(err error, name, format string, args ...any) {
	if err != nil {
		r.lacking(name, "%v", err)
		return
	}
	r.enforced(name, format, args...)
}

// required is what stands against starting a program.
func (r *Report) required(p *Profile) error {
	if p.Required && !r.Whole() {
		return fmt.Errorf("%w: %s", ErrLacking, names(r.Lacking, true))
	}
	return nil
}

// Whole reports whether all that was asked for holds.
func (r *Report) Whole() bool { return len(r.Lacking) == 0 }

// String is the report on one line.
func (r *Report) String() string {
	var b strings.Builder
	b.WriteString("enforced: " + names(r.Enforced, false))
	if len(r.Lacking) > 0 {
		b.WriteString("; not enforced: " + names(r.Lacking, true))
	}
	if len(r.Absent) > 0 {
		b.WriteString("; not there: " + strings.Join(r.Absent, ", "))
	}
	return b.String()
}

// names lists measures.
func names(all []Measure, why bool) string {
	if len(all) == 0 {
		return "nothing"
	}
	texts := make([]string, len(all))
	for i, m := range all {
		texts[i] = m.Name
		if why && m.Detail != "" {
			texts[i] += " (" + m.Detail + ")"
		}
	}
	return strings.Join(texts, ", ")
}
