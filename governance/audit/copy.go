package audit

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/mcp-kernel/mcp-kernel/governance/audit/merkle"
	"github.com/mcp-kernel/mcp-kernel/modules/primitives"
)

// copySegment is the size in bytes at which a copy begins its next segment.
const copySegment = 64 << 20

// A Copy is another kernel's journal, kept line by line as it came. Every line is checked against its own hash and the one
// before it, and every head against the tree, so what is not as it was written never becomes part of a copy. A Copy lies in a
// directory like a journal's own: OpenReader, Verify and ReceiptOf work on it. It belongs to one goroutine.
type Copy struct {
	dir  string
	lock *os.File
	at   place
	edge *merkle.Edge
	seg  *segment
	head uint64 // size of the newest head that is kept
}

// OpenCopy opens the copy in a directory, which is made when it is not there, and keeps other processes from writing to it
// until Close.
func OpenCopy(ctx context.Context, dataDir string) (*Copy, error) {
	dir := filepath.Join(dataDir, journalDir)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("copy: %w", err)
	}
	if _, err := os.Stat(filepath.Join(dir, secretName)); err == nil {
		return nil, fmt.Errorf("copy: %s holds a journal that is written here", dataDir)
	}
	lock, err := os.OpenFile(filepath.Join(dir, lockName), os.O_RDWR|os.O_CREATE, 0o600) //nolint:gosec // a path that the operator names
	if err != nil {
		return nil, fmt.Errorf("copy: %w", err)
	}
	c := &Copy{dir: dir, lock: lock, edge: &merkle.Edge{}}
	if err = awaitLock(lock, true, func(d time.Duration) error { return pause(ctx, d) }); err == nil {
		err = c.load(ctx)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("copy in %s: %w", dataDir, err), c.release())
	}
	return c, nil
}

// load finds the end of what is there, and the tree as it was: from its tiles or, after a crash, from the entries.
func (c *Copy) load(ctx context.Context) error {
	firsts, err := segments(c.dir)
	if err != nil || len(firsts) == 0 {
		return err
	}
	if c.seg, err = openSegment(c.dir, firsts[len(firsts)-1], 0); err != nil {
		return err
	}
	last, err := c.mend()
	if errors.Is(err, io.EOF) && len(firsts) == 1 {
		return nil // it was killed before its first line
	}
	if err != nil {
		return err
	}
	e, err := ParseLine(last)
	if err != nil {
		return fmt.Errorf("%w: its last line: %w", ErrDamaged, err)
	}
	c.at = place{seq: e.Seq, hash: e.Hash, time: e.At}
	if note, err := os.ReadFile(filepath.Join(c.dir, checkpointName)); err == nil {
		text, _, _ := strings.Cut(string(note), "\n\n")
		if head, err := parseCheckpoint(text + "\n"); err == nil {
			c.head = head.Size
		}
	}
	if c.edge, err = merkle.LoadEdge(e.Seq, readTile(c.dir)); err == nil {
		return nil
	}
	return c.rebuild(ctx)
}

// mend drops a line that does not end, which a process that was killed left, and returns the last whole one.
func (c *Copy) mend() ([]byte, error) {
	info, err := c.seg.file.Stat()
	if err != nil {
		return nil, err
	}
	r := &reversed{f: c.seg.file, at: info.Size()}
	last, err := r.next()
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	c.seg.end = r.at + int64(len(r.buf)+len(last))
	return last, errors.Join(err, c.seg.file.Truncate(c.seg.end))
}

// rebuild makes the tree anew from the entries.
func (c *Copy) rebuild(ctx context.Context) error {
	c.edge = &merkle.Edge{}
	r := &Reader{dir: c.dir, own: func() (view, bool, error) {
		firsts, err := segments(c.dir)
		return view{firsts: firsts, size: c.seg.end}, true, err
	}}
	for e, err := range r.Entries(ctx, 1) {
		if err != nil {
			return err
		}
		c.edge.Append(merkle.Leaf(e.Hash))
	}
	if c.edge.Size() != c.at.seq {
		return fmt.Errorf("%w: %d entries are there, and the last is number %d", ErrDamaged, c.edge.Size(), c.at.seq)
	}
	return c.layTiles()
}

// Last returns the number of the newest entry, 0 when there is none.
func (c *Copy) Last() uint64 { return c.at.seq }

