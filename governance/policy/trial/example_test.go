package trial_test

import (
	"context"
	"fmt"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/governance/policy"
	"github.com/mcp-kernel/mcp-kernel/governance/policy/trial"
)

func Example() {
	policies, err := policy.Decode("p.yaml", []byte(`
- name: reading
  allowed_tools: ["read_*"]
`))
	if err != nil {
		fmt.Println(err)
	}
	suite, err := policy.DecodeSuite("p.test.yaml", []byte(`
cases:
  - name: nothing is written
    call: {tool: write_file}
    expect: {effect: deny, check: allowed_tools}
`))
	if err != nil {
		fmt.Println(err)
	}
	set, err := governance.NewSet(governance.Ceiling{}, policies, []string{"reading"})
	if err != nil {
		fmt.Println(err)
	}
	covered := trial.NewCoverage(policies...)
	results, err := trial.Run(context.Background(), &suite, trial.Options{Set: set}, covered)
	fmt.Println(results[0].Case.Name, results[0].Passed(), err)
	for _, part := range covered.Untouched() {
		fmt.Println("no fixture touches", part.Field, part.What)
	}
	// Output:
	// nothing is written true <nil>
	// no fixture touches allowed_tools[0] read_*
}
