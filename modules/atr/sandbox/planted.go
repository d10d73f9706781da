package sandbox

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// planted reports whether a path leads through a link that lies within what the program may change. Such a link may be its
// own work, from when it ran before: followed, it would be granted whatever it has it point to.
func planted(path string, writable []string) bool {
	const most = 40 // links on the way, as the system has it (path_resolution(7))
	done, links := "/", 0
	for rest := strings.Split(path, "/"); len(rest) > 0; {
		name := rest[0]
		rest = rest[1:]
		if name == ".." {
			done = filepath.Dir(done)
			continue
		}
		at := filepath.Join(done, name)
		to, err := os.Readlink(at)
		if err != nil || at == done {
			done = at
			continue
		}
		if links++; links > most || slices.ContainsFunc(writable, func(root string) bool { return within(done, root) }) {
			return true
		}
		if filepath.IsAbs(to) {
			done = "/"
		}
		rest = slices.Concat(strings.Split(to, "/"), rest)
	}
	return false
}

// within reports whether a path is a folder, or lies below it.
func within(path, folder string) bool {
	return path == folder || folder == "/" || strings.HasPrefix(path, folder+"/")
}

// actual is where a path leads; as it is where that cannot be told.
func actual(path string) string {
	if to, err := filepath.EvalSymlinks(path); err == nil {
		return to
	}
	return path
}

// writable are the real places that a profile lets a program change, but for that of one path, whose own place is none that
// leads there.
func (p *Profile) writable(but string) []string {
	var all []string
	for _, path := range p.Write {
		if path != but {
			all = append(all, actual(path))
		}
	}
	return all
}

// Overlap returns a path of those that are granted which lies within one of the others, or has one of them within it; empty if
// none does. Links are followed.
func Overlap(granted, others []string) string {
	for _, path := range granted {
		for _, other := range others {
			if a, b := actual(path), actual(other); within(a, b) || within(b, a) {
				return path
			}
		}
	}
	return ""
}
