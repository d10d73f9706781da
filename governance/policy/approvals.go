package policy

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"github.com/mcp-kernel/mcp-kernel/governance"
)

// The fields of a rule for approval, and the channels that it can name.
const (
	approvalFields = "name tools resources prompts hints approvers quorum expires channels message"
	channelWords   = "client cli console"
)

func (r *record) approvals(path string, node ast.Node) {
	for i, entry := range r.list(path, node, `a list of rules, each as in "{hints: {destructive: true}, quorum: 2}"`) {
		r.policy.RequireApproval = append(r.policy.RequireApproval, r.approval(fmt.Sprintf("%s[%d]", path, i), entry))
	}
}

func (r *record) approval(path string, node ast.Node) governance.ApprovalRule {
	var a governance.ApprovalRule
	r.note(path, node)
	members, ok := mapping(node)
	if !ok {
		r.wrong(path, node, `a rule as in "{tools: [file_delete]}"`)
		return a
	}
	r.fields(path+".", approvalFields, members, func(path, name string, value ast.Node) {
		switch name {
		case "name":
			a.Name, _ = r.text(path, value)
		case "tools":
			a.Tools = r.names(path, value)
		case "resources":
			a.Resources = r.names(path, value)
		case "prompts":
			a.Prompts = r.names(path, value)
		case "hints":
			a.Hints = r.hints(path, value)
		case "message":
			a.Message, _ = r.text(path, value)
		default:
			r.agreement(path, name, value, &a)
		}
	})
	return a
}

// agreement reads the fields that say who must agree, and how.
func (r *record) agreement(path, name string, value ast.Node, a *governance.ApprovalRule) {
	switch name {
	case "approvers":
		a.Approvers = r.principals(path, value)
	case "channels":
		a.Channels = r.channels(path, value)
	case "expires":
		a.Expires = r.duration(path, value)
	case "quorum":
		n := r.whole(path, value)
		if n == nil {
			return
		}
		if a.Quorum = *n; *n == 0 {
			r.fault(place(value), path, "0 people cannot agree: write 1, or leave it out")
		}
	}
}

// principals reads names of people, which often have a colon; see labelNames.
func (r *record) principals(path string, node ast.Node) []string {
	entries := r.list(path, node, `a list of principals as in "[operators, user:ada]"`)
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

func (r *record) channels(path string, node ast.Node) []governance.Channel {
	var channels []governance.Channel
	for i, entry := range r.list(path, node, `a list of channels as in "[client, cli, console]"`) {
		at := fmt.Sprintf("%s[%d]", path, i)
		r.note(at, entry)
		text, ok := r.text(at, entry)
		var c governance.Channel
		if ok && c.UnmarshalText([]byte(text)) != nil {
			r.fault(place(entry), at, unknown("channel", text, channelWords))
			ok = false
		}
		if ok {
			channels = append(channels, c)
		}
	}
	return channels
}

func (w *writer) approvals(rules []governance.ApprovalRule) {
	if len(rules) == 0 {
		return
	}
	w.WriteString("  require_approval:\n")
	for i := range rules {
		a := &rules[i]
		begin := w.Len()
		if a.Name != "" {
			fmt.Fprintf(w, "      name: %s\n", scalar(a.Name))
		}
		w.flow("      tools", a.Tools)
		w.flow("      resources", a.Resources)
		w.flow("      prompts", a.Prompts)
		w.hints(a.Hints)
		w.flow("      approvers", a.Approvers)
		if a.Quorum != 0 {
			fmt.Fprintf(w, "      quorum: %d\n", a.Quorum)
		}
		if a.Expires != nil {
			fmt.Fprintf(w, "      expires: %s\n", *a.Expires)
		}
		var channels []string
		for _, c := range a.Channels {
			channels = append(channels, c.String())
		}
		w.flow("      channels", channels)
		if a.Message != "" {
			fmt.Fprintf(w, "      message: %s\n", scalar(a.Message))
		}
		w.item(begin)
	}
}

// item makes what was written since a place one entry of a list.
func (w *writer) item(begin int) {
	all := w.String()
	w.Reset()
	w.WriteString(all[:begin] + "    - " + strings.TrimPrefix(all[begin:], "      "))
}

func (w *writer) hints(hints map[string]bool) {
	if len(hints) == 0 {
		return
	}
	var words []string
	for _, hint := range slices.Sorted(maps.Keys(hints)) {
		words = append(words, fmt.Sprintf("%s: %t", hint, hints[hint]))
	}
	fmt.Fprintf(w, "      hints: {%s}\n", strings.Join(words, ", "))
}
