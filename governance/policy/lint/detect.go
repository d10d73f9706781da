package lint

import (
	"slices"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/governance/detect"
	"github.com/mcp-kernel/mcp-kernel/governance/match"
)

// fieldDetect is the field of a policy that says what is done about what detectors find.
const fieldDetect = "detect"

// justBelow is how much less sure than a threshold something is that does not reach it.
const justBelow = 0.001

// detects looks for rules for detectors without which the policy would mean the same.
func (l *linter) detects() {
	whole := l.wanted(l.p.Detect)
	for i := range l.p.Detect {
		r := &l.p.Detect[i]
		if without := slices.Delete(slices.Clone(l.p.Detect), i, i+1); slices.Equal(whole, l.wanted(without)) {
			l.warn(fieldDetect+"."+r.What, "strike it, or write it behind what it is to change", "changes nothing: the other rules for detectors say the same, or one behind it has the last word")
		}
	}
}

// wanted is what rules for detectors want done about everything that can be found: every class in every source, as sure as
// the thresholds want and a little less.
func (l *linter) wanted(all []governance.DetectRule) []detect.Action {
	snapshot, err := governance.Compile(governance.Ceiling{}, governance.Policy{Name: l.p.Name, Detect: all})
	if err != nil {
		return nil // it is no valid policy
	}
	sure := []float64{1, 0}
	for i := range l.p.Detect {
		sure = append(sure, l.p.Detect[i].Threshold, max(0, l.p.Detect[i].Threshold-justBelow))
	}
	for _, s := range detect.DefaultSettings().Classes {
		sure = append(sure, s.Threshold, max(0, s.Threshold-justBelow))
	}
	slices.Sort(sure)
	var wanted []detect.Action
	for _, confidence := range slices.Compact(sure) {
		for _, class := range detect.Classes() {
			for _, on := range []detect.Source{detect.Arguments, detect.Results, detect.Definitions, detect.Prompts} {
				action, _ := snapshot.Detects(match.Finding{Check: class.Check, Class: class.Name, Confidence: confidence}, on)
				wanted = append(wanted, action)
			}
		}
	}
	return wanted
}
