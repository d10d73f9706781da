package policy

import (
	"strconv"

	"github.com/goccy/go-yaml/ast"

	"github.com/mcp-kernel/mcp-kernel/governance/intent"
)

// intentFields are the fields of what a policy says of intents, in the order in which Encode writes them.
const intentFields = "deny ask threshold unread"

// intent reads what calls must not be for.
func (r *record) intent(path string, node ast.Node) {
	members, ok := mapping(node)
	if !ok {
		r.wrong(path, node, `categories as in "{deny: [destructive_data, data_exfiltration], threshold: 0.8}"`)
		return
	}
	s := new(intent.Settings)
	r.fields(path+".", intentFields, members, func(path, name string, value ast.Node) {
		switch name {
		case "deny":
			s.Deny = r.names(path, value)
		case "ask":
			s.Ask = r.names(path, value)
		case "threshold":
			if share := r.share(path, value); share != nil {
				s.Threshold = *share
			}
		case "unread":
			s.Unread, _ = r.text(path, value)
		}
	})
	r.policy.Intent = s
}

// intent writes what calls must not be for.
func (w *writer) intent(s *intent.Settings) {
	if s == nil {
		return
	}
	w.WriteString("  intent:\n")
	w.flow("    deny", s.Deny)
	w.flow("    ask", s.Ask)
	if s.Threshold > 0 {
		w.WriteString("    threshold: " + strconv.FormatFloat(s.Threshold, 'f', -1, 64) + "\n")
	}
	if s.Unread != "" {
		w.WriteString("    unread: " + s.Unread + "\n")
	}
	if len(s.Deny)+len(s.Ask) == 0 && s.Threshold == 0 && s.Unread == "" {
		w.WriteString("    deny: []\n")
	}
}
