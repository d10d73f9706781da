package secret

import (
	"cmp"
	"slices"
	"strings"
)

// least is how long a secret is that is looked for in texts: of shorter ones, too much else would be taken for them.
const least = 6

// Hide returns a text without the secrets that somebody may have written into it, with a mark where each was. Secrets of
// fewer than 6 bytes are left.
func Hide(text string, secrets ...string) string {
	secrets = slices.Clone(secrets)
	slices.SortFunc(secrets, func(a, b string) int { return cmp.Compare(len(b), len(a)) }) // one may be part of another
	for _, s := range secrets {
		if len(s) >= least {
			text = strings.ReplaceAll(text, s, "[secret]")
		}
	}
	return text
}
