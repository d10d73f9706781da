package inspect_test

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/governance/inspect"
	"github.com/mcp-kernel/mcp-kernel/governance/match"
)

func ExampleInspector_Filter() {
	every := []string{"*"}
	i, err := inspect.New(inspect.Options{Policies: []governance.Policy{{
		Name: "quiet", AllowedTools: every, AllowedResources: every, AllowedPrompts: every,
		BlockedPatterns: []match.Pattern{{Name: "codename", Type: match.Substring, Text: "bluebird", On: match.Results, Action: match.Redacts}},
	}}})
	if err != nil {
		fmt.Println(err)
		return
	}
	in := strings.NewReader(`{"id": 1, "kind": "result", "tool": "mail_read", "value": {"subject": "About Bluebird"}}
{"id": 2, "kind": "text"}
`)
	summary, err := i.Filter(context.Background(), in, os.Stdout, inspect.Stream{})
	fmt.Println(summary.Records, summary.Redacted, summary.Errors, err)
	// Output:
	// {"id":1,"effect":"allow","findings":[{"check":"pattern","rule":"codename","class":"codename","severity":"high","confidence":1,"pointer":"/subject","span":{"start":6,"end":14},"form":""}],"redacted":{"subject":"About [codename:1]"}}
	// {"id":2,"effect":"deny","findings":[],"line":2,"error":"\"value\" is missing"}
	// 2 1 1 <nil>
}
