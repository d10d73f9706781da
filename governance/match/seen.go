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
	for i := 0; i < len(text); i++ {
		if text[i] != 0xF3 && text[i] != 0xEF {
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

// compatible makes NFKC of a text.
func compatible(l *level, text []byte) {
	for i := 0; i < len(text); {
		same := norm.NFKC.QuickSpan(text[i:])
		if same == len(text)-i && i == 0 {
			return
		}
		l.keep(text[i : i+same])
		if i += same; i == len(text) {
			return
		}
		end := i + norm.NFKC.NextBoundary(text[i:], true)
		from := len(l.text)
		l.text = norm.NFKC.Append(l.text, text[i:end]...)
		if made := l.text[from:]; !bytes.Equal(made, text[i:end]) {
			l.edit(len(made), i, end, Compat)
		}
		i = end
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

// looksLike returns the ASCII character that r looks like, 1 for a mark to be dropped and 0 for neither.
func looksLike(r rune) byte {
	if page := looksPage(r >> 8); page != "" {
		return page[r&0xFF]
	}
	return 0
}
