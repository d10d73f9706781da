package main

import (
	"fmt"
	"strconv"
	"strings"
)

func belgian(d dice) string {
	year, month, day := birth(d)
	n := fmt.Sprintf("%02d%02d%02d%03d", year%100, month, day, 1+d.IntN(997))
	return fmt.Sprintf("%s.%s.%s-%s.%02d", n[:2], n[2:4], n[4:6], n[6:], 97-mod(n, 97))
}

func pesel(d dice) string {
	year, month, day := birth(d)
	n := fmt.Sprintf("%02d%02d%02d%s", year%100, month, day, d.str(4, digits))
	return n + strconv.Itoa((10-weighted(n, 1, 3, 7, 9, 1, 3, 7, 9, 1, 3)%10)%10)
}

func personnummer(d dice) string {
	year, month, day := birth(d)
	n := fmt.Sprintf("%02d%02d%02d%s", year%100, month, day, d.str(3, digits))
	return fmt.Sprintf("%d%s-%s%s", year/100, n[:6], n[6:], luhn(n))
}

func fodselsnummer(d dice) string {
	return until(func() (string, bool) {
		year, month, day := birth(d)
		n := fmt.Sprintf("%02d%02d%02d%03d", day, month, year%100, d.IntN(500))
		a := (11 - weighted(n, 3, 7, 6, 1, 8, 9, 4, 5, 2)%11) % 11
		n += strconv.Itoa(a)
		b := (11 - weighted(n, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)%11) % 11
		return n[:6] + " " + n[6:] + strconv.Itoa(b), a < 10 && b < 10
	})
}

func hetu(d dice) string {
	year, month, day := birth(d)
	date := fmt.Sprintf("%02d%02d%02d", day, month, year%100)
	serial := fmt.Sprintf("%03d", 2+d.IntN(897))
	return date + "-" + serial + string("0123456789ABCDEFHJKLMNPRSTUVWXY"[mod(date+serial, 31)])
}

func cpr(d dice) string {
	return until(func() (string, bool) {
		year, month, day := birth(d)
		n := fmt.Sprintf("%02d%02d%02d%d%s", day, month, year%100, d.IntN(4), d.str(3, digits))
		return n[:6] + "-" + n[6:], weighted(n, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1)%11 == 0
	})
}

func ahv(d dice) string {
	n := "756" + d.str(9, digits)
	return fmt.Sprintf("%s.%s.%s.%s%d", n[:3], n[3:7], n[7:11], n[11:], (10-weighted(n, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3)%10)%10)
}

func cnp(d dice) string {
	return until(func() (string, bool) {
		year, month, day := birth(d)
		n := fmt.Sprintf("%d%02d%02d%02d%02d%03d", 1+d.IntN(2), year%100, month, day, 1+d.IntN(46), 1+d.IntN(999))
		c := weighted(n, 2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9) % 11
		return n + strconv.Itoa(c), c < 10
	})
}

func egn(d dice) string {
	year, month, day := birth(d)
	n := fmt.Sprintf("%02d%02d%02d%s", year%100, month, day, d.str(3, digits))
	return n + strconv.Itoa(weighted(n, 2, 4, 8, 5, 10, 9, 7, 3, 6)%11%10)
}

func rodneCislo(d dice) string {
	return until(func() (string, bool) {
		year, month, day := birth(d)
		n := fmt.Sprintf("%02d%02d%02d%s", year%100, month+50*d.IntN(2), day, d.str(4, digits))
		return n[:6] + "/" + n[6:], year >= 1954 && mod(n, 11) == 0
	})
}

func tckn(d dice) string {
	n := pick(d, []string{"1", "2", "3", "4", "6"}) + d.str(8, digits)
	tenth := (weighted(n, 7, 0, 7, 0, 7, 0, 7, 0, 7) - weighted(n, 0, 1, 0, 1, 0, 1, 0, 1) + 40) % 10
	n += strconv.Itoa(tenth)
	return n + strconv.Itoa(weighted(n, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1)%10)
}

func southAfrican(d dice) string {
	year, month, day := birth(d)
	n := fmt.Sprintf("%02d%02d%02d%s08", year%100, month, day, d.str(4, digits))
	return n + luhn(n)
}

func chinese(d dice) string {
	year, month, day := birth(d)
	n := fmt.Sprintf("%s%d%02d%02d%s", pick(d, []string{"110101", "310115", "440305", "510104"}), year, month, day, d.str(3, digits))
	return n + string("10X98765432"[weighted(n, 7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)%11])
}

func korean(d dice) string {
	year, month, day := birth(d)
	n := fmt.Sprintf("%02d%02d%02d%d%s", year%100, month, day, 1+d.IntN(2), d.str(5, digits))
	return fmt.Sprintf("%s-%s%d", n[:6], n[6:], (11-weighted(n, 2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5)%11)%10)
}

