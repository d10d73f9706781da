package intent

import (
	"cmp"
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"
	"sync"

	"github.com/mcp-kernel/mcp-kernel/governance/code"
	"github.com/mcp-kernel/mcp-kernel/governance/intent/linear"
	"github.com/mcp-kernel/mcp-kernel/governance/match"
)

// model is what was learned from data/train; `make intent` writes it.
//
//go:embed intent.model
var model string

// A Classifier says what calls are for. It is safe for concurrent use, and its zero value is ready: the model is opened by
// the first call and stays where it is embedded.
type Classifier struct {
	once   sync.Once
	model  *linear.Model
	fault  error
	engine code.Engine
	idle   sync.Pool // of *analysis: one is some kilobytes
}

// Classify says what a call is for. The error wraps ErrArguments: they are not JSON, so that nothing can be said of what a
// handler would make of them. The work is bounded whatever the arguments are: beyond finding out that they are JSON, at most
// 64 KiB of their texts are read, and 16 KiB of any one, which the verdict says.
func (c *Classifier) Classify(call Call) (Verdict, error) {
	c.once.Do(func() { c.model, c.fault = linear.Open(model) })
	if c.fault != nil {
		return Verdict{}, fmt.Errorf("the embedded model: %w", c.fault)
	}
	a := c.analysis()
	defer c.release(a)
	if err := a.examined(&call); err != nil {
		return Verdict{}, err
	}
	return a.verdict(c.model.Predict(&a.features)), nil
}

func (c *Classifier) analysis() *analysis {
	if a, ok := c.idle.Get().(*analysis); ok {
		return a
	}
	return newAnalysis(&c.engine)
}

func (c *Classifier) release(a *analysis) {
	a.forget()
	clear(a.found)
	a.found = a.found[:0]
	c.idle.Put(a)
}

// examined reads a call: what it has for evidence, and for features.
func (a *analysis) examined(call *Call) error {
	doc := call.Args
	if len(doc) == 0 {
		doc = json.RawMessage("{}")
	}
	if !json.Valid(doc) {
		return ErrArguments
	}
	a.tool, a.hints, a.unread, a.depth = readTool(call.Name), call.Hints, false, 0
	a.read(doc)
	a.operations()
	a.gather()
	a.describe(call)
	return nil
}

// verdict weighs the evidence and what the model makes of the call.
func (a *analysis) verdict(p [linear.Classes]float64) Verdict {
	v := Verdict{Truncated: a.cut, Unread: a.unread}
	for i := range p {
		v.Scores[i+1] = p[i]
	}
	if a.cut && !a.unread { // there may be a command where nothing was read
		v.Unread = len(a.fields) >= maxFields || len(a.nodes) >= maxNodes || a.total > maxTotal
	}
	slices.SortStableFunc(a.found, func(x, y evidence) int {
		return cmp.Or(cmp.Compare(y.confidence, x.confidence), cmp.Compare(x.category, y.category))
	})
	if best := a.strongest(); best != nil {
		v.Scores.weigh(best.category, best.confidence)
	}
	v.Category, v.Confidence = v.Scores.best()
	v.Evidence = a.evidence()
	return v
}

// strongest returns the evidence that counts: the surest of what is dangerous, unless it is so unsure that the surest of
// the rest is surer. Nil where there is none.
func (a *analysis) strongest() *evidence {
	var danger, other *evidence
	for i := range a.found {
		switch e := &a.found[i]; {
		case e.category.Dangerous() && danger == nil:
			danger = e
		case !e.category.Dangerous() && other == nil:
			other = e
		}
	}
	if danger == nil || other != nil && danger.confidence < 0.6 && danger.confidence < other.confidence {
		return other
	}
	return danger
}

// innocent is how much of the likelihood of danger that the model sees is left where evidence says that there is none.
const innocent = 0.25

// weigh puts evidence into scores: as much of them as it is sure goes to its category. Where what was read is harmless,
// what the model takes for danger counts little.
func (s *Scores) weigh(c Category, confidence float64) {
	if !c.Dangerous() {
		total := 0.0
		for i := DestructiveData; i <= Benign; i++ {
			if i.Dangerous() {
				s[i] *= 1 - confidence*(1-innocent)
			}
			total += s[i]
		}
		for i := range s {
			s[i] /= total
		}
	}
	for i := range s {
		s[i] *= 1 - confidence
	}
	s[c] += confidence
}

// evidence returns what was found as all checks report it.
func (a *analysis) evidence() []match.Finding {
	if len(a.found) == 0 {
		return nil
	}
	all := make([]match.Finding, len(a.found))
	for i := range a.found {
		e := &a.found[i]
		all[i] = match.Finding{
			Check: "intent", Rule: e.rule, Class: e.category.String(), Severity: gravity(e.category), Confidence: e.confidence,
			Key: e.key, Span: match.Span{Start: e.start, End: e.end}, Form: e.form,
		}
		if e.field >= 0 {
			all[i].Pointer = a.pointer(&a.fields[e.field])
		}
	}
	return all
}

// gravity returns how bad it would be.
func gravity(c Category) match.Severity {
	switch c {
	case DestructiveData, DataExfiltration, PrivilegeEscalation:
		return match.Critical
	case SystemModification, CodeExecution:
		return match.High
	case NetworkAccess, DataWrite:
		return match.Medium
	default:
		return match.Low
	}
}
