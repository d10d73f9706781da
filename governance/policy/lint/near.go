package lint

import "strings"

// prefixed reports whether two globs that end in their only star are such that the other allows all that this one does.
func prefixed(name, other string) bool {
	stem, ok := strings.CutSuffix(name, "*")
	wider, also := strings.CutSuffix(other, "*")
	const meta = "*?[\\"
	return ok && also && !strings.ContainsAny(stem, meta) && !strings.ContainsAny(wider, meta) && name != other && strings.HasPrefix(stem, wider)
}
