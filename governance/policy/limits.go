package policy

import (
	"fmt"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"github.com/mcp-kernel/mcp-kernel/governance"
)

// The fields of a limit, and those of them that say what it counts.
const (
	limitFields  = "name per tools calls tokens bytes_in bytes_out concurrent window"
	metricFields = "calls tokens bytes_in bytes_out concurrent"
	perWords     = "principal agent tool"
)

func (r *record) limits(path string, node ast.Node) {
	for i, entry := range r.list(path, node, `a list of limits, each as in "{per: principal, calls: 60, window: 1m}"`) {
		r.policy.Limits = append(r.policy.Limits, r.limit(fmt.Sprintf("%s[%d]", path, i), entry))
	}
}

// limit reads one limit, which counts exactly one thing.
func (r *record) limit(path string, node ast.Node) governance.Limit {
	var l governance.Limit
	r.note(path, node)
	members, ok := mapping(node)
	if !ok {
		r.wrong(path, node, `a limit as in "{per: principal, calls: 60, window: 1m}"`)
		return l
	}
	r.fields(path+".", limitFields, members, func(path, name string, value ast.Node) {
		switch name {
		case "name":
			l.Name, _ = r.text(path, value)
		case "per":
			l.Per = r.per(path, value)
		case "tools":
			l.Tools = r.names(path, value)
		case "window":
			if d := r.duration(path, value); d != nil {
				l.Window = *d
			}
		default:
			r.metric(path, name, value, &l)
		}
	})
	return l
}

// metric reads what a limit counts, and how much of it.
func (r *record) metric(path, name string, value ast.Node, l *governance.Limit) {
	n := r.whole(path, value)
	if l.Metric != governance.MetricNone {
		r.fault(place(value), path, fmt.Sprintf("a limit counts one thing, and this one counts %s already: write two", l.Metric))
		return
	}
	for m := governance.MetricCalls; m <= governance.MetricConcurrent; m++ {
		if m.String() == name {
			l.Metric = m
		}
	}
	if n != nil {
		l.Max = *n
	}
}

// per reads for whom a limit counts: a word, or several.
func (r *record) per(path string, node ast.Node) governance.Per {
	entries := []ast.Node{node}
	if list, ok := node.(*ast.SequenceNode); ok {
		entries = list.Values
	}
	var per governance.Per
	for _, entry := range entries {
		word, ok := r.text(path, entry)
		if !ok {
			continue
		}
		one, err := governance.ParsePer(word)
		if err != nil {
			r.fault(place(entry), path, unknown("word", word, perWords))
		}
		per |= one
	}
	return per
}

func (w *writer) limits(limits []governance.Limit) {
	if len(limits) == 0 {
		return
	}
	w.WriteString("  limits:\n")
	for _, l := range limits {
		indent := "    - "
		if l.Name != "" {
			fmt.Fprintf(w, "%sname: %s\n", indent, scalar(l.Name))
			indent = "      "
		}
		fmt.Fprintf(w, "%sper: [%s]\n", indent, strings.ReplaceAll(l.Per.String(), "+", ", "))
		w.flow("      tools", l.Tools)
		fmt.Fprintf(w, "      %s: %d\n", l.Metric, l.Max)
		if l.Window != 0 {
			fmt.Fprintf(w, "      window: %s\n", l.Window)
		}
	}
}

// flow writes a list on one line, unless it is empty.
func (w *writer) flow(field string, names []string) {
	if len(names) == 0 {
		return
	}
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = "'" + strings.ReplaceAll(name, "'", "''") + "'"
		if !printable(name) {
			quoted[i] = scalar(name)
		}
	}
	fmt.Fprintf(w, "%s: [%s]\n", field, strings.Join(quoted, ", "))
}
