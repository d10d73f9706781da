package bearer_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/mcp-kernel/mcp-kernel/server/bearer"
)

// A server takes the tokens of one issuer that name it as their audience. Nobody is asked before the first token comes.
func Example() {
	v, err := bearer.New(bearer.Options{
		Resource: "https://kernel.example/mcp",
		Issuers:  []bearer.Issuer{{URL: "https://login.example"}},
	})
	if err != nil {
		panic(err)
	}
	_, err = v.Verify(context.Background(), "eyJhbGciOiJub25lIn0.e30.")
	fmt.Println(errors.Is(err, bearer.ErrRefused), err)
	fmt.Println(bearer.Principal("https://login.example", "ada"))
	// Output:
	// true the token is not accepted: iss "" is no issuer of ours
	// oauth:ada@https://login.example
}
