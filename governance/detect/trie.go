package detect

import "slices"

// A trie holds the beginnings of literals while their filter is made.
type trie struct {
	nodes []node
	ends  map[int][]uint16 // by node: the literals that end there
}

// A node is a beginning of a literal. The first one is the empty beginning.
type node struct {
	first, sibling uint16 // nodes: a child, and another child of the same parent; 0 is none
	state          uint16 // of the filter
	class, depth   uint8  // of the last byte; depths beyond crown are crown+1
}

// newTrie makes a node for every beginning of a literal.
func newTrie(literals []literal, class *[256]uint8) *trie {
	t := &trie{nodes: make([]node, 1, nodes(literals)), ends: make(map[int][]uint16, len(literals))}
	for index, l := range literals {
		at := 0
		for i := range len(l.text) {
			at = t.child(at, class[l.text[i]])
		}
		t.ends[at] = append(t.ends[at], uint16(index))
	}
	if len(t.nodes) >= mark {
		panic("detect: the literals make more states than an entry can name")
	}
	return t
}

// child returns a node's child by a class, which it makes when there is none.
func (t *trie) child(at int, class uint8) int {
	for child := t.nodes[at].first; child != 0; child = t.nodes[child].sibling {
		if t.nodes[child].class == class {
			return int(child)
		}
	}
	made := len(t.nodes)
	t.nodes = append(t.nodes, node{sibling: t.nodes[at].first, class: class, depth: min(t.nodes[at].depth+1, crown+1)})
	t.nodes[at].first = uint16(made)
	return made
}

// number gives each node its state, those that have a row first, and returns how many these are.
func (t *trie) number() (rows int) {
	state := uint16(0)
	for _, full := range []bool{true, false} {
		for i := range t.nodes {
			n := &t.nodes[i]
			if full == (n.depth <= crown || n.first != 0 && t.nodes[n.first].sibling != 0) {
				n.state = state
				state++
			}
		}
		if full {
			rows = int(state)
		}
	}
	return rows
}

// nodes returns at most how many nodes literals make: one for each beginning that is not one of the literal before it in
// the order of texts.
func nodes(literals []literal) int {
	texts := make([]string, len(literals))
	for i, l := range literals {
		texts[i] = l.text
	}
	slices.Sort(texts)
	n, last := 1, ""
	for _, text := range texts {
		common := 0
		for common < min(len(text), len(last)) && text[common] == last[common] {
			common++
		}
		n += len(text) - common
		last = text
	}
	return n
}
