package audit

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/mcp-kernel/mcp-kernel/governance/audit/merkle"
)

// storeTiles writes the tiles that the tree as it stands needs and that are not stored yet.
func (j *Journal) storeTiles() error {
	durable := j.o.Durability == Disk
	for _, t := range j.edge.Full() {
		if err := writeTile(j.dir, t, durable); err != nil {
			return err
		}
	}
	partial := j.edge.Partial()
	for _, t := range partial {
		if err := writeTile(j.dir, t, durable); err != nil {
			return err
		}
	}
	j.dropPartial(partial)
	return nil
}

// lay stores tiles as they are finished, off the path of calls: making a file takes as long as a hundred entries. What it
// does not get to, signing stores. It ends with the context.
func (j *Journal) lay(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-j.tiles:
		}
		if err := j.layFinished(); err != nil {
			j.o.OnError(err)
		}
	}
}

// layFinished stores the finished tiles without keeping anybody from writing meanwhile. Two processes may store the same
// tile: then it is the same bytes.
func (j *Journal) layFinished() error {
	j.mu.Lock()
	size, full := j.at.seq, slices.Clone(j.edge.Full())
	j.mu.Unlock()
	for _, t := range full {
		if err := writeTile(j.dir, t, j.o.Durability == Disk); err != nil {
			return err
		}
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.edge.Forget(size)
	return nil
}

// dropPartial removes the partial tiles that this process wrote for an earlier head and that wider ones replace.
func (j *Journal) dropPartial(now []merkle.Filled) {
	for _, old := range j.stored {
		kept := false
		for _, t := range now {
			kept = kept || t.Tile == old
		}
		if !kept {
			_ = os.Remove(filepath.Join(j.dir, filepath.FromSlash(old.Path()))) // another process may have been faster
		}
	}
	j.stored = j.stored[:0]
	for _, t := range now {
		j.stored = append(j.stored, t.Tile)
	}
}

func writeTile(dir string, t merkle.Filled, durable bool) error {
	name := filepath.Join(dir, filepath.FromSlash(t.Tile.Path()))
	content := make([]byte, 0, len(t.Hashes)*merkle.HashSize)
	for _, h := range t.Hashes {
		content = append(content, h[:]...)
	}
	err := writeFile(name, content, durable)
	if errors.Is(err, fs.ErrNotExist) {
		if err = os.MkdirAll(filepath.Dir(name), 0o700); err == nil {
			err = writeFile(name, content, durable)
		}
	}
	if err != nil {
		return fmt.Errorf("tile: %w", err)
	}
	if t.Tile.Width == merkle.TileWidth {
		_ = os.RemoveAll(name + ".p") // the full tile holds all of them
	}
	return nil
}

// readTile reads the tiles of a journal: the full one in place of any partial one, and a wider partial one where the
// one that is asked for was replaced.
func readTile(dir string) merkle.Tiles {
	return func(t merkle.Tile) ([]merkle.Hash, error) {
		full := t
		full.Width = merkle.TileWidth
		hashes, err := readHashes(dir, full)
		if err == nil || !errors.Is(err, fs.ErrNotExist) || t.Width == merkle.TileWidth {
			return hashes, err
		}
		for ; t.Width < merkle.TileWidth; t.Width++ {
			if hashes, err := readHashes(dir, t); err == nil || !errors.Is(err, fs.ErrNotExist) {
				return hashes, err
			}
		}
		return readHashes(dir, full) // it may have been finished meanwhile
	}
}

func readHashes(dir string, t merkle.Tile) ([]merkle.Hash, error) {
	content, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(t.Path()))) //nolint:gosec // a path within the data directory
	if err != nil {
		return nil, err
	}
	if len(content) != t.Width*merkle.HashSize {
		return nil, fmt.Errorf("%w: %s holds %d bytes", ErrDamaged, t.Path(), len(content))
	}
	hashes := make([]merkle.Hash, t.Width)
	for i := range hashes {
		copy(hashes[i][:], content[i*merkle.HashSize:])
	}
	return hashes, nil
}
