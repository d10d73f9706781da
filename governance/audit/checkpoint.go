package audit

import (
	"context"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/mcp-kernel/mcp-kernel/modules/primitives"
)

// A Checkpoint is a head of the tree: the first Size entries have the root hash Root, and the last of them is Last. Note
// is its signed form (C2SP tlog-checkpoint and signed-note), empty when it is not signed.
type Checkpoint struct {
	Origin string
	Size   uint64
	Root   Hash
	Last   Hash      // hash of entry number Size
	At     time.Time // when it was made
	Note   []byte
}

// extension begins the line that says which entry is the last, and when the head was made.
const extension = "entry "

// text returns what is signed: origin, size, root, and one extension line.
func (c *Checkpoint) text() string {
	return c.Origin + "\n" + strconv.FormatUint(c.Size, 10) + "\n" + base64.StdEncoding.EncodeToString(c.Root[:]) + "\n" +
		extension + c.Last.String() + " " + c.At.UTC().Format(timeLayout) + "\n"
}

// parseCheckpoint reads the text of a signed head.
func parseCheckpoint(text string) (Checkpoint, error) {
	lines := strings.Split(text, "\n")
	if len(lines) != 5 || lines[4] != "" {
		return Checkpoint{}, fmt.Errorf("checkpoint: want four lines, there are %d", len(lines)-1)
	}
	c := Checkpoint{Origin: lines[0]}
	size, err := strconv.ParseUint(lines[1], 10, 64)
	root, rootErr := base64.StdEncoding.Strict().DecodeString(lines[2])
	if err != nil || rootErr != nil || len(root) != len(Hash{}) {
		return Checkpoint{}, fmt.Errorf("checkpoint: %.40q and %.80q are no size and root", lines[1], lines[2])
	}
	c.Size, c.Root = size, Hash(root)
	last, at, ok := strings.Cut(strings.TrimPrefix(lines[3], extension), " ")
	hash, isHash := parseHash([]byte(last))
	made, err := time.Parse(timeLayout, at)
	if !ok || !isHash || err != nil {
		return Checkpoint{}, fmt.Errorf("checkpoint: %.120q does not name the last entry", lines[3])
	}
	c.Last, c.At = hash, made.UTC()
	if c.text() != text {
		return Checkpoint{}, fmt.Errorf("checkpoint: %.120q is not how it is written", text)
	}
	return c, nil
}

// OpenCheckpoint checks that one of the keys signed a head, and reads it.
func OpenCheckpoint(note []byte, keys ...*primitives.Verifier) (Checkpoint, error) {
	text, _, err := primitives.OpenNote(note, keys...)
	if err != nil {
		return Checkpoint{}, fmt.Errorf("checkpoint: %w", err)
	}
	c, err := parseCheckpoint(text)
	c.Note = note
	return c, err
}

// sign signs the head of the tree when entries were written since somebody last did, stores the tiles that it needs, and
// caches the fold. keep also adds it to the file of heads, as every CheckpointEvery entries does. The caller holds both
// locks.
func (j *Journal) sign(keep bool) error {
	if err := j.flush(); err != nil { // a head, and the cached fold, speak of what is in the segment
		return err
	}
	if err := j.noticeHead(); err != nil {
		return err
	}
	keep = keep || j.at.seq-j.kept >= uint64(j.o.CheckpointEvery)
	if j.at.seq > j.signed || keep && j.kept < j.at.seq {
		if err := j.signHead(keep); err != nil {
			return fmt.Errorf("sign head at %d: %w", j.at.seq, err)
		}
	}
	return nil
}

func (j *Journal) signHead(keep bool) error {
	if err := j.storeTiles(); err != nil {
		return err
	}
	c := Checkpoint{Origin: j.o.Origin, Size: j.at.seq, Root: j.edge.Root(), Last: j.at.hash, At: j.now()}
	note, err := j.o.Signer.SignNote(c.text())
	if err != nil {
		return err
	}
	durable := j.o.Durability == Disk
	if err := writeFile(filepath.Join(j.dir, checkpointName), note, durable); err != nil {
		return err
	}
	if keep {
		if err := appendFile(filepath.Join(j.dir, headsName), headLine(note), durable); err != nil {
			return err
		}
		j.kept = c.Size
	}
	j.signed = c.Size
	j.edge.Forget(c.Size)
	return j.cache(c.Root)
}

// cache stores the fold, unless there is so much of it that it should be stored less often.
func (j *Journal) cache(root Hash) error {
	if fresh := j.at.seq - j.cached; j.cached > 0 && fresh*8 < uint64(j.ledger.size()) && !j.closed.Load() {
		return nil
	}
	t := j.tail(root)
	content, err := t.encode(j.secret)
	if err == nil {
		err = writeFile(filepath.Join(j.dir, tailName), content, false)
	}
	if err == nil {
		j.cached = j.at.seq
	}
	return err
}

// noticeHead learns how far others have signed, whose tiles need not be stored again.
func (j *Journal) noticeHead() error {
	note, err := os.ReadFile(filepath.Join(j.dir, checkpointName))
	if err != nil {
		if os.IsNotExist(err) {
			return nil
		}
		return err
	}
	c, err := OpenCheckpoint(note, j.keys...)
	if err == nil && c.Origin == j.o.Origin && c.Size <= j.at.seq && c.Size > j.signed {
		j.signed = c.Size
		j.edge.Forget(c.Size)
	}
	return nil // a damaged head is replaced by the next
}

// headLine is a note as one line of the file of heads.
func headLine(note []byte) []byte {
	return append([]byte(base64.StdEncoding.EncodeToString(note)), '\n')
}

// appendFile adds a line to a file that is written only under the journal's lock.
func appendFile(name string, line []byte, durable bool) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600) //nolint:gosec // a path within the data directory
	if err != nil {
		return err
	}
	_, err = f.Write(line)
	if err == nil && durable {
		err = f.Sync()
	}
	if closed := f.Close(); err == nil {
		err = closed
	}
	return err
}

// Sign signs the head now, whatever the interval, and returns it.
func (j *Journal) Sign(ctx context.Context) (Checkpoint, error) {
	if err := ctx.Err(); err != nil {
		return Checkpoint{}, err
	}
	err := j.locked(func() error { return j.sign(false) })
	if err != nil {
		return Checkpoint{}, err
	}
	return j.SignedHead(j.keys...)
}

// Head returns the head of the tree as this process knows it, unsigned: it moves with every entry.
func (j *Journal) Head() Checkpoint {
	j.mu.Lock()
	defer j.mu.Unlock()
	return Checkpoint{Origin: j.o.Origin, Size: j.at.seq, Root: j.edge.Root(), Last: j.at.hash, At: j.at.time}
}

// locked runs a function with both locks held and the state brought up to date.
func (j *Journal) locked(do func() error) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.closed.Load() {
		return ErrClosed
	}
	if err := j.hold(); err != nil {
		return err
	}
	defer j.letGo()
	if err := j.adopt(); err != nil {
		return err
	}
	return do()
}
