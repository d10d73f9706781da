package main

import (
	"fmt"
	"math/big"
	"strconv"
	"strings"
)

// luhn returns the check digit that the digits need (ISO/IEC 7812-1, annex B).
func luhn(number string) string {
	sum := 0
	for i := range len(number) {
		n := int(number[len(number)-1-i] - '0')
		if i%2 == 0 {
			if n *= 2; n > 9 {
				n -= 9
			}
		}
		sum += n
	}
	return strconv.Itoa((10 - sum%10) % 10)
}

// weighted returns the sum of the digits times the weights.
func weighted(number string, weights ...int) int {
	sum := 0
	for i, w := range weights {
		sum += int(number[i]-'0') * w
	}
	return sum
}

// mod returns a decimal number modulo m.
func mod(number string, m int64) int64 {
	n, ok := new(big.Int).SetString(number, 10)
	if !ok {
		panic("not a number: " + number)
	}
	return n.Mod(n, big.NewInt(m)).Int64()
}

// card returns a payment card number of n digits with a valid check digit, grouped.
func card(d dice, prefix string, n int, sep string) string {
	number := prefix + d.str(n-1-len(prefix), digits)
	number += luhn(number)
	if n == 15 || n == 14 {
		return strings.Join([]string{number[:4], number[4:10], number[10:]}, sep)
	}
	var groups []string
	for len(number) > 4 {
		groups, number = append(groups, number[:4]), number[4:]
	}
	return strings.Join(append(groups, number), sep)
}

// iban returns an account number of ISO 13616 for a country whose BBAN has the given form: n digits, a letters, and anything
// else for itself. Grouped in fours when spaced.
func iban(d dice, country, shape string, spaced bool) string {
	var bban strings.Builder
	for _, c := range shape {
		switch c {
		case 'n':
			bban.WriteString(d.str(1, digits))
		case 'a':
			bban.WriteString(d.str(1, upper))
		default:
			bban.WriteRune(c)
		}
	}
	var numeric strings.Builder
	for _, c := range bban.String() + country + "00" {
		if c >= 'A' {
			numeric.WriteString(strconv.Itoa(int(c-'A') + 10))
		} else {
			numeric.WriteRune(c)
		}
	}
	number := fmt.Sprintf("%s%02d%s", country, 98-mod(numeric.String(), 97), bban.String())
	if !spaced {
		return number
	}
	var groups []string
	for len(number) > 4 {
		groups, number = append(groups, number[:4]), number[4:]
	}
	return strings.Join(append(groups, number), " ")
}

// birth returns a date of birth as year, month and day.
func birth(d dice) (year, month, day int) {
	return 1950 + d.IntN(50), 1 + d.IntN(12), 1 + d.IntN(28)
}

// until returns the first value that make finds acceptable.
func until(make func() (string, bool)) string {
	for {
		if value, ok := make(); ok {
			return value
		}
	}
}

func ssn(d dice) string {
	return fmt.Sprintf("%03d-%02d-%04d", 101+d.IntN(540), 1+d.IntN(98), 1+d.IntN(9998))
}

func itin(d dice) string {
	return fmt.Sprintf("9%02d-%02d-%04d", d.IntN(100), 70+d.IntN(18), 1+d.IntN(9998))
}

func nino(d dice) string {
	return pick(d, []string{"AB", "CE", "HJ", "JG", "PX", "SK", "WM", "YZ"}) + " " + d.str(2, digits) + " " + d.str(2, digits) + " " + d.str(2, digits) + " " + pick(d, []string{"A", "B", "C", "D"})
}

func nhs(d dice) string {
	return until(func() (string, bool) {
		n := "4" + d.str(8, digits)
		check := 11 - weighted(n, 10, 9, 8, 7, 6, 5, 4, 3, 2)%11
		return fmt.Sprintf("%s %s %s%d", n[:3], n[3:6], n[6:], check%11), check != 10
	})
}

func sin(d dice) string {
	n := pick(d, []string{"1", "2", "4", "5", "6", "7"}) + d.str(7, digits)
	n += luhn(n)
	return n[:3] + " " + n[3:6] + " " + n[6:]
}

func tfn(d dice) string {
	return until(func() (string, bool) {
		n := pick(d, []string{"1", "4", "8"}) + d.str(8, digits)
		return n[:3] + " " + n[3:6] + " " + n[6:], weighted(n, 1, 4, 3, 7, 5, 8, 6, 9, 10)%11 == 0
	})
}

func medicare(d dice) string {
	n := pick(d, []string{"2", "3", "4", "5", "6"}) + d.str(7, digits)
	return fmt.Sprintf("%s %s%d 1", n[:4], n[4:], weighted(n, 1, 3, 7, 9, 1, 3, 7, 9)%10)
}

