package match

import (
	"errors"
	"math/bits"
	"strings"
)

// Forms is a set of ways in which a text can be written so that it is the same to whoever receives it and another to
// whoever looks for it. The zero value is none.
type Forms uint16

// The forms that a Normalizer undoes.
const (
	Invisible  Forms = 1 << iota // characters that are not seen: default-ignorable ones, tags, direction marks, controls, colours of a terminal
	Tags                         // text in tag characters (U+E0000) and in variation selectors, which nobody sees
	Compat                       // compatibility characters, and letters apart from their marks: NFKC, and all white space as it
	Confusable                   // letters that look like those of ASCII, and marks on them
	Comment                      // comments of SQL, C and the shell
	Shell                        // quotes, escapes, ${IFS} and braces of a shell
	Space                        // more than one white space in a row, or another one than the space
	Percent                      // %72, %u0072
	Escape                       // \x72, \162, \u0072, \u{72}, \n, \\
	Entity                       // &#114; &#x72; &lt;
	Base64                       // of either alphabet, padded or not, broken into lines or not
	Hex                          // two digits a byte, with or without 0x
	Gzip                         // gzip or zlib within base64 or hexadecimal

	AllForms Forms = 1<<iota - 1
)

const formNames = "invisible tags nfkc confusable comment shell space percent escape entity base64 hex gzip"

// String returns the names of the forms, joined by plus signs, as in "percent+entity".
func (f Forms) String() string {
	var b strings.Builder
	for rest, names := f&AllForms, strings.Fields(formNames); rest != 0; rest &= rest - 1 {
		if b.Len() > 0 {
			b.WriteByte('+')
		}
		b.WriteString(names[bits.TrailingZeros16(uint16(rest))])
	}
	return b.String()
}

// ErrLayers says that a text cannot be judged because too much lies beneath it: forms within forms beyond MaxLayers, or
// compressed data that is far larger than the text. Whoever gets it denies.
var ErrLayers = errors.New("too many layers of encoding, or too much within them")

// Bounds of what a Normalizer does with one text.
const (
	MaxLayers = 8        // decodings within decodings
	MaxViews  = 256      // of one text
	viewBytes = 1 << 20  // of all views, and
	viewTimes = 16       // as many times the text itself
	maxEdits  = 64 << 10 // of one view whose places are kept apart
)

// The traits of a text are what its bytes say of the forms it can be in.
type traits uint8

const (
	traitWide    traits = 1 << iota // a byte beyond ASCII
	traitControl                    // a control character that is no white space
	traitSlash                      // a backslash
	traitSign                       // a per cent sign or an ampersand
	traitQuote                      // what a shell takes away: quotes, $, ^, {
	traitRemark                     // what comments have: # and *
	traitSpace                      // a white space other than the space, or (once sharpened) two in a row
	traitDash                       // a dash: two of them begin a comment
)

// traitTable has the traits of every byte, in hexadecimal: what stands for itself is 00. The compiler keeps the constant
// where it is, so that there is nothing to be set up.
const traitTable = "" +
	"\x02\x02\x02\x02\x02\x02\x02\x02\x02\x40\x40\x40\x40\x40\x02\x02\x02\x02\x02\x02\x02\x02\x02\x02\x02\x02\x02\x02\x02\x02\x02\x02" +
	"\x00\x00\x10\x20\x10\x08\x08\x10\x00\x00\x20\x00\x00\x80\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00" +
	"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x04\x00\x10\x00" +
	"\x10\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x10\x00\x00\x00\x02" +
	traitsWide + traitsWide + traitsWide + traitsWide

const traitsWide = "\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01"

// traitsOf returns the traits of a text.
func traitsOf(text []byte) traits {
	var a, b, c, d uint8
	for ; len(text) >= 4; text = text[4:] {
		a |= traitTable[text[0]]
		b |= traitTable[text[1]]
		c |= traitTable[text[2]]
		d |= traitTable[text[3]]
	}
	for _, x := range text {
		a |= traitTable[x]
	}
	return traits(a | b | c | d)
}

// sharpened takes away traits that a text has only at first sight, and those of forms that are not to be undone.
func (t traits) sharpened(text []byte, skip Forms) traits {
	if t&traitDash != 0 {
		t &^= traitDash
		if twice(text, '-') {
			t |= traitRemark
		}
	}
	switch {
	case skip&Space != 0:
		t &^= traitSpace
	case t&traitSpace == 0 && twice(text, ' '):
		t |= traitSpace
	}
	return t
}

// twice reports whether a byte occurs twice in a row.
func twice(text []byte, c byte) bool {
	before := byte(0)
	for _, b := range text {
		if b == c && before == c {
			return true
		}
		before = b
	}
	return false
}