func myNumber(d dice) string {
	n := d.str(11, digits)
	r := weighted(n, 6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2) % 11
	check := 0
	if r > 1 {
		check = 11 - r
	}
	return fmt.Sprintf("%s %s %s%d", n[:4], n[4:8], n[8:], check)
}

func nric(d dice) string {
	n := d.str(7, digits)
	return "S" + n + string("JZIHGFEDCBA"[weighted(n, 2, 7, 6, 5, 4, 3, 2)%11])
}

func hkid(d dice) string {
	letter := d.IntN(26)
	n := d.str(6, digits)
	r := (11 - (36*9+(letter+10)*8+weighted(n, 7, 6, 5, 4, 3, 2))%11) % 11
	return fmt.Sprintf("%c%s(%s)", 'A'+letter, n, []string{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "A"}[r])
}

func taiwanese(d dice) string {
	values := []int{10, 11, 12, 13, 14, 15, 16, 17, 34, 18, 19, 20, 21, 22, 35, 23, 24, 25, 26, 27, 28, 29, 32, 30, 31, 33}
	letter := d.IntN(26)
	n := strconv.Itoa(1+d.IntN(2)) + d.str(7, digits)
	sum := values[letter]/10 + values[letter]%10*9 + weighted(n, 8, 7, 6, 5, 4, 3, 2, 1)
	return fmt.Sprintf("%c%s%d", 'A'+letter, n, (10-sum%10)%10)
}

func curp(d dice) string {
	const alphabet = "0123456789ABCDEFGHIJKLMN*OPQRSTUVWXYZ"
	year, month, day := birth(d)
	n := fmt.Sprintf("%s%02d%02d%02d%s%s%s0", pick(d, []string{"GOMC", "HEAL", "ROSM", "LOPA", "MAVE"}), year%100, month, day, pick(d, []string{"H", "M"}),
		pick(d, []string{"DF", "JC", "NL", "PL", "VZ"}), pick(d, []string{"RNR", "LLB", "NDL", "RZV"}))
	sum := 0
	for i, c := range n {
		sum += strings.IndexRune(alphabet, c) * (18 - i)
	}
	return n + strconv.Itoa((10-sum%10)%10)
}

func cuit(d dice) string {
	return until(func() (string, bool) {
		n := pick(d, []string{"20", "27", "23"}) + d.str(8, digits)
		c := 11 - weighted(n, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)%11
		return fmt.Sprintf("%s-%s-%d", n[:2], n[2:], c%11), c != 10
	})
}

func rut(d dice) string {
	n := strconv.Itoa(5_000_000 + d.IntN(20_000_000))
	sum, weight := 0, 2
	for i := len(n) - 1; i >= 0; i-- {
		sum += int(n[i]-'0') * weight
		if weight++; weight > 7 {
			weight = 2
		}
	}
	check := []string{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "K"}[(11-sum%11)%11]
	return n[:len(n)-6] + "." + n[len(n)-6:len(n)-3] + "." + n[len(n)-3:] + "-" + check
}

// mrz returns the two lines of a passport's machine readable zone (ICAO Doc 9303, part 4) with all check digits, of Utopia,
// the country that the standard uses.
func mrz(d dice) string {
	year, month, day := birth(d)
	number := d.str(1, upper) + d.str(8, digits)
	born, expiry := fmt.Sprintf("%02d%02d%02d", year%100, month, day), fmt.Sprintf("%d%02d%02d", 28+d.IntN(6), month, day)
	names := pick(d, []string{"OKONKWO<<ADA<GRACE", "LINDQVIST<<PER", "MOREAU<<LEA<ANNE", "TANAKA<<KENJI"})
	first := names + strings.Repeat("<", 39-len(names))
	second := number + icao(number) + "UTO" + born + icao(born) + "F" + expiry + icao(expiry) + strings.Repeat("<", 14) + "0"
	composite := second[0:10] + second[13:20] + second[21:43]
	return "P<UTO" + first + "\n" + second + icao(composite)
}

// icao returns the check digit of Doc 9303.
func icao(field string) string {
	sum := 0
	for i, c := range field {
		v := 0
		switch {
		case c >= '0' && c <= '9':
			v = int(c - '0')
		case c >= 'A' && c <= 'Z':
			v = int(c-'A') + 10
		}
		sum += v * []int{7, 3, 1}[i%3]
	}
	return strconv.Itoa(sum % 10)
}

func routing(d dice) string {
	return until(func() (string, bool) {
		n := pick(d, []string{"02", "06", "11", "26", "31"}) + d.str(7, digits)
		return n, weighted(n, 3, 7, 1, 3, 7, 1, 3, 7, 1)%10 == 0
	})
}

func drivingLicence(d dice) string {
	year, month, day := birth(d)
	return fmt.Sprintf("%s%d%02d%02d%d%s9%s", pick(d, []string{"MORGA", "PATEL", "HUGHE", "SINGH"}), year/10%10, month, day, year%10, pick(d, []string{"S9", "J9", "A9"}), d.str(2, upper))
}
