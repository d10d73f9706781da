//go:build unix

package main

import (
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

// lockJournal holds the journal as another process would. The returned function lets go.
func lockJournal(t *testing.T, path string) func() {
	t.Helper()
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX); err != nil {
		t.Fatal(err)
	}
	return func() { _ = f.Close() }
}
