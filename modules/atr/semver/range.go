package semver

import (
	"fmt"
	"strings"
)

// A Range is a set of versions.
type Range struct {
	text string
	sets [][]bound // a version is in the range when it is within all bounds of one set
}

// A bound is what a version is compared with.
type bound struct {
	op string // one of < <= > >= = !=
	v  Version
}

// ParseRange reads a range: sets of comparisons with || between them, and spaces or commas between those of a set. A
// comparison is a version with one of = != < <= > >= ^ ~ before it or none, as in "1.2.x", or two with " - " between them.
func ParseRange(text string) (Range, error) {
	r := Range{text: text}
	fault := fmt.Errorf("%q %w", clip(text), ErrRange)
	if len(text) > maxLength {
		return Range{}, fault
	}
	n := 0
	for part := range strings.SplitSeq(text, "||") {
		set, err := parseSet(part)
		if n += len(set); err != nil || n > maxRanges {
			return Range{}, fault
		}
		r.sets = append(r.sets, set)
	}
	return r, nil
}

// String is the range as it was written.
func (r Range) String() string { return r.text }

// parseSet reads comparisons all of which hold.
func parseSet(text string) (set []bound, err error) {
	words := strings.FieldsFunc(text, func(c rune) bool { return c == ' ' || c == ',' || c == '\t' })
	if len(words) == 0 {
		return nil, ErrRange
	}
	for i := 0; i < len(words); i++ {
		word := words[i]
		var more []bound
		switch op, rest := operator(word); {
		case op != "" && rest == "": // a space between them
			if i++; i == len(words) {
				return nil, ErrRange
			}
			more, err = compare(op, words[i])
		case i+2 < len(words) && words[i+1] == "-":
			more, err = between(word, words[i+2])
			i += 2
		default:
			more, err = compare(op, rest)
		}
		if err != nil {
			return nil, err
		}
		set = append(set, more...)
	}
	return set, nil
}

// operator takes the operator off a comparison.
func operator(word string) (op, rest string) {
	for _, op := range [...]string{">=", "<=", "!=", "~>", "=", ">", "<", "^", "~"} {
		if rest, ok := strings.CutPrefix(word, op); ok {
			return op, rest
		}
	}
	return "", word
}

// between are the bounds of "a - b".
func between(from, to string) ([]bound, error) {
	low, err := compare(">=", from)
	if err != nil {
		return nil, err
	}
	high, err := compare("<=", to)
	return append(low, high...), err
}

// next is the first version after all that have the first parts of v.
func next(v Version, parts int) Version {
	switch parts {
	case 1:
		return Version{Major: v.Major + 1}
	case 2:
		return Version{Major: v.Major, Minor: v.Minor + 1}
	default:
		return Version{Major: v.Major, Minor: v.Minor, Patch: v.Patch + 1}
	}
}

// compare are the bounds of one comparison. Parts that are missing stand for whatever is there.
func compare(op, text string) ([]bound, error) {
	if op, _ := operator(text); op != "" { // of two operators
		return nil, ErrRange
	}
	v, parts, err := partial(text)
	switch {
	case err != nil:
		return nil, err
	case parts == 0 && (op == "<" || op == ">" || op == "!="):
		return []bound{{"<", Version{}}}, nil // nothing is
	case parts == 0:
		return []bound{{">=", Version{}}}, nil
	}
	whole := parts == 3
	switch op {
	case "^":
		return within(v, next(v, caret(v, parts))), nil
	case "~", "~>":
		return within(v, next(v, min(parts, 2))), nil
	case "", "=":
		if whole {
			return []bound{{"=", v}}, nil
		}
		return within(v, next(v, parts)), nil
	case "!=":
		if whole {
			return []bound{{"!=", v}}, nil
		}
		return nil, ErrRange // of that there are two ways to think
	case ">":
		if whole {
			return []bound{{">", v}}, nil
		}
		return []bound{{">=", next(v, parts)}}, nil
	case "<=":
		if whole {
			return []bound{{"<=", v}}, nil
		}
		return []bound{{"<", next(v, parts)}}, nil
	default:
		return []bound{{op, v}}, nil
	}
}

// within are the bounds from a version to another, which is not in it.
func within(from, to Version) []bound { return []bound{{">=", from}, {"<", to}} }

// caret is how many parts of a version ^ keeps: up to the first that is not 0.
func caret(v Version, parts int) int {
	switch {
	case v.Major > 0 || parts == 1:
		return 1
	case v.Minor > 0 || parts == 2:
		return 2
	default:
		return 3
	}
}

// Contains reports whether a version is in the range.
func (r Range) Contains(v Version) bool {
	for _, set := range r.sets {
		if all(set, v) {
			return true
		}
	}
	return false
}

// all reports whether a version is within all bounds of a set. One that comes before a release must be spoken of.
func all(set []bound, v Version) bool {
	spoken := v.Pre == ""
	for _, b := range set {
		if !b.holds(v) {
			return false
		}
		spoken = spoken || b.v.Pre != "" && b.v.Major == v.Major && b.v.Minor == v.Minor && b.v.Patch == v.Patch
	}
	return spoken
}

func (b bound) holds(v Version) bool {
	c := v.Compare(b.v)
	switch b.op {
	case "<":
		return c < 0
	case "<=":
		return c <= 0
	case ">":
		return c > 0
	case ">=":
		return c >= 0
	case "=":
		return c == 0
	default:
		return c != 0
	}
}
