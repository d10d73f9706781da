package detect

import (
	"strings"

	"github.com/mcp-kernel/mcp-kernel/governance/match"
)

// The kinds of labels behind which something personal may stand that does not tell itself.
const (
	labelBirth = iota
	labelPassport
	labelLicence
	labelBitcoin
	labelFiscal
	labelTaxCode
)

// labelLiterals returns the labels.
func labelLiterals() []literal {
	words := map[int]string{
		labelBirth: "date of birth,dateofbirth,date_of_birth,dob,birthdate,birth date,birth_date,birthday,geburtsdatum,geboren am,born on,date de naissance,fecha de nacimiento," +
			"data de nascimento,data di nascita",
		labelPassport: "passport,reisepass,passeport,pasaporte,passaporto,passaporte",
		labelLicence:  "driver's license,drivers license,driver license,driving licence,driving license,driver_license,drivers_license,license number,licence number,führerschein",
		labelBitcoin:  "bitcoin,btc",
		labelFiscal:   "codice fiscale,codicefiscale,codice_fiscale",
		labelTaxCode:  "pan card,pan number,pan no,pan_number",
	}
	var literals []literal
	for kind := labelBirth; kind <= labelTaxCode; kind++ {
		for text := range strings.SplitSeq(words[kind], ",") {
			literals = append(literals, literal{text: text, role: roleLabel, index: uint16(kind), bound: true})
		}
	}
	return literals
}

// label looks at what follows a label that stands from start to end.
func (s *scan) label(start, end, kind int) {
	if s.lookout&PII == 0 {
		return
	}
	from := s.labelled(end)
	if from < 0 {
		return
	}
	s.personalValue(kind, from, start)
}

// personalKey looks at a whole text by the name it stands under.
func (s *scan) personalKey() {
	if s.lookout&PII == 0 || len(s.text) > 40 || len(s.text) < 6 || len(s.in.Key) > 40 {
		return
	}
	var room [48]byte
	key := lowered(room[:0], s.in.Key)
	switch {
	case strings.Contains(key, "birth") || has(key, "dob"):
		s.personalValue(labelBirth, 0, 0)
	case strings.Contains(key, "passport"):
		s.personalValue(labelPassport, 0, 0)
	case strings.Contains(key, "license_n") || strings.Contains(key, "driver"):
		s.personalValue(labelLicence, 0, 0)
	case strings.Contains(key, "fiscale"):
		s.personalValue(labelFiscal, 0, 0)
	}
}

// labelled skips what stands between a label and its value: "number", "no.", "is", a colon, quotes. It returns -1 when
// the value does not follow at once.
func (s *scan) labelled(end int) int {
	i := end
	for range 6 {
		rest := s.window(i, 12)
		skipped := 0
		for _, w := range [...]string{"number", "Number", "num", "nummer", "numero", "No.", "no.", "No", "no", "#", "is", "was", "address", "code", "(DOB)", "id", "ID"} {
			if strings.HasPrefix(rest, w) && (!isLetter(w[len(w)-1]) || len(rest) == len(w) || !isLetter(rest[len(w)])) {
				skipped = len(w)
				break
			}
		}
		if skipped == 0 {
			for skipped < len(rest) && strings.IndexByte(" \t:=\"'|,_>*`-", rest[skipped]) >= 0 {
				skipped++
			}
		}
		if skipped == 0 {
			return i
		}
		i += skipped
	}
	if i >= len(s.text) {
		return -1
	}
	return i
}

// personalValue judges the value at from of a label of a kind.
func (s *scan) personalValue(kind, from, start int) {
	text := s.window(from, 40)
	n := alnumSet.span(text, len(text))
	m := mix(text[:n])
	switch kind {
	case labelBirth:
		if n := birthday(text); n > 0 {
			s.pii("date_of_birth", "date_of_birth", match.Medium, 0.92, from, from+n)
		}
	case labelPassport:
		if n >= 6 && n <= 10 && m.digit >= 5 && m.lower == 0 && m.upper <= 3 {
			s.pii("passport", "passport", match.High, 0.9, from, from+n)
		}
	case labelLicence:
		if n = urlSet.span(text, len(text)); n >= 6 && n <= 20 && mix(text[:n]).digit >= 5 && mix(text[:n]).lower == 0 && !isUUID(text[:n]) {
			s.pii("driver_license", "driver_license", match.High, 0.7, from, from+n)
		}
	case labelBitcoin:
		if n >= 26 && (text[0] == '1' || text[0] == '3') {
			s.wallet(from)
		}
	case labelFiscal:
		if n == 16 && m.digit >= 5 && m.lower == 0 && isUpper(text[0]) && isUpper(text[5]) && isDigit(text[6]) {
			s.pii("it_codice_fiscale", "national_id", match.High, 0.95, from, from+n)
		}
	case labelTaxCode:
		if n == 10 && m.digit == 4 && m.upper == 6 && isUpper(text[4]) && isUpper(text[9]) && start >= 0 {
			s.pii("in_pan", "national_id", match.High, 0.95, from, from+n)
		}
	}
}

