//go:build unix

package audit

import (
	"errors"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"
)

// tryLock takes the lock of an open file without waiting; got is false when another process, or another file of this
// one, holds it.
func tryLock(f *os.File, exclusive bool) (got bool, err error) {
	how := unix.LOCK_SH
	if exclusive {
		how = unix.LOCK_EX
	}
	for {
		err = unix.Flock(int(f.Fd()), how|unix.LOCK_NB)
		switch {
		case errors.Is(err, unix.EINTR):
		case errors.Is(err, unix.EWOULDBLOCK):
			return false, nil
		default:
			return err == nil, err
		}
	}
}

func unlock(f *os.File) error { return unix.Flock(int(f.Fd()), unix.LOCK_UN) }

// stat returns the size of an open file and whether nobody may write to it, without allocating.
func stat(f *os.File) (size int64, sealed bool, err error) {
	var st unix.Stat_t
	if err := unix.Fstat(int(f.Fd()), &st); err != nil {
		return 0, false, &fs.PathError{Op: "fstat", Path: f.Name(), Err: err}
	}
	return st.Size, st.Mode&0o200 == 0, nil
}

// noSpace reports whether an error is about a full disk or a used-up quota.
func noSpace(err error) bool {
	return errors.Is(err, unix.ENOSPC) || errors.Is(err, unix.EDQUOT) || errors.Is(err, unix.EFBIG)
}

// syncDir makes the names in a directory durable.
func syncDir(dir string) error {
	f, err := os.Open(dir) //nolint:gosec // a path within the data directory
	if err != nil {
		return err
	}
	defer f.Close()
	return f.Sync()
}
