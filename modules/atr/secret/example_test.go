package secret_test

import (
	"fmt"

	"github.com/mcp-kernel/mcp-kernel/modules/atr/secret"
)

func ExampleResolver() {
	r := secret.Resolver{Lookup: func(name string) (string, bool) { return "s3cret", name == "TOKEN" }}
	fmt.Println(r.Resolve("env:TOKEN"))
	fmt.Println(r.Resolve("just text"))
	fmt.Println(r.Resolve("env:TOKN"))
	// Output:
	// s3cret <nil>
	// just text <nil>
	//  secret "env:TOKN": the variable is not set
}
