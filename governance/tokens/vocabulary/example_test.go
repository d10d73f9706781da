package vocabulary_test

import (
	"fmt"

	"github.com/mcp-kernel/mcp-kernel/governance/tokens/vocabulary"
)

// A generator encodes the tokens once; a program embeds the file and opens it in no time.
func Example() {
	file, err := vocabulary.Encode([][]byte{[]byte("l"), []byte("o"), []byte("lo"), []byte("hello")})
	if err != nil {
		fmt.Println(err)
		return
	}
	v, err := vocabulary.Open(string(file))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(v.Rank([]byte("hello")), v.Rank([]byte("lo")), v.Rank([]byte("hell")) == vocabulary.NoRank)
	// Output: 3 2 true
}