// aadhaar ends in a Verhoeff check digit.
func aadhaar(d dice) string {
	n := pick(d, []string{"3", "5", "7", "9"}) + d.str(10, digits)
	n += verhoeff(n)
	return n[:4] + " " + n[4:8] + " " + n[8:]
}

// verhoeff returns the check digit of the dihedral group D5.
func verhoeff(number string) string {
	times := func(a, b int) int {
		switch {
		case a < 5 && b < 5:
			return (a + b) % 5
		case a < 5:
			return (a+b-5)%5 + 5
		case b < 5:
			return (a-5-b+5)%5 + 5
		default:
			return (a - b + 5) % 5
		}
	}
	permuted := func(digit, position int) int {
		table := []int{1, 5, 7, 6, 2, 8, 3, 0, 9, 4}
		for range position % 8 {
			digit = table[digit]
		}
		return digit
	}
	c := 0
	for i := range len(number) {
		c = times(c, permuted(int(number[len(number)-1-i]-'0'), i+1))
	}
	return strconv.Itoa([]int{0, 4, 3, 2, 1, 5, 6, 7, 8, 9}[c])
}

func pan(d dice) string {
	return d.str(3, upper) + "P" + d.str(1, upper) + d.str(4, digits) + d.str(1, upper)
}

func cpf(d dice) string {
	n := d.str(9, digits)
	n += eleven(weighted(n, 10, 9, 8, 7, 6, 5, 4, 3, 2))
	n += eleven(weighted(n, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2))
	return n[:3] + "." + n[3:6] + "." + n[6:9] + "-" + n[9:]
}

// eleven is the check digit of Brazil's numbers: 11 minus the remainder, 0 where that has two digits.
func eleven(sum int) string {
	if r := 11 - sum%11; r < 10 {
		return strconv.Itoa(r)
	}
	return "0"
}

// steuerID has one digit that occurs twice and a check digit of ISO 7064 (MOD 11, 10).
func steuerID(d dice) string {
	order := d.Perm(10)
	for order[0] == 0 {
		order = d.Perm(10)
	}
	order[9] = order[d.IntN(8)]
	product := 10
	text := ""
	var textSb205 strings.Builder
	for _, n := range order {
		textSb205.WriteString(strconv.Itoa(n))
		s := (n + product) % 10
		if s == 0 {
			s = 10
		}
		product = 2 * s % 11
	}
	text += textSb205.String()
	text += strconv.Itoa((11 - product) % 10)
	return text[:2] + " " + text[2:5] + " " + text[5:8] + " " + text[8:]
}

func nir(d dice) string {
	year, month, _ := birth(d)
	n := fmt.Sprintf("%d%02d%02d%02d%03d%03d", 1+d.IntN(2), year%100, month, 1+d.IntN(19), 1+d.IntN(400), 1+d.IntN(400))
	return fmt.Sprintf("%s %s %s %s %s %s %02d", n[:1], n[1:3], n[3:5], n[5:7], n[7:10], n[10:], 97-mod(n, 97))
}

func dni(d dice) string {
	n := d.str(8, digits)
	return n + string("TRWAGMYFPDXBNJZSQVHLCKE"[mod(n, 23)])
}

func nie(d dice) string {
	first, n := d.IntN(3), d.str(7, digits)
	return string("XYZ"[first]) + n + string("TRWAGMYFPDXBNJZSQVHLCKE"[mod(strconv.Itoa(first)+n, 23)])
}

// codiceFiscale has a check letter from two tables of values, for odd and for even places.
func codiceFiscale(d dice) string {
	odd := []int{1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23}
	year, _, day := birth(d)
	names := pick(d, []string{"RSSMRA", "BNCLRA", "VRDGPP", "FRRGNN", "CNTSLV", "GRCPLA"})
	n := fmt.Sprintf("%s%02d%s%02d%s%03d", names, year%100, pick(d, strings.Split("ABCDEHLMPRST", "")), day, pick(d, []string{"F", "H", "L", "A"}), 100+d.IntN(800))
	sum := 0
	for i, c := range n {
		v := int(c - 'A')
		if c <= '9' {
			v = int(c - '0')
		}
		if i%2 == 0 {
			v = odd[v]
		}
		sum += v
	}
	return n + string(rune('A'+sum%26))
}

func bsn(d dice) string {
	return until(func() (string, bool) {
		n := pick(d, []string{"1", "2", "3", "5"}) + d.str(8, digits)
		return n, (weighted(n, 9, 8, 7, 6, 5, 4, 3, 2)-int(n[8]-'0'))%11 == 0
	})
}
