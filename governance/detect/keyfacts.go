package detect

import (
	"hash/maphash"
	"strings"
)

// keyFacts are what the name of a member tells of its value. They are worked out once for a name, because a table repeats
// its names on every row.
type keyFacts struct {
	name   string // a copy
	secret secretKind
	member memberKind
	phone  bool // the name of a telephone number
	tags   [3]tag
	tagged int
	kinds  [2]uint8 // labels that are no identities
	kinded int
}

// keyCache is how many names a scan keeps.
const keyCache = 64

// longestKey is the length of the longest name that is looked at for personal data.
const longestKey = 64

// facts returns the facts of the name that the text stands under.
func (s *scan) facts() *keyFacts {
	name := s.in.Key
	if s.fact != nil && s.fact.name == name {
		return s.fact
	}
	if len(name) > longestKey {
		s.lastKey = keyFacts{name: strings.Clone(name), secret: kindOfName(name)}
		s.fact = &s.lastKey
		return s.fact
	}
	if s.keys == nil {
		s.keys, s.keySeed = make([]keyFacts, keyCache), maphash.MakeSeed()
	}
	slot := &s.keys[maphash.String(s.keySeed, name)%keyCache]
	if slot.name != name {
		*slot = keyFacts{name: strings.Clone(name), secret: kindOfName(name), member: memberOf(name)}
		var room [longestKey]byte
		plain := lowered(room[:0], name)
		for _, word := range s.engine.phoneLabels {
			slot.phone = slot.phone || has(plain, word)
		}
		s.labelsOf(name, slot)
	}
	s.fact = slot
	return slot
}

// labelsOf finds the labels in a name.
func (s *scan) labelsOf(name string, facts *keyFacts) {
	f, state := s.filter, 0
	for i := range len(name) {
		entry := f.next(state, f.class[name[i]])
		state = int(entry &^ mark)
		if entry < mark {
			continue
		}
		for _, index := range f.ends[f.out[state]] {
			l := &f.literals[index]
			start := i + 1 - len(l.text)
			if l.role != roleIdentity && l.role != roleLabel || l.wide && name[start:i+1] != l.text || !labelled(name, start, i+1) {
				continue
			}
			if l.role == roleLabel && facts.kinded < len(facts.kinds) && l.index != labelZone {
				facts.kinds[facts.kinded] = uint8(l.index)
				facts.kinded++
			}
			if l.role == roleIdentity {
				facts.tags[facts.tagged%len(facts.tags)] = tag{group: int(l.index), general: s.engine.general[l.index]}
				facts.tagged++
			}
		}
	}
	facts.tagged = min(facts.tagged, len(facts.tags))
}
