package local

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// Bounds of what is remembered of files.
const (
	maxFiles = 1024
	maxFile  = 1 << 30 // bytes of a file that is looked at
	// young is how long after its last change a file is not remembered: it might change again within what its times can tell.
	young = 2 * time.Second
)

// Files knows the digests of files, and reads a file again when it is another than before by its size, its times or where
// it lies on the disk. The zero value is ready. It is safe for concurrent use.
type Files struct {
	Now func() time.Time // nil is time.Now

	mu    sync.Mutex
	known map[string]seen
}

// seen is a file as it was read.
type seen struct {
	about  os.FileInfo
	digest string
}

// Digest returns "sha256:" and the hexadecimal digest of what a file has in it, which must be a regular one.
func (f *Files) Digest(path string) (string, error) {
	about, err := os.Stat(path)
	if err != nil {
		return "", err
	}
	if err := fit(path, about); err != nil {
		return "", err
	}
	f.mu.Lock()
	last, known := f.known[path]
	f.mu.Unlock()
	if known && same(last.about, about) {
		return last.digest, nil
	}
	digest, about, err := read(path)
	if err != nil {
		return "", err
	}
	now := time.Now
	if f.Now != nil {
		now = f.Now
	}
	if now().Sub(changed(about)) > young {
		f.remember(path, seen{about, digest})
	}
	return digest, nil
}

func (f *Files) remember(path string, s seen) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.known == nil || len(f.known) >= maxFiles {
		f.known = map[string]seen{}
	}
	f.known[path] = s
}

// same reports whether a file is as it was.
func same(a, b os.FileInfo) bool {
	return os.SameFile(a, b) && a.Size() == b.Size() && a.ModTime().Equal(b.ModTime()) && changed(a).Equal(changed(b))
}

// fit reports why a file cannot be looked at.
func fit(path string, about os.FileInfo) error {
	switch {
	case !about.Mode().IsRegular():
		return fmt.Errorf("%s is no regular file", path)
	case about.Size() > maxFile:
		return fmt.Errorf("%s has %d bytes, at most %d are looked at", path, about.Size(), maxFile)
	default:
		return nil
	}
}

// read returns the digest of a file, and how it was before it was read.
func read(path string) (string, os.FileInfo, error) {
	file, err := os.Open(path) //nolint:gosec // the operator says which
	if err != nil {
		return "", nil, err
	}
	defer file.Close()
	about, err := file.Stat()
	if err == nil {
		err = fit(path, about)
	}
	if err != nil {
		return "", nil, err
	}
	h := sha256.New()
	n, err := io.Copy(h, io.LimitReader(file, maxFile+1))
	if err == nil && n != about.Size() {
		err = errors.New("it changes while it is read")
	}
	if err != nil {
		return "", nil, fmt.Errorf("%s: %w", path, err)
	}
	return "sha256:" + hex.EncodeToString(h.Sum(nil)), about, nil
}

// Rooted returns a path as it is from a folder, if it is not absolute.
func Rooted(dir, path string) string {
	if filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	return filepath.Join(dir, path)
}
