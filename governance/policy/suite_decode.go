package policy

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"

	"github.com/mcp-kernel/mcp-kernel/governance"
)

// The fields of a file of fixtures and of what is in it.
const (
	suiteFields  = "policy_files policies at tools cases"
	caseFields   = "name steps after " + actFields
	actFields    = "call result definition expect"
	stepFields   = "after times tokens running " + actFields
	callFields   = "tool resource prompt args principal agent operator labels policies depth at"
	beforeFields = callFields + " after times tokens running effect"
	resultFields = "text structured content error confidence"
	expectFields = "effect check rule policy event pointer reason would findings labels text structured"
	foundFields  = "check rule class pointer"
	kindFields   = "tool resource prompt"
	toolFields   = "name hints args"
	effectWords  = "allow deny ask"
	eventWords   = "TOOL_CALL_BLOCKED POLICY_VIOLATION POLICY_CHECK DRIFT_DETECTED"
)

// DefaultPrincipal makes the calls of fixtures that do not say who does.
const DefaultPrincipal = "user:test"

// defaultAt is when calls of fixtures are made that do not say so: a Monday at noon, so that what a policy says of office
// hours is the same on every day that a test is run.
func defaultAt() time.Time { return time.Date(2026, time.January, 5, 12, 0, 0, 0, time.UTC) }

// DecodeSuite reads the fixtures of one file. All faults are returned at once, joined, in the order of the file, each a
// *governance.PolicyError with file, line and column; then there is no suite. The suite does not refer to data.
func DecodeSuite(file string, data []byte) (Suite, error) {
	d := &decoder{file: file}
	r := suiteReader{record: record{decoder: d}, suite: Suite{File: file, At: defaultAt()}}
	r.policy.Source.Field = make(map[string]governance.Position)
	d.document = r.file
	d.decode(data)
	if err := d.err(); err != nil {
		return Suite{}, err
	}
	return r.suite, nil
}

// A suiteReader reads one file of fixtures with the means of a policy's record.
type suiteReader struct {
	record

	suite Suite
}

// file reads the document.
func (r *suiteReader) file(parsed *ast.File) {
	if len(parsed.Docs) == 0 || parsed.Docs[0].Body == nil {
		r.fault(start(), "", `no fixtures: begin with "cases:"`)
		return
	}
	body := parsed.Docs[0].Body
	members, ok := mapping(body)
	if !ok {
		r.wrong("", body, `a record of policies and cases: begin with "cases:"`)
		return
	}
	seen := r.fields("", suiteFields, members, func(path, name string, value ast.Node) {
		switch name {
		case "policy_files":
			r.suite.PolicyFiles = r.names(path, value)
		case "policies":
			r.suite.Policies = r.names(path, value)
		case "at":
			r.suite.At = r.moment(path, value)
		case "tools":
			for i, entry := range r.list(path, value, `a list of tools, each as in "{name: web_fetch}"`) {
				r.suite.Tools = append(r.suite.Tools, r.tool(fmt.Sprintf("%s[%d]", path, i), entry))
			}
		case "cases":
			r.cases(path, value)
		}
	})
	if !seen["cases"] {
		r.fault(place(body), "cases", `missing: write what is called, and what is expected of it`)
	}
}

func (r *suiteReader) cases(path string, node ast.Node) {
	entries := r.list(path, node, `a list of cases, each with "name", "call" and "expect"`)
	if len(entries) > MaxCases {
		r.fault(place(node), path, fmt.Sprintf("%d cases: at most %d are read", len(entries), MaxCases))
		return
	}
	seen := map[string]governance.Position{}
	for i, entry := range entries {
		c := r.oneCase(fmt.Sprintf("%s[%d]", path, i), entry)
		if first, twice := seen[c.Name]; twice && c.Name != "" {
			r.fault(c.Place, fmt.Sprintf("%s[%d].name", path, i), fmt.Sprintf("is already the name of the case on line %d: rename one", first.Line))
		}
		seen[c.Name] = c.Place
		r.suite.Cases = append(r.suite.Cases, c)
	}
}

