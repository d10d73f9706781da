package compose

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"time"
)

// Bounds of a composition.
const (
	MaxSteps   = 64              // calls and groups
	MaxDepth   = 8               // groups within groups
	MaxAtOnce  = 16              // calls side by side
	MaxTimeout = time.Hour       // of a whole composition
	MaxKept    = 8 << 20         // bytes of all answers that steps may refer to
	AtOnce     = 4               // calls side by side where a group does not say
	Timeout    = 2 * time.Minute // of a whole composition that does not say
)

// A Declaration is a composition as an operator writes it.
type Declaration struct {
	Name        string // under which it is published
	Title       string
	Description string
	Input       json.RawMessage // JSON Schema of what it takes; nil takes nothing
	Timeout     time.Duration   // of all steps together; 0 is Timeout
	Steps       []Step
	Output      any // what it answers, with references; nil is the answer of the last step
}

// A Step is one call, or a group of steps: exactly one of Call, Parallel, When and FirstOf is there.
type Step struct {
	ID string // by which later steps refer to it; may be empty

	Call string // the name of a tool
	Args any    // its arguments, with references; nil is none

	Parallel []Step // all of them side by side
	AtOnce   int    // how many at once; 0 is AtOnce
	Keep     bool   // one that fails does not end the others: it has an error instead of an answer

	When *Condition // whether Then is done, or Else
	Then []Step
	Else []Step

	FirstOf []Step // the first that does not fail
	Refused bool   // a step that policy refuses counts as one that failed, too
}

// A Condition is a question about a value; exactly one of the others is there beside From.
type Condition struct {
	From     string   // a reference
	Exists   *bool    // whether there is such a value
	Equals   any      // what it is
	Differs  any      // what it is not
	Contains string   // a part of a text
	Less     *float64 // than this number
	Greater  *float64 // than this number
}

// A Plan is a composition that was read. It is safe for concurrent use.
type Plan struct {
	declared Declaration
	steps    []node
	output   *template
	tools    []string
}

// A node is a step that was read.
type node struct {
	id   string
	at   string // where it stands, for errors
	call string
	args *template

	parallel []node
	atOnce   int
	keep     bool

	when      *condition
	then, els []node

	firstOf []node
	refused bool
}

// New reads a composition. All its faults are reported, each with its place.
func New(d *Declaration) (*Plan, error) {
	r := reader{seen: map[string]bool{}}
	if !regexp.MustCompile(`^[a-z][a-z0-9_]{0,46}$`).MatchString(d.Name) {
		r.fault("name", "%q: want 1 to 47 small letters, digits and _, a letter first", d.Name)
	}
	if d.Description == "" {
		r.fault("description", "is missing: a model chooses by it")
	}
	if d.Timeout < 0 || d.Timeout > MaxTimeout {
		r.fault("timeout", "%v: want more than 0 and at most %v", d.Timeout, MaxTimeout)
	}
	if len(d.Steps) == 0 {
		r.fault("steps", "there are none")
	}
	scope := names{"input": true}
	p := &Plan{declared: *d, steps: r.sequence("steps", d.Steps, scope, 1)}
	if p.declared.Timeout == 0 {
		p.declared.Timeout = Timeout
	}
	if d.Output != nil {
		p.output = r.template("output", d.Output, scope)
	}
	p.tools = r.tools
	if err := errors.Join(r.faults...); err != nil {
		return nil, err
	}
	return p, nil
}

// Name is the name under which the composition is published.
func (p *Plan) Name() string { return p.declared.Name }

// Tools returns the tools that the composition may call, each once, in the order in which they are named.
func (p *Plan) Tools() []string { return append([]string(nil), p.tools...) }

// names are the steps that can be referred to.
type names map[string]bool

// A reader reads a declaration.
type reader struct {
	faults []error
	seen   map[string]bool // ids
	steps  int
	tools  []string
}

func (r *reader) fault(at, format string, args ...any) {
	r.faults = append(r.faults, fmt.Errorf("%s: %w", at, fmt.Errorf(format, args...)))
}

// sequence reads steps that follow each other; what they are called by is added to scope.
func (r *reader) sequence(at string, steps []Step, scope names, depth int) []node {
	if depth > MaxDepth {
		r.fault(at, "steps are nested more than %d deep", MaxDepth)
		return nil
	}
	all := make([]node, len(steps))
	for i := range steps {
		all[i] = r.step(fmt.Sprintf("%s[%d]", at, i), &steps[i], scope, depth)
		r.known(all[i].at, steps[i].ID, scope)
	}
	return all
}

