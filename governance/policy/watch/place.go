package watch

import (
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// Bounds of looking at files.
const (
	maxLinks   = 255    // that lead to one path
	maxEntries = 10_000 // of one directory
)

// names are the entries of a directory that matter; the nil map stands for all of them.
type names map[string]bool

// places returns the directories to watch, each with the entries of it that matter.
func places(paths []string) map[string]names {
	all := map[string]names{}
	for _, path := range paths {
		final := follow(path, all)
		if info, err := os.Stat(final); err == nil && info.IsDir() {
			all[final] = nil
		}
	}
	return all
}

// note adds an entry of a directory to those that matter.
func note(all map[string]names, dir, name string) {
	known, watched := all[dir]
	switch {
	case watched && known == nil:
	case watched:
		known[name] = true
	default:
		all[dir] = names{name: true}
	}
}

// follow goes the way to a path, notes every link on it and its end, and returns the end: the path without links, as far
// as it exists.
func follow(path string, all map[string]names) string {
	absolute, err := filepath.Abs(path)
	if err != nil {
		return path // only without a working directory, and then nothing can be watched
	}
	volume := filepath.VolumeName(absolute)
	root := volume + string(filepath.Separator)
	at, rest := root, parts(absolute[len(volume):])
	for links := 0; len(rest) > 0; {
		name := rest[0]
		rest = rest[1:]
		next := filepath.Join(at, name)
		info, err := os.Lstat(next)
		switch {
		case err != nil:
			note(all, at, name)
			return next
		case info.Mode()&os.ModeSymlink == 0:
			if len(rest) == 0 {
				note(all, at, name)
			}
			at = next
			continue
		}
		note(all, at, name)
		target, err := os.Readlink(next)
		if links++; err != nil || links > maxLinks {
			return next
		}
		if filepath.IsAbs(target) {
			volume = filepath.VolumeName(target)
			at, target = volume+string(filepath.Separator), target[len(volume):]
		}
		rest = append(parts(target), rest...)
	}
	return at
}

// parts splits a path into its names.
func parts(path string) []string {
	return strings.FieldsFunc(filepath.Clean(path), func(r rune) bool { return r == filepath.Separator || r == '/' })
}

// concerns reports whether the entry of a watched directory matters.
func (l *looker) concerns(path string) bool {
	if matter, ok := l.watched[path]; ok && matter == nil {
		return true // the directory itself
	}
	matter, ok := l.watched[filepath.Dir(path)]
	return ok && (matter == nil || matter[filepath.Base(path)])
}

// sync watches the directories that matter now, and no others. Adding one anew catches a directory that took the place
// of another of the same name.
func (l *looker) sync() {
	now := places(l.o.Paths())
	before := l.watched
	l.watched = now
	if l.from == nil {
		return
	}
	was := l.degraded
	l.degraded = false
	for dir := range now {
		if err := l.from.Add(dir); err != nil {
			l.degraded = true
			if !was {
				l.o.Fault(fmt.Errorf("watch: %s is not watched, so files are looked at every %v: %w", dir, l.o.Poll, err))
			}
		}
	}
	for dir := range before {
		if _, still := now[dir]; !still {
			_ = l.from.Remove(dir) // it is gone, or is not of interest any more
		}
	}
}

// A fingerprint changes when files do.
type fingerprint [sha256.Size]byte

// take looks at the files of the paths: names, sizes, times and modes, through links.
func take(paths []string) fingerprint {
	h := sha256.New()
	for _, path := range paths {
		info, err := os.Stat(path)
		describe(h, path, info, err)
		if err != nil || !info.IsDir() {
			continue
		}
		entries, err := os.ReadDir(path)
		if err != nil {
			describe(h, path, nil, err)
		}
		for _, e := range entries[:min(len(entries), maxEntries)] {
			inner := filepath.Join(path, e.Name())
			info, err := os.Stat(inner)
			describe(h, inner, info, err)
		}
	}
	return fingerprint(h.Sum(nil))
}

func describe(w io.Writer, path string, info os.FileInfo, err error) {
	if err != nil {
		fmt.Fprintf(w, "%q %q\n", path, err)
		return
	}
	fmt.Fprintf(w, "%q %d %d %v\n", path, info.Size(), info.ModTime().UnixNano(), info.Mode())
}
