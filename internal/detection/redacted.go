package detection

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/mcp-kernel/mcp-kernel/governance/detect"
	"github.com/mcp-kernel/mcp-kernel/governance/match"
)

// part is how many characters of a text must be left to count: with six of a password its owner has lost much of it.
const part = 6

// A Redaction is what is left of records after everything that a check finds was taken out of them.
type Redaction struct {
	Clean    Share  // of all records: nothing is left of any text that was to go, nor a part of it
	OfFound  Share  // the same of the records in which something was found over one of them
	Partly   Shares // of the records in which something was found, those of which a part is left, by class
	ReadBack Share  // redacted records that are still JSON of the same shape
}

// Redacted measures what is left of the set under a policy that redacts whatever the check finds, however unsure. A call's
// arguments would be refused rather than changed; here they are redacted like the rest.
func Redacted(e *detect.Engine, check string, set []Record) (Redaction, error) {
	all := Redaction{Partly: Shares{}}
	for i := range set {
		r := &set[i]
		found, _, err := r.findings(e, check)
		if err != nil {
			return all, err
		}
		redacted, err := match.Redact(r.Value, found)
		if err != nil {
			return all, fmt.Errorf("%s: %w", r.ID, err)
		}
		left, shape, err := r.left(redacted)
		if err != nil {
			return all, fmt.Errorf("%s, redacted: %w", r.ID, err)
		}
		all.ReadBack.add(shape)
		if len(r.Expect.Spans) == 0 {
			continue
		}
		all.Clean.add(!left)
		if r.covers(found) {
			all.OfFound.add(!left)
			all.Partly.add(left, r.Expect.Classes...)
		}
	}
	return all, nil
}

// left reports whether a part of what had to go is still in the redacted value, and whether that has the places it had.
func (r *Record) left(redacted []byte) (left, shape bool, err error) {
	before, names, err := texts(r.Value)
	if err != nil {
		return false, false, err
	}
	after, afterNames, err := texts(redacted)
	if err != nil {
		return false, false, err
	}
	shape = len(names) == len(afterNames) && maps.EqualFunc(before, after, func(string, string) bool { return true })
	was, is := strings.Join(append(slices.Sorted(maps.Values(before)), names...), "\n"), strings.Join(append(slices.Collect(maps.Values(after)), afterNames...), "\n")
	is = regexp.MustCompile(`\[[a-z_]+:[0-9]+\]`).ReplaceAllString(is, "\n") // what stands for a token says "_token" and gives nothing away
	others := was + "\nhttps://"                                             // which every webhook begins with
	for _, span := range r.Expect.Spans {
		others = strings.ReplaceAll(others, span, "\n")
	}
	for _, span := range r.Expect.Spans {
		if remains(span, is, others) {
			return true, shape, nil
		}
	}
	return false, shape, nil
}

// remains reports whether a part of the span is in what is left. What stands elsewhere in the record besides, as a domain that
// is also a link's, gives nothing away and does not count.
func remains(span, left, others string) bool {
	if strings.Contains(left, span) {
		return true
	}
	runes := []rune(span)
	for at := 0; at+part <= len(runes); at++ {
		if some := string(runes[at : at+part]); strings.Contains(left, some) && !strings.Contains(others, some) {
			return true
		}
	}
	return false
}
