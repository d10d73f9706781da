package cmvk

import "strings"

// numeral reads a number in words, with its unit. "One" is left a word: it mostly counts nothing.
func (z *tokenizer) numeral() bool {
	s := z.raw
	end := letters(s, z.at)
	value := numeralOf(s[z.at:end])
	if value == 0 {
		return false
	}
	const tens, ten = 20, 10
	if value >= tens && end < len(s) && (s[end] == '-' || s[end] == ' ') {
		behind := letters(s, end+1)
		if ones := numeralOf(s[end+1 : behind]); 0 < ones && ones < ten {
			value, end = value+ones, behind
		}
	}
	q := quantity{value: value}
	end = q.scale(s, end)
	z.amount(q, z.at, end)
	return true
}

// numeralOf returns the number that a word names, or 0.
//
//nolint:funlen // a table
func numeralOf(word string) float64 {
	const longest = len("seventeen")
	if len(word) > longest || len(word) == 0 || !strings.ContainsRune("tfsenTFSEN", rune(word[0])) {
		return 0
	}
	switch fold(word) {
	case "two":
		return 2
	case "three":
		return 3
	case "four":
		return 4
	case "five":
		return 5
	case "six":
		return 6
	case "seven":
		return 7
	case "eight":
		return 8
	case "nine":
		return 9
	case "ten":
		return 10
	case "eleven":
		return 11
	case "twelve":
		return 12
	case "thirteen":
		return 13
	case "fourteen":
		return 14
	case "fifteen":
		return 15
	case "sixteen":
		return 16
	case "seventeen":
		return 17
	case "eighteen":
		return 18
	case "nineteen":
		return 19
	case "twenty":
		return 20
	case "thirty":
		return 30
	case "forty":
		return 40
	case "fifty":
		return 50
	case "sixty":
		return 60
	case "seventy":
		return 70
	case "eighty":
		return 80
	case "ninety":
		return 90
	}
	return 0
}
