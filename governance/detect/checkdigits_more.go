package detect

import "strings"

// digits reports whether a text is nothing but digits.
func digits(d string) bool { return digitSet.span(d, len(d)) == len(d) }

// shaped reports whether a text has the form of a picture, in which 9 is a digit, A a letter and * either.
func shaped(text, picture string) bool {
	if len(text) != len(picture) {
		return false
	}
	for i := range len(text) {
		switch picture[i] {
		case '9':
			if !isDigit(text[i]) {
				return false
			}
		case 'A':
			if !isUpper(text[i]) {
				return false
			}
		}
	}
	return true
}

// all joins a check with the demand that there are only digits.
func all(check func(string) bool) func(string) bool {
	return func(d string) bool { return digits(d) && check(d) }
}

// place returns the value of the i-th digit.
func place(d string, i int) int { return int(d[i] - '0') }

// sumEquals returns a check: the weighted sum modulo a number is the last digit, 10 being 0.
func sumEquals(mod int, weights ...int) func(string) bool {
	return func(d string) bool {
		return digits(d) && len(d) == len(weights)+1 && weighted(d, weights...)%mod%10 == place(d, len(weights))
	}
}

// sumComplements returns a check: the weighted sum and the last digit together are a multiple of a number; where that
// would need a 10, the digit is ten.
func sumComplements(mod int, ten int, weights ...int) func(string) bool {
	return func(d string) bool {
		if !digits(d) || len(d) != len(weights)+1 {
			return false
		}
		check := (mod - weighted(d, weights...)%mod) % mod
		if check == 10 {
			check = ten
		}
		return check == place(d, len(weights))
	}
}

// folded returns the sum of digits times weights, each product as the sum of its own digits.
func folded(d string, weights ...int) (sum int) {
	for i, w := range weights {
		p := place(d, i) * w
		sum += p/10 + p%10
	}
	return sum
}

// mod1110 verifies ISO/IEC 7064, MOD 11,10.
func mod1110(d string) bool {
	product := 10
	for i := range len(d) - 1 {
		sum := (place(d, i) + product) % 10
		if sum == 0 {
			sum = 10
		}
		product = sum * 2 % 11
	}
	return (11-product)%10 == place(d, len(d)-1)
}

// letterValue returns the value of a digit, or of a letter as 10 to 35.
func letterValue(c byte) int {
	if isDigit(c) {
		return int(c - '0')
	}
	return int(c-'A') + 10
}

// icao verifies the last character of a text by ICAO Doc 9303, part 3: weights 7, 3, 1, letters from 10 on, fillers 0.
func icao(text string) bool {
	sum := 0
	for i := range len(text) - 1 {
		if text[i] != '<' {
			sum += letterValue(text[i]) * [...]int{7, 3, 1}[i%3]
		}
	}
	last := text[len(text)-1]
	return isDigit(last) && sum%10 == int(last-'0') || last == '<' && sum == 0
}

// dateAt reports whether a date of six digits, year or day first, stands at i.
func dateAt(d string, i int, first byte) bool { return date(d[i:i+6], first) }

// cnpj verifies a Brazilian company's number (Receita Federal).
func cnpj(d string) bool {
	check := func(weights ...int) int {
		if r := weighted(d, weights...) % 11; r > 1 {
			return 11 - r
		}
		return 0
	}
	return len(d) == 14 && check(5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2) == place(d, 12) && check(6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2) == place(d, 13)
}

// tckn verifies a Turkish identity number (General Directorate of Population).
func tckn(d string) bool {
	odd := place(d, 0) + place(d, 2) + place(d, 4) + place(d, 6) + place(d, 8)
	even := place(d, 1) + place(d, 3) + place(d, 5) + place(d, 7)
	sum := odd + even + place(d, 9)
	return d[0] != '0' && ((odd*7-even)%10+10)%10 == place(d, 9) && sum%10 == place(d, 10)
}

// rut verifies a Chilean number: modulo 11 with weights 2 to 7 from the right, the last place being K for 10.
func rut(d string) bool {
	body := d[:len(d)-1]
	if !digits(body) {
		return false
	}
	sum := 0
	for i := range len(body) {
		sum += place(body, len(body)-1-i) * (2 + i%6)
	}
	return "0123456789K0"[(11-sum%11)%11] == d[len(d)-1]
}

// baltic verifies an Estonian or Lithuanian code: modulo 11 with two rows of weights.
func baltic(d string) bool {
	if d[0] < '1' || d[0] > '6' || !dateAt(d, 1, 'y') {
		return false
	}
	check := weighted(d, 1, 2, 3, 4, 5, 6, 7, 8, 9, 1) % 11
	if check == 10 {
		check = weighted(d, 3, 4, 5, 6, 7, 8, 9, 1, 2, 3) % 11 % 10
	}
	return check == place(d, 10)
}

