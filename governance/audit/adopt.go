package audit

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/mcp-kernel/mcp-kernel/governance/audit/merkle"
)

// adopt brings the journal's state up to what is in the directory. It costs one fstat when nobody else wrote, and nothing
// when nobody else can have. The caller holds both locks, so a line that does not end was left by a writer that died: it
// is cut off, and a note says so.
func (j *Journal) adopt() error {
	for !j.turn.current {
		size, sealed, err := stat(j.seg.file)
		switch {
		case err != nil:
			return fmt.Errorf("%w: %w", ErrUnwritable, err)
		case size < j.seg.end:
			return fmt.Errorf("%w: %s has shrunk from %d bytes to %d", ErrDamaged, j.seg.file.Name(), j.seg.end, size)
		case size > j.seg.end:
			j.turn.disturbed()
			if err := j.adoptTo(size); err != nil {
				return err
			}
		}
		if j.turn.current = !sealed; !sealed {
			break
		}
		j.turn.disturbed()
		if err := j.nextSegment(); err != nil {
			return err
		}
	}
	return nil
}

// adoptTo folds the lines up to the end of the segment.
func (j *Journal) adoptTo(size int64) error {
	lines := newLines(io.NewSectionReader(j.seg.file, j.seg.end, size-j.seg.end))
	for {
		line, err := lines.next()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case errors.Is(err, io.ErrUnexpectedEOF):
			return j.cut(size - j.seg.end)
		case err != nil:
			return fmt.Errorf("%w: read %s: %w", ErrUnwritable, j.seg.file.Name(), err)
		}
		e, err := ParseLine(line)
		if err == nil {
			err = follows(&e, j.at)
		}
		if err == nil {
			err = j.expected(&e)
		}
		if err != nil {
			return fmt.Errorf("%w: entry %d in %s: %w", ErrDamaged, j.at.seq+1, j.seg.file.Name(), err)
		}
		j.ledger.adopt(e.Charges)
		j.fold(&e, place{seq: e.Seq, hash: e.Hash, time: e.At, line: j.seg.end})
		j.seg.end += int64(len(line))
	}
}

// follows reports how an entry fails to be the next in the chain.
func follows(e *Entry, last place) error {
	switch {
	case e.Seq != last.seq+1:
		return fmt.Errorf("its number is %d, not %d", e.Seq, last.seq+1)
	case e.Prev != last.hash:
		return errors.New("it does not name the hash of the entry before it")
	case e.At.Before(last.time):
		return errors.New("it is older than the entry before it")
	}
	return nil
}

// expected checks an entry against those that are known to be in the journal.
func (j *Journal) expected(e *Entry) error {
	for _, k := range j.known {
		if k.seq == e.Seq && k.hash != e.Hash && !j.o.AcceptLoss {
			return errors.New("it is not the entry that a signed head or the cached state names")
		}
	}
	return nil
}

// missing checks, once everything was read, that the known entries were there.
func (j *Journal) missing() error {
	lost := uint64(0)
	for _, k := range j.known {
		lost = max(lost, k.seq)
	}
	if j.known = nil; lost <= j.at.seq {
		return nil
	}
	if !j.o.AcceptLoss {
		return fmt.Errorf("%w: it ends with entry %d, but there were %d: entries were cut off, or lost in a power cut",
			ErrDamaged, j.at.seq, lost)
	}
	j.note(Control{Action: ActionLost, Count: int64(lost)})
	return nil
}

// cut removes a torn line.
func (j *Journal) cut(torn int64) error {
	if err := j.seg.file.Truncate(j.seg.end); err != nil {
		return fmt.Errorf("%w: cut a torn line: %w", ErrUnwritable, err)
	}
	j.note(Control{Action: ActionRecovered, Count: torn})
	return nil
}

// nextSegment goes on to the segment behind a closed one, and makes it when the process that closed the one before died
// in between. When retention has removed it already, everything is read anew.
func (j *Journal) nextSegment() error {
	next, err := openSegment(j.dir, j.at.seq+1, 0)
	if errors.Is(err, fs.ErrNotExist) {
		firsts, listErr := segments(j.dir)
		if listErr == nil && len(firsts) > 0 && firsts[len(firsts)-1] > j.seg.first {
			return j.load()
		}
		next, err = openSegment(j.dir, j.at.seq+1, os.O_CREATE|os.O_EXCL)
	}
	if err != nil {
		return fmt.Errorf("%w: next segment: %w", ErrUnwritable, err)
	}
	j.change(next)
	return nil
}

// change makes another segment the current one.
func (j *Journal) change(next *segment) {
	if j.seg != nil {
		_ = j.seg.file.Close() // nothing is buffered, and what mattered was synced
	}
	j.seg = next
}

