package audit

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// The names in the directory of a journal. Everything but the segments, the slate, the reserves and the secret could be
// rebuilt or is a cache.
const (
	journalDir     = "journal"
	lockName       = "lock"
	bellName       = "bell"
	slateName      = "slate"
	secretName     = "secret"
	checkpointName = "checkpoint"
	headsName      = "heads"
	tailName       = "tail"
	segmentSuffix  = ".jsonl"
	stateSuffix    = ".state"
	segmentDigits  = 20
)

// A segment is the file that entries are appended to. A closed one is read-only, and that is how a process that had it
// open learns that there is a newer one.
type segment struct {
	file  *os.File
	first uint64 // sequence number of its first entry
	end   int64  // bytes of whole entries in it
}

func segmentName(first uint64) string {
	return fmt.Sprintf("%0*d%s", segmentDigits, first, segmentSuffix)
}

// segmentFirst returns the sequence number that a segment's name begins with.
func segmentFirst(name string) (uint64, bool) {
	digits, ok := strings.CutSuffix(name, segmentSuffix)
	if !ok || len(digits) != segmentDigits {
		return 0, false
	}
	first, err := strconv.ParseUint(digits, 10, 64)
	return first, err == nil && first > 0
}

// segments returns the first sequence numbers of the segments in a directory, in order.
func segments(dir string) ([]uint64, error) {
	names, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var firsts []uint64
	for _, name := range names {
		if first, ok := segmentFirst(name.Name()); ok {
			firsts = append(firsts, first)
		}
	}
	slices.Sort(firsts)
	return firsts, nil
}

// openSegment opens the segment that begins with an entry, for appending.
func openSegment(dir string, first uint64, flags int) (*segment, error) {
	f, err := os.OpenFile(filepath.Join(dir, segmentName(first)), os.O_RDWR|flags, 0o600) //nolint:gosec // a path within the data directory
	if err != nil {
		return nil, err
	}
	return &segment{file: f, first: first}, nil
}

// seal makes a segment read-only.
func (s *segment) seal() error { return os.Chmod(s.file.Name(), 0o400) }

// readLine reads the whole line that ends at the offset end.
func readLine(f *os.File, start, end int64) ([]byte, error) {
	if start < 0 || end <= start {
		return nil, io.ErrUnexpectedEOF
	}
	line := make([]byte, end-start)
	if _, err := f.ReadAt(line, start); err != nil {
		return nil, err
	}
	return line, nil
}

// writeFile replaces a file whole: whoever reads it sees the old bytes or the new ones. Only the owner may read it.
func writeFile(name string, content []byte, durable bool) error {
	f, err := os.CreateTemp(filepath.Dir(name), ".new-*")
	if err != nil {
		return err
	}
	err = fillFile(f, content, durable)
	if err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		_ = os.Remove(f.Name())
	}
	return err
}

func fillFile(f *os.File, content []byte, durable bool) error {
	_, err := f.Write(content)
	if err == nil && durable {
		err = f.Sync()
	}
	if closed := f.Close(); err == nil {
		err = closed
	}
	return err
}