// kazakh verifies an individual identification number in the same way, with twelve places.
func kazakh(d string) bool {
	check := weighted(d, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11) % 11
	if check == 10 {
		check = weighted(d, 3, 4, 5, 6, 7, 8, 9, 10, 11, 1, 2) % 11
	}
	return dateAt(d, 0, 'y') && check == place(d, 11)
}

// norwegian verifies the two check digits of a birth number (Skatteetaten).
func norwegian(d string) bool {
	first := (11 - weighted(d, 3, 7, 6, 1, 8, 9, 4, 5, 2)%11) % 11
	second := (11 - weighted(d, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)%11) % 11
	return first == place(d, 9) && second == place(d, 10)
}

// swedish verifies a personal number of ten or twelve digits, or a coordination number, whose day is 60 higher.
func swedish(d string) bool {
	d = d[len(d)-10:]
	return luhn(d) && between(d[2:4], 1, 12) && (between(d[4:6], 1, 31) || between(d[4:6], 61, 91))
}

// finnish verifies a personal identity code: the date and the number modulo 31.
func finnish(d string) bool {
	if len(d) == 11 { // the letter of a century
		if strings.IndexByte("ABCDEFUVWXY", d[6]) < 0 {
			return false
		}
		d = d[:6] + d[7:]
	}
	return digits(d[:9]) && dateAt(d, 0, 'd') && "0123456789ABCDEFHJKLMNPRSTUVWXY"[value(d[:9])%31] == d[9]
}

// icelandic verifies a kennitala.
func icelandic(d string) bool {
	check := (11 - weighted(d, 3, 2, 7, 6, 5, 4, 3, 2)%11) % 11
	return (between(d[:2], 1, 31) || between(d[:2], 41, 71)) && between(d[2:4], 1, 12) && check == place(d, 8) && strings.IndexByte("890", d[9]) >= 0
}

// czech verifies a birth number of the Czech Republic or Slovakia; those of nine digits have no check digit.
func czech(d string) bool {
	month := value(d[2:4]) % 50
	if month > 20 {
		month -= 20
	}
	if month < 1 || month > 12 || !between(d[4:6], 1, 31) {
		return false
	}
	return len(d) == 9 || value(d)%11 == 0 || value(d[:9])%11 == 10 && d[9] == '0'
}

// yugoslav verifies the number of the states that were Yugoslavia.
func yugoslav(d string) bool {
	check := 11 - weighted(d, 7, 6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)%11
	if check > 9 {
		check = 0
	}
	return between(d[:2], 1, 31) && between(d[2:4], 1, 12) && check == place(d, 12)
}

// snils verifies a Russian insurance number.
func snils(d string) bool {
	return weighted(d, 9, 8, 7, 6, 5, 4, 3, 2, 1)%101%100 == value(d[9:11])
}

// inn verifies the number of a Russian taxpayer, of twelve digits for persons.
func inn(d string) bool {
	if len(d) == 10 {
		return weighted(d, 2, 4, 10, 3, 5, 9, 4, 6, 8)%11%10 == place(d, 9)
	}
	return weighted(d, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8)%11%10 == place(d, 10) && weighted(d, 3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8)%11%10 == place(d, 11)
}

// codiceFiscale verifies the last letter of an Italian tax code (D.M. 23/12/1976), also of one in which letters stand for
// digits because somebody else has the same.
func codiceFiscale(d string) bool {
	const odd = "\x01\x00\x05\x07\x09\x0d\x0f\x11\x13\x15\x02\x04\x12\x14\x0b\x03\x06\x08\x0c\x0e\x10\x0a\x16\x19\x18\x17"
	if !shaped(d, "AAAAAA**A**A***A") || !isDigit(d[6]) && strings.IndexByte("LMNPQRSTUV", d[6]) < 0 {
		return false
	}
	sum := 0
	for i := range 15 {
		n := letterValue(d[i])
		if n >= 10 {
			n -= 10
		}
		if i%2 == 0 {
			sum += int(odd[n])
		} else {
			sum += n
		}
	}
	return int(d[15]-'A') == sum%26
}

// nie verifies the number of a foreigner in Spain, or a DNI.
func nie(d string) bool {
	at := strings.IndexByte("XYZ", d[0])
	if !digits(d[1:8]) || at < 0 && !isDigit(d[0]) {
		return false
	}
	number := value(d[1:8]) + at*10_000_000
	if at < 0 {
		number = value(d[:8])
	}
	return "TRWAGMYFPDXBNJZSQVHLCKE"[number%23] == d[8]
}

