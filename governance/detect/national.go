package detect

import (
	"strings"

	"github.com/mcp-kernel/mcp-kernel/governance/match"
)

// nationalNumber looks for a number that a state gave a person in n groups from the i-th on. Those whose form is common
// count only where a label stands before them.
func (s *scan) nationalNumber(r *run, i, n int) bool {
	digits, start, end, sep := r.part(i, n)
	if !r.alone(i, n, sep) {
		return false
	}
	shape := 0
	for k := i; k < i+n; k++ {
		shape = shape*10 + min(r.groups[k].length, 9)
	}
	if n == 1 {
		return s.solid(digits, start, end)
	}
	rule, class, confidence := s.grouped(r, i, n, shape, digits, start, sep)
	switch rule {
	case "":
		return false
	case "uk_nino": // with its letters
		start, end = start-len("AB "), end+len(" C")
	}
	s.pii(rule, class, match.High, confidence, start, end)
	return true
}

// grouped tells what digits in groups are. The shape is the groups' lengths as a decimal number.
func (s *scan) grouped(r *run, i, n, shape int, digits string, start int, sep byte) (rule, class string, confidence float64) {
	switch shape {
	case 324: // 078-05-1120
		return s.socialSecurity(digits, start, sep)
	case 3332: // 529.982.247-25
		if r.groups[i+1].sep == '.' && r.groups[i+n-1].sep == '-' && cpf(digits) {
			return "br_cpf", "national_id", 0.95
		}
	case 333: // 046 454 286
		if luhn(digits) && s.near(start, "sin", "social insurance") {
			return "ca_sin", "national_id", 0.9
		}
	case 222: // AB 12 34 56 C
		if sep == ' ' && s.spacedNINO(&s.row, i) {
			return "uk_nino", "national_id", s.surer(start, 0.85, 0.96, "insurance", "nino", "ni number", "nin")
		}
	case 444: // 2341 2341 2346
		if (sep == ' ' || sep == '-') && digits[0] >= '2' && verhoeff(digits) && !s.inDump(start, r.groups[i+2].start+4) {
			return "in_aadhaar", "national_id", s.surer(start, 0.65, 0.95, "aadhaar", "aadhar", "uid", "uidai")
		}
	case 334: // 943 476 5919
		if nhs(digits) && s.near(start, "nhs", "health service", "patient") {
			return "uk_nhs", "national_id", 0.93
		}
	default:
		return s.groupedLong(r, i+n, shape, digits, start, sep)
	}
	return "", "", 0
}

// groupedLong tells what digits in groups are whose shapes are found on the continent of Europe alone.
func (s *scan) groupedLong(r *run, behind, shape int, digits string, start int, sep byte) (rule, class string, confidence float64) {
	switch shape {
	case 64: // 811218-9876
		if sep == '-' && date(digits[:6], 'y') && luhn(digits) {
			return "se_personnummer", "national_id", s.surer(start, 0.55, 0.95, "personnummer", "person", "pnr", "ssn")
		}
	case 1222332: // 2 55 08 14 168 025 38
		if insee(digits) {
			return "fr_insee", "national_id", 0.95
		}
	case 122233: // without its key
		if sep == ' ' && (digits[0] == '1' || digits[0] == '2') && s.near(start, "insee", "nir", "securite sociale", "sécurité sociale", "secu") {
			return "fr_insee", "national_id", 0.8
		}
	case 22232: // 85.07.30-033.28
		if belgian(digits) && (sep == '.' || r.groups[behind-2].sep == '-') {
			return "be_national", "national_id", 0.93
		}
	case 3442: // 756.1234.5678.97
		if digits[:3] == "756" && ean(digits) {
			return "ch_ahv", "national_id", 0.95
		}
	case 2333: // 36 574 261 809
		if germanTax(digits) && s.near(start, "steuer", "tax", "idnr", "tin") {
			return "de_tax_id", "national_id", 0.93
		}
	}
	return "", "", 0
}

// inDump reports whether another group of four hexadecimal digits stands beside groups of four digits.
func (s *scan) inDump(start, end int) bool {
	return start >= 5 && hexSet.span(s.text[start-5:], 4) == 4 || end+5 <= len(s.text) && hexSet.span(s.text[end+1:], 4) == 4
}

