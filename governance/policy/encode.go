package policy

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/mcp-kernel/mcp-kernel/governance"
)

// Encode writes policies as a file that Decode reads back as the same policies. The lists are always written, so that
// the file says what is not allowed; numbers that are not set are left out.
func Encode(policies ...governance.Policy) []byte {
	var w writer
	for i := range policies {
		w.policy(&policies[i])
	}
	if len(policies) == 0 {
		return []byte("[]\n")
	}
	return []byte(w.String())
}

// A writer writes YAML in the order of policyFields.
type writer struct{ strings.Builder }

func (w *writer) policy(p *governance.Policy) {
	fmt.Fprintf(w, "- name: %s\n", scalar(p.Name))
	if p.Description != "" {
		w.field("description", scalar(p.Description))
	}
	w.field("mode", p.Mode.String())
	if n := p.MaxTokensPerRequest; n != nil {
		w.field("max_tokens_per_request", strconv.FormatInt(*n, 10))
	}
	if n := p.MaxToolCallsPerRequest; n != nil {
		w.field("max_tool_calls_per_request", strconv.FormatInt(*n, 10))
	}
	w.patterns(p.BlockedPatterns)
	w.names("allowed_tools", p.AllowedTools)
	w.names("allowed_resources", p.AllowedResources)
	w.names("allowed_prompts", p.AllowedPrompts)
	if t := p.ConfidenceThreshold; t != nil {
		w.field("confidence_threshold", strconv.FormatFloat(*t, 'f', -1, 64))
	}
	if t := p.Timeout; t != nil {
		w.field("timeout", t.String())
	}
	w.limits(p.Limits)
	for _, n := range []struct {
		field string
		value *int64
	}{{"max_depth", p.MaxDepth}, {"max_fan_out", p.MaxFanOut}, {"max_result_tokens", p.MaxResultTokens}} {
		if n.value != nil {
			w.field(n.field, strconv.FormatInt(*n.value, 10))
		}
	}
	w.labels(p.Labels)
	w.approvals(p.RequireApproval)
	w.intent(p.Intent)
	w.detection(p.Detect)
	w.rules(p)
}

func (w *writer) field(name, value string) { fmt.Fprintf(w, "  %s: %s\n", name, value) }

func (w *writer) names(field string, names []string) {
	if len(names) == 0 {
		w.field(field, "[]")
		return
	}
	fmt.Fprintf(w, "  %s:\n", field)
	for _, name := range names {
		fmt.Fprintf(w, "    - %s\n", scalar(name))
	}
}

// scalar writes a text: as it is where that cannot be taken for anything else, in single quotes where these need no
// escape, and in double quotes otherwise.
func scalar(text string) string {
	switch {
	case plain(text):
		return text
	case !printable(text):
		return quoted(text)
	default:
		return "'" + strings.ReplaceAll(text, "'", "''") + "'"
	}
}

// plain reports whether a text is a word that YAML takes for nothing else.
func plain(text string) bool {
	if text == "" || contains("null true false yes no on off y n", strings.ToLower(text)) {
		return false
	}
	for i, r := range text {
		letter := 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || r == '_'
		if !letter && (i == 0 || !strings.ContainsRune("0123456789-. /", r)) {
			return false
		}
	}
	return !strings.HasSuffix(text, " ")
}

// quoted writes a text in double quotes, everything beyond printable ASCII as an escape.
func quoted(text string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range text {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r >= ' ' && r <= '~':
			b.WriteRune(r)
		case r <= 0xffff:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			fmt.Fprintf(&b, `\U%08x`, r)
		}
	}
	b.WriteByte('"')
	return b.String()
}
