// Command gen writes cl100k_base.vocab, which governance/tokens embeds, from the tables of a library that is a
// dependency of this command and of tests only. `go generate` runs it in the folder of that package; it takes no
// arguments, and writes the same file every time.
package main

import (
	"fmt"
	"os"

	"github.com/tiktoken-go/tokenizer"

	"github.com/mcp-kernel/mcp-kernel/governance/tokens/vocabulary"
)

// size is how many tokens cl100k_base has without the special ones, which no text makes.
const size = 100_256

func main() {
	if err := run("cl100k_base.vocab"); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

func run(name string) error {
	tokens, err := cl100k()
	if err != nil {
		return err
	}
	file, err := vocabulary.Encode(tokens)
	if err != nil {
		return err
	}
	return os.WriteFile(name, file, 0o600)
}

// cl100k returns the bytes of every token.
func cl100k() ([][]byte, error) {
	codec, err := tokenizer.Get(tokenizer.Cl100kBase)
	if err != nil {
		return nil, err
	}
	tokens := make([][]byte, size)
	for rank := range tokens {
		token, err := codec.Decode([]uint{uint(rank)})
		if err != nil {
			return nil, fmt.Errorf("token %d: %w", rank, err)
		}
		tokens[rank] = []byte(token)
	}
	return tokens, nil
}
