package detect

import "strings"

// weighted returns the sum of digits times weights.
func weighted(digits string, weights ...int) (sum int) {
	for i, w := range weights {
		sum += int(digits[i]-'0') * w
	}
	return sum
}

// uniform reports whether all digits are the same, which satisfies many check digits and is nobody's number.
func uniform(digits string) bool { return strings.Trim(digits, digits[:1]) == "" }

// cpf verifies the two check digits of a Brazilian taxpayer's number (Receita Federal).
func cpf(d string) bool {
	first := weighted(d, 10, 9, 8, 7, 6, 5, 4, 3, 2) * 10 % 11 % 10
	second := weighted(d, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2) * 10 % 11 % 10
	return !uniform(d) && first == int(d[9]-'0') && second == int(d[10]-'0')
}

// nhs verifies the check digit of an NHS number (NHS Data Dictionary, modulus 11).
func nhs(d string) bool {
	check := 11 - weighted(d, 10, 9, 8, 7, 6, 5, 4, 3, 2)%11
	return !uniform(d) && check%11 == int(d[9]-'0') && check != 10
}

// bsn verifies a Dutch citizen service number (the "eleven test").
func bsn(d string) bool {
	return !uniform(d) && weighted(d, 9, 8, 7, 6, 5, 4, 3, 2, -1)%11 == 0
}

// pesel verifies a Polish number.
func pesel(d string) bool {
	return !uniform(d) && (10-weighted(d, 1, 3, 7, 9, 1, 3, 7, 9, 1, 3)%10)%10 == int(d[10]-'0')
}

// ean verifies the check digit of 13 digits as EAN-13 does (GS1); the Swiss AHV number uses it.
func ean(d string) bool {
	return (10-weighted(d, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3)%10)%10 == int(d[12]-'0')
}

// germanTax verifies a German tax identification number: ISO/IEC 7064, MOD 11,10, and one digit that comes two or three
// times among the first ten (§ 139b AO).
func germanTax(d string) bool {
	if d[0] == '0' {
		return false
	}
	var counts [10]int
	product := 10
	for i := range 10 {
		counts[d[i]-'0']++
		sum := (int(d[i]-'0') + product) % 10
		if sum == 0 {
			sum = 10
		}
		product = sum * 2 % 11
	}
	repeated := 0
	for _, n := range counts {
		if n > 3 {
			return false
		}
		if n > 1 {
			repeated++
		}
	}
	return repeated == 1 && (11-product)%10 == int(d[10]-'0')
}

// insee verifies the key of a French number: 97 minus the first 13 digits modulo 97, and sex, month and department.
func insee(d string) bool {
	if d[0] != '1' && d[0] != '2' || !between(d[3:5], 1, 12) && !between(d[3:5], 20, 42) {
		return false
	}
	n := 0
	for i := range 13 {
		n = (n*10 + int(d[i]-'0')) % 97
	}
	return 97-n == value(d[13:15])
}

// belgian verifies a Belgian national number: 97 minus the first nine digits modulo 97, with a 2 before them for those
// born since 2000.
func belgian(d string) bool {
	if !between(d[2:4], 0, 12) || !between(d[4:6], 0, 31) {
		return false
	}
	n, check := value(d[:9]), value(d[9:])
	return 97-n%97 == check || 97-(2_000_000_000+n)%97 == check
}

// chinese verifies a resident's number of 18 places: a date in it, and ISO 7064, MOD 11-2 (GB 11643-1999). The last
// place may be an X, which is then behind the digits.
func chinese(d, behind string) bool {
	check := byte('X')
	switch {
	case len(d) == 18:
		check = d[17]
	case behind != "X" && behind != "x":
		return false
	}
	sum := weighted(d, 7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
	return d[0] != '0' && between(d[6:10], 1900, 2030) && date(d[8:14], 'y') && "10X98765432"[sum%11] == check
}

// spanish verifies the letter of a DNI, which may stand behind a hyphen: the number modulo 23.
func spanish(d, behind string) bool {
	letter := strings.TrimPrefix(behind, "-")
	return letter != "" && !uniform(d) && letter[0] == "TRWAGMYFPDXBNJZSQVHLCKE"[value(d)%23]
}

// verhoeff verifies the check digit by which Aadhaar numbers are protected (Verhoeff, "Error detecting decimal codes",
// 1969): multiplication in the dihedral group of order ten after a permutation of each place.
func verhoeff(d string) bool {
	permutation := [10]int{1, 5, 7, 6, 2, 8, 3, 0, 9, 4}
	check := 0
	for i := range len(d) {
		digit := int(d[len(d)-1-i] - '0')
		for range i % 8 {
			digit = permutation[digit]
		}
		check = dihedral(check, digit)
	}
	return check == 0
}

// dihedral multiplies two elements of the dihedral group of order ten: 0 to 4 turn, 5 to 9 turn and mirror.
func dihedral(a, b int) int {
	switch {
	case a < 5 && b < 5:
		return (a + b) % 5
	case a < 5:
		return 5 + (a+b-5)%5
	case b < 5:
		return 5 + (a-5-b+5)%5
	default:
		return (a - b + 5) % 5
	}
}

// between reports whether a few digits are a number from low to high.
func between(digits string, low, high int) bool {
	n := value(digits)
	return n >= low && n <= high
}

// date reports whether six digits can be a date, written year first ('y') or day first ('d').
func date(d string, first byte) bool {
	if first == 'd' {
		return between(d[:2], 1, 31) && between(d[2:4], 1, 12)
	}
	return between(d[2:4], 1, 12) && between(d[4:6], 1, 31)
}
