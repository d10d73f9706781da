package detect

import (
	_ "embed"
	"math/bits"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// definitionWords holds what words mean; its head says how.
//
//go:embed definition.words
var definitionWords string

// meanings is a set of meanings, by their number.
type meanings [2]uint64

func (m meanings) meets(other meanings) bool { return m[0]&other[0]|m[1]&other[1] != 0 }
func (m meanings) with(other meanings) meanings {
	return meanings{m[0] | other[0], m[1] | other[1]}
}

// sum returns what the meanings cost together.
func (m meanings) sum(cost *[128]int) (n int) {
	for half, rest := range m {
		for ; rest != 0; rest &= rest - 1 {
			n += cost[half<<6|bits.TrailingZeros64(rest)]
		}
	}
	return n
}

// Meanings that no word has by itself: what a token is tells its form.
const (
	meansSensitive = iota // the path of a file that holds secrets
	meansAddress          // a URL, an e-mail address, a telephone number
	meansPlace            // another path
	meansNamed            // another tool
	meansColon            // :
	meansDate             // a day
	meansURL              // a URL
	meansDotfile          // a path below a hidden directory of a home
	meansForeign          // a little word of another language
	firstMeaning          // of those that definition.words names
)

// formMeanings are the names of these meanings, in their order.
const formMeanings = "SENSITIVE ADDRESS PLACE NAMED COLON DATE URL DOTFILE FOREIGN"

// foreignWords are words that are frequent in languages other than English, written in ASCII, and rare in it.
const foreignWords = "el los las una que por para del con der und das den dem mit auf von zu les des et est une dans il gli della nel che uma os het een van op ve bir ile yang dan untuk ke w na och att lub oraz"

// bit returns the set of one meaning.
func bit(number int) (m meanings) {
	m[number>>6] = 1 << (number & 63)
	return m
}

// A vocable is an entry of a lexicon.
type vocable struct {
	means   meanings
	phrases []phrase // that begin with it, longest first
}

// A phrase is what follows the first word of several that mean something together.
type phrase struct {
	rest  []int32
	means meanings
}

// A stem is the beginning of words.
type stem struct {
	text string
	id   int32
}

// A lexicon knows words by number. Number 0 is every word that it does not know.
type lexicon struct {
	numbers map[string]int    // of meanings, by name
	ids     map[string]int32  // of words
	words   []vocable         // by number
	stems   map[string][]stem // by their first bytes, longest first
	dense   map[rune][]stem   // of scripts that put no spaces between words, by their first character
}

// stemKey is how many bytes of a stem a lexicon finds it by.
const stemKey = 4

// newLexicon reads a list of meanings.
func newLexicon(list string) *lexicon {
	l := &lexicon{numbers: map[string]int{}, ids: make(map[string]int32, 2048), words: make([]vocable, 1, 2048), stems: map[string][]stem{}, dense: map[rune][]stem{}}
	for i, name := range strings.Fields(formMeanings) {
		l.numbers[name] = i
	}
	for w := range strings.FieldsSeq(foreignWords) {
		l.enter(w, bit(meansForeign))
	}
	for line := range strings.Lines(list) {
		name, entries, ok := strings.Cut(strings.TrimSpace(line), ": ")
		if !ok || line[0] == '#' {
			continue
		}
		number, ok := l.numbers[name]
		if !ok {
			number = len(l.numbers)
			l.numbers[name] = number
		}
		for text := range strings.SplitSeq(entries, ", ") {
			l.enter(text, bit(number))
		}
	}
	l.arrange()
	return l
}

// costs returns how many words have each meaning, which tells how often a sentence has it.
func (l *lexicon) costs() (cost [128]int) {
	for i := range l.words {
		for half, rest := range l.words[i].means {
			for ; rest != 0; rest &= rest - 1 {
				cost[half<<6|bits.TrailingZeros64(rest)]++
			}
		}
	}
	return cost
}

// arrange puts what is longer first.
func (l *lexicon) arrange() {
	longer := func(a, b stem) int { return len(b.text) - len(a.text) }
	for _, s := range l.stems {
		slices.SortFunc(s, longer)
	}
	for _, s := range l.dense {
		slices.SortFunc(s, longer)
	}
	for i := range l.words {
		slices.SortFunc(l.words[i].phrases, func(a, b phrase) int { return len(b.rest) - len(a.rest) })
	}
}

// enter gives a word, stem or phrase a meaning.
func (l *lexicon) enter(text string, m meanings) {
	first, rest, several := strings.Cut(text, " ")
	if several && !isDense(first) {
		p := phrase{means: m}
		for w := range strings.FieldsSeq(rest) {
			p.rest = append(p.rest, l.id(w))
		}
		at := l.id(first)
		l.words[at].phrases = append(l.words[at].phrases, p)
		return
	}
	text, isStem := strings.CutSuffix(text, "*")
	at := l.id(text)
	l.words[at].means = l.words[at].means.with(m)
	s := stem{text, at}
	switch r, _ := utf8.DecodeRuneInString(text); {
	case isDense(text):
		if !slices.Contains(l.dense[r], s) {
			l.dense[r] = append(l.dense[r], s)
		}
	case isStem || suffixed(r):
		if key := text[:min(stemKey, len(text))]; !slices.Contains(l.stems[key], s) {
			l.stems[key] = append(l.stems[key], s)
		}
	}
}

// id returns the number of a word.
func (l *lexicon) id(text string) int32 {
	if id, ok := l.ids[text]; ok {
		return id
	}
	id := int32(len(l.words))
	l.ids[text] = id
	l.words = append(l.words, vocable{})
	return id
}

// find returns the number of a word in lower case, or of the stem of it, or 0.
func (l *lexicon) find(text []byte) int32 {
	if id, ok := l.ids[view(text)]; ok {
		return id
	}
	for n := min(stemKey, len(text)); n >= 3; n-- {
		for _, s := range l.stems[view(text[:n])] {
			if len(s.text) >= n && strings.HasPrefix(view(text), s.text) {
				return s.id
			}
		}
		if text[0] < utf8.RuneSelf && n == 3 {
			break
		}
	}
	return 0
}

// isDense reports whether a text begins in a script that puts no spaces between words.
func isDense(text string) bool {
	r, _ := utf8.DecodeRuneInString(text)
	return denseRune(r)
}

func denseRune(r rune) bool {
	return r >= 0x2E80 && unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana)
}

// suffixed reports whether a letter is of a language that puts its little words behind others without a space.
func suffixed(r rune) bool {
	return r >= 0x590 && unicode.In(r, unicode.Hangul, unicode.Arabic, unicode.Devanagari, unicode.Hebrew)
}
