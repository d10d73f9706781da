package cmvk

import (
	"encoding/json"
	"strings"
)

// A kind is the type of a JSON value.
type kind uint8

const (
	nullKind kind = iota
	boolKind
	numberKind
	stringKind
	arrayKind
	objectKind
)

// A node is a value of a tree. Nodes stand in preorder: a container's first child is the next node, and each node's
// sibling stands at its end.
type node struct {
	kind     kind
	from, to int32 // of the value in the canonical text
	key      int32 // where the member's key begins, at its quote; -1 is no member
	end      int32 // the node behind the whole subtree
}

// A tree is a JSON value in canonical form, so that equal values are equal bytes and members are sorted.
type tree struct {
	text  string
	nodes []node
	at    int32
}

// plant makes the tree of a canonical text, which is well formed.
func plant(canonical []byte) *tree {
	const bytesPerNode = 12
	t := &tree{text: string(canonical), nodes: make([]node, 0, len(canonical)/bytesPerNode+1)}
	t.value(-1)
	return t
}

func (t *tree) value(key int32) {
	i := len(t.nodes)
	t.nodes = append(t.nodes, node{from: t.at, key: key})
	var k kind
	switch c := t.text[t.at]; c {
	case '{':
		k = objectKind
		t.children(true)
	case '[':
		k = arrayKind
		t.children(false)
	case '"':
		k = stringKind
		t.str()
	case 't', 'f', 'n':
		k = boolKind
		if c == 'n' {
			k = nullKind
		}
		t.plain()
	default:
		k = numberKind
		t.plain()
	}
	t.nodes[i].kind, t.nodes[i].to, t.nodes[i].end = k, t.at, int32(len(t.nodes))
}

// children reads the children of a container up to its closing bracket.
func (t *tree) children(members bool) {
	t.at++
	for {
		switch t.text[t.at] {
		case '}', ']':
			t.at++
			return
		case ',':
			t.at++
		}
		key := int32(-1)
		if members {
			key = t.at
			t.str()
			t.at++ // the colon
		}
		t.value(key)
	}
}

func (t *tree) str() {
	for t.at++; ; t.at++ {
		switch t.text[t.at] {
		case '"':
			t.at++
			return
		case '\\':
			t.at++
		}
	}
}

func (t *tree) plain() {
	for int(t.at) < len(t.text) && strings.IndexByte(",]}", t.text[t.at]) < 0 {
		t.at++
	}
}

// span is the canonical text of a node.
func (t *tree) span(i int32) string { return t.text[t.nodes[i].from:t.nodes[i].to] }

// size is how many bytes a node is of, with its key.
func (t *tree) size(i int32) int {
	n := t.nodes[i]
	if n.key >= 0 {
		return int(n.to - n.key)
	}
	return int(n.to - n.from)
}

// key is the key of a member as it stands in the text, in its quotes.
func (t *tree) key(i int32) string { return t.text[t.nodes[i].key : t.nodes[i].from-1] }

// list returns the children of a node.
func (t *tree) list(i int32) (children []int32) {
	for c := i + 1; c < t.nodes[i].end; c = t.nodes[c].end {
		children = append(children, c)
	}
	return children
}

// unquote decodes a canonical string.
func unquote(quoted string) string {
	if strings.IndexByte(quoted, '\\') < 0 {
		return quoted[1 : len(quoted)-1]
	}
	var s string
	if err := json.Unmarshal([]byte(quoted), &s); err != nil {
		return quoted // not reached: canonical strings are well formed
	}
	return s
}
