package audit

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"time"

	"github.com/mcp-kernel/mcp-kernel/modules/primitives"
)

// A Reader reads the journal of a data directory while others write it. It writes nothing, and never shows an entry that
// is not whole. It is safe for concurrent use.
type Reader struct {
	dir string
	own func() (view, bool, error) // the extent as the journal that this is the reader of knows it; may be nil
}

// OpenReader opens the journal of a data directory for reading.
func OpenReader(dataDir string) (*Reader, error) {
	dir := filepath.Join(dataDir, journalDir)
	if _, err := os.Stat(filepath.Join(dir, lockName)); err != nil {
		return nil, fmt.Errorf("no journal in %s: %w", dataDir, err)
	}
	return &Reader{dir: dir}, nil
}

// Dir returns the journal's own directory, which can be served as it is to clients of C2SP tlog-tiles.
func (r *Reader) Dir() string { return r.dir }

// A view is the extent of the journal at one moment.
type view struct {
	firsts []uint64 // of the segments
	size   int64    // of the last segment
	slate  jottings // what of it stands on the slate, left by a process that died
}

// A source is a segment to be read, as far as a view goes.
type source struct {
	*os.File
	size  int64
	slate jottings // takes the place of what the file holds from its base on
}

// ReadAt implements io.ReaderAt.
func (s *source) ReadAt(p []byte, off int64) (int, error) {
	if len(s.slate.lines) == 0 {
		return s.File.ReadAt(p, off)
	}
	n := 0
	if off < s.slate.base {
		var err error
		n, err = s.File.ReadAt(p[:min(int64(len(p)), s.slate.base-off)], off)
		if err != nil || n == len(p) {
			return n, err
		}
	}
	if at := off + int64(n); at < s.slate.end() {
		n += copy(p[n:], s.slate.lines[at-s.slate.base:])
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// view takes the extent under a shared lock, so that no half-written group is within it. The lock is taken through a
// file of its own, because two holds on one file would be one lock.
func (r *Reader) view(ctx context.Context) (view, error) {
	if r.own != nil {
		if v, ok, err := r.own(); ok {
			return v, err
		}
	}
	lock, err := os.Open(filepath.Join(r.dir, lockName))
	if err != nil {
		return view{}, err
	}
	defer lock.Close()
	if err := awaitLock(lock, false, func(d time.Duration) error { return pause(ctx, d) }); err != nil {
		return view{}, fmt.Errorf("lock journal for reading: %w", err)
	}
	var v view
	if v.firsts, err = segments(r.dir); err != nil || len(v.firsts) == 0 {
		return v, err
	}
	newest := v.firsts[len(v.firsts)-1]
	info, err := os.Stat(r.segment(newest))
	if err != nil {
		return v, err
	}
	v.size = info.Size()
	left, err := os.ReadFile(filepath.Join(r.dir, slateName))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return v, err
	}
	if n := readSlate(left); n.segment == newest && n.base <= v.size && v.size <= n.end() {
		n.lines = wholeLines(n.lines)
		v.slate, v.size = n, n.end()
	}
	return v, nil
}

// extent is the extent as this process knows it while it keeps the lock; ok is false while it does not.
func (j *Journal) extent() (v view, ok bool, err error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if !j.turn.current {
		return view{}, false, nil
	}
	if err := j.flush(); err != nil {
		return view{}, true, err
	}
	v.size = j.seg.end
	v.firsts, err = segments(j.dir)
	return v, true, err
}

func (r *Reader) segment(first uint64) string { return filepath.Join(r.dir, segmentName(first)) }

func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// open opens the n-th segment of a view, as far as the view goes.
func (r *Reader) open(v view, n int) (*source, error) {
	f, err := os.Open(r.segment(v.firsts[n]))
	if err != nil {
		return nil, err
	}
	if n == len(v.firsts)-1 {
		return &source{File: f, size: v.size, slate: v.slate}, nil
	}
	info, err := f.Stat()
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return &source{File: f, size: info.Size()}, nil
}

// A Line is one entry as it is stored.
type Line struct {
	Seq uint64
	Raw []byte // canonical JSON with its hash, and a newline; valid until the next one is yielded
}

// Lines yields the stored lines from number from on, up to the newest at the time of the call, as they are: it does not check
// them. Numbers before the oldest entry that is kept begin with that. After an error it ends.
func (r *Reader) Lines(ctx context.Context, from uint64) iter.Seq2[Line, error] {
	return func(yield func(Line, error) bool) {
		v, err := r.view(ctx)
		if err != nil {
			yield(Line{}, err)
			return
		}
		for n := range v.firsts {
			if n+1 < len(v.firsts) && v.firsts[n+1] <= from {
				continue
			}
			if !r.linesOf(ctx, v, n, from, yield) {
				return
			}
		}
	}
}

// linesOf yields the lines of one segment and reports whether to go on.
func (r *Reader) linesOf(ctx context.Context, v view, n int, from uint64, yield func(Line, error) bool) bool {
	f, err := r.open(v, n)
	if errors.Is(err, fs.ErrNotExist) {
		return true // retention was faster
	}
	if err != nil {
		return yield(Line{}, err) && false
	}
	defer f.Close()
	at, err := find(f, f.size, from)
	if err != nil {
		return yield(Line{}, err) && false
	}
	in := newLines(io.NewSectionReader(f, at, f.size-at))
	for {
		line, err := in.next()
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return true // a torn last line is no entry, and no fault while its writer may live
		}
		if err == nil {
			err = ctx.Err()
		}
		seq, ok := lineSeq(line)
		switch {
		case err != nil:
		case !ok:
			err = fmt.Errorf("%w: a line without a number", ErrMalformed)
		case seq < from:
			continue
		}
		if !yield(Line{Seq: seq, Raw: line}, err) || err != nil {
			return false
		}
	}
}