// Append adds the lines that come next, newlines included, the first of all being entry 1. It stops at the first that is not
// the next one or not as it was written, which is ErrDamaged; those before it are kept.
func (c *Copy) Append(lines ...[]byte) error {
	var sound []byte
	var fault error
	at := c.at
	for _, line := range lines {
		e, err := ParseLine(line)
		if err == nil {
			err = follows(&e, at)
		}
		if err != nil {
			fault = fmt.Errorf("%w: entry %d: %w", ErrDamaged, at.seq+1, err)
			break
		}
		at = place{seq: e.Seq, hash: e.Hash, time: e.At}
		sound = append(sound, line...)
		c.edge.Append(merkle.Leaf(e.Hash))
	}
	if len(sound) == 0 {
		return fault
	}
	return errors.Join(c.write(sound, at), fault)
}

func (c *Copy) write(sound []byte, at place) (err error) {
	if c.seg != nil && c.seg.end >= copySegment {
		if err := errors.Join(c.seg.seal(), c.seg.file.Close()); err != nil {
			return err
		}
		c.seg = nil
	}
	if c.seg == nil {
		if c.seg, err = openSegment(c.dir, c.at.seq+1, os.O_CREATE|os.O_EXCL); err != nil {
			return err
		}
	}
	if _, err := c.seg.file.WriteAt(sound, c.seg.end); err != nil {
		return err
	}
	c.seg.end += int64(len(sound))
	c.at = at
	return nil
}

// Head keeps a signed head once the copy reaches as far: it is checked with the keys, and its root against the tree. One that
// reaches further than the copy is ErrNotFound, and one that is not of this tree ErrDamaged. One that is no newer than what
// is kept is checked all the same.
func (c *Copy) Head(note []byte, keys ...*primitives.Verifier) (Checkpoint, error) {
	head, err := OpenCheckpoint(note, keys...)
	switch {
	case err != nil:
		return Checkpoint{}, err
	case head.Size > c.at.seq:
		return Checkpoint{}, fmt.Errorf("%w: a head over %d entries, of which %d are there", ErrNotFound, head.Size, c.at.seq)
	}
	if err := c.layTiles(); err != nil {
		return Checkpoint{}, err
	}
	then, err := merkle.LoadEdge(head.Size, readTile(c.dir))
	if err != nil {
		return Checkpoint{}, err
	}
	if then.Root() != head.Root {
		return Checkpoint{}, fmt.Errorf("%w: what was signed over %d entries is not what is here", ErrDamaged, head.Size)
	}
	if head.Size <= c.head {
		return head, nil
	}
	if err := writeFile(filepath.Join(c.dir, checkpointName), note, false); err != nil {
		return Checkpoint{}, err
	}
	c.head = head.Size
	return head, appendFile(filepath.Join(c.dir, headsName), headLine(note), false)
}

// layTiles stores the tiles of the tree as it stands.
func (c *Copy) layTiles() error {
	for _, tiles := range [][]merkle.Filled{c.edge.Full(), c.edge.Partial()} {
		for _, t := range tiles {
			if err := writeTile(c.dir, t, false); err != nil {
				return err
			}
		}
	}
	c.edge.Forget(c.at.seq)
	return nil
}

// Close stores what lets the copy be opened quickly again, and lets others have it.
func (c *Copy) Close() error { return errors.Join(c.layTiles(), c.release()) }

func (c *Copy) release() error {
	var err error
	if c.seg != nil {
		err = c.seg.file.Close()
	}
	return errors.Join(err, c.lock.Close()) // which unlocks it
}

// ReceiptOf makes the receipt of an entry from a journal or the copy of one, as it lies in a data directory. Of a copy nothing
// can be disclosed, because it has no secret. An entry that no signed head covers has no receipt yet: ErrNotFound.
func ReceiptOf(ctx context.Context, dataDir string, seq uint64, keys ...*primitives.Verifier) (Receipt, error) {
	r, err := OpenReader(dataDir)
	if err != nil {
		return Receipt{}, err
	}
	_, body, err := r.entryAt(ctx, seq)
	if err != nil {
		return Receipt{}, err
	}
	head, err := r.SignedHead(keys...)
	if err == nil && head.Size < seq {
		err = fmt.Errorf("%w: no signed head covers entry %d yet", ErrNotFound, seq)
	}
	if err != nil {
		return Receipt{}, err
	}
	return r.receipt(seq, body, head)
}