// load sets the state from the newest cached tail that agrees with what is stored, or by reading everything. What was
// appended since is left to adopt.
func (j *Journal) load() error {
	firsts, err := segments(j.dir)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnwritable, err)
	}
	j.known = nil
	if head, err := j.SignedHead(j.keys...); err == nil && head.Origin == j.o.Origin {
		j.known = append(j.known, place{seq: head.Size, hash: head.Last})
	}
	if len(firsts) == 0 {
		return j.begin()
	}
	names := []string{filepath.Join(j.dir, tailName)}
	for _, first := range slices.Backward(firsts) {
		names = append(names, stateFile(j.dir, first))
	}
	var faults []error
	for _, name := range names {
		err := j.loadTail(name)
		if err == nil {
			return nil
		}
		faults = append(faults, err)
	}
	if firsts[0] == 1 {
		return j.loadFrom(&tail{Segment: 1})
	}
	return fmt.Errorf("%w: counters cannot be rebuilt, because entries before %d were removed and no cached state is left: %w",
		ErrDamaged, firsts[0], errors.Join(faults...))
}

// begin makes the first segment.
func (j *Journal) begin() error {
	first, err := openSegment(j.dir, 1, os.O_CREATE|os.O_EXCL)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnwritable, err)
	}
	j.change(first)
	j.edge = &merkle.Edge{}
	if j.o.Durability == Disk {
		return syncDir(j.dir)
	}
	return nil
}

// loadTail takes up a cached tail if it is authentic and the line it ends with is where it says.
func (j *Journal) loadTail(name string) error {
	t, err := readTail(name, j.secret)
	if err != nil {
		return err
	}
	j.known = append(j.known, place{seq: t.Seq, hash: t.Hash})
	return j.loadFrom(t)
}

func (j *Journal) loadFrom(t *tail) error {
	edge, err := merkle.LoadEdge(t.Seq, readTile(j.dir))
	if err != nil {
		return err
	}
	if t.Seq > 0 && edge.Root() != t.Root {
		return fmt.Errorf("%w: the stored tiles are not those of the tree of %d", ErrDamaged, t.Seq)
	}
	seg, err := openSegment(j.dir, t.Segment, 0)
	if err != nil {
		return err
	}
	if err := t.agrees(seg); err != nil {
		return errors.Join(err, seg.file.Close())
	}
	seg.end = t.End
	j.change(seg)
	j.edge, j.signed, j.kept, j.cached = edge, t.Seq, t.Seq, t.Seq
	j.restore(t)
	return nil
}

// agrees checks that the last folded line is where the tail says.
func (t *tail) agrees(seg *segment) error {
	if t.Last == t.End {
		return nil // the first line of the segment names the hash, and adopt checks it
	}
	line, err := readLine(seg.file, t.Last, t.End)
	if err != nil {
		return fmt.Errorf("last line: %w", err)
	}
	e, err := ParseLine(line)
	if err == nil && (e.Hash != t.Hash || e.Seq != t.Seq) {
		err = fmt.Errorf("%w: another last line than the cached one", ErrDamaged)
	}
	return err
}

// A lines reads lines of any length, of which it keeps one.
type lines struct {
	from io.Reader
	buf  []byte
	at   int // start of the next line
	end  int // end of what was read
	eof  bool
}

// maxSealedLine bounds a line with sealed payloads: two of 16 MiB, encrypted and in base64.
const maxSealedLine = 64 << 20

// newLines reads the lines of a part of a file.
func newLines(from *io.SectionReader) *lines {
	return &lines{from: from, buf: make([]byte, min(256<<10, from.Size()+1))}
}

// next returns the next line with its newline, valid until the next call; io.EOF behind the last one; and
// io.ErrUnexpectedEOF when the last one does not end.
func (l *lines) next() ([]byte, error) {
	searched := 0
	for {
		if i := bytes.IndexByte(l.buf[l.at+searched:l.end], '\n'); i >= 0 {
			line := l.buf[l.at : l.at+searched+i+1]
			l.at += len(line)
			return line, nil
		}
		searched = l.end - l.at
		switch {
		case l.eof && searched == 0:
			return nil, io.EOF
		case l.eof:
			return nil, io.ErrUnexpectedEOF
		}
		if err := l.fill(); err != nil {
			return nil, err
		}
	}
}

// rest returns what was read behind the last line.
func (l *lines) rest() []byte { return l.buf[l.at:l.end] }

// fill reads more behind the unfinished line.
func (l *lines) fill() error {
	copy(l.buf, l.buf[l.at:l.end])
	l.at, l.end = 0, l.end-l.at
	if l.end == len(l.buf) {
		if len(l.buf) >= maxSealedLine {
			return fmt.Errorf("%w: a line of more than %d bytes", ErrMalformed, maxSealedLine)
		}
		l.buf = append(l.buf, make([]byte, len(l.buf))...)
	}
	n, err := l.from.Read(l.buf[l.end:])
	l.end += n
	if errors.Is(err, io.EOF) {
		l.eof, err = true, nil
	}
	return err
}
