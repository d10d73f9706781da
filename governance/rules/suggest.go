package rules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mcp-kernel/mcp-kernel/modules/primitives"
)

// unknown says that a word is none of the known ones, and which is the nearest when one is near, or else which there are.
func unknown(what, word string, known []string) string {
	text := fmt.Sprintf("there is no %s %q", what, shown(word))
	if near := primitives.Nearest(shown(word), slices.Sorted(slices.Values(known)), primitives.Slips(word)); near != "" {
		return text + fmt.Sprintf(": did you mean %q?", near)
	}
	const most = 12
	if len(known) == 0 || len(known) > most {
		return text + ": mcp-kernel policy schema prints what there is"
	}
	sorted := slices.Clone(known)
	slices.Sort(sorted)
	return text + ": there are " + strings.Join(sorted, ", ")
}

// shown returns the beginning of a text, for a message.
func shown(text string) string {
	const most = 60
	if r := []rune(text); len(r) > most {
		return string(r[:most]) + "…"
	}
	return text
}
