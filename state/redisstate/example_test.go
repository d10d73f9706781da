package redisstate_test

import (
	"fmt"

	"github.com/mcp-kernel/mcp-kernel/state/redisstate"
)

// A URL has all that there is to set.
func ExampleParse() {
	o, err := redisstate.Parse("redis://kernel:p%40ss@a.internal,b.internal:7000/?cluster=true&prefix=team:&timeout=1s")
	fmt.Println(o.Addresses, o.Cluster, o.Username, o.Password, o.Prefix, o.Timeout, err)
	// Output: [a.internal:6379 b.internal:7000] true kernel p@ss team: 1s <nil>
}
