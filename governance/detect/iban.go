package detect

import (
	"strings"

	"github.com/mcp-kernel/mcp-kernel/governance/match"
)

// ibanLengths are the countries of the IBAN registry (ISO 13616, published by SWIFT), each with the length of its IBANs.
const ibanLengths = "AD24AE23AL28AT20AZ28BA20BE16BG22BH22BI27BR29BY28CH21CR22CY28CZ24DE22DJ27DK18DO28EE20EG29ES24FI18FK18FO18FR27GB22GE22GI23" +
	"GL18GR27GT28HN28HR21HU28IE22IL23IQ23IS26IT27JO30KW30KZ20LB28LC32LI21LT20LU20LV21LY25MC27MD24ME22MK19MN20MR27MT31MU30NI28NL18NO15" +
	"OM23PK24PL28PS29PT25QA29RO24RS22RU33SA24SC31SD18SE24SI19SK24SM27SO23ST25SV28TL23TN24TR26UA29VA22VG24XK20YE30"

// iban looks at an account number that may begin at start with a country and two digits.
func (s *scan) iban(start int) {
	if s.lookout&PII == 0 || isDigit(s.byteBefore(start)) {
		return
	}
	country := s.text[start : start+2]
	var plain [34]byte
	want := ibanLength(country)
	n, end := 0, start
	for end < len(s.text) && n < want {
		c := s.text[end]
		switch {
		case isAlnum(c):
			if !isUpper(c) && !isDigit(c) && isUpper(country[0]) {
				return
			}
			plain[n] = c &^ (c >> 1 & 0x20)
			n++
		case (c == ' ' || c == '-') && n >= 4 && end+1 < len(s.text) && isAlnum(s.text[end+1]) && s.text[end-1] != c:
		default:
			return
		}
		end++
	}
	if n < want || want == 0 || s.wordAt(end) || !mod97(plain[:n]) || monotone(string(plain[4:n])) && n < 20 {
		return
	}
	confidence := 0.97
	if !isUpper(country[0]) {
		confidence = 0.7
	}
	s.pii("iban", "iban", match.High, confidence, start, end)
	s.resume = max(s.resume, end)
}

// ibanLength returns the length of a country's IBANs, 0 when it has none.
func ibanLength(country string) int {
	var code [2]byte
	code[0], code[1] = country[0]&^0x20, country[1]&^0x20
	for i := 0; i < len(ibanLengths); i += 4 {
		if ibanLengths[i:i+2] == string(code[:]) {
			return value(ibanLengths[i+2 : i+4])
		}
	}
	return 0
}

// mod97 verifies the check digits of ISO/IEC 7064, MOD 97-10, with letters as 10 to 35 and the first four places last.
func mod97(plain []byte) bool {
	sum := 0
	for i := range plain {
		c := plain[(i+4)%len(plain)]
		if isDigit(c) {
			sum = (sum*10 + int(c-'0')) % 97
		} else {
			sum = (sum*100 + int(c-'A') + 10) % 97
		}
	}
	return sum == 1
}

// ibanLiterals returns the beginnings of IBANs that a filter looks for.
func ibanLiterals() []literal {
	literals := make([]literal, 0, len(ibanLengths)/4)
	for i := 0; i < len(ibanLengths); i += 4 {
		literals = append(literals, literal{text: strings.ToLower(ibanLengths[i:i+2]) + "00", role: roleIBAN, bound: true})
	}
	return literals
}
