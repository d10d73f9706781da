package governance

import (
	"bytes"
	"hash/maphash"
)

// digest returns a hash of JSON arguments that is equal for equal arguments in whatever order of keys and with whatever
// white space. It is used to recognise a question, and grants nothing; the seed keeps strangers from making two alike.
func digest(seed maphash.Seed, args []byte) uint64 {
	q := question{profiler{seed: seed, text: args}}
	return q.value(maxProfileDepth)
}

// A question hashes arguments. What it cannot read, it hashes as it stands.
type question struct{ profiler }

func (q *question) value(depth int) uint64 {
	c := q.next()
	switch {
	case depth == 0:
		rest := q.text[q.at:]
		q.at = len(q.text)
		return maphash.Bytes(q.seed, rest)
	case c == '{':
		return q.members(depth)
	case c == '[':
		return q.elements(depth)
	case c == '"':
		s, _ := q.quoted()
		return mix(maphash.Bytes(q.seed, s), '"')
	default:
		start := q.at
		if n := bytes.IndexAny(q.text[q.at:], ",]} \t\r\n"); n > 0 {
			q.at += n
		} else {
			q.at = len(q.text)
		}
		return maphash.Bytes(q.seed, q.text[start:q.at])
	}
}

// members adds up the hashes of the members, so that their order is the same.
func (q *question) members(depth int) uint64 {
	sum := uint64('{')
	q.at++
	for q.next() == '"' {
		key, _ := q.quoted()
		if q.next() == ':' {
			q.at++
		}
		sum += mix(maphash.Bytes(q.seed, key), q.value(depth-1))
		if q.next() == ',' {
			q.at++
		}
	}
	q.at++
	return mix(sum, '}')
}

// elements folds the hashes of the elements in their order.
func (q *question) elements(depth int) uint64 {
	sum := uint64('[')
	q.at++
	for c := q.next(); c != ']' && c != 0; c = q.next() {
		sum = mix(sum, q.value(depth-1))
		if q.next() == ',' {
			q.at++
		}
	}
	q.at++
	return mix(sum, ']')
}
