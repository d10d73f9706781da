package detection

import (
	"context"
	"encoding/json"
	"fmt"
	"math"

	"github.com/mcp-kernel/mcp-kernel/governance/code"
	"github.com/mcp-kernel/mcp-kernel/governance/detect"
	"github.com/mcp-kernel/mcp-kernel/governance/intent"
	"github.com/mcp-kernel/mcp-kernel/governance/match"
)

// A Share is how many of how many.
type Share struct{ N, Of int }

// add counts one more.
func (s *Share) add(yes bool) {
	s.Of++
	if yes {
		s.N++
	}
}

// String returns the share with its 95 % interval after Wilson (1927), "Probable Inference, the Law of Succession, and
// Statistical Inference".
func (s Share) String() string {
	if s.Of == 0 {
		return "none"
	}
	const z = 1.959964
	n, p := float64(s.Of), float64(s.N)/float64(s.Of)
	middle, half := p+z*z/(2*n), z*math.Sqrt(p*(1-p)/n+z*z/(4*n*n))
	low, high := (middle-half)/(1+z*z/n), (middle+half)/(1+z*z/n)
	return fmt.Sprintf("%d of %d, %.1f %% (%.1f to %.1f)", s.N, s.Of, 100*p, 100*math.Max(low, 0), 100*math.Min(high, 1))
}

// A Figure is what a detector does on a set: of what is to be found and of what is not, how much it reports at all, and of
// how much it does more than to note it, unless an operator says otherwise.
type Figure struct {
	Found, Acted             Share
	FalseFound, FalselyActed Share
}

// Detected measures one check on a set.
func Detected(e *detect.Engine, check string, set []Record) (Figure, error) {
	var f Figure
	settings := detect.DefaultSettings()
	for i := range set {
		r := &set[i]
		all, err := e.Document(nil, r.Value, detect.Context{Source: r.source()})
		if err != nil {
			return f, fmt.Errorf("%s: %w", r.ID, err)
		}
		var found, acted []match.Finding
		for _, finding := range all {
			if finding.Check != check {
				continue
			}
			found = append(found, finding)
			if settings.Action(finding, r.source()) >= detect.Redact {
				acted = append(acted, finding)
			}
		}
		if len(r.Expect.Classes) > 0 {
			f.Found.add(r.covers(found))
			f.Acted.add(r.covers(acted))
		} else {
			f.FalseFound.add(len(found) > 0)
			f.FalselyActed.add(len(acted) > 0)
		}
	}
	return f, nil
}

// An Intents is what the classifier does on a set.
type Intents struct {
	Right     Share            // the one category that is expected
	Dangerous Share            // of the five dangerous categories, taken for one of these
	Falsely   Share            // of the others, taken for one of these
	By        map[string]Share // right, by category
}

// Intended measures the classifier.
func Intended(c *intent.Classifier, set []Record) (Intents, error) {
	all := Intents{By: map[string]Share{}}
	for i := range set {
		r := &set[i]
		v, err := c.Classify(intent.Call{Name: r.Tool, Args: r.Value})
		if err != nil {
			return all, fmt.Errorf("%s: %w", r.ID, err)
		}
		right := v.Category.String() == r.Expect.Intent
		all.Right.add(right)
		by := all.By[r.Expect.Intent]
		by.add(right)
		all.By[r.Expect.Intent] = by
		if dangerous(r.Expect.Intent) {
			all.Dangerous.add(dangerous(v.Category.String()))
		} else {
			all.Falsely.add(dangerous(v.Category.String()))
		}
	}
	return all, nil
}

func dangerous(category string) bool {
	switch category {
	case "destructive_data", "data_exfiltration", "privilege_escalation", "system_modification", "code_execution":
		return true
	default:
		return false
	}
}

// Examined measures verify_code_safety by language: of unsafe and of safe snippets, in how many something of medium severity or
// more is found.
func Examined(set []Record) (unsafe, safe map[string]Share, err error) {
	var engine code.Engine
	unsafe, safe = map[string]Share{}, map[string]Share{}
	for i := range set {
		var source code.Source
		if err := json.Unmarshal(set[i].Value, &source); err != nil {
			return nil, nil, fmt.Errorf("%s: %w", set[i].ID, err)
		}
		report, err := engine.Check(context.Background(), source, code.Options{})
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", set[i].ID, err)
		}
		stopped := false
		for _, f := range report.Findings {
			stopped = stopped || f.Severity >= code.Medium
		}
		by := safe
		if set[i].Expect.Unsafe {
			by = unsafe
		}
		share := by[source.Language]
		share.add(stopped)
		by[source.Language] = share
	}
	return unsafe, safe, nil
}
