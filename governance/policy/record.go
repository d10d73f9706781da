package policy

import (
	"fmt"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"github.com/mcp-kernel/mcp-kernel/governance"
)

// The fields of a policy, in the order in which Encode writes them.
const (
	policyFields = "name description mode max_tokens_per_request max_tool_calls_per_request blocked_patterns allowed_tools allowed_resources allowed_prompts confidence_threshold timeout limits max_depth max_fan_out max_result_tokens labels rules require_approval intent detect"
)

// A record reads one policy.
type record struct {
	decoder *decoder
	label   string // its name, or its number as long as none is known
	policy  governance.Policy
}

// read reads the record and reports whether it is one.
func (r *record) read(node ast.Node) bool {
	at := place(node)
	r.policy.Source = governance.Source{File: r.decoder.file, Start: at, Field: make(map[string]governance.Position)}
	members, ok := mapping(node)
	if !ok {
		r.fault(at, "", found(node)+", want a policy: its fields, each as in \"name: value\"")
		return false
	}
	for _, m := range members {
		if name, ok := m.Value.(*ast.StringNode); ok && key(m) == "name" && name.Value != "" {
			r.label = name.Value
		}
	}
	seen := r.fields("", policyFields, members, r.field)
	if !seen["name"] {
		r.fault(at, "name", "missing: give it a name of letters, digits, '.', '_' and '-'")
	}
	return true
}

// fields hands every known member to a reader, once, and reports all others. It returns the names that were there.
func (r *record) fields(path, known string, members []*ast.MappingValueNode, read func(path, name string, value ast.Node)) map[string]bool {
	seen := make(map[string]bool, len(members))
	for _, m := range members {
		name := key(m)
		at := place(m.Key)
		switch {
		case !contains(known, name):
			r.fault(at, strings.TrimSuffix(path, "."), unknown("field", name, known))
		case seen[name]:
			r.fault(at, path+name, "written twice: remove one")
		default:
			r.note(path+name, m.Value)
			read(path+name, name, m.Value)
		}
		seen[name] = true
	}
	return seen
}

// note keeps the place of a field.
func (r *record) note(path string, node ast.Node) { r.policy.Source.Field[path] = place(node) }

func (r *record) fault(at governance.Position, path, problem string) {
	r.decoder.faults = append(r.decoder.faults, &governance.PolicyError{
		File: r.decoder.file, At: at, Policy: r.label, Field: path, Problem: problem,
	})
}

// wrong reports a value of another type.
func (r *record) wrong(path string, node ast.Node, want string) {
	r.fault(place(node), path, found(node)+", want "+want)
}

// field reads one field of a policy.
func (r *record) field(path, name string, value ast.Node) {
	p := &r.policy
	switch name {
	case "name":
		p.Name, _ = r.text(path, value)
	case "description":
		p.Description, _ = r.text(path, value)
	case "mode":
		r.mode(path, value)
	case "max_tokens_per_request":
		p.MaxTokensPerRequest = r.whole(path, value)
	case "max_tool_calls_per_request":
		p.MaxToolCallsPerRequest = r.whole(path, value)
	case "blocked_patterns":
		r.patterns(path, value)
	case "allowed_tools":
		p.AllowedTools = r.names(path, value)
	case "allowed_resources":
		p.AllowedResources = r.names(path, value)
	case "allowed_prompts":
		p.AllowedPrompts = r.names(path, value)
	case "confidence_threshold":
		p.ConfidenceThreshold = r.share(path, value)
	case "timeout":
		p.Timeout = r.duration(path, value)
	case "limits":
		r.limits(path, value)
	case "max_depth":
		p.MaxDepth = r.whole(path, value)
	case "max_fan_out":
		p.MaxFanOut = r.whole(path, value)
	case "max_result_tokens":
		p.MaxResultTokens = r.whole(path, value)
	case "require_approval":
		r.approvals(path, value)
	case "labels":
		r.labels(path, value)
	case "intent":
		r.intent(path, value)
	case "detect":
		r.detection(path, value)
	case "rules":
		r.rules(path, value)
	}
}

func (r *record) mode(path string, value ast.Node) {
	text, ok := r.text(path, value)
	if ok && r.policy.Mode.UnmarshalText([]byte(text)) != nil {
		r.fault(place(value), path, unknown("mode", text, "enforce audit"))
	}
}

// list returns the entries of a list, or reports that it is none.
func (r *record) list(path string, node ast.Node, want string) []ast.Node {
	list, ok := node.(*ast.SequenceNode)
	if !ok {
		r.wrong(path, node, want)
		return nil
	}
	return list.Values
}

// names reads an allowlist.
func (r *record) names(path string, node ast.Node) []string {
	entries := r.list(path, node, `a list of names as in ["*"], or [] to allow nothing`)
	names := make([]string, len(entries))
	for i, entry := range entries {
		at := fmt.Sprintf("%s[%d]", path, i)
		r.note(at, entry)
		names[i], _ = r.text(at, entry)
	}
	return names
}

func (r *record) patterns(path string, node ast.Node) {
	for i, entry := range r.list(path, node, `a list of patterns, each as in "{type: substring, pattern: …}"`) {
		r.policy.BlockedPatterns = append(r.policy.BlockedPatterns, r.pattern(fmt.Sprintf("%s[%d]", path, i), entry))
	}
}
