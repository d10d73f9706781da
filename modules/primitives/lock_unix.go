//go:build unix

package primitives

import (
	"errors"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// lock waits for the lock of an open file. Closing the file, or the end of the process, gives it back.
func lock(f *os.File) error {
	for {
		if err := unix.Flock(int(f.Fd()), unix.LOCK_EX); !errors.Is(err, unix.EINTR) {
			return err
		}
	}
}

// syncDir makes the names in a directory durable.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// Exposed reports whether a file with a secret can be read by others than it is for, or written by them: it is for its owner and,
// where it is not ours, for the group through which alone we can read it, as when an orchestrator hands us what root owns.
func Exposed(info os.FileInfo) bool {
	if !readable(info) {
		return false
	}
	owned, ok := info.Sys().(*syscall.Stat_t)
	return !ok || info.Mode().Perm()&0o037 != 0 || int(owned.Uid) == os.Geteuid()
}

// readable reports whether others than the owner may read or write a file.
func readable(info os.FileInfo) bool { return info.Mode().Perm()&0o077 != 0 }
