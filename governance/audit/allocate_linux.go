package audit

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// allocate makes the file exactly size bytes long, all of them backed by the disk. A file that shrinks gives space back.
func allocate(f *os.File, size int64) error {
	if err := f.Truncate(min(size, fileSize(f))); err != nil || size == 0 {
		return err
	}
	err := unix.Fallocate(int(f.Fd()), 0, 0, size)
	if errors.Is(err, unix.EOPNOTSUPP) {
		return allocateZeros(f, size)
	}
	return err
}
