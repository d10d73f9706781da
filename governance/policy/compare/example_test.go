package compare_test

import (
	"context"
	"fmt"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/governance/policy/compare"
	"github.com/mcp-kernel/mcp-kernel/governance/rules"
)

func Example() {
	one := func(tools ...string) *governance.Set {
		s, err := governance.NewSet(governance.Ceiling{}, []governance.Policy{{Name: "p", AllowedTools: tools}}, []string{"p"})
		if err != nil {
			fmt.Println(err)
		}
		return s
	}
	r, err := compare.Sets(context.Background(), one("github_*"), one("github_get_*"), compare.Options{
		Surface: rules.Surface{Tools: []rules.Tool{{Name: "github_get_issue"}, {Name: "github_close_issue"}}},
	})
	if err != nil {
		fmt.Println(err)
	}
	fmt.Println("the second is", r.Relation)
	for _, w := range r.Fields[0].Witnesses {
		fmt.Println(w.Name+":", w.First.Effect, "→", w.Second.Effect)
	}
	// Output:
	// the second is stricter
	// github_close_issue: allow → deny
}
