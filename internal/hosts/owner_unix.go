//go:build unix

package hosts

import (
	"io/fs"
	"os"
	"syscall"
)

// owned reports whether a file is the user's who runs this. Who replaces another's file becomes its owner.
func owned(info fs.FileInfo) bool {
	s, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(s.Uid) == os.Geteuid()
}
