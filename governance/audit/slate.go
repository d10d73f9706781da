package audit

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// A slate is a file, mapped into memory, on which entries stand until many of them are brought to the segment with one
// write. A process uses it while it keeps the journal's lock: copying a line into memory that the kernel holds survives
// kill -9 as a write does, and costs a twentieth of it. Nobody else can miss what stands there, because whoever takes the
// lock first brings what another left, and a reader adds it to what the segment holds.
//
// The file is a head of slateHead bytes and slateRoom bytes of lines. The head says whose lines they are, and its last
// word how many bytes of them count; that word is written after them. Numbers are little-endian.
type slate struct {
	file *os.File
	mem  []byte // nil where files cannot be mapped: then nothing ever stands there
}

const (
	slateHead  = 64
	slateRoom  = 256 << 10
	slateMagic = "mcpkslt1"

	slateSegment = 8  // offset of the first sequence number of the segment that the lines belong to
	slateBase    = 16 // offset of where in it they begin
	slateUsed    = 24 // offset of how many bytes of lines count
)

// openSlate opens the slate of a journal and makes it where there is none. The caller holds the journal's lock. Where it
// cannot be had, there is an error and a slate that takes nothing.
func openSlate(dir string, files Files) (slate, error) {
	name := filepath.Join(dir, slateName)
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600) //nolint:gosec // a path within the data directory
	if err != nil {
		return slate{}, err
	}
	if fileSize(f) < slateHead+slateRoom { // all of it is allocated, so that no copy can find the disk full
		err = files.Allocate(f, slateHead+slateRoom)
	}
	var mem []byte
	if err == nil {
		mem, err = mapFile(f, slateHead+slateRoom)
	}
	if err != nil || mem == nil {
		return slate{}, errors.Join(err, f.Close())
	}
	if string(mem[:len(slateMagic)]) != slateMagic {
		clear(mem[:slateHead])
		copy(mem, slateMagic)
	}
	return slate{file: f, mem: mem}, nil
}

// jottings are the lines that stand on a slate.
type jottings struct {
	segment uint64 // first sequence number of their segment
	base    int64  // where in it they begin
	lines   []byte
}

func (n jottings) end() int64 { return n.base + int64(len(n.lines)) }

// readSlate reads what stands in the bytes of a slate's file. What is no slate holds nothing.
func readSlate(b []byte) jottings {
	if len(b) < slateHead || string(b[:len(slateMagic)]) != slateMagic {
		return jottings{}
	}
	used := binary.LittleEndian.Uint64(b[slateUsed:])
	if used == 0 || used > uint64(len(b)-slateHead) {
		return jottings{}
	}
	base := binary.LittleEndian.Uint64(b[slateBase:])
	if base > 1<<62 {
		return jottings{}
	}
	return jottings{
		segment: binary.LittleEndian.Uint64(b[slateSegment:]),
		base:    int64(base), lines: b[slateHead : slateHead+int(used)],
	}
}

func (s *slate) read() jottings { return readSlate(s.mem) }

// add puts lines behind so many bytes that stand there, which belong to the same segment and end at the offset. There
// is room.
func (s *slate) add(used int, segment uint64, offset int64, lines []byte) error {
	if used == 0 {
		binary.LittleEndian.PutUint64(s.mem[slateSegment:], segment)
		binary.LittleEndian.PutUint64(s.mem[slateBase:], uint64(offset))
	}
	if err := copyMapped(s.mem[slateHead+used:], lines); err != nil {
		return err
	}
	binary.LittleEndian.PutUint64(s.mem[slateUsed:], uint64(used+len(lines)))
	return nil
}

// wipe lets nothing stand there any more.
func (s *slate) wipe() { binary.LittleEndian.PutUint64(s.mem[slateUsed:], 0) }

func (s *slate) close() error {
	if s.mem == nil {
		return nil
	}
	err := errors.Join(unmap(s.mem), s.file.Close())
	s.mem = nil
	return err
}

// flush brings what stands on the slate to the segment. Until it succeeds nothing else may be written to it. The caller
// holds both locks.
func (j *Journal) flush() error {
	n := j.slate.read()
	if len(n.lines) == 0 {
		return nil
	}
	if n.segment != j.seg.first || n.end() != j.seg.end {
		return fmt.Errorf("%w: the slate holds bytes %d to %d of segment %d, which is not what this process put there", ErrDamaged,
			n.base, n.end(), n.segment)
	}
	err := j.writeAt(n.lines, n.base)
	for err != nil && noSpace(err) && j.room.give(int64(len(n.lines))) {
		err = j.writeAt(n.lines, n.base)
	}
	if err != nil {
		return err
	}
	j.slate.wipe()
	return nil
}

// jot puts lines, fewer than there is room for on an empty slate, on the slate, and reports false where it cannot be used.
func (j *Journal) jot(lines []byte) (done bool, err error) {
	if j.slate.mem == nil {
		return false, nil
	}
	used := len(j.slate.read().lines)
	if len(lines) > slateRoom-used {
		if err := j.flush(); err != nil {
			j.turn.disturbed()
			return false, err
		}
		used = 0
	}
	if err := j.slate.add(used, j.seg.first, j.seg.end, lines); err != nil {
		j.o.OnError(fmt.Errorf("slate, from now on each group is written by itself: %w", err))
		return false, errors.Join(j.flush(), j.slate.close())
	}
	return true, nil
}

// inherit brings to its segment what a process that died, or could not write, left on the slate. After a power cut the
// slate may hold what was never whole: that is left out, and a note says so. The caller holds both locks.
func (j *Journal) inherit() error {
	n := j.slate.read()
	if len(n.lines) == 0 {
		return nil
	}
	seg, err := openSegment(j.dir, n.segment, 0)
	switch {
	case os.IsNotExist(err) || os.IsPermission(err): // closed or removed, so what it holds was signed without these lines
		j.drop(n.lines)
		return nil
	case err != nil:
		return err
	}
	defer seg.file.Close()
	size, sealed, err := stat(seg.file)
	if err != nil {
		return err
	}
	whole := wholeLines(n.lines)
	if sealed || size < n.base || size > n.end() {
		whole = whole[:0]
	}
	if len(whole) > 0 {
		_, err := j.o.Files.WriteAt(seg.file, whole, n.base)
		for err != nil && noSpace(err) && j.room != nil && j.room.give(int64(len(whole))) {
			_, err = j.o.Files.WriteAt(seg.file, whole, n.base)
		}
		if err != nil {
			return fmt.Errorf("bring %d bytes from the slate to %s: %w", len(whole), seg.file.Name(), err)
		}
	}
	j.drop(n.lines[len(whole):])
	return nil
}

// drop wipes the slate and notes what of it was lost.
func (j *Journal) drop(lost []byte) {
	j.slate.wipe()
	if len(lost) > 0 {
		j.note(Control{Action: ActionRecovered, Count: int64(len(lost))})
	}
}

// wholeLines returns as much of lines as is entries.
func wholeLines(lines []byte) []byte {
	n := 0
	for n < len(lines) {
		end := bytes.IndexByte(lines[n:], '\n')
		if end < 0 {
			break
		}
		if _, err := ParseLine(lines[n : n+end+1]); err != nil {
			break
		}
		n += end + 1
	}
	return lines[:n]
}
