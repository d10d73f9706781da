package merkle

import "fmt"

// An Edge is the growing right side of a tree: for each tile level the hashes of its last, unfinished tile. It is all
// that is needed to append leaves, to compute the root and to write tiles. The zero Edge is the empty tree. It is not
// safe for concurrent use.
type Edge struct {
	size   uint64
	levels [][]Hash // levels[l]: fewer than TileWidth hashes, of tile level l
	full   []Filled // finished since the last Drain, in the order in which they were finished
}

// Filled is a tile with its hashes.
type Filled struct {
	Tile   Tile
	Hashes []Hash
}

// Size returns the number of leaves.
func (e *Edge) Size() uint64 { return e.size }

// Append adds a leaf.
func (e *Edge) Append(leaf Hash) {
	e.size++
	e.push(0, leaf)
}

// push adds a hash to a tile level, and the root of the tile to the next level when that fills it.
func (e *Edge) push(level int, h Hash) {
	if level == len(e.levels) {
		e.levels = append(e.levels, make([]Hash, 0, TileWidth))
	}
	e.levels[level] = append(e.levels[level], h)
	if len(e.levels[level]) < TileWidth {
		return
	}
	done := append([]Hash(nil), e.levels[level]...)
	e.full = append(e.full, Filled{Tile{level, e.size>>(TileHeight*(level+1)) - 1, TileWidth}, done})
	root := perfect(e.levels[level])
	e.levels[level] = e.levels[level][:0]
	e.push(level+1, root)
}

// Root returns the root hash of the whole tree.
func (e *Edge) Root() Hash {
	var root Hash
	some := false
	for _, nodes := range e.levels {
		for n := len(nodes); n > 0; n &= n - 1 { // perfect subtrees, the smallest and last first
			width := n & -n
			peak := perfect(append([]Hash(nil), nodes[n-width:n]...))
			if some {
				peak = Node(peak, root)
			}
			root, some = peak, true
		}
	}
	if !some {
		return Empty()
	}
	return root
}

// Full returns the tiles that were finished since Forget was last called.
func (e *Edge) Full() []Filled { return e.full }

// Forget drops the finished tiles that lie wholly within a tree of the given size: somebody has stored them.
func (e *Edge) Forget(size uint64) {
	kept := e.full[:0]
	for _, f := range e.full {
		if (f.Tile.Index+1)<<(TileHeight*(f.Tile.Level+1)) > size {
			kept = append(kept, f)
		}
	}
	clear(e.full[len(kept):])
	e.full = kept
}

// Partial returns the unfinished tiles, the lowest level first. Their hashes belong to the Edge.
func (e *Edge) Partial() []Filled {
	var tiles []Filled
	for level, nodes := range e.levels {
		if len(nodes) > 0 {
			tiles = append(tiles, Filled{Tile{level, e.size >> (TileHeight * (level + 1)), len(nodes)}, nodes})
		}
	}
	return tiles
}

// LoadEdge reads the right side of a tree of the given size from its tiles.
func LoadEdge(size uint64, read Tiles) (*Edge, error) {
	e := &Edge{size: size}
	for level := 0; size>>(TileHeight*level) > 0; level++ {
		nodes := make([]Hash, 0, TileWidth)
		count := size >> (TileHeight * level)
		if width := int(count % TileWidth); width > 0 {
			hashes, err := read(Tile{level, count / TileWidth, width})
			if err != nil {
				return nil, err
			}
			if len(hashes) < width {
				return nil, fmt.Errorf("%s: only %d hashes", Tile{level, count / TileWidth, width}.Path(), len(hashes))
			}
			nodes = append(nodes, hashes[:width]...)
		}
		e.levels = append(e.levels, nodes)
	}
	return e, nil
}
