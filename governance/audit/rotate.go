package audit

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
)

// stateFile is where the fold at the beginning of a segment is cached.
func stateFile(dir string, first uint64) string {
	return filepath.Join(dir, fmt.Sprintf("%0*d%s", segmentDigits, first, stateSuffix))
}

// rotateIfFull closes a segment that is large enough: its head is signed and kept, the fold is cached beside its
// successor, and it becomes read-only. When that cannot be prepared, the segment goes on growing.
func (j *Journal) rotateIfFull() error {
	if j.seg.end < j.o.SegmentBytes {
		return nil
	}
	if err := j.flush(); err != nil {
		return err
	}
	if err := j.prepareNext(); err != nil {
		j.o.OnError(fmt.Errorf("close segment %s: %w", j.seg.file.Name(), err))
		return nil
	}
	if err := j.seg.seal(); err != nil {
		return err
	}
	if err := j.nextSegment(); err != nil {
		return err
	}
	if j.o.Durability == Disk {
		if err := syncDir(j.dir); err != nil {
			return err
		}
	}
	return j.retain()
}

// prepareNext signs the head at the end of the segment and caches the fold for the next one.
func (j *Journal) prepareNext() error {
	if err := j.sign(true); err != nil {
		return err
	}
	t := j.tail(j.edge.Root())
	t.Segment, t.End, t.Last = j.at.seq+1, 0, 0
	cached, err := t.encode(j.secret)
	if err != nil {
		return err
	}
	return writeFile(stateFile(j.dir, j.at.seq+1), cached, j.o.Durability == Disk)
}

// retain has closed segments beyond what Options keep removed, oldest first, once a note that says so is written. Tiles, heads and the
// secret stay, so what was removed can still be proved by whoever kept it.
func (j *Journal) retain() error {
	if j.o.RetainSegments == 0 && j.o.RetainAge == 0 {
		return nil
	}
	firsts, err := segments(j.dir)
	if err != nil {
		return err
	}
	gone := 0
	for gone < len(firsts)-1 && j.expired(firsts[gone+1], len(firsts)-1-gone) {
		gone++
	}
	if gone == 0 {
		return nil
	}
	j.note(Control{Action: ActionRetention, Subject: strconv.FormatUint(firsts[gone], 10), Count: int64(gone)})
	j.doomed = firsts[:gone]
	return nil
}

// removeDoomed removes the segments whose removal was just recorded.
func (j *Journal) removeDoomed() {
	for _, first := range j.doomed {
		if err := os.Remove(filepath.Join(j.dir, segmentName(first))); err != nil {
			j.o.OnError(fmt.Errorf("retention: %w", err))
		}
		if err := os.Remove(stateFile(j.dir, first)); err != nil && !os.IsNotExist(err) {
			j.o.OnError(fmt.Errorf("retention: %w", err))
		}
	}
	j.doomed = nil
}

// expired reports whether the oldest closed segment, of so many, is to be removed; next begins the one behind it.
func (j *Journal) expired(next uint64, closed int) bool {
	if j.o.RetainSegments > 0 && closed > j.o.RetainSegments {
		return true
	}
	if j.o.RetainAge == 0 {
		return false
	}
	t, err := readTail(stateFile(j.dir, next), j.secret)
	return err == nil && t.At.Add(j.o.RetainAge).Before(j.now())
}

// loadSecret reads the journal's secret, from which the salts of payloads come, and makes it the first time. The caller
// holds the journal's lock.
func loadSecret(name string, random io.Reader) ([]byte, error) {
	const size = 32
	secret, err := os.ReadFile(name) //nolint:gosec // a path within the data directory
	switch {
	case err == nil && len(secret) == size:
		return secret, nil
	case err == nil:
		return nil, fmt.Errorf("%w: %s holds %d bytes instead of %d", ErrDamaged, name, len(secret), size)
	case !os.IsNotExist(err):
		return nil, fmt.Errorf("secret: %w", err)
	}
	secret = make([]byte, size)
	if _, err := io.ReadFull(random, secret); err != nil {
		return nil, fmt.Errorf("secret: %w", err)
	}
	return secret, writeFile(name, secret, true)
}
