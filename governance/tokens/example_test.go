package tokens_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/mcp-kernel/mcp-kernel/governance/tokens"
)

// A call was charged one token a byte; the Counter finds what it really came to.
func Example() {
	counter := tokens.New(tokens.Options{Sink: func(counts []tokens.Count) {
		for _, c := range counts {
			fmt.Printf("call %s: charged %d, used %d, give back %d\n", c.Call, c.Bound, c.Tokens, c.Bound-c.Tokens)
		}
	}})

	text := []byte("The quick brown fox jumps over the lazy dog.")
	counter.Submit(tokens.Item{Call: "1", Shard: "alice", Text: text, Bound: tokens.UpperBound(text)})
	if err := errors.Join(counter.Drain(context.Background()), counter.Close()); err != nil {
		fmt.Println(err)
	}
	// Output: call 1: charged 44, used 10, give back 34
}