// birthday returns the length of a date at the beginning of a text, 0 when there is none: 1990-05-17, 17.05.1990,
// 5/17/90, 17 May 1990, May 17, 1990.
func birthday(text string) int {
	if n := numericDate(text); n > 0 {
		return n
	}
	n, hasMonth, numbers := 0, false, 0
	for n < len(text) && n < 24 {
		switch c := text[n]; {
		case isDigit(c):
			k := digitSet.span(text[n:], 5)
			n += k
			if numbers++; k == 4 && hasMonth {
				return n
			}
			if k > 2 {
				return 0
			}
		case isLetter(c):
			k := 0
			for n+k < len(text) && (isLetter(text[n+k]) || text[n+k] >= 0x80) {
				k++
			}
			hasMonth = hasMonth || k >= 3 && month(text[n:n+3])
			if !hasMonth && k > 3 {
				return 0
			}
			n += k
		case strings.IndexByte(" ,.-/", c) >= 0:
			n++
		default:
			return 0
		}
	}
	return 0
}

// month reports whether a word begins as the name of a month does.
func month(word string) bool {
	const months = "jan feb mar apr may jun jul aug sep oct nov dec mär mai okt dez avr ene abr ago dic gen mag giu lug set ott out"
	return strings.Contains(months, strings.ToLower(word))
}

// numericDate returns the length of a date in digits, 0 when there is none.
func numericDate(text string) int {
	var parts [3]int
	n := 0
	for i := range parts {
		k := digitSet.span(text[n:], 5)
		if k == 0 || k == 3 || k > 4 {
			return 0
		}
		parts[i] = value(text[n : n+k])
		n += k
		if i < 2 {
			if n >= len(text) || strings.IndexByte("-/.", text[n]) < 0 {
				return 0
			}
			n++
		}
	}
	year, a, b := parts[2], parts[0], parts[1]
	if parts[0] > 31 {
		year, a, b = parts[0], parts[1], parts[2]
	}
	if (year < 1900 || year > 2035) && year > 99 || a == 0 || b == 0 || a > 31 || b > 31 || a > 12 && b > 12 {
		return 0
	}
	return n
}

// street looks at a word for a street that stands from start to end, for a number and capitalised words before it and a
// place behind it: 221 Baker Street, London NW1.
func (s *scan) street(start, end int) {
	if s.lookout&PII == 0 || s.wordAt(end) {
		return
	}
	line := s.before(start, 40)
	i, words := len(line), 0
	for i > 0 && words < 4 {
		k := strings.LastIndexByte(strings.TrimRight(line[:i], " "), ' ') + 1
		w := strings.Trim(line[k:i], " .")
		if w == "" {
			return
		}
		if isDigit(w[0]) && len(w) <= 6 && words > 0 {
			s.housed(start-len(line)+k, end)
			return
		}
		if !isUpper(w[0]) {
			return
		}
		i = k
		words++
	}
}

// housed reports an address whose street is known, if a place follows it: a comma or a line and then a capital, with a
// number somewhere.
func (s *scan) housed(start, end int) {
	rest := s.window(end, 64)
	trimmed := strings.TrimLeft(rest, "., \n")
	if len(trimmed) == len(rest) || trimmed == "" {
		return
	}
	n := 0
	for n < len(trimmed) && (isWord(trimmed[n]) || strings.IndexByte(" ,.#-\n", trimmed[n]) >= 0) && !strings.HasPrefix(trimmed[n:], "\n\n") {
		n++
	}
	place := trimmed[:n]
	digit := strings.IndexAny(place, "0123456789")
	if place == "" || !isUpper(place[0]) && !isDigit(place[0]) && !strings.HasPrefix(place, "apt") || digit < 0 {
		return
	}
	to := end + len(rest) - len(trimmed) + digit
	for to < len(s.text) && isWord(s.text[to]) {
		to++
	}
	s.pii("street_address", "street_address", match.Medium, 0.8, start, to)
}
