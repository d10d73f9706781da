package bundle

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// currentName is the file of a folder that has the serial of the bundle which holds.
const currentName = "current"

// A Folder keeps the bundles of one kernel as files: each in a folder of its own, and which of them holds. It is one process's at a
// time to change, and anybody's to read.
type Folder string

// Current returns the folder with the files that hold, and their serial; ErrNone before there are any.
func (f Folder) Current() (dir string, serial int64, err error) {
	text, err := os.ReadFile(filepath.Join(string(f), currentName))
	if errors.Is(err, fs.ErrNotExist) {
		return "", 0, ErrNone
	}
	if err == nil {
		serial, err = strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
	}
	if err != nil {
		return "", 0, fmt.Errorf("published policies in %s: %w", string(f), err)
	}
	return f.of(serial), serial, nil
}

func (f Folder) of(serial int64) string {
	return filepath.Join(string(f), strconv.FormatInt(serial, 10))
}

// Unpack writes the files of a bundle into a folder of their own, which it returns. They do not hold yet.
func (f Folder) Unpack(b Bundle, files []File) (string, error) {
	if err := os.MkdirAll(string(f), 0o700); err != nil {
		return "", err
	}
	dir := f.of(b.Serial)
	fresh, err := os.MkdirTemp(string(f), ".new-*")
	if err != nil {
		return "", err
	}
	defer func() { _ = os.RemoveAll(fresh) }() // it is not there any more when all went well
	for _, file := range files {
		if err := os.WriteFile(filepath.Join(fresh, file.Name), file.Text, 0o600); err != nil {
			return "", err
		}
	}
	if err := os.RemoveAll(dir); err != nil { // of another process that was killed on the way
		return "", err
	}
	if err := os.Rename(fresh, dir); err != nil && !errors.Is(err, fs.ErrExist) {
		return "", err
	}
	return dir, nil
}

// Hold makes a bundle that was unpacked the one that holds, and removes the others but the one before. An older one than what
// holds is refused.
func (f Folder) Hold(b Bundle) error {
	_, before, err := f.Current()
	if err != nil && !errors.Is(err, ErrNone) {
		return err
	}
	if b.Serial < before {
		return fmt.Errorf("%w: an older bundle than the one that holds", ErrForged)
	}
	file := filepath.Join(string(f), currentName)
	next := file + ".new"
	if err := os.WriteFile(next, []byte(strconv.FormatInt(b.Serial, 10)+"\n"), 0o600); err != nil {
		return err
	}
	if err := os.Rename(next, file); err != nil {
		return err
	}
	return f.clean(b.Serial, before)
}

// clean removes what no longer holds, except what a process may be reading just now.
func (f Folder) clean(kept ...int64) error {
	entries, err := os.ReadDir(string(f))
	if err != nil {
		return err
	}
	for _, e := range entries {
		serial, err := strconv.ParseInt(e.Name(), 10, 64)
		if err != nil || !e.IsDir() || slices.Contains(kept, serial) {
			continue
		}
		if err := os.RemoveAll(filepath.Join(string(f), e.Name())); err != nil {
			return err
		}
	}
	return nil
}
