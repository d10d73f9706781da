//go:build unix

package audit

import (
	"fmt"
	"os"
	"runtime/debug"

	"golang.org/x/sys/unix"
)

// mapFile maps the first n bytes of a file, to be read and written by every process that maps it.
func mapFile(f *os.File, n int) ([]byte, error) {
	mem, err := unix.Mmap(int(f.Fd()), 0, n, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return nil, fmt.Errorf("map %s: %w", f.Name(), err)
	}
	return mem, nil
}

func unmap(mem []byte) error { return unix.Munmap(mem) }

// copyMapped copies into mapped memory. A file system that copies on write can find no room for a page even though the
// file is allocated: then writing to it is a fault, which is an error here and not the end of the process.
func copyMapped(dst, src []byte) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("write to mapped memory: %v", v)
		}
	}()
	copy(dst, src)
	return nil
}
