package rules_test

import (
	"encoding/json"
	"fmt"

	"github.com/mcp-kernel/mcp-kernel/governance/rules"
)

func Example() {
	schema, err := rules.NewSchema(rules.Surface{Tools: []rules.Tool{
		{Name: "web_fetch", ReadOnly: true, OpenWorld: true, Input: json.RawMessage(`{"type":"object","properties":{"url":{"type":"string"}},"required":["url"]}`)},
		{Name: "web_post", OpenWorld: true, Input: json.RawMessage(`{"type":"object","properties":{"url":{"type":"string"}},"required":["url"]}`)},
	}})
	if err != nil {
		fmt.Println(err)
		return
	}
	document, err := rules.Parse(rules.Source{Policy: "exfiltration", Text: `
		@id("no-writes-after-web")
		@reason("untrusted content was read")
		forbid (principal, action in Action::"tools/call", resource)
		when { context.labels.contains("untrusted:web") && resource.open_world && !resource.read_only };
	`})
	if err != nil {
		fmt.Println(err)
		return
	}
	engine, err := rules.Compile(schema, []string{"untrusted:web"}, document)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, labels := range [][]string{nil, {"untrusted:web"}} {
		verdict := engine.Judge(&rules.Request{Kind: rules.KindTool, Name: "web_post", Principal: "alice", Labels: labels})
		fmt.Printf("%t %q\n", verdict.Allowed, verdict.Reason)
	}
	// Output:
	// true ""
	// false "rule \"no-writes-after-web\" of policy \"exfiltration\" forbids it: untrusted content was read"
}
