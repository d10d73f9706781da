package policy

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"github.com/mcp-kernel/mcp-kernel/governance"
)

// The fields of a rule for labels, and the hints that it can ask for.
const (
	labelFields = "add tools resources prompts hints found"
	hintWords   = "read_only destructive idempotent open_world"
)

func (r *record) labels(path string, node ast.Node) {
	for i, entry := range r.list(path, node, `a list of rules, each as in "{add: [untrusted:web], tools: [web_fetch]}"`) {
		r.policy.Labels = append(r.policy.Labels, r.labelRule(fmt.Sprintf("%s[%d]", path, i), entry))
	}
}

func (r *record) labelRule(path string, node ast.Node) governance.LabelRule {
	var l governance.LabelRule
	r.note(path, node)
	members, ok := mapping(node)
	if !ok {
		r.wrong(path, node, `a rule as in "{add: [untrusted:web], tools: [web_fetch]}"`)
		return l
	}
	r.fields(path+".", labelFields, members, func(path, name string, value ast.Node) {
		switch name {
		case "add":
			l.Add = r.labelNames(path, value)
		case "tools":
			l.Tools = r.names(path, value)
		case "resources":
			l.Resources = r.names(path, value)
		case "prompts":
			l.Prompts = r.names(path, value)
		case "found":
			l.Found = r.names(path, value)
		case "hints":
			l.Hints = r.hints(path, value)
		}
	})
	return l
}

// labelNames reads labels. Within brackets the parser takes kind:name for a record, which a colon without a space behind
// it does not make.
func (r *record) labelNames(path string, node ast.Node) []string {
	entries := r.list(path, node, `a list of labels as in "[untrusted:web]"`)
	names := make([]string, len(entries))
	for i, entry := range entries {
		at := fmt.Sprintf("%s[%d]", path, i)
		r.note(at, entry)
		if text, ok := joined(entry); ok {
			names[i] = text
			continue
		}
		names[i], _ = r.text(at, entry)
	}
	return names
}

// joined returns the text of a record of one plain member that is written without a space.
func joined(node ast.Node) (string, bool) {
	members, ok := mapping(node)
	if !ok || len(members) != 1 {
		return "", false
	}
	value, ok := members[0].Value.(*ast.StringNode)
	name, first := key(members[0]), members[0].Key.GetToken().Position
	if !ok || first.Line != value.Token.Position.Line || first.Column+len(name)+1 != value.Token.Position.Column {
		return "", false
	}
	return name + ":" + value.Value, true
}

// hints reads which hints a tool must have, and which it must not.
func (r *record) hints(path string, node ast.Node) map[string]bool {
	members, ok := mapping(node)
	if !ok {
		r.wrong(path, node, `hints as in "{open_world: true, read_only: false}"`)
		return nil
	}
	hints := make(map[string]bool, len(members))
	r.fields(path+".", hintWords, members, func(path, name string, value ast.Node) {
		hints[name] = r.truth(path, value)
	})
	return hints
}

func (w *writer) labels(labels []governance.LabelRule) {
	if len(labels) == 0 {
		return
	}
	w.WriteString("  labels:\n")
	for _, l := range labels {
		w.flow("    - add", l.Add)
		w.flow("      tools", l.Tools)
		w.flow("      resources", l.Resources)
		w.flow("      prompts", l.Prompts)
		w.flow("      found", l.Found)
		if len(l.Hints) == 0 {
			continue
		}
		var hints []string
		for _, hint := range slices.Sorted(maps.Keys(l.Hints)) {
			hints = append(hints, fmt.Sprintf("%s: %t", hint, l.Hints[hint]))
		}
		fmt.Fprintf(w, "      hints: {%s}\n", strings.Join(hints, ", "))
	}
}
