package governance

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mcp-kernel/mcp-kernel/governance/intent"
	"github.com/mcp-kernel/mcp-kernel/governance/match"
)

// passed says why a check has no objection, as far as there is something to say: what it looked at and found harmless.
// found is what the check found. Like every reason it names no text, and no figure by which one could feel one's way.
func (g *Gate) passed(s *step, w *walk, found []match.Finding) string {
	switch s.check {
	case "":
		return "every policy's list allows it"
	case CheckPatterns:
		return fmt.Sprintf("none of %d patterns", len(w.snapshot.effective.BlockedPatterns))
	case fieldDetect:
		return noted(found)
	case fieldIntent:
		return g.takenFor(w)
	case CheckLabels:
		return willTouch(w)
	case CheckRules:
		return fmt.Sprintf("none of %d rules forbids it", len(w.snapshot.effective.Rules))
	case CheckApproval:
		return "no rule is about it"
	default:
		return ""
	}
}

// noted says what was found that only is recorded.
func noted(found []match.Finding) string {
	if len(found) == 0 {
		return "nothing was found"
	}
	classes := make([]string, len(found))
	for i := range found {
		classes[i] = found[i].Class
	}
	slices.Sort(classes)
	return "recorded and let pass: " + shortList(slices.Compact(classes))
}

// takenFor says what a call is for that no policy minds.
func (g *Gate) takenFor(w *walk) string {
	if w.call.Kind != KindTool {
		return "only of tools is asked what they are called for"
	}
	verdict, err := g.classify(w.call)
	if err != nil || verdict.Category == intent.Unclassified {
		return "the call is taken for nothing that a policy minds"
	}
	return fmt.Sprintf("the call is taken for %s, as far as any policy asks", verdict.Category)
}

// willTouch says which labels the call would add.
func willTouch(w *walk) string {
	added := w.snapshot.adds(w.call)
	switch {
	case len(added) > 0:
		return "this call adds " + strings.Join(added, ", ")
	case len(w.labels) == 0:
		return "nothing was touched so far"
	default:
		return ""
	}
}
