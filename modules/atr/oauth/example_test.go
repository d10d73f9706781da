package oauth_test

import (
	"fmt"

	"github.com/mcp-kernel/mcp-kernel/modules/atr/oauth"
)

func ExampleParseChallenge() {
	c := oauth.ParseChallenge([]string{`Bearer error="insufficient_scope", scope="files:read files:write"`})
	fmt.Println(c.Insufficient(), c.Scopes)
	// Output: true [files:read files:write]
}
