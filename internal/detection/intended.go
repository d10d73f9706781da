package detection

import (
	"fmt"
	"math"

	"github.com/mcp-kernel/mcp-kernel/governance/intent"
)

// bins is into how many equal parts confidences are put, from 0 to 1.
const bins = 5

// An Intents is what the classifier does on a set.
type Intents struct {
	Right     Share  // the one category that is expected
	Dangerous Share  // of the five dangerous categories, taken for one of these
	Falsely   Share  // of the others, taken for one of these
	Denied    Share  // of the dangerous ones, taken for a dangerous one as surely as a policy asks for that says no more
	Wrongly   Share  // of the others, the same
	By        Shares // right, by the category that is expected
	Taken     Shares // right, by the category that was found
	// For are the categories that were found instead, by the one that is expected.
	For map[string]map[string]int
	// Bins are the verdicts by their confidence, from the least sure.
	Bins [bins]Bin
}

// A Bin is the verdicts whose confidence lies between two bounds.
type Bin struct {
	Right Share   // that are right
	sum   float64 // of the confidences
}

// Add counts a verdict.
func (b *Bin) Add(right bool, confidence float64) {
	b.Right.add(right)
	b.sum += confidence
}

// Confidence is the mean of the confidences; of none it is 0.
func (b *Bin) Confidence() float64 {
	if b.Right.Of == 0 {
		return 0
	}
	return b.sum / float64(b.Right.Of)
}

// Error is the expected calibration error: how far confidence and share of right verdicts are apart, weighted by how many
// verdicts are so sure (Naeini, Cooper and Hauskrecht 2015, "Obtaining Well Calibrated Probabilities Using Bayesian Binning").
func (i *Intents) Error() float64 {
	var apart float64
	for b := range i.Bins {
		bin := &i.Bins[b]
		apart += math.Abs(bin.Right.Rate()-bin.Confidence()) * float64(bin.Right.Of)
	}
	return apart / math.Max(float64(i.Right.Of), 1)
}

// Intended measures the classifier.
func Intended(c *intent.Classifier, set []Record) (Intents, error) {
	return intended(set, func(r *Record) (string, float64, error) {
		v, err := c.Classify(intent.Call{Name: r.Tool, Args: r.Value})
		return v.Category.String(), v.Confidence, err
	})
}

// intended measures whatever says what calls are for, and how surely.
func intended(set []Record, classify func(*Record) (string, float64, error)) (Intents, error) {
	all := Intents{By: Shares{}, Taken: Shares{}, For: map[string]map[string]int{}}
	for i := range set {
		r := &set[i]
		category, confidence, err := classify(r)
		if err != nil {
			return all, fmt.Errorf("%s: %w", r.ID, err)
		}
		all.one(r.Expect.Intent, category, confidence)
	}
	return all, nil
}

// one counts a verdict.
func (i *Intents) one(want, got string, confidence float64) {
	right := got == want
	i.Right.add(right)
	i.By.add(right, want)
	i.Taken.add(right, got)
	if !right {
		if i.For[want] == nil {
			i.For[want] = map[string]int{}
		}
		i.For[want][got]++
	}
	taken, denied := &i.Falsely, &i.Wrongly
	if isDangerous(want) {
		taken, denied = &i.Dangerous, &i.Denied
	}
	taken.add(isDangerous(got))
	denied.add(isDangerous(got) && confidence >= intent.DefaultThreshold)
	i.Bins[max(0, min(int(confidence*bins), bins-1))].Add(right, confidence)
}

// Denied is how many harmless calls of a set a policy would deny that denies the dangerous categories and says no more.
func Denied(c *intent.Classifier, set []Record) (Share, error) {
	judgement, err := intent.Settings{Deny: dangerous()}.Compile()
	var denied Share
	for i := range set {
		if err != nil {
			return denied, err
		}
		if set[i].Kind != "call" {
			continue
		}
		var v intent.Verdict
		v, err = c.Classify(intent.Call{Name: set[i].Tool, Args: set[i].Value})
		action, _ := judgement.Judge(v)
		denied.add(action == intent.Deny)
	}
	return denied, err
}

// dangerous returns the names of the categories that are recommended to be denied.
func dangerous() []string {
	var names []string
	for _, c := range intent.Categories() {
		if c.Dangerous() {
			names = append(names, c.String())
		}
	}
	return names
}

func isDangerous(category string) bool {
	c, err := intent.ParseCategory(category)
	return err == nil && c.Dangerous()
}
