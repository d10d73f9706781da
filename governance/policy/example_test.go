package policy_test

import (
	"fmt"

	"github.com/mcp-kernel/mcp-kernel/governance/policy"
)

func ExampleDecode() {
	_, err := policy.Decode("strict.yaml", []byte(`
- name: strict
  allowed_tool: [file_read]
  max_tool_calls_per_request: "10"
  timeout: 30
`))
	fmt.Println(err)
	// Output:
	// strict.yaml:3:3: policy "strict": unknown field "allowed_tool": did you mean allowed_tools?
	// strict.yaml:4:31: policy "strict": max_tool_calls_per_request: found the text "10", want a whole number: remove the quotes
	// strict.yaml:5:12: policy "strict": timeout: found the number 30, want a length of time as in "30s": if these are seconds, write 30s
}

func ExampleEncode() {
	policies, err := policy.Decode("strict.yaml", []byte(`[{name: strict, allowed_tools: [file_read, "vfs_*"], timeout: 90s}]`))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(string(policy.Encode(policies...)))
	// Output:
	// - name: strict
	//   mode: enforce
	//   blocked_patterns: []
	//   allowed_tools:
	//     - file_read
	//     - 'vfs_*'
	//   allowed_resources: []
	//   allowed_prompts: []
	//   timeout: 1m30s
}
