package detect

import "strings"

// A charset is the alphabet of a token.
type charset uint8

const (
	alnumSet    charset = iota // letters and digits
	wordSet                    // and _
	urlSet                     // and - and _, as of base64url
	dottedSet                  // and .
	hexLowerSet                // digits and a to f
	hexSet                     // in either case
	upperSet                   // capitals and digits
	base32Set                  // capitals and 2 to 7
	base64Set                  // letters, digitSet, + / =
	digitSet
	tildeSet     // urlSet, . and ~
	base64URLSet // of both kinds of base64
	percentSet   // and %, as in a query
	pathSet      // and /, as in a path
	lowerSet     // small letters and digits
	querySet     // what a path and a query are made of
	dollarSet    // letters, digits and $
	cryptSet     // what crypt(3) writes: letters, digits, . / $ = , + - and _
)

// has reports whether c belongs to the alphabet.
func (a charset) has(c byte) bool {
	switch a {
	case alnumSet:
		return isAlnum(c)
	case wordSet:
		return isWord(c)
	case urlSet:
		return isWord(c) || c == '-'
	case dottedSet:
		return isWord(c) || c == '-' || c == '.'
	case hexLowerSet:
		return isDigit(c) || 'a' <= c && c <= 'f'
	case hexSet:
		return isHex(c)
	case upperSet:
		return isUpper(c) || isDigit(c)
	case base32Set:
		return isUpper(c) || '2' <= c && c <= '7'
	case base64Set:
		return isAlnum(c) || c == '+' || c == '/' || c == '='
	case digitSet:
		return isDigit(c)
	case tildeSet:
		return isWord(c) || c == '-' || c == '.' || c == '~'
	case base64URLSet:
		return isWord(c) || c == '-' || c == '+' || c == '/' || c == '='
	case percentSet:
		return isWord(c) || c == '-' || c == '%'
	case pathSet:
		return isWord(c) || c == '-' || c == '/' || c == '@'
	case lowerSet:
		return isDigit(c) || 'a' <= c && c <= 'z'
	case querySet:
		return isWord(c) || strings.IndexByte("-./?=&%:~+", c) >= 0
	case dollarSet:
		return isAlnum(c) || c == '$'
	case cryptSet:
		return isWord(c) || strings.IndexByte("./$=,+-", c) >= 0
	default:
		return false
	}
}

// span returns how many bytes of text, at most n, belong to the alphabet.
func (a charset) span(text string, n int) int {
	n = min(n, len(text))
	for i := range n {
		if !a.has(text[i]) {
			return i
		}
	}
	return n
}
