package policy

import (
	"fmt"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"

	"github.com/mcp-kernel/mcp-kernel/governance/match"
)

// The fields of a blocked pattern and of an exception from it, in the order in which Encode writes them.
const (
	patternFields   = "name type pattern case_sensitive at on action severity except"
	exceptionFields = "reason tools principals until"
)

// pattern reads a blocked pattern.
func (r *record) pattern(path string, node ast.Node) match.Pattern {
	var p match.Pattern
	r.note(path, node)
	for _, name := range []string{"name", "type", "pattern"} {
		r.note(path+"."+name, node)
	}
	members, ok := mapping(node)
	if !ok {
		r.wrong(path, node, `a pattern as in "{type: substring, pattern: …}"`)
		return p
	}
	seen := r.fields(path+".", patternFields, members, func(path, name string, value ast.Node) {
		r.patternField(&p, path, name, value)
	})
	if !seen["type"] {
		r.fault(place(node), path+".type", "missing: write substring, regex or glob")
	}
	if !seen["pattern"] {
		r.fault(place(node), path+".pattern", "missing: write the text to block")
	}
	return p
}

func (r *record) patternField(p *match.Pattern, path, name string, value ast.Node) {
	switch name {
	case "name":
		p.Name, _ = r.text(path, value)
	case "type":
		r.word(path, value, &p.Type, "type", "substring regex glob")
	case "pattern":
		p.Text, _ = r.text(path, value)
	case "case_sensitive":
		p.CaseSensitive = r.truth(path, value)
	case "at":
		p.At = r.texts(path, value, `a list of JSON pointers as in ["/command"]`)
	case "on":
		p.On = r.on(path, value)
	case "action":
		r.word(path, value, &p.Action, "action", "block redact ask log")
	case "severity":
		p.Severity = new(match.Severity)
		r.word(path, value, p.Severity, "severity", "low medium high critical")
	case "except":
		const want = `a list of exceptions, each as in "{reason: …, tools: […], until: 2027-01-31}"`
		for i, entry := range r.list(path, value, want) {
			p.Except = append(p.Except, r.exception(fmt.Sprintf("%s[%d]", path, i), entry))
		}
	}
}

// word reads one word of a few.
func (r *record) word(path string, node ast.Node, to interface{ UnmarshalText(text []byte) error }, what, words string) {
	text, ok := r.text(path, node)
	if ok && to.UnmarshalText([]byte(text)) != nil {
		r.fault(place(node), path, unknown(what, text, words))
	}
}

// on reads what a pattern counts in.
func (r *record) on(path string, node ast.Node) match.On {
	var all match.On
	entries := r.list(path, node, "a list as in [arguments, results, names]")
	for i, entry := range entries {
		var one match.On
		r.word(fmt.Sprintf("%s[%d]", path, i), entry, &one, "word", "arguments results names")
		all |= one
	}
	if len(entries) == 0 {
		r.fault(place(node), path, "empty: write arguments, results or names, or remove the pattern")
	}
	return all
}

// texts reads a list of texts that is not empty, with the place of each.
func (r *record) texts(path string, node ast.Node, want string) []string {
	entries := r.list(path, node, want)
	if list, ok := node.(*ast.SequenceNode); ok && len(list.Values) == 0 {
		r.fault(place(node), path, "empty: want "+want+", or nothing at all")
	}
	all := make([]string, len(entries))
	for i, entry := range entries {
		at := fmt.Sprintf("%s[%d]", path, i)
		r.note(at, entry)
		all[i], _ = r.text(at, entry)
	}
	return all
}

// exception reads an exception from a pattern.
func (r *record) exception(path string, node ast.Node) match.Exception {
	var e match.Exception
	r.note(path, node)
	for _, name := range []string{"reason", "until"} {
		r.note(path+"."+name, node)
	}
	members, ok := mapping(node)
	if !ok {
		r.wrong(path, node, `an exception as in "{reason: …, tools: […], until: 2027-01-31}"`)
		return e
	}
	r.fields(path+".", exceptionFields, members, func(path, name string, value ast.Node) {
		switch name {
		case "reason":
			e.Reason, _ = r.text(path, value)
		case "tools":
			e.Tools = r.texts(path, value, `a list of names or globs as in ["deploy_*"]`)
		case "principals":
			e.Principals = r.texts(path, value, `a list of names or globs as in ["ci"]`)
		case "until":
			e.Until = r.moment(path, value)
		}
	})
	return e
}

// moment reads a day, which is its beginning in UTC, or a time of RFC 3339.
func (r *record) moment(path string, node ast.Node) time.Time {
	text, ok := r.text(path, node)
	if !ok {
		return time.Time{}
	}
	for _, layout := range []string{time.DateOnly, time.RFC3339} {
		if at, err := time.Parse(layout, text); err == nil {
			return at.UTC()
		}
	}
	r.wrong(path, node, `a day as in "2027-01-31", or a time as in "2027-01-31T18:00:00Z"`)
	return time.Time{}
}

func (w *writer) patterns(patterns []match.Pattern) {
	if len(patterns) == 0 {
		w.field("blocked_patterns", "[]")
		return
	}
	w.WriteString("  blocked_patterns:\n")
	for i := range patterns {
		p := &patterns[i]
		indent := "    - "
		if p.Name != "" {
			fmt.Fprintf(w, "%sname: %s\n", indent, scalar(p.Name))
			indent = "      "
		}
		fmt.Fprintf(w, "%stype: %s\n", indent, p.Type)
		fmt.Fprintf(w, "      pattern: %s\n", scalar(p.Text))
		if p.CaseSensitive {
			w.WriteString("      case_sensitive: true\n")
		}
		w.terms(p)
	}
}

// terms writes where a pattern counts, for whom, and what is to happen.
func (w *writer) terms(p *match.Pattern) {
	w.flow("      at", p.At)
	if p.On != 0 {
		w.flow("      on", strings.Split(p.On.String(), ","))
	}
	if p.Action != match.Blocks {
		fmt.Fprintf(w, "      action: %s\n", p.Action)
	}
	if p.Severity != nil {
		fmt.Fprintf(w, "      severity: %s\n", p.Severity)
	}
	if len(p.Except) > 0 {
		w.WriteString("      except:\n")
	}
	for i := range p.Except {
		e := &p.Except[i]
		fmt.Fprintf(w, "        - reason: %s\n", scalar(e.Reason))
		w.flow("          tools", e.Tools)
		w.flow("          principals", e.Principals)
		fmt.Fprintf(w, "          until: %s\n", scalar(e.Until.UTC().Format(time.RFC3339)))
	}
}
