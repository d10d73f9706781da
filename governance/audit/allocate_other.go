//go:build !linux

package audit

import "os"

// allocate makes the file exactly size bytes long, all of them backed by the disk. A file that shrinks gives space back.
func allocate(f *os.File, size int64) error {
	if err := f.Truncate(min(size, fileSize(f))); err != nil {
		return err
	}
	return allocateZeros(f, size)
}