// surer returns the second confidence when a label stands before start, the first one otherwise.
func (s *scan) surer(start int, bare, labelled float64, words ...string) float64 {
	if s.near(start, words...) {
		return labelled
	}
	return bare
}

// socialSecurity judges a US number by what the Social Security Administration never gives out.
func (s *scan) socialSecurity(digits string, start int, sep byte) (rule, class string, confidence float64) {
	if !validSSN(digits) || sep != '-' && sep != ' ' && sep != '.' {
		return "", "", 0
	}
	if s.near(start, "ssn", "social", "ss#", "tax id", "taxpayer", "itin") {
		return "us_ssn", "ssn", 0.98
	}
	if sep != '-' {
		return "", "", 0
	}
	if s.near(start, "part", "sku", "serial", "model", "isbn", "order", "ticket", "case", "invoice", "ref", "phone", "fax", "version", "item", "product", "tel") {
		return "us_ssn", "ssn", 0.3
	}
	return "us_ssn", "ssn", 0.88
}

func validSSN(d string) bool {
	return d[:3] != "000" && d[:3] != "666" && d[0] != '9' && d[3:5] != "00" && d[5:] != "0000" && !uniform(d) && d != "123121234" && d != "111223333"
}

// solid looks at digits without separators. They are somebody's number only by a letter or a form that proves it, or by a
// label.
func (s *scan) solid(digits string, start, end int) bool {
	switch len(digits) {
	case 6:
		if s.prefixed(&s.row) && s.nino(start, end) {
			return s.national("uk_nino", s.surer(start, 0.75, 0.96, "insurance", "nino", "ni number", "nin"), start-2, end+1)
		}
	case 8:
		if behind := s.window(end, 2); spanish(digits, behind) {
			end += len(behind) - len(strings.TrimPrefix(behind, "-")) + 1
			return s.national("es_dni", s.surer(start, 0.7, 0.95, "dni", "nif", "documento", "identidad"), start, end)
		}
	case 15:
		if insee(digits) {
			return s.national("fr_insee", s.surer(start, 0.55, 0.95, "insee", "nir", "secu", "sécu"), start, end)
		}
	case 17, 18:
		if chinese(digits, s.window(end, 1)) {
			return s.national("cn_resident_id", 0.9, start, start+18)
		}
	}
	return false
}

// national reports a number that names a person, and true.
func (s *scan) national(rule string, confidence float64, start, end int) bool {
	class := "national_id"
	if rule == "us_ssn" {
		class = "ssn"
	}
	s.pii(rule, class, match.High, confidence, start, end)
	return true
}

// prefixed reports whether two capitals stand before a run, and nothing before them.
func (s *scan) prefixed(r *run) bool {
	i := r.start
	return i >= 2 && isUpper(s.text[i-1]) && isUpper(s.text[i-2]) && !s.wordAt(i-3)
}

// spacedNINO reports whether three pairs of digits from the i-th on are those of a National Insurance number that is
// written in pairs.
func (s *scan) spacedNINO(r *run, i int) bool {
	start, end := r.groups[i].start, r.groups[i+2].start+2
	return start >= 3 && s.text[start-1] == ' ' && isUpper(s.text[start-2]) && isUpper(s.text[start-3]) && !s.wordAt(start-4) &&
		end+1 < len(s.text) && s.text[end] == ' ' && s.nino(start-1, end+1)
}

// idLetter reports whether one letter stands behind a run, and nothing behind it.
func (s *scan) idLetter(r *run) bool {
	return isUpper(s.text[r.end]) && !s.wordAt(r.end+1)
}

// nino reports whether six digits are those of a UK National Insurance number, by the letters that are used (HMRC,
// "National Insurance Manual", NIM39110).
func (s *scan) nino(start, end int) bool {
	if end >= len(s.text) || s.text[end] < 'A' || s.text[end] > 'D' || s.wordAt(end+1) {
		return false
	}
	return usedLetters(s.text[start-2], s.text[start-1])
}

// usedLetters reports whether two letters begin National Insurance numbers.
func usedLetters(a, b byte) bool {
	switch a {
	case 'D', 'F', 'I', 'Q', 'U', 'V':
		return false
	}
	switch b {
	case 'D', 'F', 'I', 'O', 'Q', 'U', 'V':
		return false
	}
	switch string([]byte{a, b}) {
	case "BG", "GB", "KN", "NK", "NT", "TN", "ZZ":
		return false
	}
	return true
}
