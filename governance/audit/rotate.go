package audit

import (
	"errors"
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
// successor, and it becomes read-only.
func (j *Journal) rotateIfFull() error {
	if j.seg.end < j.o.SegmentBytes {
		return nil
	}
	if err := j.sign(true); err != nil {
		return err
	}
	old := j.seg
	t := j.tail(j.edge.Root())
	t.Segment, t.End, t.Last = j.at.seq+1, 0, 0
	cached, err := t.encode(j.secret)
	if err == nil {
		err = writeFile(stateFile(j.dir, j.at.seq+1), cached, 0o600, j.o.Durability == Disk)
	}
	if err == nil {
		err = old.seal()
	}
	if err == nil {
		err = j.nextSegment()
	}
	if err == nil && j.o.Durability == Disk {
		err = syncDir(j.dir)
	}
	if err != nil {
		return fmt.Errorf("close segment %s: %w", old.file.Name(), err)
	}
	return j.retain()
}

// retain removes closed segments beyond what Options keep, oldest first, after a note that says so. Tiles, heads and the
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
	var faults []error
	for _, first := range firsts[:gone] {
		faults = append(faults, os.Remove(filepath.Join(j.dir, segmentName(first))))
		if err := os.Remove(stateFile(j.dir, first)); err != nil && !os.IsNotExist(err) {
			faults = append(faults, err)
		}
	}
	if err := errors.Join(faults...); err != nil {
		j.o.OnError(fmt.Errorf("retention: %w", err))
	}
	return nil
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
	secret, err := os.ReadFile(name)
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
	return secret, writeFile(name, secret, 0o600, true)
}
