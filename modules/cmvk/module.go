package cmvk

import (
	"context"

	"github.com/mcp-kernel/mcp-kernel/tools"
)

// Name is the module's name in the configuration.
const Name = "cmvk"

// A Module offers the comparison as a tool. It keeps nothing, and its zero value is ready.
type Module struct{}

var _ tools.Module = (*Module)(nil)

// New returns the module.
func New() *Module { return &Module{} }

// Name returns Name.
func (*Module) Name() string { return Name }

// Surface returns the module's one tool.
func (*Module) Surface() tools.Surface {
	return tools.Surface{Tools: []tools.Tool{tools.Func(tools.Spec{
		Name: "drift_compare", Title: "How far do two answers differ?",
		Description: "Compares two answers that you give and says how far they differ, in which respect (words, numbers, negations, names, structure) and where. It asks no model and knows no truth: it cannot say which one is right, and takes a paraphrase for a difference.",
		Audience:    tools.ForAgents, Profiles: []string{tools.ProfileDefault},
		ReadOnly: tools.Yes, Destructive: tools.No, Idempotent: tools.Yes, OpenWorld: tools.No,
	}, compareAnswers)}}
}

// question is what drift_compare is asked.
type question struct {
	A       string `json:"a" maxLength:"262144" doc:"one answer"`
	B       string `json:"b" maxLength:"262144" doc:"the other answer"`
	Kind    string `json:"kind,omitempty" enum:"text,json" default:"text"`
	Profile string `json:"profile,omitempty" enum:"general,financial,medical,carbon,strict,lenient" default:"general" doc:"how much drift is tolerated"`
}

// answer is what drift_compare answers.
type answer struct {
	Drift      float64    `json:"drift" doc:"0 is the same, 1 wholly different"`
	Passed     bool       `json:"passed" doc:"drift is at most the threshold"`
	Severity   Severity   `json:"severity" doc:"pass, warning (up to 1.5 thresholds), critical (up to 2), severe"`
	Threshold  float64    `json:"threshold"`
	Dimensions Dimensions `json:"dimensions"`
	Changes    []Change   `json:"changes" doc:"the gravest first"`
}

func compareAnswers(_ context.Context, _ *tools.Request, q question) (answer, error) {
	profile, err := ProfileOf(q.Profile)
	if err != nil {
		return answer{}, tools.Fail("invalid", err.Error(), err)
	}
	compare := func() (Drift, error) { return Text(q.A, q.B, Options{}) }
	if q.Kind == "json" {
		compare = func() (Drift, error) { return JSON([]byte(q.A), []byte(q.B), Options{}) }
	}
	d, err := compare()
	if err != nil {
		return answer{}, tools.Fail("invalid", err.Error(), err)
	}
	return answer{
		Drift: d.Score, Passed: profile.Passed(d.Score), Severity: profile.Severity(d.Score), Threshold: profile.Threshold,
		Dimensions: d.Dimensions, Changes: append([]Change{}, d.Changes...),
	}, nil
}
