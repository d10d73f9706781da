package policy

import (
	"fmt"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"

	"github.com/mcp-kernel/mcp-kernel/governance"
)

// maxWait bounds how far a step puts the clock on.
const maxWait = 366 * 24 * time.Hour

// nodes are the fields of a case or a step, which depend on each other.
type nodes map[string]ast.Node

// oneCase reads a fixture: one step, with calls that were made before it, or several steps.
func (r *suiteReader) oneCase(path string, node ast.Node) Case {
	c := Case{Place: place(node)}
	members, ok := mapping(node)
	if !ok {
		r.wrong(path, node, `a case with "name", "call" and "expect"`)
		return c
	}
	given := nodes{}
	r.fields(path+".", caseFields, members, func(_, name string, value ast.Node) { given[name] = value })
	if name, there := given["name"]; there {
		c.Name, _ = r.text(path+".name", name)
	} else {
		r.fault(place(node), path+".name", "missing: say in a few words what the case is about")
	}
	if steps, several := given["steps"]; several {
		c.Steps = r.steps(path, steps, given)
		return c
	}
	if after, there := given["after"]; there {
		for i, entry := range r.list(path+".after", after, "a list of calls that were made before") {
			c.Steps = append(c.Steps, r.before(path, fmt.Sprintf("after[%d]", i), entry))
		}
	}
	last := Step{Times: 1, Place: c.Place}
	r.act(path, node, given, &last)
	if _, there := given["expect"]; !there {
		r.fault(place(node), path+".expect", `missing: write what must come of it, as in "expect: deny"`)
	}
	c.Steps = append(c.Steps, last)
	return c
}

// steps reads the steps of a case that has nothing beside them.
func (r *suiteReader) steps(path string, node ast.Node, given nodes) []Step {
	for field := range strings.FieldsSeq("after " + actFields) {
		if other, there := given[field]; there {
			r.fault(place(other), path+"."+field, "stands beside steps: write it as a step of its own")
		}
	}
	entries := r.list(path+".steps", node, `a list of steps, each as in "{call: {tool: file_read}, expect: allow}"`)
	if len(entries) == 0 {
		r.fault(place(node), path+".steps", "no steps: write at least one")
	}
	steps := make([]Step, len(entries))
	for i, entry := range entries {
		steps[i] = r.step(path, fmt.Sprintf("steps[%d]", i), entry)
	}
	return steps
}

// step reads one step of several. What it does not expect otherwise, is that the call runs and its answer passes.
func (r *suiteReader) step(path, at string, node ast.Node) Step {
	s := Step{Path: at, Times: 1, Place: place(node), Expect: Expectation{Effect: governance.Allow}}
	path += "." + at
	members, ok := mapping(node)
	if !ok {
		r.wrong(path, node, `a step, as in "{after: 61s, call: {tool: file_read}, expect: allow}"`)
		return s
	}
	given := nodes{}
	r.fields(path+".", stepFields, members, func(path, name string, value ast.Node) {
		if !r.often(path, name, value, &s) {
			given[name] = value
		}
	})
	r.act(path, node, given, &s)
	return s
}

// often reads what steps and calls before have in common, and reports whether the field is one of it.
func (r *suiteReader) often(path, name string, value ast.Node, s *Step) bool {
	switch name {
	case "after":
		s.Wait = r.wait(path, value)
	case "times":
		s.Times = int(r.count(path, value, 1, MaxTimes))
	case "tokens":
		s.Tokens = r.count(path, value, 0, 1<<53)
	case "running":
		s.Running = r.truth(path, value)
	default:
		return false
	}
	return true
}

// before reads a call that was made before, with what must come of it beside its own fields.
func (r *suiteReader) before(path, at string, node ast.Node) Step {
	s := Step{Path: at, Call: newRequest(), Times: 1, Place: place(node), Expect: Expectation{Effect: governance.Allow}}
	path += "." + at
	members, ok := mapping(node)
	if !ok {
		r.wrong(path, node, `a call, as in "{tool: file_read, times: 3}"`)
		return s
	}
	r.named(path, node, r.fields(path+".", beforeFields, members, func(path, name string, value ast.Node) {
		switch {
		case r.often(path, name, value, &s):
		case name == "effect":
			s.Expect.Effect = r.effect(path, value)
		default:
			r.callField(&s.Call, path, name, value)
		}
	}))
	return s
}

// wait reads how much time passes before a step.
func (r *suiteReader) wait(path string, node ast.Node) time.Duration {
	d := r.duration(path, node)
	if d == nil {
		return 0
	}
	if *d < 0 || *d > maxWait {
		r.fault(place(node), path, fmt.Sprintf("%v is not between 0 and %v", *d, maxWait))
		return 0
	}
	return *d
}

// act reads what a step does and what must come of it.
func (r *suiteReader) act(path string, node ast.Node, given nodes, s *Step) {
	call, isCall := given["call"]
	definition, isDefinition := given["definition"]
	switch {
	case isCall == isDefinition:
		r.fault(place(node), path+".call", `missing, or not alone: write a call, as in "call: {tool: file_read}", or a definition`)
	case isCall:
		s.Call = r.call(path+".call", call)
	default:
		s.Definition = r.object(path+".definition", definition, `what a server says of a tool, as in "{name: add, description: Adds two numbers.}"`)
		s.Expect.Fate = Pass
	}
	if result, there := given["result"]; there {
		s.Answer = r.answer(path+".result", result, s.Call.Kind)
		s.Expect.Fate = Pass
		if isDefinition {
			r.fault(place(result), path+".result", "a definition has no result: write it as a step of its own")
		}
	}
	if expect, there := given["expect"]; there {
		s.Expect = r.expect(path+".expect", expect, s)
	}
}
