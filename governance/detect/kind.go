package detect

import (
	_ "embed"
	"strings"
)

// kindWords says of which kind words of English are; its head says how.
//
//go:embed kinds.txt
var kindWords string

// kinds are the kinds of words, numbered from 1 on: a table that is searched from where the hash of a word says. It is the
// hash of features, of which that of each beginning of a word is a by-product.
type kinds struct {
	slots [1 << kindBits]kindSlot
}

// A kindSlot is a word in kindWords. One without a kind is empty.
type kindSlot struct {
	hash       uint32
	at         uint16
	size, kind uint8
}

const (
	kindBits = 12 // of the table's size: it is two thirds empty
	kindMask = 1<<kindBits - 1
	mostKind = 24 // bytes of a word that is looked up
)

// newKinds reads kindWords.
func newKinds() *kinds {
	k := &kinds{}
	n, at := uint8(0), 0
	for line := range strings.Lines(kindWords) {
		_, words, ok := strings.Cut(line, ": ")
		from := at + len(line) - len(words)
		at += len(line)
		if !ok || line[0] == '#' {
			continue
		}
		n++
		for w := range strings.FieldsSeq(words) {
			k.put(w, from+strings.Index(words, w), n)
		}
	}
	return k
}

// put notes a word of a kind, unless it has one.
func (k *kinds) put(w string, at int, kind uint8) {
	h := wordHash(basis, w)
	i := h & kindMask
	for ; k.slots[i].kind > 0; i = (i + 1) & kindMask {
		if k.slots[i].hash == h && k.slots[i].text() == w {
			return
		}
	}
	k.slots[i] = kindSlot{h, uint16(at), uint8(len(w)), kind}
}

func (s *kindSlot) text() string { return kindWords[s.at:][:s.size] }

// find returns the kind of a word with another ending, 0 for none. h is the hash of both.
func (k *kinds) find(h uint32, w, ending string) uint8 {
	for i := h & kindMask; k.slots[i].kind > 0; i = (i + 1) & kindMask {
		if s := &k.slots[i]; s.hash == h && int(s.size) == len(w)+len(ending) && equalFolded(w, s.text()[:len(w)]) && s.text()[len(w):] == ending {
			return s.kind
		}
	}
	return 0
}

// of returns the kind of a word, 0 for none.
func (k *kinds) of(w string) uint8 {
	if len(w) > mostKind || w == "" {
		return 0
	}
	var hashes [mostKind + 1]uint32 // of the beginnings, by their length
	hashes[0] = basis
	for i := range len(w) {
		hashes[i+1] = (hashes[i] ^ uint32(small(w[i]))) * prime
	}
	if n := k.find(hashes[len(w)], w, ""); n > 0 {
		return n
	}
	for _, ending := range endingsOf(small(w[len(w)-1])) {
		base := len(w) - len(ending)
		if base < 3 || !equalFolded(w[base:], ending) {
			continue
		}
		if n := k.find(hashes[base], w[:base], ""); n > 0 {
			return n
		}
		if ending != "ing" && ending != "ed" {
			continue
		}
		if small(w[base-1]) == small(w[base-2]) {
			if n := k.find(hashes[base-1], w[:base-1], ""); n > 0 {
				return n
			}
		}
		if ending == "ing" {
			if n := k.find((hashes[base]^'e')*prime, w[:base], "e"); n > 0 {
				return n
			}
		}
	}
	return 0
}

// endingsOf returns the endings that end with a letter, in the order in which they are tried.
func endingsOf(last byte) []string {
	switch last {
	case 's':
		return []string{"s", "es"}
	case 'd':
		return []string{"ed", "d"}
	case 'g':
		return []string{"ing"}
	case 'r':
		return []string{"er"}
	case 'y':
		return []string{"ly"}
	}
	return nil
}