// call reads a call that has no fields but those of one.
func (r *suiteReader) call(path string, node ast.Node) Request {
	q := newRequest()
	members, ok := mapping(node)
	if !ok {
		r.wrong(path, node, `a call, as in "{tool: file_read, args: {path: a.txt}}"`)
		return q
	}
	r.named(path, node, r.fields(path+".", callFields, members, func(path, name string, value ast.Node) {
		r.callField(&q, path, name, value)
	}))
	return q
}

func newRequest() Request {
	return Request{Caller: governance.Caller{Principal: DefaultPrincipal}}
}

// named wants exactly one of tool, resource and prompt.
func (r *suiteReader) named(path string, node ast.Node, seen map[string]bool) {
	n := 0
	for kind := range strings.FieldsSeq(kindFields) {
		if seen[kind] {
			n++
		}
	}
	if n != 1 {
		r.fault(place(node), path, "names not exactly one thing: write tool, resource or prompt")
	}
}

func (r *suiteReader) callField(q *Request, path, name string, value ast.Node) {
	switch name {
	case "tool":
		q.Kind = governance.KindTool
		q.Name, _ = r.text(path, value)
	case "resource":
		q.Kind = governance.KindResource
		q.Name, _ = r.text(path, value)
	case "prompt":
		q.Kind = governance.KindPrompt
		q.Name, _ = r.text(path, value)
	case "args":
		q.Args = r.arguments(path, value)
	case "principal":
		q.Caller.Principal, _ = r.text(path, value)
	case "agent":
		q.Caller.Agent, _ = r.text(path, value)
	case "operator":
		q.Caller.Operator = r.truth(path, value)
	case "labels":
		q.Labels = r.touched(path, value)
	case "policies":
		q.Policies = r.names(path, value)
	case "depth":
		q.Depth = int(r.count(path, value, 0, 1000))
	case "at":
		q.At = r.moment(path, value)
	}
}

// moment reads a point in time.
func (r *suiteReader) moment(path string, node ast.Node) time.Time {
	text, ok := r.text(path, node)
	if !ok {
		return time.Time{}
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		r.fault(place(node), path, fmt.Sprintf(`found %q, want a time as in "2026-01-05T12:00:00Z"`, shown(text)))
	}
	return at
}

// count reads a whole number within bounds.
func (r *suiteReader) count(path string, node ast.Node, least, most int64) int64 {
	n := r.whole(path, node)
	if n == nil {
		return least
	}
	if *n < least || *n > most {
		r.fault(place(node), path, fmt.Sprintf("%d is not between %d and %d", *n, least, most))
		return least
	}
	return *n
}

// tool reads a tool that is pretended to be there.
func (r *suiteReader) tool(path string, node ast.Node) (t Tool) {
	members, ok := mapping(node)
	if !ok {
		r.wrong(path, node, `a tool, as in "{name: web_fetch, hints: {read_only: true}, args: [url]}"`)
		return t
	}
	seen := r.fields(path+".", toolFields, members, func(path, name string, value ast.Node) {
		switch name {
		case "name":
			t.Name, _ = r.text(path, value)
		case "hints":
			t.Hints = r.hints(path, value)
		case "args":
			t.Args = r.names(path, value)
		}
	})
	if !seen["name"] {
		r.fault(place(node), path+".name", "missing: write what the tool is called")
	}
	return t
}

// touched reads what an execution has touched, sorted.
func (r *suiteReader) touched(path string, node ast.Node) []string {
	labels := r.labelNames(path, node)
	for i, label := range labels {
		if problem := governance.LabelProblem(label); problem != "" {
			r.fault(place(node), fmt.Sprintf("%s[%d]", path, i), problem)
		}
	}
	slices.Sort(labels)
	return slices.Compact(labels)
}
