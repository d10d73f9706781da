package compose_test

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/mcp-kernel/mcp-kernel/modules/compose"
)

func ExamplePlan_Run() {
	plans, err := compose.Parse([]byte(`compositions:
- name: greet
  description: Looks a name up and greets it.
  steps:
  - {id: who, call: lookup, args: {id: {$from: /input/id}}}
  - {call: say, args: {text: {$join: ["Hello, ", {$from: /who/data/name}]}}}
`))
	if err != nil {
		fmt.Println(err)
		return
	}
	done, err := plans[0].Run(context.Background(), json.RawMessage(`{"id":7}`), func(_ context.Context, tool string, args json.RawMessage) (compose.Answer, error) {
		fmt.Println(tool, string(args))
		return compose.Answer{Text: `{"name":"Ada"}`}, nil
	})
	fmt.Println(done.Answer.Text, err)
	// Output:
	// lookup {"id":7}
	// say {"text":"Hello, Ada"}
	// {"name":"Ada"} <nil>
}
