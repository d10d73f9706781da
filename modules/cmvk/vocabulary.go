package cmvk

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// The weights of words in the lexical dimension. They are integers, so that sums do not depend on their order.
const (
	weighsLittle = 1 // words without content of their own, single letters, symbols
	weighsFull   = 4
)

// A word is an entry of the vocabulary. The counters belong to the comparison that runs.
type word struct {
	text    string // folded
	weight  int32  // in the lexical dimension
	content bool   // has meaning of its own
	negator bool
	axis    axis
	sign    int8
	code    bool     // an identifier
	counts  [2]int32 // in a and b
	seen    [2]int32 // so far
	name    bool     // capitalised where only names are
}

// A vocabulary numbers words, so that texts are compared as integers. It serves one comparison, whose many texts share
// it. Word 0 is no word.
type vocabulary struct {
	ids     map[string]int32
	amounts map[amount]int32
	words   []word
	bytes   [utf8.RuneSelf]int32 // words of one byte, which noise is made of; 0 is not met yet
}

// An amount is a quantity as a word.
type amount struct {
	value     float64
	dimension string
}

func newVocabulary() *vocabulary {
	return &vocabulary{ids: map[string]int32{}, amounts: map[amount]int32{}, words: make([]word, 1, 64)}
}

// id returns the number of a word as it stands in the text.
func (v *vocabulary) id(text string) int32 {
	if len(text) != 1 || text[0] >= utf8.RuneSelf {
		return v.find(text)
	}
	known := &v.bytes[text[0]]
	if *known == 0 {
		*known = v.find(text)
	}
	return *known
}

func (v *vocabulary) find(text string) int32 {
	if id, ok := v.ids[text]; ok {
		return id
	}
	folded := singular(fold(text))
	id, ok := v.ids[folded]
	if !ok {
		id = int32(len(v.words))
		w := word{text: folded, weight: weightOf(folded), negator: isNegator(folded)}
		w.content = w.weight > weighsLittle
		if w.axis, w.sign = axisOf(folded); w.axis != noAxis {
			w.weight = weighsLittle // negation sees to opposites, and those that mean the same are no difference
		}
		v.words = append(v.words, w)
		v.ids[folded] = id
	}
	if text != folded {
		v.ids[text] = id
	}
	return id
}

// amount returns the number of a quantity.
func (v *vocabulary) amount(value float64, dimension string) int32 {
	a := amount{value, dimension}
	id, ok := v.amounts[a]
	if !ok {
		id = int32(len(v.words))
		v.words = append(v.words, word{}) // weighs nothing: numeric sees to quantities
		v.amounts[a] = id
	}
	return id
}

// content reports whether a word has meaning of its own.
func (v *vocabulary) content(id int32) bool { return v.words[id].content }

func weightOf(folded string) int32 {
	if len(folded) == 1 && !isDigit(folded[0]) || isNegator(folded) || isFunctionWord(folded) {
		return weighsLittle
	}
	return weighsFull
}

// fold takes away the difference of upper and lower case. Texts in lower case come back as they are.
func fold(s string) string {
	upper := false
	for i := range len(s) {
		switch c := s[i]; {
		case c >= utf8.RuneSelf:
			return strings.Map(func(r rune) rune { return unicode.ToLower(unicode.ToUpper(r)) }, s)
		case 'A' <= c && c <= 'Z':
			upper = true
		}
	}
	if upper {
		return strings.ToLower(s)
	}
	return s
}

// singular takes off a plural's s, which is no difference worth counting.
func singular(s string) string {
	const short = 4
	if len(s) < short || s[len(s)-1] != 's' || isDigit(s[0]) {
		return s
	}
	if c := s[len(s)-2]; c == 's' || c == 'u' || c == 'i' || s == "does" || s == "always" || s == "alias" {
		return s
	}
	return s[:len(s)-1]
}

func isDigit(b byte) bool { return '0' <= b && b <= '9' }

// isFunctionWord reports whether an English word only holds others together.
func isFunctionWord(w string) bool {
	switch w {
	case "a", "an", "the", "this", "that", "these", "those", "there", "here", "it", "its", "he", "she", "they", "them",
		"we", "you", "i", "me", "him", "her", "hers", "his", "their", "our", "your", "my", "who", "whom", "which", "what",
		"is", "are", "was", "were", "be", "been", "being", "am", "do", "does", "did", "done", "has", "have", "had", "having",
		"will", "would", "shall", "should", "can", "could", "may", "might", "must", "of", "to", "in", "on", "at", "by",
		"for", "with", "from", "into", "onto", "upon", "about", "as", "and", "or", "but", "if", "then", "than", "so",
		"because", "while", "when", "where", "also", "too", "very", "just", "such", "any", "some", "each", "every",
		"both", "either", "other", "one", "ones", "own", "same", "please", "however", "therefore",
		"during", "within", "per", "via", "let", "get", "got":
		return true
	}
	return false
}

// isNegator reports whether a word reverses what follows it.
func isNegator(w string) bool {
	switch w {
	case "not", "no", "never", "none", "nobody", "nothing", "nowhere", "neither", "nor", "without", "cannot", "hardly",
		"barely", "scarcely", "lack", "lacking", "nicht", "kein", "keine", "keinen", "nie", "pas", "jamais", "sin":
		return true
	}
	return false
}