// branches reads steps of which none follows another: none can refer to another.
func (r *reader) branches(at string, steps []Step, scope names, depth int) []node {
	if depth > MaxDepth {
		r.fault(at, "steps are nested more than %d deep", MaxDepth)
		return nil
	}
	all := make([]node, len(steps))
	for i := range steps {
		all[i] = r.step(fmt.Sprintf("%s[%d]", at, i), &steps[i], scope, depth)
	}
	return all
}

// known notes that later steps can refer to one.
func (r *reader) known(at, id string, scope names) {
	if id == "" {
		return
	}
	if !regexp.MustCompile(`^[a-z][a-z0-9_]{0,31}$`).MatchString(id) || id == "input" {
		r.fault(at, "id %q: want 1 to 32 small letters, digits and _, a letter first, and not input", id)
	}
	if r.seen[id] {
		r.fault(at, "id %q: there is another step of that id", id)
	}
	r.seen[id], scope[id] = true, true
}

// step reads a step.
func (r *reader) step(at string, s *Step, scope names, depth int) node {
	if r.steps++; r.steps == MaxSteps+1 {
		r.fault(at, "there are more than %d steps", MaxSteps)
	}
	n := node{id: s.ID, at: at, call: s.Call, keep: s.Keep, refused: s.Refused, atOnce: s.AtOnce}
	kinds := 0
	for _, there := range []bool{s.Call != "", s.Parallel != nil, s.When != nil, s.FirstOf != nil} {
		if there {
			kinds++
		}
	}
	if kinds != 1 {
		r.fault(at, "want one of call, parallel, when and first_of")
	}
	switch {
	case s.Call != "":
		n.args = r.call(at, s, scope)
	case s.Parallel != nil:
		n.parallel = r.parallel(at, s, &n, scope, depth)
	case s.When != nil:
		n.when = r.condition(at+".when", s.When, scope)
		n.then = r.sequence(at+".then", s.Then, scope.copy(), depth+1)
		n.els = r.sequence(at+".else", s.Else, scope.copy(), depth+1)
	case s.FirstOf != nil:
		if len(s.FirstOf) < 2 {
			r.fault(at+".first_of", "want two steps or more")
		}
		n.firstOf = r.branches(at+".first_of", s.FirstOf, scope, depth+1)
	}
	r.fits(at, s)
	return n
}

// call reads a step that is a call.
func (r *reader) call(at string, s *Step, scope names) *template {
	known := false
	for _, name := range r.tools {
		known = known || name == s.Call
	}
	if !known {
		r.tools = append(r.tools, s.Call)
	}
	if s.Args == nil {
		return nil
	}
	if _, isObject := s.Args.(map[string]any); !isObject {
		r.fault(at+".args", "want an object")
		return nil
	}
	return r.template(at+".args", s.Args, scope)
}

// parallel reads a group whose steps are done side by side; once it is done, later steps can refer to each of them.
func (r *reader) parallel(at string, s *Step, n *node, scope names, depth int) []node {
	if len(s.Parallel) == 0 {
		r.fault(at+".parallel", "there are no steps")
	}
	if n.atOnce == 0 {
		n.atOnce = AtOnce
	}
	if n.atOnce < 1 || n.atOnce > MaxAtOnce {
		r.fault(at+".at_once", "%d: want 1 to %d", s.AtOnce, MaxAtOnce)
	}
	all := r.branches(at+".parallel", s.Parallel, scope, depth+1)
	for i := range all {
		r.known(all[i].at, all[i].id, scope)
	}
	return all
}

// fits tells of what is said beside what it is for.
func (r *reader) fits(at string, s *Step) {
	for _, odd := range []struct {
		field, of string
		is        bool
	}{
		{"args", "call", s.Args != nil && s.Call == ""},
		{"at_once", "parallel", s.AtOnce != 0 && s.Parallel == nil},
		{"keep_failures", "parallel", s.Keep && s.Parallel == nil},
		{"then", "when", s.Then != nil && s.When == nil},
		{"else", "when", s.Else != nil && s.When == nil},
		{"even_if_refused", "first_of", s.Refused && s.FirstOf == nil},
	} {
		if odd.is {
			r.fault(at+"."+odd.field, "is for steps with %s", odd.of)
		}
	}
}

func (n names) copy() names {
	all := make(names, len(n))
	for name := range n {
		all[name] = true
	}
	return all
}
