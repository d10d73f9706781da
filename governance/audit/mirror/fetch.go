package mirror

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/mcp-kernel/mcp-kernel/governance/audit"
	"github.com/mcp-kernel/mcp-kernel/modules/primitives"
	"github.com/mcp-kernel/mcp-kernel/state"
)

// keysName is the file of a copy with the keys that its heads are held to, one on a line, the first that was ever seen first.
const keysName = "keys"

// Fetched is what came of fetching a copy.
type Fetched struct {
	Dir    string     // of the copy, which audit.OpenReader, audit.Verify and audit.ReceiptOf take
	Keys   audit.Keys // that its heads are held to
	Last   uint64     // newest entry of the copy
	New    uint64     // entries that came now
	Signed uint64     // entries up to which a head is signed
	First  bool       // the key was seen for the first time, and is trusted because it came first
}

// Dir returns where the copy of a replica lies within a data directory.
func Dir(dataDir, id string) string { return filepath.Join(dataDir, "replicas", id) }

// ErrKey says that a replica signs with a key that the one which was seen first did not hand over to.
var ErrKey = errors.New("the replica's key is another one than before")

// Fetch brings the copy of a replica's journal that lies in a data directory up to what the replica has sent, or makes it. What
// is not as it was written is audit.ErrDamaged, and stays out; what came before it is kept.
func Fetch(ctx context.Context, store Store, r Replica, dataDir string) (f Fetched, err error) {
	if !isID(r.ID) {
		return f, fmt.Errorf("%w: %.80q", ErrUnknown, r.ID)
	}
	f.Dir = Dir(dataDir, r.ID)
	defer func() {
		if err != nil {
			err = fmt.Errorf("replica %s: %w", r.ID, err)
		}
	}()
	c, err := audit.OpenCopy(ctx, f.Dir)
	if err != nil {
		return f, err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	if f.Keys, f.First, err = held(f.Dir, r); err != nil {
		return f, err
	}
	before := c.Last()
	err = receive(ctx, store, streams+r.ID, c)
	f.Last, f.New = c.Last(), c.Last()-before
	if err != nil || len(r.Head) == 0 {
		return f, err
	}
	head, err := c.Head(r.Head, f.Keys...)
	if errors.Is(err, audit.ErrNotFound) {
		return f, nil // what the head covers was trimmed away, or is on its way
	}
	f.Signed = head.Size
	return f, err
}

// held returns the keys that a replica is held to: those of the copy, and its present one where they lead to it.
func held(dir string, r Replica) (audit.Keys, bool, error) {
	file := filepath.Join(dir, keysName)
	content, err := os.ReadFile(file) //nolint:gosec // a path within the data directory
	if errors.Is(err, fs.ErrNotExist) {
		keys, err := claimed(r)
		if err == nil {
			err = keep(file, keys)
		}
		return keys, true, err
	}
	if err != nil {
		return nil, false, err
	}
	var keys audit.Keys
	for line := range strings.Lines(string(content)) {
		key, err := primitives.ParseVerifierKey(strings.TrimSpace(line))
		if err != nil {
			return nil, false, fmt.Errorf("%s: %w", file, err)
		}
		keys = append(keys, key)
	}
	if len(keys) == 0 {
		return nil, false, fmt.Errorf("%s: holds no key", file)
	}
	if newest := keys[len(keys)-1]; newest.String() != r.Key {
		chain, err := primitives.FollowRotation(newest, r.Retired, r.Key)
		if err != nil {
			return nil, false, fmt.Errorf("%w: %w", ErrKey, err)
		}
		keys = append(keys, chain[1:]...)
		return keys, false, keep(file, keys)
	}
	return keys, false, nil
}

// claimed are the keys that a replica which was never seen before says it has, the oldest first; each must have signed for the
// next.
func claimed(r Replica) (audit.Keys, error) {
	first := r.Key
	if len(r.Retired) > 0 {
		first = r.Retired[0].Verifier
	}
	key, err := primitives.ParseVerifierKey(first)
	if err != nil {
		return nil, fmt.Errorf("its key: %w", err)
	}
	return primitives.FollowRotation(key, r.Retired, r.Key)
}

func keep(file string, keys audit.Keys) error {
	var text strings.Builder
	for _, key := range keys {
		text.WriteString(key.String() + "\n")
	}
	return os.WriteFile(file, []byte(text.String()), 0o600)
}

// receive appends to a copy what it does not have yet.
func receive(ctx context.Context, store state.Log, stream string, c *audit.Copy) error {
	from, err := place(ctx, store, stream, c.Last()+1)
	if err != nil {
		return err
	}
	var join joiner
	var lines [][]byte
	flush := func() error {
		err := c.Append(lines...)
		lines = lines[:0]
		return err
	}
	for record, err := range store.Read(ctx, stream, from) {
		if err != nil {
			return errors.Join(flush(), err)
		}
		line, err := join.add(record.Value)
		switch {
		case err != nil:
			return errors.Join(flush(), err)
		case line == nil || join.seq <= c.Last():
			continue
		}
		if lines = append(lines, slices.Clip(line)); len(lines) == state.MaxPage {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	return flush()
}

// place returns where in a stream to begin to read for a line: there or before it. A line has one record or more, and the
// first line that was sent need not be the first of all, so it is looked for by halves.
func place(ctx context.Context, store state.Log, stream string, line uint64) (state.Seq, error) {
	last, err := store.Last(ctx, stream)
	if err != nil {
		return 0, err
	}
	low, high := state.Seq(1), last+1
	for high-low > 1 {
		mid := low + (high-low)/2
		at, seq, err := lineAt(ctx, store, stream, mid)
		switch {
		case err != nil:
			return 0, err
		case at >= high || seq >= line:
			high = mid
		default:
			low = mid
		}
	}
	return low, nil
}

// lineAt returns the number of the line that a record belongs to, and where the record is: further on, when the one that was
// asked for was trimmed away.
func lineAt(ctx context.Context, store state.Log, stream string, at state.Seq) (state.Seq, uint64, error) {
	for record, err := range store.Read(ctx, stream, at) {
		if err != nil {
			return 0, 0, err
		}
		var j joiner
		if len(record.Value) < header {
			return 0, 0, errFrame
		}
		record.Value[0] |= begins // whichever part it is
		if _, err := j.add(record.Value); err != nil {
			return 0, 0, err
		}
		return record.Seq, j.seq, nil
	}
	return state.Tail, 0, nil
}
