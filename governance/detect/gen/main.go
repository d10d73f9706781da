// Command gen writes phone.plan, which governance/detect embeds: for every country calling code the lengths that national
// numbers have, and for each length the pairs of digits that they begin with. It asks the phone number library, a
// dependency of this command and of tests only, because that library spends milliseconds and megabytes before main.
// `go generate` runs it in the folder of that package; it takes no arguments, and writes the same file every time.
package main

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/nyaruka/phonenumbers"
)

// The numbers that are tried: of each length and pair of first digits, so many with random digits behind them.
const (
	shortest = 5
	longest  = 13
	tries    = 80
)

func main() {
	if err := os.WriteFile("phone.plan", []byte(plan()), 0o600); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

// plan returns a line for each calling code: "49 10:15-17,30 11:15-17", with a line feed before and after each.
func plan() string {
	codes := slices.Sorted(maps.Keys(phonenumbers.GetSupportedCallingCodes()))
	var b strings.Builder
	b.WriteByte('\n')
	for _, code := range codes {
		fmt.Fprint(&b, code)
		for length := shortest; length <= longest; length++ {
			if firsts := beginnings(code, length); len(firsts) > 0 {
				fmt.Fprintf(&b, " %d:%s", length, ranges(firsts))
			}
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// beginnings returns the pairs of digits, as numbers, that valid numbers of a length begin with.
func beginnings(code, length int) []int {
	random := rand.New(rand.NewPCG(uint64(code), uint64(length))) //nolint:gosec // reproducible on purpose
	var firsts []int
	for first := range 100 {
		for range tries {
			number := digits(random, first, length)
			if !phonenumbers.IsPossibleNumber(number(code)) {
				break
			}
			if phonenumbers.IsValidNumber(number(code)) {
				firsts = append(firsts, first)
				break
			}
		}
	}
	return firsts
}

// digits returns a number of a length that begins with first, without its calling code.
func digits(random *rand.Rand, first, length int) func(code int) *phonenumbers.PhoneNumber {
	national := uint64(first)
	for range length - 2 {
		national = national*10 + random.Uint64N(10)
	}
	return func(code int) *phonenumbers.PhoneNumber {
		country, zeros := int32(code), int32(0)
		leading := first < 10
		if leading {
			zeros = 1
			if first == 0 {
				zeros = 2
			}
		}
		return &phonenumbers.PhoneNumber{
			CountryCode: &country, NationalNumber: &national, ItalianLeadingZero: &leading, NumberOfLeadingZeros: &zeros,
		}
	}
}

// ranges writes ascending numbers as "1,4-6".
func ranges(numbers []int) string {
	var parts []string
	for i := 0; i < len(numbers); {
		j := i
		for j+1 < len(numbers) && numbers[j+1] == numbers[j]+1 {
			j++
		}
		part := strconv.Itoa(numbers[i])
		if j > i {
			part += "-" + strconv.Itoa(numbers[j])
		}
		parts = append(parts, part)
		i = j + 1
	}
	return strings.Join(parts, ",")
}
