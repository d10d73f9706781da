package detect

import (
	"slices"
	"strings"
	"unicode"

	"github.com/mcp-kernel/mcp-kernel/governance/match"
)

// codes looks for text that is written so that only a model reads it: letter by letter, with digits for letters, backwards,
// with the alphabet turned by 13.
func (d *definition) codes(i int) {
	text := d.text(&d.fields[i])
	if len(text) < 16 {
		return
	}
	d.letters(i, text)
	d.digits(i, text)
	d.turned(i, text)
}

// decoded reads what a part of a field says.
func (d *definition) decoded(i int, text string, from, to int, weight float64, form string) {
	d.suspect(clue{d.grammar.complaint(ruleEncoded), weight, i, from, to, form})
	d.sentences(&reading{field: i, text: text, more: 1.4, form: form, mapped: true, span: match.Span{Start: from, End: to}})
}

// letters looks for words that are written letter by letter.
func (d *definition) letters(i int, text string) {
	const least = 12
	for at := 0; at+2 < len(text); at++ {
		sep := text[at+1]
		if !isLetter(text[at]) || isWord(sep) || sep >= 0x80 || sep == '\n' || !isAlnum(text[at+2]) || at > 0 && isWord(text[at-1]) {
			continue
		}
		var b strings.Builder
		end := at
		for end < len(text) && isAlnum(text[end]) && (end+1 == len(text) || !isAlnum(text[end+1])) {
			b.WriteByte(text[end])
			gap := end + 1
			for gap < len(text) && !isAlnum(text[gap]) && gap-end < 6 {
				gap++
			}
			if gap-end != 2 || gap <= len(text) && text[end+1] != sep {
				b.WriteByte(' ')
			}
			end = gap
		}
		if letters := strings.Count(b.String(), "") - 1 - strings.Count(b.String(), " "); letters >= least {
			d.decoded(i, b.String(), at, min(end, len(text)), 3.6, "spaced")
		}
		at = max(at, end-1)
	}
}

// digits looks for words of the lexicon in which digits stand for letters.
func (d *definition) digits(i int, text string) {
	if !strings.ContainsAny(text, "0134578") {
		return
	}
	l, words := d.tokens.lexicon, 0
	plain := strings.Map(spoken, text)
	for at := 0; at < len(text); at++ {
		if !isAlnum(text[at]) {
			continue
		}
		end := at
		for end < len(text) && isAlnum(text[end]) {
			end++
		}
		if w := text[at:end]; end-at >= 3 && strings.ContainsAny(w, "013457") && strings.Trim(w, "0123456789") != "" {
			if id, ok := l.ids[plain[at:end]]; ok && id > 0 {
				words++
			}
		}
		at = end
	}
	if words >= 3 {
		d.decoded(i, plain, 0, len(text), 3.4, "digits")
	}
}

// spoken returns the small letter that a character stands for where digits stand for letters.
func spoken(r rune) rune {
	switch r {
	case '0':
		return 'o'
	case '1':
		return 'i'
	case '3':
		return 'e'
	case '4', '@':
		return 'a'
	case '5':
		return 's'
	case '7':
		return 't'
	case '8':
		return 'b'
	}
	return unicode.ToLower(r)
}

// turned looks for sentences without words that are known, which have them when they are read otherwise.
func (d *definition) turned(i int, text string) {
	at := 0
	for at < len(text) {
		from := at
		for at < len(text) && !ends(text, at) {
			at++
		}
		at++
		sentence := text[from:min(at, len(text))]
		if len(sentence) < 24 || strings.Count(sentence, " ") < 4 || wide(sentence) || d.known(sentence) > 0.12 {
			continue
		}
		for form, other := range map[string]string{"rot13": rot13(sentence), "reversed": reversed(sentence)} {
			if d.known(other) >= 0.5 {
				d.decoded(i, other, from, from+len(sentence), 3.6, form)
			}
		}
	}
}

// known returns the share of words that the lexicon knows.
func (d *definition) known(text string) float64 {
	n, all := 0, 0
	var room [24]byte
	for w := range strings.FieldsSeq(text) {
		w = strings.Trim(w, ".,;:!?\"'()")
		all++
		if _, ok := d.tokens.lexicon.ids[lowered(room[:0], w)]; ok {
			n++
		}
	}
	return float64(n) / float64(max(1, all))
}

func rot13(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z':
			return 'a' + (r-'a'+13)%26
		case r >= 'A' && r <= 'Z':
			return 'A' + (r-'A'+13)%26
		}
		return r
	}, text)
}

func reversed(text string) string {
	b := []byte(text)
	slices.Reverse(b)
	return string(b)
}
