package detect

import (
	"unicode/utf8"

	"github.com/mcp-kernel/mcp-kernel/governance/match"
)

// hidden looks at a character that may not be seen, whose first bytes stand at i: controls of C1, format characters, tags,
// variation selectors.
func (s *scan) hidden(i int) {
	if s.text[i] == 0xC2 {
		s.control1(i)
		return
	}
	if s.lookout&(Injection|Definition) == 0 || s.in.Encoded || s.derived {
		return // what is written as an escape is seen
	}
	r, _ := utf8.DecodeRuneInString(s.text[i:])
	switch kind := invisible(r); kind {
	case tagged:
		s.tags(i)
	case selector:
		s.selectors(i)
	case directed:
		s.directed(i, r)
	case widthless:
		s.widthless(i)
	default:
	}
}

// invisibility says how a character is not seen.
type invisibility uint8

const (
	seen invisibility = iota
	tagged
	selector
	directed
	widthless
)

func invisible(r rune) invisibility {
	switch {
	case r >= 0xE0000 && r <= 0xE007F:
		return tagged
	case r >= 0xFE00 && r <= 0xFE0F, r >= 0xE0100 && r <= 0xE01EF:
		return selector
	case r >= 0x202A && r <= 0x202E, r >= 0x2066 && r <= 0x2069:
		return directed
	case r >= 0x200B && r <= 0x200D, r >= 0x2060 && r <= 0x2064, r == 0xFEFF, r == 0x115F, r == 0x1160, r == 0x3164, r == 0x180E, r >= 0x206A && r <= 0x206F:
		return widthless
	}
	return seen
}

// runOf returns the end of a run of invisible characters of a kind from i on, and how many there are.
func (s *scan) runOf(i int, kind invisibility) (end, n int) {
	for end = i; end < len(s.text); n++ {
		r, size := utf8.DecodeRuneInString(s.text[end:])
		if invisible(r) != kind {
			break
		}
		end += size
	}
	return end, n
}

// concealed reports hidden text.
func (s *scan) concealed(rule string, severity match.Severity, confidence float64, start, end int) {
	s.report(match.Finding{
		Check: s.check(), Rule: rule, Class: "hidden_text", Severity: severity, Confidence: confidence, Span: match.Span{Start: start, End: end},
	})
}

// tags looks at tag characters, which mirror ASCII and are not drawn. Only the flags of England, Scotland and Wales are
// made of them (UTS 51): after a black flag, five letters and the cancelling tag.
func (s *scan) tags(i int) {
	end, n := s.runOf(i, tagged)
	s.resume = max(s.resume, end)
	if n <= 7 && i >= 4 && s.text[i-4:i] == "\U0001F3F4" {
		return
	}
	severity := match.Critical
	if n < 4 {
		severity = match.High
	}
	s.concealed("unicode_tags", severity, 0.98, i, end)
}

// selectors looks at variation selectors. One behind a character is usual; in a row they carry bytes.
func (s *scan) selectors(i int) {
	end, n := s.runOf(i, selector)
	s.resume = max(s.resume, end)
	switch {
	case n >= 4:
		s.concealed("variation_selectors", match.Critical, 0.97, i, end)
	case n == 3:
		s.concealed("variation_selectors", match.Medium, 0.6, i, end)
	}
}

// directed looks at characters that change the direction of text, which make code read otherwise than it runs ("Trojan
// Source", CVE-2021-42574). Isolates and embeddings belong into texts with letters that are written from right to left.
func (s *scan) directed(i int, r rune) {
	end := i + utf8.RuneLen(r)
	override := r == 0x202D || r == 0x202E
	switch {
	case s.rightToLeft(i) && !override:
	case override:
		s.concealed("bidi_override", match.High, 0.93, i, end)
	case r != 0x202C && r != 0x2069:
		s.concealed("bidi_control", match.Medium, 0.7, i, end)
	}
}

// rightToLeft reports whether a letter of Hebrew, Arabic and the like stands near i.
func (s *scan) rightToLeft(i int) bool {
	for _, c := range []byte(s.text[max(0, i-64):min(len(s.text), i+64)]) {
		if c >= 0xD6 && c <= 0xDF {
			return true
		}
	}
	return false
}

// widthless looks at characters without width. They join and separate in many scripts and in emoji; in a row, or between
// letters of ASCII, they hide something.
func (s *scan) widthless(i int) {
	end, n := s.runOf(i, widthless)
	s.resume = max(s.resume, end)
	inWord := i > 0 && end < len(s.text) && isAlnum(s.text[i-1]) && isAlnum(s.text[end])
	switch {
	case n >= 8:
		s.concealed("zero_width_run", match.High, 0.95, i, end)
	case n >= 3:
		s.concealed("zero_width_run", match.High, 0.8, i, end)
	case inWord:
		if s.split++; s.split >= 3 {
			s.concealed("zero_width_in_words", match.High, 0.85, i, end)
		} else {
			s.concealed("zero_width_in_words", match.Medium, 0.55, i, end)
		}
	}
}
