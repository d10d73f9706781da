package primitives

import (
	"os"

	"golang.org/x/sys/windows"
)

// lock waits for the lock of an open file. Closing the file, or the end of the process, gives it back.
func lock(f *os.File) error {
	return windows.LockFileEx(windows.Handle(f.Fd()), windows.LOCKFILE_EXCLUSIVE_LOCK, 0, 1, 0, &windows.Overlapped{})
}

// syncDir does nothing: NTFS journals names itself.
func syncDir(string) error { return nil }

// Exposed says no, for the reason of readable.
func Exposed(os.FileInfo) bool { return false }

// readable says no: the rights of a file are inherited from its folder, and the mode says nothing of them.
func readable(os.FileInfo) bool { return false }