// pps verifies an Irish number: weights 8 to 2, and 9 for a second letter.
func pps(d string) bool {
	if !digits(d[:7]) || !isUpper(d[7]) || len(d) == 9 && !isUpper(d[8]) {
		return false
	}
	sum := weighted(d, 8, 7, 6, 5, 4, 3, 2)
	if len(d) == 9 && d[8] != 'W' && d[8] != 'T' && d[8] != 'X' {
		sum += int(d[8]-'A'+1) * 9
	}
	return "WABCDEFGHIJKLMNOPQRSTUV"[sum%23] == d[7]
}

// curp verifies the last digit of a Mexican population code (RENAPO).
func curp(d string) bool {
	if !shaped(d, "AAAA999999AAAAAA*9") || d[10] != 'H' && d[10] != 'M' && d[10] != 'X' {
		return false
	}
	sum := 0
	for i := range 17 {
		n := letterValue(d[i])
		if n >= 24 { // behind the place of Ñ
			n++
		}
		sum += n * (18 - i)
	}
	return (10-sum%10)%10 == place(d, 17)
}

// hongKong verifies an identity card's number of eight or nine characters: one or two letters, six digits, one check.
func hongKong(d string) bool {
	sum, n := 0, len(d)
	if n == 8 {
		sum = 36 * 9
	} else if !isUpper(d[1]) {
		return false
	}
	if !isUpper(d[0]) || !digits(d[n-7:n-1]) || d[n-1] != 'A' && !isDigit(d[n-1]) {
		return false
	}
	for i := range n - 1 {
		sum += letterValue(d[i]) * (n - i)
	}
	return (sum+letterValue(d[n-1]))%11 == 0
}

// taiwanese verifies an identity number: the letter as two digits, weights 1, 9 to 1, 1.
func taiwanese(d string) bool {
	if !isUpper(d[0]) || !digits(d[1:]) {
		return false
	}
	n := strings.IndexByte("ABCDEFGHJKLMNPQRSTUVXYWZIO", d[0]) + 10
	return (n/10+n%10*9+weighted(d[1:], 8, 7, 6, 5, 4, 3, 2, 1, 1))%10 == 0
}

// singaporean verifies an NRIC or FIN.
func singaporean(d string) bool {
	if !digits(d[1:8]) {
		return false
	}
	sum := weighted(d[1:], 2, 7, 6, 5, 4, 3, 2)
	switch d[0] {
	case 'S':
		return "JZIHGFEDCBA"[sum%11] == d[8]
	case 'T':
		return "JZIHGFEDCBA"[(sum+4)%11] == d[8]
	case 'F':
		return "XWUTRQPNMLK"[sum%11] == d[8]
	case 'G':
		return "XWUTRQPNMLK"[(sum+4)%11] == d[8]
	case 'M':
		return "KLJNPQRTUWX"[10-(sum+3)%11] == d[8]
	}
	return false
}

// korean verifies the date and the digit for sex and century of a resident's number; since 2020 the rest is drawn by lot.
func korean(d string) bool { return dateAt(d, 0, 'y') && d[6] != '0' }

// japanese verifies an individual number (Ministerial Ordinance 85 of 2014).
func japanese(d string) bool {
	check := 11 - weighted(d, 6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)%11
	if check > 9 {
		check = 0
	}
	return check == place(d, 11)
}

// thai verifies a citizen's number.
func thai(d string) bool {
	return d[0] != '0' && (11-weighted(d, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2)%11)%10 == place(d, 12)
}

// nik verifies the date in an Indonesian number, in which 40 is added to the day of women's births.
func nik(d string) bool {
	day := value(d[6:8]) % 40
	return d[0] != '0' && day >= 1 && day <= 31 && between(d[8:10], 1, 12)
}

// iranian verifies a national code.
func iranian(d string) bool {
	r := weighted(d, 10, 9, 8, 7, 6, 5, 4, 3, 2) % 11
	if r > 1 {
		r = 11 - r
	}
	return r == place(d, 9)
}

// ecuadorian verifies a cédula: a province, and modulus 10 as Luhn's with the weights the other way round.
func ecuadorian(d string) bool {
	return between(d[:2], 1, 30) && (10-folded(d, 2, 1, 2, 1, 2, 1, 2, 1, 2)%10)%10 == place(d, 9)
}

// vin verifies the check digit of a vehicle's number (ISO 3779, 49 CFR 565).
func vin(d string) bool {
	const values = "12345678*12345*7*923456789" // of A to Z
	sum := 0
	for i, w := range [...]int{8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2} {
		c := d[i]
		if isUpper(c) {
			c = values[c-'A']
		}
		if c == '*' {
			return false
		}
		sum += int(c-'0') * w
	}
	return "0123456789X"[sum%11] == d[8]
}

// routing verifies the number of a bank in the United States (American Bankers Association).
func routing(d string) bool {
	return weighted(d, 3, 7, 1, 3, 7, 1, 3, 7, 1)%10 == 0 && (between(d[:2], 1, 12) || between(d[:2], 21, 32) || between(d[:2], 61, 72) || d[:2] == "80")
}
