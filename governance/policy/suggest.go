package policy

import (
	"fmt"
	"strings"

	"github.com/mcp-kernel/mcp-kernel/modules/primitives"
)

// contains reports whether a word is in a list of words with spaces between.
func contains(words, word string) bool {
	for known := range strings.FieldsSeq(words) {
		if known == word {
			return true
		}
	}
	return false
}

// unknown says that a word is none of the known ones, and which is the nearest when one is near, or else which there are.
func unknown(what, word, known string) string {
	nearest := primitives.Nearest(shown(word), strings.Fields(known), primitives.Slips(word))
	if nearest != "" {
		return fmt.Sprintf("unknown %s %q: did you mean %s?", what, shown(word), nearest)
	}
	return fmt.Sprintf("unknown %s %q: there are %s", what, shown(word), strings.Join(strings.Fields(known), ", "))
}
