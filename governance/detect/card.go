package detect

import "github.com/mcp-kernel/mcp-kernel/governance/match"

// card looks for the number of a payment card (ISO/IEC 7812) in the groups from the i-th on, and returns how many groups
// it has.
func (s *scan) card(r *run, i, rest int) int {
	for n := min(rest, 5); n >= 1; n-- {
		number, start, end, sep := r.part(i, n)
		if len(number) < 13 || len(number) > 19 || n > 1 && (sep != ' ' && sep != '-' || !cardGroups(r, i, n)) || !r.alone(i, n, sep) {
			continue
		}
		issuer := issuerOf(number)
		if issuer == "" || !luhn(number) || uniform(number) {
			continue
		}
		labelled := s.near(start, "card", "visa", "master", "amex", "credit", "debit", "carte", "karte", "tarjeta", "cc", "pan", "payment")
		confidence := 0.92
		switch {
		case labelled:
			confidence = 0.99
		case n == 1 && (s.in.Number || s.near(start, "id", "time", "stamp", "number", "num", "sku", "ean", "track", "order", "serial", "sequence", "ref", "size", "count", "hash", "nonce", "version", "build", "epoch", "created", "updated", "ts", "offset")):
			confidence = 0.4
		case n == 1 && (issuer == "unionpay" || len(number) > 16 || s.byteBefore(start) == '-'):
			confidence = 0.6
		case n == 1:
			confidence = 0.82
		}
		s.pii("card_"+issuer, "credit_card", match.High, confidence, start, end)
		return n
	}
	return 0
}

// cardGroups reports whether digits are grouped as they are printed on cards.
func cardGroups(r *run, i, n int) bool {
	for k := i; k < i+n-1; k++ {
		if length := r.groups[k].length; length != 4 && (n != 3 || length != 6) {
			return false
		}
	}
	return n > 2
}

// issuerOf returns the network whose range and length a number has, as the networks publish them; "" for none.
func issuerOf(number string) string {
	n := len(number)
	two, four := value(number[:2]), value(number[:4])
	switch {
	case number[0] == '4' && (n == 16 || n == 13 || n == 19):
		return "visa"
	case n == 16 && (two >= 51 && two <= 55 || four >= 2221 && four <= 2720):
		return "mastercard"
	case n == 15 && (two == 34 || two == 37):
		return "amex"
	case n == 16 && (four == 6011 || two == 65 || four >= 6440 && four <= 6499):
		return "discover"
	case n == 16 && four >= 3528 && four <= 3589:
		return "jcb"
	case n == 14 && (two == 36 || two == 38 || two == 39 || four >= 3000 && four <= 3059):
		return "diners"
	case (n == 16 || n == 19) && two == 62:
		return "unionpay"
	case n >= 16 && n <= 19 && (four == 5018 || four == 5020 || four == 5038 || four == 6304 || four == 6759 || four == 6761 || four == 6763):
		return "maestro"
	}
	return ""
}

// value returns the number that a few digits are.
func value(digits string) (n int) {
	for i := range len(digits) {
		n = n*10 + int(digits[i]-'0')
	}
	return n
}

// luhn verifies the check digit of ISO/IEC 7812-1, annex B.
func luhn(digits string) bool {
	sum := 0
	for i := range len(digits) {
		d := int(digits[len(digits)-1-i] - '0')
		if i%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return sum%10 == 0
}
