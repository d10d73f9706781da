package merkle_test

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"testing"

	"github.com/mcp-kernel/mcp-kernel/governance/audit/merkle"
)

// root is the definition of RFC 6962, section 2.1, word for word.
func root(leaves []merkle.Hash) merkle.Hash {
	switch n := len(leaves); n {
	case 0:
		return merkle.Empty()
	case 1:
		return leaves[0]
	default:
		k := 1
		for k*2 < n {
			k *= 2
		}
		return merkle.Node(root(leaves[:k]), root(leaves[k:]))
	}
}

func leaves(n int) []merkle.Hash {
	all := make([]merkle.Hash, n)
	for i := range all {
		var h merkle.Hash
		binary.BigEndian.PutUint64(h[:], uint64(i))
		all[i] = merkle.Leaf(h)
	}
	return all
}

// store keeps tiles by path and serves them, the full one in place of a partial one.
type store map[string][]merkle.Hash

func (s store) save(e *merkle.Edge) {
	for _, f := range append(e.Full(), e.Partial()...) {
		s[f.Tile.Path()] = append([]merkle.Hash(nil), f.Hashes...)
	}
	e.Forget(e.Size())
}

func (s store) read(t merkle.Tile) ([]merkle.Hash, error) {
	full := t
	full.Width = merkle.TileWidth
	for _, path := range []string{full.Path(), t.Path()} {
		if hashes, ok := s[path]; ok {
			return hashes, nil
		}
	}
	return nil, errors.New(t.Path() + " is missing")
}

func grow(t *testing.T, all []merkle.Hash) (store, *merkle.Edge) {
	t.Helper()
	s, e := store{}, &merkle.Edge{}
	for _, leaf := range all {
		e.Append(leaf)
	}
	s.save(e)
	return s, e
}

func TestEmptyAndKnownRoots(t *testing.T) {
	t.Parallel()
	// The empty root is SHA-256 of nothing, RFC 6962 section 2.1.
	want := "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
	if got := (&merkle.Edge{}).Root().String(); got != want {
		t.Errorf("empty root %s, want %s", got, want)
	}
	for _, n := range []int{1, 2, 3, 7, 255, 256, 257, 511, 513, 1000} {
		_, e := grow(t, leaves(n))
		if e.Root() != root(leaves(n)) {
			t.Errorf("root of %d leaves differs from the definition", n)
		}
	}
}

func TestEdgeReloads(t *testing.T) {
	t.Parallel()
	all := leaves(70_000)
	for _, n := range []int{1, 255, 256, 300, 65_535, 65_536, 65_537, 70_000} {
		s, e := grow(t, all[:n])
		again, err := merkle.LoadEdge(uint64(n), s.read)
		if err != nil {
			t.Fatal(err)
		}
		if again.Root() != e.Root() {
			t.Errorf("reloaded at %d: another root", n)
		}
		again.Append(all[0])
		e.Append(all[0])
		if again.Root() != e.Root() {
			t.Errorf("reloaded at %d and grown: another root", n)
		}
	}
}

func TestInclusion(t *testing.T) {
	t.Parallel()
	all := leaves(600)
	for _, n := range []int{1, 2, 3, 5, 8, 100, 256, 257, 600} {
		s, e := grow(t, all[:n])
		for i := range n {
			proof, err := merkle.Inclusion(s.read, uint64(i), uint64(n))
			if err != nil {
				t.Fatal(err)
			}
			if err := merkle.VerifyInclusion(proof, uint64(i), uint64(n), all[i], e.Root()); err != nil {
				t.Fatalf("leaf %d of %d: %v", i, n, err)
			}
			if n > 1 && merkle.VerifyInclusion(proof, uint64((i+1)%n), uint64(n), all[i], e.Root()) == nil {
				t.Fatalf("leaf %d of %d passes for its neighbour", i, n)
			}
		}
	}
}

func TestConsistency(t *testing.T) {
	t.Parallel()
	all := leaves(300)
	s, e := grow(t, all)
	for from := range 301 {
		old := root(all[:from])
		proof, err := merkle.Consistency(s.read, uint64(from), 300)
		if err != nil {
			t.Fatal(err)
		}
		if err := merkle.VerifyConsistency(proof, uint64(from), 300, old, e.Root()); err != nil {
			t.Fatalf("from %d: %v", from, err)
		}
		if merkle.VerifyConsistency(proof, uint64(from), 300, merkle.Leaf(old), e.Root()) == nil {
			t.Fatalf("from %d: a wrong old root passes", from)
		}
	}
}

func TestPath(t *testing.T) {
	t.Parallel()
	for want, tile := range map[string]merkle.Tile{
		"tile/0/000":               {Width: 256},
		"tile/0/x001/x234/067":     {Index: 1234067, Width: 256},
		"tile/1/x273/112.p/8":      {Level: 1, Index: 273112, Width: 8},
		"tile/2/x999/999.p/255":    {Level: 2, Index: 999999, Width: 255},
		"tile/0/x001/x000/000.p/1": {Index: 1000000, Width: 1},
	} {
		if got := tile.Path(); got != want {
			t.Errorf("%+v: %s, want %s", tile, got, want)
		}
	}
}

func TestParseHash(t *testing.T) {
	t.Parallel()
	text := []byte(hex.EncodeToString(make([]byte, 31)) + "af")
	if h, ok := merkle.ParseHash(text); !ok || h[31] != 0xaf {
		t.Errorf("%s: %v %v", text, h, ok)
	}
	for i := range text {
		bad := append([]byte(nil), text...)
		bad[i] = 'A'
		if _, ok := merkle.ParseHash(bad); ok {
			t.Errorf("%s is accepted", bad)
		}
	}
}

func ExampleEdge() {
	var e merkle.Edge
	for i := range byte(3) {
		e.Append(merkle.Leaf(merkle.Hash{i}))
	}
	fmt.Println(e.Size(), e.Root())
	// Output: 3 00d963599276e4ee5bc5e90fb94f62705b8ca0969aa90e55134550ee926ddcb8
}
