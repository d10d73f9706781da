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
	return strconv.AppendFloat(dst, math.Round(min(f, 1)*10000)/10000, 'f', -1, 64)
}

// appendTime writes a UTC time of a year with four digits as timeLayout does. It writes those 27 bytes and no others,
// so that a time can be patched in place, as time.AppendFormat cannot.
func appendTime(dst []byte, at time.Time) []byte {
	year, month, day := at.Date()
	hour, minute, second := at.Clock()
	dst = appendDigits(dst, year, 1000, '-')
	dst = appendDigits(dst, int(month), 10, '-')
	dst = appendDigits(dst, day, 10, 'T')
	dst = appendDigits(dst, hour, 10, ':')
	dst = appendDigits(dst, minute, 10, ':')
	dst = appendDigits(dst, second, 10, '.')
	return appendDigits(dst, at.Nanosecond()/1000, 100_000, 'Z')
}

// appendDigits writes as many digits as unit, a power of ten, has, and what follows them.
func appendDigits(dst []byte, n, unit int, then byte) []byte {
	for ; unit > 0; unit /= 10 {
		dst = append(dst, '0'+byte(n/unit%10))
	}
	return append(dst, then)
}
