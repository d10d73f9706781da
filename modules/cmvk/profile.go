package cmvk

import (
	"fmt"
	"strings"
)

// A Profile is how much drift is tolerated for a purpose. The zero value tolerates none.
type Profile struct {
	Name      string
	Threshold float64 // the highest score that passes
	Metric    Metric  // for Numbers
}

// Profiles returns the profiles there are, the usual one first. Thresholds and metrics are those of the cmvk module of
// Agent-OS. Its weights are not here: weights belong to the call that knows what the numbers are.
func Profiles() []Profile {
	return []Profile{
		{"general", 0.30, Cosine},
		{"financial", 0.10, Chebyshev},
		{"medical", 0.20, Manhattan},
		{"carbon", 0.15, Euclidean},
		{"strict", 0.05, Euclidean},
		{"lenient", 0.50, Cosine},
	}
}

// ProfileOf returns the profile of a name; an empty name is the general one. It fails if there is none.
func ProfileOf(name string) (Profile, error) {
	var names []string
	for _, p := range Profiles() {
		if p.Name == name || name == "" {
			return p, nil
		}
		names = append(names, p.Name)
	}
	return Profile{}, fmt.Errorf("there is no profile %q, only %s", name, strings.Join(names, ", "))
}

// Passed reports whether a score is tolerated.
func (p Profile) Passed(score float64) bool { return score <= p.Threshold }

// Severity is how far a score lies beyond what is tolerated.
type Severity string

// The severities, by score ÷ threshold.
const (
	SeverityNone     Severity = "pass"     // at most 1
	SeverityWarning  Severity = "warning"  // at most 1.5
	SeverityCritical Severity = "critical" // at most 2
	SeveritySevere   Severity = "severe"   // more
)

// rounding is what 1.5 × 0.3 in binary may lack.
const rounding = 1e-9

// Severity returns how grave a score is.
func (p Profile) Severity(score float64) Severity {
	const warning, critical = 1.5 + rounding, 2 + rounding
	switch {
	case score <= p.Threshold:
		return SeverityNone
	case score <= warning*p.Threshold:
		return SeverityWarning
	case score <= critical*p.Threshold:
		return SeverityCritical
	default:
		return SeveritySevere
	}
}
