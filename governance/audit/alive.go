package audit

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Lives reports whether the process that writes under an id, as ProcessID returns it, is still there. One that cannot be
// asked about counts as living.
func (j *Journal) Lives(process string) bool {
	if process == j.process {
		return true
	}
	if process == "" || strings.ContainsAny(process, `/\`) {
		return false
	}
	f, err := os.OpenFile(filepath.Join(j.dir, reservePrefix+process), os.O_RDWR, 0) //nolint:gosec // a path within the data directory
	if err != nil {
		return !errors.Is(err, fs.ErrNotExist)
	}
	dead, err := tryLock(f, false) // shared, so that two who ask do not take each other for the process
	_ = f.Close()                  // gives the lock back
	return err != nil || !dead
}
