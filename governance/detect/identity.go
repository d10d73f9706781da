package detect

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/mcp-kernel/mcp-kernel/governance/match"
)

// An identity is a number that an office, a bank or a maker has given, as it is found behind a label.
type identity struct {
	rule, class string
	least, most int                     // characters without what separates them
	valid       func(plain string) bool // of digits and capitals; what is less than a check digit makes it less sure
	labels      string                  // in the languages of the country, separated by commas; a space may also be _, - or nothing
	loose       bool                    // without a check digit
	context     string                  // words, separated by commas, of which one must stand near, unless ""
	general     bool                    // found behind words for any such number, too: "national id"
}

// generalLabels are words for the number that a state gave a person, whichever state it is.
const generalLabels = "national id,national identity,national identification,identity number,identity card,id card,personal id,personal number,citizen id,tax id,taxpayer id,tax number,tin," +
	"social security,social insurance,fiscal number,government id,id number,identification number,personal code,nationalid,national insurance,id no,social security no,taxpayer"

// identities returns the table.
func identities() []identity {
	return slices.Concat(germanicIdentities(), romanceIdentities(), northernIdentities(), easternIdentities(), americanIdentities(), latinIdentities(), asianIdentities(), pacificIdentities(), otherIdentities())
}

// identityGroups returns which identities each label announces, the labels, and whether they are words for any number.
func identityGroups(all []identity) (groups [][]uint8, labels []string, general []bool) {
	add := func(text string, index int) {
		text = asciiLower(text)
		at := slices.Index(labels, text)
		if at < 0 {
			at = len(labels)
			labels, groups = append(labels, text), append(groups, nil)
		}
		if !slices.Contains(groups[at], uint8(index)) {
			groups[at] = append(groups[at], uint8(index))
		}
	}
	for i, one := range all {
		list := one.labels
		if one.general {
			list += "," + generalLabels
		}
		for label := range strings.SplitSeq(list, ",") {
			add(label, i)
		}
	}
	general = make([]bool, len(labels))
	for label := range strings.SplitSeq(generalLabels, ",") {
		general[slices.Index(labels, label)] = true
	}
	for at, group := range groups { // a telephone is spoken of far from its number
		general[at] = general[at] || all[group[0]].class == "phone"
	}
	return groups, labels, general
}

// identityLiterals returns the labels in each of their spellings.
func identityLiterals() []literal {
	_, labels, _ := identityGroups(identities())
	var all []literal
	for i, label := range labels {
		wide := strings.IndexFunc(label, func(r rune) bool { return r >= utf8.RuneSelf }) >= 0
		spellings := []string{label}
		if strings.Count(label, " ") == 1 && !wide {
			spellings = append(spellings, strings.ReplaceAll(label, " ", ""))
		}
		for _, text := range spellings {
			all = append(all, literal{text: text, role: roleIdentity, index: uint16(i), wide: wide, joint: true})
		}
	}
	return all
}

// A tag is a label that was seen, and where it ended.
type tag struct {
	end, group int
	general    bool // it is a word for any such number
	homograph  bool // it is another word, too
	weak       bool // a short word in small letters, without a colon: it may be any word
}

// labelReach is how far behind a label a number may stand that is meant by it.
const labelReach = 80

// identityLabel looks at what follows a label from start to end, and keeps it in mind.
func (s *scan) identityLabel(start, end, group int) {
	if s.lookout&PII == 0 || !labelled(s.text, start, end) {
		return
	}
	weak := end-start <= 5 && s.text[start] >= 'a' && !strings.ContainsAny(s.window(end, 3), ":=\"|")
	t := tag{end: end, group: group, weak: weak, homograph: weak && homograph(s.text[start:end]), general: s.engine.general[group]}
	s.seen[s.seenCount%len(s.seen)] = t
	s.seenCount++
	s.follow(t)
}

// homograph reports whether a label in small letters is another word in some language, or one of programming.
func homograph(label string) bool {
	switch label {
	case "fin", "pan", "sin", "nip", "pis", "epic", "nit", "cc", "ci", "ik", "kt", "cf", "rg", "nas", "nam", "spi", "cui", "ine", "nic", "eid", "mac", "bic", "rut", "ein", "ird", "inn", "pps", "nin", "aba", "dea", "sss", "nik", "cns", "nis":
		return true
	}
	return false
}

// labelled reports whether a label stands for itself: no letter before or, when it is short, behind it, but for a capital
// that begins another word of a name.
func labelled(text string, start, end int) bool {
	if start > 0 && isAlnum(text[start-1]) && isLetter(text[start]) && (!isUpper(text[start]) || isUpper(text[start-1])) {
		return false
	}
	if end < len(text) && isLetter(text[end]) && end-start <= 6 && isLetter(text[end-1]) {
		return isUpper(text[end]) && !isUpper(text[end-1]) || text[end] == 's'
	}
	return true
}

