package audit

import (
	"math"
	"strconv"
	"time"
)

// maxInt is the largest integer that every JSON reader keeps exactly (RFC 7493).
const maxInt = 1<<53 - 1

func appendInt(dst []byte, n int64) []byte {
	return strconv.AppendInt(dst, max(-maxInt, min(n, maxInt)), 10)
}

// appendRatio writes a number from 0 to 1 with at most four decimals, as RFC 8785 does; what is no such number is 0.
func appendRatio(dst []byte, f float64) []byte {
	if !(f > 0) {
		return append(dst, '0')
	}
	n := int(math.Round(min(f, 1) * 10_000))
	if n == 0 || n == 10_000 {
		return append(dst, '0'+byte(n/10_000))
	}
	dst = append(dst, '0', '.')
	for unit := 1000; n > 0; unit /= 10 {
		dst = append(dst, '0'+byte(n/unit))
		n %= unit
	}
	return dst
}

// putTime writes a UTC time of a year with four digits over text that has timeLayout's form, as time.AppendFormat cannot.
func putTime(text []byte, at time.Time) {
	year, month, day := at.Date()
	hour, minute, second := at.Clock()
	micros := at.Nanosecond() / 1000
	putPair(text, 0, year/100)
	putPair(text, 2, year%100)
	putPair(text, 5, int(month))
	putPair(text, 8, day)
	putPair(text, 11, hour)
	putPair(text, 14, minute)
	putPair(text, 17, second)
	putPair(text, 20, micros/10_000)
	putPair(text, 22, micros/100%100)
	putPair(text, 24, micros%100)
}

// putPair writes two digits.
func putPair(text []byte, at, n int) {
	text[at], text[at+1] = '0'+byte(n/10%10), '0'+byte(n%10)
}
