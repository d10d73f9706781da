// Package semver compares versions as Semantic Versioning 2.0.0 (semver.org) orders them, and says whether one is in a range
// such as ">=1.2 <2", "^0.3" or "1.x || 3.1 - 3.4". Versions are read as servers write them: a v before them and parts that
// are missing at the end are fine. The grammar of ranges is that of npm's node-semver, and so is its rule for what comes
// before a release: 1.3.0-beta is in a range only where the range speaks of a 1.3.0 that comes before its release. The
// zero Range contains nothing.
package semver

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// ErrVersion says that a text is no version, and ErrRange that it is no range.
var (
	ErrVersion = errors.New("is no version such as 1.2.3")
	ErrRange   = errors.New(`is no range of versions such as ">=1.2 <2" or "^1.2"`)
)

// maxLength bounds the texts that are read, in bytes, and maxRanges the comparisons of a range.
const (
	maxLength = 256
	maxRanges = 64
)

// A Version is a version without its build. The zero value is 0.0.0.
type Version struct {
	Major, Minor, Patch uint64
	Pre                 string // what comes before the release, as in "beta.2"; empty for a release
}

// Parse reads a version.
func Parse(text string) (Version, error) {
	v, _, err := partial(text)
	core, _, _ := strings.Cut(text, "-")
	core, _, _ = strings.Cut(core, "+")
	if err != nil || strings.ContainsAny(core, "xX*") {
		return Version{}, fmt.Errorf("%q %w", clip(text), ErrVersion)
	}
	return v, nil
}

func clip(text string) string { return text[:min(len(text), maxLength)] }

// partial reads a version with some of its parts, and returns how many there are. x, X and * stand for parts that are not.
func partial(text string) (v Version, parts int, err error) {
	if len(text) > maxLength {
		return v, 0, ErrVersion
	}
	text, build, built := strings.Cut(text, "+")
	if built && !dotted(build, false) {
		return v, 0, ErrVersion
	}
	text, pre, before := strings.Cut(strings.TrimPrefix(text, "v"), "-")
	if before && !dotted(pre, true) {
		return v, 0, ErrVersion
	}
	numbers := strings.Split(text, ".")
	if len(numbers) > 3 || (before || built) && len(numbers) < 3 { // 2025-03-01 is a date
		return v, 0, ErrVersion
	}
	to := [...]*uint64{&v.Major, &v.Minor, &v.Patch}
	for i, number := range numbers {
		if number == "x" || number == "X" || number == "*" {
			if slices.ContainsFunc(numbers[i:], func(rest string) bool { return rest != "x" && rest != "X" && rest != "*" }) || before {
				return v, 0, ErrVersion
			}
			return v, i, nil
		}
		if *to[i], err = strconv.ParseUint(number, 10, 53); err != nil || len(number) > 1 && number[0] == '0' {
			return v, 0, ErrVersion
		}
	}
	v.Pre = pre
	return v, len(numbers), nil
}

// dotted reports whether a text is identifiers with dots between them; numbers must not begin with 0 where that is strict.
func dotted(text string, strict bool) bool {
	for id := range strings.SplitSeq(text, ".") {
		if id == "" || strict && numeric(id) && len(id) > 1 && id[0] == '0' {
			return false
		}
		for _, c := range id {
			if c != '-' && (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'z') || c >= 0x80 {
				return false
			}
		}
	}
	return true
}

func numeric(id string) bool { return strings.Trim(id, "0123456789") == "" }

// String is the version in full.
func (v Version) String() string {
	text := fmt.Sprintf("%d.%d.%d", v.Major, v.Minor, v.Patch)
	if v.Pre != "" {
		text += "-" + v.Pre
	}
	return text
}

// Compare is negative where v comes before w, and positive where it comes after.
func (v Version) Compare(w Version) int {
	return cmp.Or(cmp.Compare(v.Major, w.Major), cmp.Compare(v.Minor, w.Minor), cmp.Compare(v.Patch, w.Patch), comparePre(v.Pre, w.Pre))
}

// comparePre orders what comes before a release, which itself comes last.
func comparePre(a, b string) int {
	switch {
	case a == b:
		return 0
	case a == "":
		return 1
	case b == "":
		return -1
	}
	as, bs := strings.Split(a, "."), strings.Split(b, ".")
	for i := range min(len(as), len(bs)) {
		if c := compareID(as[i], bs[i]); c != 0 {
			return c
		}
	}
	return cmp.Compare(len(as), len(bs))
}

// compareID orders identifiers: numbers by their size and before words.
func compareID(a, b string) int {
	switch {
	case numeric(a) && numeric(b):
		return cmp.Or(cmp.Compare(len(a), len(b)), strings.Compare(a, b))
	case numeric(a):
		return -1
	case numeric(b):
		return 1
	default:
		return strings.Compare(a, b)
	}
}
