package policy

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/governance/detect"
)

// The fields of a rule for detectors, and the words for what they can have done.
const (
	detectFields = "action threshold on"
	detectWords  = "default off log redact ask block"
	sourceWords  = "results arguments definitions prompts"
)

const detectForm = `what to do by detector or class, as in "{secrets: redact, email: log}"`

// detection reads what is looked for, in the order in which it is written: what comes later holds.
func (r *record) detection(path string, node ast.Node) {
	members, ok := mapping(node)
	if !ok {
		r.wrong(path, node, detectForm)
		return
	}
	known := strings.Join(governance.DetectNames(), " ")
	r.fields(path+".", known, members, func(path, name string, value ast.Node) {
		if list, ok := value.(*ast.SequenceNode); ok {
			for i, entry := range list.Values {
				r.detectRule(fmt.Sprintf("%s[%d]", path, i), name, entry)
			}
			return
		}
		r.detectRule(path, name, value)
	})
}

// detectRule reads what is to be done about one detector or class: a word, or more about it.
func (r *record) detectRule(path, what string, node ast.Node) {
	rule := governance.DetectRule{What: what}
	members, ok := mapping(node)
	if !ok {
		r.detectAction(path, node, &rule)
		r.policy.Detect = append(r.policy.Detect, rule)
		return
	}
	seen := r.fields(path+".", detectFields, members, func(path, name string, value ast.Node) {
		switch name {
		case "action":
			r.detectAction(path, value, &rule)
		case "threshold":
			if share := r.share(path, value); share != nil {
				rule.Threshold = *share
			}
		case "on":
			rule.On = r.sources(path, value)
		}
	})
	if !seen["action"] {
		r.fault(place(node), path+".action", "missing: write "+strings.ReplaceAll(detectWords, " ", ", "))
	}
	r.policy.Detect = append(r.policy.Detect, rule)
}

func (r *record) detectAction(path string, node ast.Node, rule *governance.DetectRule) {
	if text, ok := node.(*ast.StringNode); ok && text.Value == "default" {
		rule.Recommended = true
		return
	}
	r.word(path, node, &rule.Action, "action", detectWords)
}

// sources reads where something is looked for.
func (r *record) sources(path string, node ast.Node) []detect.Source {
	var all []detect.Source
	for i, entry := range r.list(path, node, `a list as in "[results, prompts]"`) {
		var source detect.Source
		at := fmt.Sprintf("%s[%d]", path, i)
		r.note(at, entry)
		r.word(at, entry, &source, "source", sourceWords)
		if !slices.Contains(all, source) {
			all = append(all, source)
		}
	}
	return all
}

// detection writes the rules: those of one name that follow each other as a list.
func (w *writer) detection(rules []governance.DetectRule) {
	if len(rules) == 0 {
		return
	}
	w.WriteString("  detect:\n")
	for len(rules) > 0 {
		n := 1
		for n < len(rules) && rules[n].What == rules[0].What {
			n++
		}
		if n == 1 {
			fmt.Fprintf(w, "    %s: %s\n", rules[0].What, detectText(&rules[0]))
		} else {
			fmt.Fprintf(w, "    %s:\n", rules[0].What)
			for i := range rules[:n] {
				fmt.Fprintf(w, "      - %s\n", detectText(&rules[i]))
			}
		}
		rules = rules[n:]
	}
}

// detectText is a rule as it is written behind its name.
func detectText(r *governance.DetectRule) string {
	action := r.Action.String()
	if r.Recommended {
		action = "default"
	}
	if r.Threshold == 0 && len(r.On) == 0 {
		return action
	}
	text := "{action: " + action
	if r.Threshold > 0 {
		text += ", threshold: " + strconv.FormatFloat(r.Threshold, 'f', -1, 64)
	}
	if len(r.On) > 0 {
		on := make([]string, len(r.On))
		for i, source := range r.On {
			on[i] = source.String()
		}
		text += ", on: [" + strings.Join(on, ", ") + "]"
	}
	return text + "}"
}
