package code

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// excerptRunes is how many characters of a line an excerpt shows.
const excerptRunes = 160

// place is a line and a column, both from 1.
type place struct{ line, column int }

// findings makes findings of hits, which are sorted by where they start. Of all hits the secret ones are redacted.
func (e *Engine) findings(source string, listed, all []hit) []Finding {
	places := placesOf(source, listed)
	secrets := secretsOf(all)
	found := make([]Finding, 0, len(listed))
	for _, h := range listed {
		rule, from, to := e.know.rules[h.rule], places[h.start], places[h.end]
		message := rule.Message
		if h.note != "" {
			message = h.note
		}
		found = append(found, Finding{
			RuleID: rule.ID, Severity: h.severity, Confidence: h.confidence, CWE: rule.CWE,
			Line: from.line, Column: from.column, EndLine: to.line, EndColumn: to.column,
			Excerpt: excerpt(source, h, secrets), Message: message, Fix: rule.Fix,
		})
	}
	return found
}

// secretsOf returns what is to be redacted, with what overlaps made one.
func secretsOf(hits []hit) []hit {
	var secrets []hit
	for _, h := range hits {
		n := len(secrets)
		switch {
		case !h.secret:
		case n > 0 && h.start < secrets[n-1].end:
			secrets[n-1].end = max(secrets[n-1].end, h.end)
		default:
			secrets = append(secrets, h)
		}
	}
	return secrets
}

// placesOf returns the places of where hits start and end, in one pass over the source.
func placesOf(source string, hits []hit) map[int32]place {
	offsets := make([]int32, 0, 2*len(hits))
	for _, h := range hits {
		offsets = append(offsets, h.start, h.end)
	}
	slices.Sort(offsets)
	places := make(map[int32]place, len(offsets))
	line, column, at := 1, 1, 0
	for _, offset := range offsets {
		passed := source[at:offset]
		if n := strings.Count(passed, "\n"); n > 0 {
			line, column = line+n, 1
			passed = passed[strings.LastIndexByte(passed, '\n')+1:]
		}
		column += utf8.RuneCountInString(passed)
		places[offset] = place{line, column}
		at = int(offset)
	}
	return places
}

// excerpt returns the line that a hit starts in, or as much around the hit as an excerpt shows, without secrets.
func excerpt(source string, h hit, secrets []hit) string {
	start := int(h.start)
	window := max(start-excerptRunes/4, 0)
	from := window + strings.LastIndexByte(source[window:start], '\n') + 1
	end := min(start+excerptRunes, len(source))
	if n := strings.IndexByte(source[start:end], '\n'); n >= 0 {
		end = start + n
	}
	for from < start && !utf8.RuneStart(source[from]) {
		from++
	}
	for end < len(source) && end > start && !utf8.RuneStart(source[end]) {
		end--
	}
	shown := strings.ToValidUTF8(redact(source, from, end, secrets), "\uFFFD")
	return strings.TrimSpace(strings.Map(visible, shown))
}

// visible returns what stands in an excerpt for a character: for one that would change how the excerpt reads, a mark.
func visible(r rune) rune {
	if invisible(r) || unicode.IsControl(r) && r != '\t' || r >= 0x202A && r <= 0x202E || r >= 0x2066 && r <= 0x2069 {
		return 0xFFFD
	}
	return r
}

// redact returns a part of a source with every secret in it replaced.
func redact(source string, from, end int, secrets []hit) string {
	var shown strings.Builder
	first, _ := slices.BinarySearchFunc(secrets, from, func(h hit, at int) int { return int(h.start) - at })
	if first > 0 && int(secrets[first-1].end) > from {
		first--
	}
	for _, s := range secrets[first:] {
		if int(s.start) >= end {
			break
		}
		if int(s.end) <= from {
			continue
		}
		if int(s.start) > from {
			shown.WriteString(source[from:s.start])
		}
		shown.WriteString("[redacted]")
		from = min(int(s.end), end)
	}
	shown.WriteString(source[from:end])
	return shown.String()
}
