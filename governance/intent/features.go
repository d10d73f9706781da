package intent

import (
	"strings"

	"github.com/mcp-kernel/mcp-kernel/governance/intent/linear"
)

// The groups of features.
const (
	ofName = iota
	ofShape
	ofText
)

// How many words are looked at.
const (
	maxNameWords = 40
	maxTextWords = 192
	maxFieldWord = 64
	maxAbout     = 24
)

// offset and prime are those of the hash FNV-1a (Fowler, Noll and Vo).
const (
	offset = 2166136261
	prime  = 16777619
)

// hash returns the hash of a text in small letters, behind one that it goes on from.
func hash(h uint32, text string) uint32 {
	for i := range len(text) {
		c := text[i]
		if isUpper(c) {
			c |= 0x20
		}
		h = (h ^ uint32(c)) * prime
	}
	return h
}

// mix returns the hash of a number behind another.
func mix(h, n uint32) uint32 {
	h = (h ^ n) * prime
	return h ^ h>>15
}

// describe makes the features of a call.
func (a *analysis) describe(call *Call) {
	a.features.Reset()
	a.nameFeatures(call)
	a.shapeFeatures()
	a.aboutFeatures()
	a.flowFeatures()
	left := maxTextWords
	for i := range a.fields {
		f := &a.fields[i]
		if f.kind == text && left > 0 {
			left -= a.words(f.text, ofText, 1000+uint32(coarse(f.role)), min(left, maxFieldWord))
		}
	}
}

// coarse returns what words of a role have in common with those of others.
func coarse(r role) role {
	switch r {
	case prose, filter, payload, attachment, format:
		return prose
	case sqlText, shellText, codeText:
		return shellText
	default:
		return r
	}
}

func (a *analysis) nameFeatures(call *Call) {
	f := &a.features
	before := uint32(offset)
	verbs := uint32(a.tool.traits & verbal)
	for _, w := range a.tool.list() {
		w = singular(w)
		h := hash(mix(offset, 1), w)
		f.Add(ofName, h)
		f.Add(ofName, mix(before, h))
		if len(w) > 5 {
			f.Add(ofName, hash(mix(offset, 2), w[:4]))
		}
		f.Add(ofName, mix(h, verbs))
		before = h
	}
	a.words(call.Description, ofName, 3, maxNameWords)
}

// singular returns a word without the s of many.
func singular(w string) string {
	if len(w) > 4 && w[len(w)-1] == 's' && w[len(w)-2] != 's' {
		return w[:len(w)-1]
	}
	return w
}

// words adds the words of a text and their pairs, and returns how many words there were.
func (a *analysis) words(text string, group int, kind uint32, most int) int {
	n, before := 0, mix(offset, kind)
	seed := before
	for i := 0; i < len(text) && n < most; {
		if !isAlnum(text[i]) && text[i] < 0x80 {
			i++
			continue
		}
		start := i
		for i < len(text) && (isAlnum(text[i]) || text[i] >= 0x80) {
			i++
		}
		h := mix(seed, 7) // of a number, and of what is too long to be a word
		if w := text[start:i]; !isDigit(w[0]) && len(w) <= 24 {
			h = hash(seed, w)
		}
		a.features.Add(group, h)
		a.features.Add(group, mix(before, h))
		before = h
		n++
	}
	return n
}

func (a *analysis) shapeFeatures() {
	f := &a.features
	f.Add(ofShape, 1)
	for bit := traits(1); bit <= onInfra; bit <<= 1 {
		if !a.tool.is(bit) {
			continue
		}
		f.Add(ofShape, mix(11, uint32(bit)))
		for other := bit << 1; other <= onInfra; other <<= 1 {
			if a.tool.is(other) {
				f.Add(ofShape, mix(mix(12, uint32(bit)), uint32(other)))
			}
		}
	}
	verbs := uint32(a.tool.traits & verbal)
	for i := range a.fields {
		a.fieldFeatures(&a.fields[i], verbs)
	}
	for i, hint := range [...]bool{a.hints.ReadOnly, a.hints.Destructive, a.hints.OpenWorld} {
		if hint {
			f.Add(ofShape, mix(13, uint32(i)))
		}
	}
	for i := range a.found {
		e := &a.found[i]
		f.Add(ofShape, hash(14, e.rule))
		f.Add(ofShape, mix(mix(15, uint32(e.category)), uint32(e.confidence*4)))
	}
}

// fieldFeatures adds what an argument is, and what is done with it.
func (a *analysis) fieldFeatures(f *field, verbs uint32) {
	to := &a.features
	if len(to.Group[ofShape]) > 160 {
		return
	}
	to.Add(ofShape, hash(mix(16, uint32(f.kind)), f.key))
	to.Add(ofShape, mix(mix(17, uint32(f.role)), verbs))
	if f.kind != text {
		return
	}
	switch f.role {
	case path, attachment:
		p := mix(18, uint32(placeOf(f.text)))
		to.Add(ofShape, mix(p, verbs))
		if a.secretPath(f.text) > 0 {
			to.Add(ofShape, mix(19, verbs))
		}
		if bulky(strings.ToLower(f.text[:min(len(f.text), 128)])) {
			to.Add(ofShape, mix(20, verbs))
		}
	case url, recipient:
		if strings.Contains(f.text, "://") {
			host := hostOf(f.text)
			to.Add(ofShape, mix(21, uint32(boolean(local(host))+2*boolean(catches(host)))))
		}
	case method:
		to.Add(ofShape, hash(22, f.text))
	case grant:
		to.Add(ofShape, mix(23, uint32(boolean(rules(f.text))+2*boolean(public(f.text)))))
	case prose, payload:
		to.Add(ofShape, mix(24, uint32(boolean(f.reveals))))
	default: // the name tells enough
	}
}

// aboutFeatures adds what the name is about, what the members and short values are, and each of them with each other.
func (a *analysis) aboutFeatures() {
	var keys, values concepts
	for i := range a.fields[:min(len(a.fields), maxAbout)] {
		f := &a.fields[i]
		if f.kind == no || f.kind == null {
			continue
		}
		if f.at <= 0 {
			keys |= aboutText(f.key)
		}
		if f.kind == text && !f.role.runs() && f.role != prose && len(f.text) < 64 {
			values |= aboutText(f.text)
		}
	}
	to := &a.features
	name := a.tool.concepts
	for c := concepts(1); c <= lastConcept; c <<= 1 {
		if name&c != 0 {
			to.Add(ofShape, mix(31, uint32(c)))
			pairs(to, mix(32, uint32(c)), name&^(2*c-1))
			pairs(to, mix(33, uint32(c)), keys)
			pairs(to, mix(34, uint32(c)), values)
		}
	}
	pairs(to, 35, keys)
	pairs(to, 36, values)
}

// pairs adds a feature for each of some concepts.
func pairs(to *linear.Features, seed uint32, of concepts) {
	for ; of != 0; of &= of - 1 {
		to.Add(ofShape, mix(seed, uint32(of&-of)))
	}
}

// aboutText returns what the words of a name or a short text are about.
func aboutText(s string) concepts {
	var t tool
	t.read(s)
	return t.concepts
}

func boolean(is bool) int {
	if is {
		return 1
	}
	return 0
}
