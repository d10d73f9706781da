package detect

import (
	_ "embed"
	"strconv"
	"strings"

	"github.com/mcp-kernel/mcp-kernel/governance/match"
)

//go:generate go run ./gen

// phonePlan holds a line for each country calling code: the lengths of its national numbers, and the pairs of digits
// that those of a length begin with. The library that it was asked of costs 5 ms and 2.4 MB before main.
//
//go:embed phone.plan
var phonePlan string

// international looks for a number with its calling code, as ITU-T E.123 writes it, and returns how many groups it has.
func (s *scan) international(r *run) int {
	if r.start > 1 && isWord(s.text[r.start-2]) { // 1+234567890
		return 0
	}
	for n := r.n; n >= 1; n-- {
		number, _, end, _ := r.part(0, n)
		if len(number) > 15 || !planned(number) || n < r.n && r.groups[n].sep != ' ' && r.groups[n].sep != ')' && r.groups[n].sep != '/' {
			continue
		}
		confidence := 0.9
		if n == 1 && !s.near(r.start, s.engine.phoneLabels...) {
			confidence = 0.8
		}
		s.pii("phone_international", "phone", match.Medium, confidence, r.start-1, end)
		return n
	}
	return 0
}

// planned reports whether digits are a calling code and a number of its plan. A national prefix in parentheses, as in
// +44 (0)20, is skipped.
func planned(number string) bool {
	for length := 1; length <= 3 && length < len(number); length++ {
		national := number[length:]
		if inPlan(number[:length], national) || national[0] == '0' && inPlan(number[:length], national[1:]) {
			return true
		}
	}
	return false
}

// inPlan reports whether a national number may have the length and the beginning that it has.
func inPlan(code, national string) bool {
	if len(national) < 5 || len(national) > 13 {
		return false
	}
	if code == "1" && len(national) == 10 && (national[0] < '2' || national[3] < '2') {
		return false
	}
	line, ok := planOf(code)
	if !ok {
		return false
	}
	first := value(national[:2])
	for entry := range strings.SplitSeq(line, " ") {
		length, ranges, _ := strings.Cut(entry, ":")
		if n, err := strconv.Atoi(length); err != nil || n != len(national) {
			continue
		}
		for r := range strings.SplitSeq(ranges, ",") {
			low, high, ranged := strings.Cut(r, "-")
			if !ranged {
				high = low
			}
			if first >= value(low) && first <= value(high) {
				return true
			}
		}
	}
	return false
}

// planOf returns the line of a calling code.
func planOf(code string) (string, bool) {
	for line := range strings.Lines(phonePlan) {
		if rest, ok := strings.CutPrefix(line, code); ok && rest[0] == ' ' {
			return strings.TrimSpace(rest), true
		}
	}
	return "", false
}

func phoneLabels() []string {
	return []string{
		"phone", "tel", "mobile", "cell", "call us", "call me", "fax", "whatsapp", "sms", "telefon", "telephone", "telefono", "tel\u00e9fono", "handy", "mob", "text me", "reach me", "hotline", "contact number",
		"t\u00e9l", "telefoon", "gsm", "celular", "cel", "fone", "tlf", "m\u00f3vil", "movil", "cellulare", "kom\u00f3rk", "puhelin", "mobil", "telp", "ph", "contact no", "\u0442\u0435\u043b", "\u0422\u0435\u043b", "\u96fb\u8a71", "\u7535\u8bdd", "\u624b\u673a", "\u643a\u5e2f", "\uc804\ud654", "\ud734\ub300",
		"\u03c4\u03b7\u03bb\u03ad\u03c6", "\u0647\u0627\u062a\u0641", "\u05d8\u05dc\u05e4\u05d5\u05df", "\u0e42\u0e17\u0e23", "\u091c\u094b\u0928", "\u092b\u093c\u094b\u0928", "call", "dial", "\u0111i\u1ec7n tho\u1ea1i",
	}
}

// phone looks for a number without its calling code: of the North American plan in its usual forms, of any other where
// a label stands before it.
func (s *scan) phone(r *run, i, n int) bool {
	number, start, end, sep := r.part(i, n)
	if len(number) == 11 && number[0] == '1' && n > 1 {
		number = number[1:]
	}
	grouped := n >= 3 && r.groups[i+n-1].length == 4 && r.groups[i+n-2].length == 3 && r.groups[i+n-3].length == 3
	bracketed := s.byteBefore(start) == '('
	switch {
	case i == 0 && n > 1 && n == r.n && len(number) > 9 && number[:2] == "00" && number[2] != '0' && !datelike(r) && planned(number[2:]):
		s.pii("phone_international", "phone", match.Medium, 0.85, start, end)
		return true
	case len(number) == 10 && number[0] >= '2' && number[3] >= '2' && grouped && (n == 3 || n == 4 && r.groups[i].length == 1):
		confidence := 0.75
		switch {
		case bracketed || s.near(start, s.engine.phoneLabels...):
			confidence = 0.92
		case !r.alone(i, n, sep) || sep == 0 || sep == '/':
			return false
		case sep != '-':
			confidence = 0.45
		}
		if !inPlan("1", number) {
			confidence -= 0.15 // 555 and other codes of nobody: still a number that a person wrote
		}
		if bracketed {
			start--
		}
		s.pii("phone_us", "phone", match.Medium, confidence, start, end)
		return true
	case len(number) >= 8 && len(number) <= 12 && i == 0 && n == r.n && (number[0] == '0' || n > 1 || s.in.Key != "") && !datelike(r) && (sep != '.' || n > 2) && s.near(start, s.engine.phoneLabels...):
		if bracketed {
			start--
		}
		s.pii("phone_labelled", "phone", match.Medium, 0.8, start, end)
		return true
	}
	return false
}

// datelike reports whether a run begins as a date or time does.
func datelike(r *run) bool {
	return r.n >= 3 && (r.groups[0].length == 4 && (r.digits[0] == '1' || r.digits[0] == '2') && r.groups[1].length == 2 && r.groups[2].length == 2 || r.groups[1].length == 2 && r.groups[2].length == 4 && r.groups[0].length <= 2)
}

// byteBefore returns the byte before i, 0 at the beginning.
func (s *scan) byteBefore(i int) byte {
	if i <= 0 {
		return 0
	}
	return s.text[i-1]
}