// Entries yields the entries of Lines, each checked against its own hash.
func (r *Reader) Entries(ctx context.Context, from uint64) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		for line, err := range r.Lines(ctx, from) {
			var e Entry
			if err == nil {
				e, err = ParseLine(line.Raw)
			}
			if !yield(e, err) || err != nil {
				return
			}
		}
	}
}

// Follow yields the entries from number from on, and waits for more until the context ends, which is its last error.
func (r *Reader) Follow(ctx context.Context, from uint64) iter.Seq2[Entry, error] {
	const poll = 50 * time.Millisecond
	return func(yield func(Entry, error) bool) {
		for {
			for e, err := range r.Entries(ctx, from) {
				if !yield(e, err) || err != nil {
					return
				}
				from = e.Seq + 1
			}
			if err := pause(ctx, poll); err != nil {
				yield(Entry{}, err)
				return
			}
		}
	}
}

// find returns the offset of a line at or before the entry with the number, by bisection over the segment's bytes.
func find(f *source, size int64, seq uint64) (int64, error) {
	low, high := int64(0), size // the line that begins at low is not behind the entry
	for high-low > 64<<10 {
		mid := low + (high-low)/2
		at, line, err := lineFrom(f, mid, high)
		if err != nil {
			return 0, err
		}
		got, ok := lineSeq(line)
		switch {
		case line == nil || !ok || got > seq:
			high = mid
		case got == seq:
			return at, nil
		default:
			low = at
		}
	}
	return low, nil
}

// lineFrom returns the first whole line that begins behind an offset and before end.
func lineFrom(f *source, offset, end int64) (int64, []byte, error) {
	in := bufio.NewReaderSize(io.NewSectionReader(f, offset, f.size-offset), MaxLine)
	skipped, err := skipLine(in)
	at := offset + skipped
	if errors.Is(err, io.EOF) || at >= end {
		return 0, nil, nil
	}
	if err != nil {
		return 0, nil, err
	}
	line, err := in.ReadBytes('\n')
	if errors.Is(err, io.EOF) {
		return 0, nil, nil
	}
	return at, line, err
}

// skipLine reads to the next newline and returns how many bytes that were.
func skipLine(in *bufio.Reader) (int64, error) {
	var n int64
	for {
		part, err := in.ReadSlice('\n')
		n += int64(len(part))
		if !errors.Is(err, bufio.ErrBufferFull) {
			return n, err
		}
	}
}

// lineSeq reads the sequence number of a line without reading the rest.
func lineSeq(line []byte) (uint64, bool) {
	i := bytes.LastIndex(line, []byte(`,"seq":`))
	if i < 0 {
		return 0, false
	}
	var seq uint64
	for _, c := range line[i+len(`,"seq":`):] {
		if c < '0' || c > '9' {
			break
		}
		seq = seq*10 + uint64(c-'0')
	}
	return seq, seq > 0
}

// SignedHead returns the newest signed head, checked with the keys. It is ErrNotFound when nothing was signed yet.
func (r *Reader) SignedHead(keys ...*primitives.Verifier) (Checkpoint, error) {
	note, err := os.ReadFile(filepath.Join(r.dir, checkpointName))
	if errors.Is(err, fs.ErrNotExist) {
		return Checkpoint{}, fmt.Errorf("signed head: %w", ErrNotFound)
	}
	if err != nil {
		return Checkpoint{}, fmt.Errorf("signed head: %w", err)
	}
	return OpenCheckpoint(note, keys...)
}
