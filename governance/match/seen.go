package match

import (
	"bytes"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// visible takes away what is not seen.
func visible(l *level, text []byte) {
	kept := 0
	for i := 0; i < len(text); {
		size := 0
		if traitTable[text[i]]&uint8(traitWide|traitControl) != 0 {
			size = unseen(text[i:])
		}
		if size == 0 {
			i++
			continue
		}
		l.keep(text[kept:i])
		l.edit(0, i, i+size, Invisible)
		i += size
		kept = i
	}
	if kept > 0 {
		l.keep(text[kept:])
	}
}

// unseen returns how many bytes at the beginning of a text are one thing that nobody sees: a control character that is no
// white space, what colours a terminal's text, or a character that Unicode calls Default_Ignorable_Code_Point
// (DerivedCoreProperties.txt), tags and direction marks among them; 0 when there is none.
func unseen(text []byte) int {
	switch c := text[0]; c {
	case 0x1B:
		return sequence(text)
	case 0xC2, 0xCD, 0xD8, 0xE1, 0xE2, 0xE3, 0xEF, 0xF0, 0xF3:
		if len(text) < 2 || !mayHide(c, text[1]) {
			return 0
		}
		if r, size := utf8.DecodeRune(text); ignorable(r) {
			return size
		}
		return 0
	default:
		if c < utf8.RuneSelf {
			return 1
		}
		return 0
	}
}

// mayHide reports whether the first two bytes of a character leave it open that it is ignorable.
func mayHide(first, second byte) bool {
	switch first {
	case 0xC2:
		return second == 0xAD
	case 0xE1:
		return second == 0x85 || second == 0x9E || second == 0xA0
	case 0xE2:
		return second == 0x80 || second == 0x81
	case 0xE3:
		return second == 0x85
	case 0xEF:
		return second == 0xB8 || second >= 0xBB
	default:
		return true
	}
}

// sequence returns the length of the control sequence (ECMA-48) at the beginning of a text, or of its escape alone.
func sequence(text []byte) int {
	if len(text) < 3 || text[1] != '[' {
		return 1
	}
	for i := 2; i < min(len(text), 32); i++ {
		switch c := text[i]; {
		case '@' <= c && c <= '~':
			return i + 1
		case c < ' ' || c > '?':
			return 1
		}
	}
	return 1
}

// ignorable reports whether a character is one that nobody sees.
func ignorable(r rune) bool {
	switch {
	case r == 0xAD, r == 0x34F, r == 0x61C, r == 0x115F, r == 0x1160, r == 0x17B4, r == 0x17B5, r == 0x3164, r == 0xFEFF, r == 0xFFA0:
		return true
	case r < 0x180B:
		return false
	default:
		return r <= 0x180F || 0x200B <= r && r <= 0x200F || 0x202A <= r && r <= 0x202E || 0x2060 <= r && r <= 0x206F ||
			0xFE00 <= r && r <= 0xFE0F || 0xFFF0 <= r && r <= 0xFFFB || 0x1BCA0 <= r && r <= 0x1BCA3 ||
			0x1D173 <= r && r <= 0x1D17A || 0xE0000 <= r && r <= 0xE0FFF
	}
}

// hidden makes a text of what is written in characters that nobody sees: tags, each of which stands for one of ASCII, and
// variation selectors, each of which stands for a byte.
func hidden(l *level, text []byte) {
	for i := range text {
		if text[i] != 0xF3 && (text[i] != 0xEF || text[i+1] != 0xB8) {
			continue
		}
		r, size := utf8.DecodeRune(text[i:])
		if b, ok := hiddenByte(r); ok {
			l.text = append(l.text, b)
			l.edit(1, i, i+size, Tags)
		}
	}
	if len(l.text) < 3 || !utf8.Valid(l.text) { // emoji have such characters too, one at a time
		l.reset()
	}
}

// hiddenByte returns the byte that a character hides.
func hiddenByte(r rune) (byte, bool) {
	switch {
	case 0xE0020 <= r && r <= 0xE007E:
		return byte(r), true
	case 0xFE00 <= r && r <= 0xFE0F:
		return byte(r), true
	case 0xE0100 <= r && r <= 0xE01EF:
		return byte(r-0xE0100) + 16, true
	default:
		return 0, false
	}
}

// compatible makes NFKC of a text. Only what is not settled is looked at more closely, and each stretch of it by itself.
func compatible(l *level, text []byte) {
	kept := 0
	for i := 0; i < len(text); {
		if text[i] < utf8.RuneSelf {
			i++
			continue
		}
		r, size := utf8.DecodeRune(text[i:])
		if settled(r) {
			i += size
			continue
		}
		if i > kept && !norm.NFKC.Properties(text[i:]).BoundaryBefore() { // it may go together with what is before it
			_, size = utf8.DecodeLastRune(text[kept:i])
			i -= size
		}
		if same := norm.NFKC.QuickSpan(text[i:]); same > 0 {
			i += same
			continue
		}
		end := i + norm.NFKC.NextBoundary(text[i:], true)
		if made := norm.NFKC.Bytes(text[i:end]); !bytes.Equal(made, text[i:end]) {
			l.keep(text[kept:i])
			l.keep(made)
			l.edit(len(made), i, end, Compat)
			kept = end
		}
		i = end
	}
	if kept > 0 {
		l.keep(text[kept:])
	}
}

// settled reports whether a character beyond ASCII is of those that are their own NFKC, whatever stands before them: the
// letters of Latin, Greek and Cyrillic that have no compatibility mapping, kana, ideographs, Hangul syllables, and the usual
// punctuation. There are others (UnicodeData.txt has them all), which merely take longer.
func settled(r rune) bool {
	switch {
	case r < 0x0250:
		return r >= 0x00C0 && r <= 0x0131 || r >= 0x0141 && r <= 0x0148 || r >= 0x014A && r <= 0x017E || r >= 0x0180 && r <= 0x01C3
	case r < 0x0400:
		return r >= 0x0391 && r <= 0x03CE
	case r < 0x0530:
		return r <= 0x0482 || r >= 0x048A
	case r < 0x3000:
		return r >= 0x2012 && r <= 0x2016 || r >= 0x2018 && r <= 0x2022
	case r < 0x3100:
		return r >= 0x3001 && r <= 0x3029 || r >= 0x3041 && r <= 0x3096 || r >= 0x30A1 && r <= 0x30FE
	default:
		return r >= 0x3400 && r <= 0x4DBF || r >= 0x4E00 && r <= 0x9FFF || r >= 0xAC00 && r <= 0xD7A3
	}
}

// confusable puts ASCII characters in the place of those that look like them, and drops marks.
func confusable(l *level, text []byte) {
	kept := 0
	page, loaded := "", rune(-1)
	for i := 0; i < len(text); {
		if text[i] < utf8.RuneSelf {
			i++
			continue
		}
		r, size := utf8.DecodeRune(text[i:])
		if n := r >> 8; n != loaded {
			page, loaded = looksPage(n), n
		}
		var to byte
		if page != "" {
			to = page[r&0xFF]
		}
		if to == 0 {
			i += size
			continue
		}
		l.keep(text[kept:i])
		n := 0
		if to != 1 {
			l.text = append(l.text, to)
			n = 1
		}
		l.edit(n, i, i+size, Confusable)
		i += size
		kept = i
	}
	if kept > 0 {
		l.keep(text[kept:])
	}
}
