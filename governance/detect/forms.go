package detect

import (
	stdbase64 "encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"unicode/utf8"

	"github.com/mcp-kernel/mcp-kernel/governance/match"
)

// Forms that are undone together, because one may lie within another.
const (
	encodings = match.Percent | match.Escape | match.Entity | match.Base64 | match.Hex | match.Gzip | lookalikes
	unseen    = match.Invisible | match.Tags
	likeness  = match.Compat | match.Confusable
	// lookalikes change how a text looks, and not what it says.
	lookalikes = unseen | likeness
)

// worth returns the forms of the scanned text that are worth to be undone. Most texts have none: a normalizer need not
// read them.
func (s *scan) worth() match.Forms {
	switch {
	case s.coded || wrapped(s.text, &s.engine.sixBits):
		return encodings
	case wide(s.text):
		return disguised(s.text)
	default:
		return 0
	}
}

// escapes looks at the beginning of an escape sequence at i: only one that stands for a letter or the like hides something.
func (s *scan) escapes(i int) {
	c := s.text[i]
	s.coded = s.coded || c != '%' || i+2 < len(s.text) && s.text[i+1] >= '4' && s.text[i+1] <= '7' && isHex(s.text[i+2])
}

// escapeLiterals returns the beginnings of escape sequences.
func escapeLiterals() []literal {
	all := make([]literal, 0, 8)
	for _, text := range [...]string{`\x`, `\u`, `\0`, "%0", "&#", "&lt", "&gt"} {
		all = append(all, literal{text: text, role: roleEscape})
	}
	return all
}

// wide reports whether a text has bytes beyond ASCII.
func wide(text string) bool {
	i := 0
	for ; i+8 <= len(text); i += 8 {
		if binary.LittleEndian.Uint64(bytesOf(text[i:i+8]))&0x8080808080808080 != 0 {
			return true
		}
	}
	for ; i < len(text); i++ {
		if text[i] >= utf8.RuneSelf {
			return true
		}
	}
	return false
}

// leastPiece is the length of the shortest run of base64 or hexadecimal digits that is worth a look: 18 bytes.
const leastPiece = 24

// wrapped reports whether a run of base64 or hexadecimal digits seems to hold text or compressed data. A run of leastPiece
// covers two neighbouring multiples of half of that, so only those are looked at where there is none.
func wrapped(text string, digit *[256]bool) bool {
	const step = leastPiece / 2
	for i := step; i+step < len(text); i += step {
		if !digit[text[i]] || !digit[text[i+step]] || !digit[text[i+step/2]] || !digit[text[i+step/4]] {
			continue
		}
		start, end := i, i+1
		for start > i-step && digit[text[start-1]] {
			start--
		}
		for end < len(text) && digit[text[end]] {
			end++
		}
		if end-start >= leastPiece && holds(text[start:end]) {
			return true
		}
		i = max(i, end/step*step-step)
	}
	return false
}

// sixBits returns a table of the digits of base64, of either alphabet. A table, because in such a run nothing tells a
// branch predictor what comes next.
func sixBits() (table [256]bool) {
	for c := range table {
		table[c] = base64URLSet.has(byte(c)) && c != '='
	}
	return table
}

// holds reports whether a run decodes to text or to compressed data, judged by samples of it.
func holds(piece string) bool {
	const sample, apart = leastPiece, 512
	var room [leastPiece]byte
	for i := 0; i+sample <= len(piece); i += apart {
		part := bytesOf(piece[i : i+sample])
		if hexSet.span(view(part), sample) == sample {
			part = bytesOf(piece[i : i+min(len(piece)-i, 2*sample)&^1])
			if n, err := hex.Decode(room[:], part); err == nil && legible(room[:n], i == 0) {
				return true
			}
			continue
		}
		encoding := stdbase64.RawStdEncoding
		for _, c := range part {
			if c == '-' || c == '_' {
				encoding = stdbase64.RawURLEncoding
			}
		}
		if n, err := encoding.Decode(room[:], part); err == nil && legible(room[:n], i == 0) {
			return true
		}
	}
	return false
}

// legible reports whether bytes are text or, where a piece begins, begin as gzip and zlib do.
func legible(b []byte, begin bool) bool {
	if begin && (b[0] == 0x1F && b[1] == 0x8B || b[0] == 0x78 && (b[1] == 0x01 || b[1] == 0x5E || b[1] == 0x9C || b[1] == 0xDA)) {
		return true
	}
	strange := 0
	for _, c := range b {
		if c < ' ' && c != '\n' && c != '\t' && c != '\r' || c == 0x7F {
			return false
		}
		if c >= 0x80 {
			strange++
		}
	}
	return strange == 0 || utf8.Valid(b[:len(b)-utf8.UTFMax+1]) || utf8.Valid(b)
}

// disguised returns the forms that a text with characters beyond ASCII may hide something in: letters of two scripts in
// one word, marks on letters, letters of full width or in fancy alphabets, characters that are not seen.
func disguised(text string) (forms match.Forms) {
	latin, foreign := false, false // what the character before was
	for i := 0; i < len(text); {
		c := text[i]
		if c < utf8.RuneSelf {
			ascii := isLetter(c)
			if ascii && foreign {
				forms |= match.Confusable
			}
			latin, foreign = ascii, false
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(text[i:])
		i += size
		was := latin
		latin, foreign = false, false
		switch {
		case r >= 0x370 && r < 0x590, r >= 0x13A0 && r < 0x1400: // Greek, Cyrillic, Armenian; Cherokee
			if foreign = true; was {
				forms |= match.Confusable
			}
		case r >= 0xC0 && r < 0x370: // letters with marks, and marks
			forms |= match.Confusable
		case r >= 0xFF10 && r <= 0xFF5A && (r <= 0xFF19 || r >= 0xFF21 && r <= 0xFF3A || r >= 0xFF41), r >= 0x1D400 && r < 0x1D800, r >= 0x2460 && r < 0x2500, r >= 0x1F100 && r < 0x1F200, r >= 0x2070 && r < 0x20A0, r >= 0x2100 && r < 0x2150, r >= 0x1D00 && r < 0x1DC0, r >= 0xA720 && r < 0xA800:
			forms |= likeness
		case invisible(r) != seen && r != 0xFE0F:
			forms |= lookalikes
		}
	}
	return forms
}