// keyLabels looks at a whole text by the labels in the name that it stands under.
func (s *scan) keyLabels() {
	if s.lookout&PII == 0 || len(s.text) < 5 || len(s.text) > 48 {
		return
	}
	facts := s.facts()
	for _, kind := range facts.kinds[:facts.kinded] {
		s.personalValue(int(kind), 0)
	}
	for _, t := range facts.tags[:facts.tagged] {
		s.seen[s.seenCount%len(s.seen)] = t
		s.seenCount++
		s.follow(t)
	}
}

// follow looks for one of the identities of a label in the words behind it.
func (s *scan) follow(t tag) {
	i := t.end
	words := 6
	if t.general {
		words = 2
	}
	for range words {
		i = s.skipMarks(i)
		if i >= len(s.text) || s.identify(i, t) {
			return
		}
		n := s.plainWord(i)
		if n == 0 {
			return
		}
		i += n
	}
}

// plainWord returns the length of a word without digits at i, or of characters beyond ASCII there, 0 when there is none.
func (s *scan) plainWord(i int) (n int) {
	const most = 32
	if s.text[i] >= utf8.RuneSelf {
		for i+n < len(s.text) && n < most && s.text[i+n] >= utf8.RuneSelf {
			n++
		}
		return n
	}
	for i+n < len(s.text) && n < most && isWord(s.text[i+n]) {
		if isDigit(s.text[i+n]) {
			return 0
		}
		n++
	}
	return n
}

// skipMarks skips what may stand between words of a label and a value: punctuation, one line feed, tags of HTML.
func (s *scan) skipMarks(i int) int {
	lines := 0
	for n := 0; i < len(s.text) && n < 24; n++ {
		switch c := s.text[i]; {
		case c == '\n':
			if lines++; lines > 1 {
				return len(s.text)
			}
		case c == '<':
			k := strings.IndexByte(s.window(i, 32), '>')
			if k < 0 {
				return len(s.text)
			}
			i += k
		case strings.IndexByte(" \t\r:=\"'|,>*`-#()/\\.;[]_?", c) < 0:
			return i
		}
		i++
	}
	return i
}

// identify reports the number at i if it is one of the identities of a label.
func (s *scan) identify(i int, t tag) bool {
	n := s.compact(i)
	if n < 4 {
		return false
	}
	var best *identity
	size := 0
	for _, index := range s.engine.groups[t.group] {
		one := &s.engine.identities[index]
		if one.loose && t.weak && one.context == "" || one.most < 11 && t.homograph || one.context != "" && s.in.Key == "" && !s.within(i, one.context) {
			continue
		}
		if k := s.fits(one, i, n); k > size {
			best, size = one, k
		}
	}
	if best == nil {
		return false
	}
	severity, confidence := match.High, 0.95
	if best.loose {
		confidence = 0.82
	}
	if best.class == "phone" {
		severity = match.Medium
	}
	end := s.stops[size]
	if end < len(s.text) && s.text[end] == ')' && s.text[end-2] == '(' {
		end++
	}
	s.pii(best.rule, best.class, severity, confidence, i, end)
	return true
}

// fits returns how many of the n characters that were read at i are a number of an identity, 0 when it does not begin there.
func (s *scan) fits(one *identity, i, n int) int {
	for size := min(n, one.most); size >= one.least; size-- {
		text, end := view(s.plain[:size]), s.stops[size]
		if s.wordAt(end) || !one.valid(text) || uniform(text) {
			continue
		}
		m := mix(s.text[i:end])
		if one.loose && m.lower > 0 || one.rule != "bic" && m.digit < 3 || one.rule == "bank_account" && strings.ContainsAny(s.text[i:end], "-./:") {
			continue
		}
		return size
	}
	return 0
}

// within reports whether one of the words stands around i.
func (s *scan) within(i int, words string) bool {
	var room [240]byte
	around := lowered(room[:0], s.text[max(0, i-160):min(len(s.text), i+80)])
	for word := range strings.SplitSeq(words, ",") {
		if has(around, word) {
			return true
		}
	}
	return false
}

// compact keeps the letters, as capitals, and digits from i on without what separates them, and where each ends.
func (s *scan) compact(i int) (n int) {
	plain, ends := &s.plain, &s.stops
	for n < len(plain) && i < len(s.text) {
		c := s.text[i]
		switch {
		case isAlnum(c):
			if 'a' <= c && c <= 'z' {
				c &^= 0x20
			}
			plain[n] = c
			n++
			ends[n] = i + 1
		case n > 0 && ends[n] == i && strings.IndexByte(" -./+(:", c) >= 0:
		case n > 0 && ends[n] == i-1 && (s.text[i-1] == ' ' && strings.IndexByte("-/(", c) >= 0 || c == ' ' && s.text[i-1] != ' '):
		default:
			return n
		}
		i++
	}
	return n
}

// labelsBefore reports the number at i if a label that stands a little farther before it on its line announces it.
func (s *scan) labelsBefore(i int) bool {
	for k := range min(s.seenCount, len(s.seen)) {
		t := s.seen[(s.seenCount-1-k)%len(s.seen)]
		if i-t.end > labelReach || t.end > i || t.general {
			continue
		}
		if strings.IndexByte(s.text[t.end:i], '\n') < 0 && s.identify(i, t) {
			return true
		}
	}
	return false
}
