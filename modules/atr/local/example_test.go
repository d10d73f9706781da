package local_test

import (
	"encoding/json"
	"fmt"

	"github.com/mcp-kernel/mcp-kernel/modules/atr/local"
)

// Arguments are an object of parameters, each of its type, with defaults for what is left out.
func Example() {
	all, schema, err := local.Parameters(map[string]json.RawMessage{"count": json.RawMessage(`{"type":"integer","default":10}`)}, nil)
	fmt.Println(string(schema), err)
	given, err := local.Arguments(all, nil, json.RawMessage(`{}`))
	fmt.Println(string(given["count"]), err)
	_, err = local.Arguments(all, nil, json.RawMessage(`{"count":"ten"}`))
	fmt.Println(err)
	// Output:
	// {"additionalProperties":false,"properties":{"count":{"type":"integer","default":10}},"type":"object"} <nil>
	// 10 <nil>
	// the arguments do not fit: count is no integer
}
