package detect

import "strings"

// A disguise is a way to write words so that a reader, or a model, still knows them. They are undone only where one of the
// words that instructions are made of stands in the disguise.
type disguise uint8

const (
	wornLeet     disguise = 1 << iota // 1gn0r3
	wornSpaced                        // i g n o r e, i.g.n.o.r.e
	wornRotated                       // vtaber (ROT13)
	wornReversed                      // erongi
	wornTied                          // ignore_previous_instructions
)

// disguiseNames are the names of the disguises, in their order; findings have them as their Form.
const disguiseNames = "leet spaced rot13 reversed tied"

// disguisedWords are words in their disguises, by disguise. Digits stand for any digit.
const disguisedWords = "1gn0r 1gnor ign0r ignor3 pr3v pr0mpt 1nstr instruct10n syst3m sy5tem p4ssw passw0rd pa55w r3v34 rev3al d1sr3 disr3g f0rg3 forg3t 0verr 0v3rr s3cr3t secr3t t0k3n d3l3t3 del3te ass1st 4ssist 3x3cut" +
	"\v i g n o r e\v p r e v i\v p r o m p t\v i n s t r u\v s y s t e m\v r e v e a l\v d i s r e g\v f o r g e t\v s e c r e t\v p a s s w\v d e l e t e\v i.g.n.o.r\v p.r.e.v.i\v p.r.o.m.p\v i.n.s.t.r\v i-g-n-o-r\v p-r-e-v-i\v p-r-o-m-p\v i-n-s-t-r\v i_g_n_o_r\v i_n_s_t_r" +
	"\nvtaber cerivbhf vafgehpgvba flfgrz qvfertneq sbetrg cnffjbeq erirny nffvfgnag bireevqr cebzcg" +
	"\nerongi snoitcurtsni tpmorp suoiverp draggersid tegrof drowssap laever tnatsissa edirrevo" +
	"\nignore_ disregard_ forget_ _instructions _system_prompt reveal_ _assistant _the_user override_all"

// disguiseLiterals returns the words that make a text worth to be looked at without its disguise.
func disguiseLiterals() []literal {
	var literals []literal
	kind := wornLeet
	for line := range strings.SplitSeq(disguisedWords, "\n") {
		words, apart, _ := strings.Cut(line, "\v")
		for w := range strings.FieldsSeq(words) {
			literals = append(literals, literal{text: w, role: roleDisguise, index: uint16(kind)})
		}
		if kind == wornLeet {
			for w := range strings.SplitSeq(apart, "\v") {
				literals = append(literals, literal{text: strings.TrimPrefix(w, " "), role: roleDisguise, index: uint16(wornSpaced), bound: true})
			}
			kind = wornSpaced
		}
		kind <<= 1
	}
	return literals
}

// unmask reads a text in which disguised words stand as it reads without the disguise.
func (s *scan) unmask(text string, worn disguise) {
	for i, name := range strings.Fields(disguiseNames) {
		kind := disguise(1) << i
		if worn&kind == 0 {
			continue
		}
		plain, places := kind.undone(text)
		in, from := s.inner, len(s.dst)
		in.Encoded = kind != wornTied
		s.only, s.derived = Injection|Definition, true
		s.dst = s.read(s.dst, plain, in)
		s.only, s.derived = All, false
		s.relate(from, name, func(start, end int) (int, int) {
			switch {
			case kind == wornReversed:
				return len(text) - end, len(text) - start
			case places != nil:
				return places[start], places[end-1] + 1
			}
			return start, end
		})
	}
}

// relate gives findings from an index on the name of a form and their places in the text itself, and drops what is known.
func (s *scan) relate(from int, form string, place func(start, end int) (int, int)) {
	kept := from
	for _, f := range s.dst[from:] {
		f.Form = form
		f.Span.Start, f.Span.End = place(f.Span.Start, f.Span.End)
		if !s.known(f, kept) {
			s.dst[kept] = f
			kept++
		}
	}
	s.dst = s.dst[:kept]
}

// undone returns a text without a disguise, and for each byte of it the place in the text, or nil where places stay.
func (d disguise) undone(text string) (plain string, places []int) {
	if d == wornSpaced {
		return gathered(text)
	}
	if d == wornLeet {
		return plainLetters(text), nil
	}
	b := []byte(text)
	for i, c := range b {
		switch {
		case d == wornRotated && isLetter(c):
			b[i] = c&0x20 | ((c&^0x20-'A'+13)%26 + 'A')
		case d == wornReversed:
			b[i] = text[len(text)-1-i]
		case d == wornTied && c == '_':
			b[i] = ' '
		case d == wornTied && (c == '/' || c == '.'):
			b[i] = '\n' // what follows is another name
		}
	}
	return view(b), nil
}

// plainLetters returns a text with letters in the place of digits and signs that stand for them: those of words that have
// letters, too.
func plainLetters(text string) string {
	const signs, letters = "013457@$!|", "oieastasil"
	b := []byte(text)
	for i := 0; i < len(b); {
		end, hasLetter := i, false
		for end < len(b) && (isAlnum(b[end]) || strings.IndexByte(signs, b[end]) >= 0) {
			hasLetter = hasLetter || isLetter(b[end])
			end++
		}
		for k := i; k < end && hasLetter; k++ {
			if n := strings.IndexByte(signs, b[k]); n >= 0 && (b[k] != '!' || k+1 < end) {
				b[k] = letters[n]
			}
		}
		i = max(end, i+1)
	}
	return view(b)
}

// gathered returns a text in which letters that stand apart are words again: i g n o r e. Where more than one sign, or
// another, stands between two letters, a word ends.
func gathered(text string) (plain string, places []int) {
	b := make([]byte, 0, len(text))
	places = make([]int, 0, len(text))
	for i := 0; i < len(text); {
		n := lettersApart(text[i:])
		if n < 4 || i > 0 && isAlnum(text[i-1]) {
			b, places = append(b, text[i]), append(places, i)
			i++
			continue
		}
		for k := range n {
			b, places = append(b, text[i+2*k]), append(places, i+2*k)
		}
		i += 2*n - 1
	}
	return view(b), places
}

// lettersApart returns how many letters a text begins with that have the same sign between each two.
func lettersApart(text string) int {
	n := 0
	for 2*n < len(text) && isLetter(text[2*n]) {
		n++
		if i := 2*n - 1; i >= len(text) || isAlnum(text[i]) || text[i] >= 0x80 || text[i] != text[1] {
			break
		}
	}
	if last := 2*n - 1; n > 0 && last < len(text) && isAlnum(text[last]) {
		n-- // the last one begins a word
	}
	return n
}
