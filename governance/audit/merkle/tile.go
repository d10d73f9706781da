package merkle

import (
	"fmt"
	"strings"
)

// TileHeight is the number of tree levels in a tile, and TileWidth the number of hashes in a full one.
const (
	TileHeight = 8
	TileWidth  = 1 << TileHeight
)

// A Tile names a run of nodes: up to 256 of tree level 8·Level, starting at node 256·Index. Width is how many of them
// the tile holds; a full tile holds TileWidth and never changes.
type Tile struct {
	Level int
	Index uint64
	Width int
}

// Path returns the tile's path as C2SP tlog-tiles writes it: tile/0/x001/x234/067, with .p/W behind it when partial.
func (t Tile) Path() string {
	path := fmt.Sprintf("tile/%d/%s", t.Level, indexPath(t.Index))
	if t.Width < TileWidth {
		path += fmt.Sprintf(".p/%d", t.Width)
	}
	return path
}

// indexPath writes an index in groups of three digits, all but the last marked with x.
func indexPath(n uint64) string {
	path := fmt.Sprintf("%03d", n%1000)
	for n >= 1000 {
		n /= 1000
		path = fmt.Sprintf("x%03d/%s", n%1000, path)
	}
	return strings.TrimSuffix(path, "/")
}

// TileAt returns the tile that holds the tree node of a level and index in a tree of the given size, as wide as that
// size makes it.
func TileAt(level int, index, size uint64) Tile {
	t := Tile{Level: level / TileHeight}
	first := index << (level % TileHeight) // the node's first descendant on the tile's own level
	t.Index = first / TileWidth
	width := size>>(TileHeight*t.Level) - t.Index*TileWidth
	t.Width = int(min(width, TileWidth))
	return t
}

// Tiles returns the hashes of a tile. A tile wider than asked for is as good; fewer hashes than Width are an error.
type Tiles func(Tile) ([]Hash, error)

// node returns one complete node of the tree from its tile.
func (read Tiles) node(level int, index, size uint64) (Hash, error) {
	t := TileAt(level, index, size)
	hashes, err := read(t)
	if err != nil {
		return Hash{}, err
	}
	height := level % TileHeight
	first := int(index<<height - t.Index*TileWidth)
	if first+1<<height > len(hashes) {
		return Hash{}, fmt.Errorf("%s: %d hashes, node %d of level %d needs more", t.Path(), len(hashes), index, level)
	}
	return perfect(append([]Hash(nil), hashes[first:first+1<<height]...)), nil
}
