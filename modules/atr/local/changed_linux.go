package local

import (
	"os"
	"syscall"
	"time"
)

// changed is when a file last changed in any way: unlike its time of modification nobody can set it.
func changed(about os.FileInfo) time.Time {
	if s, ok := about.Sys().(*syscall.Stat_t); ok {
		return time.Unix(int64(s.Ctim.Sec), int64(s.Ctim.Nsec)) //nolint:unconvert // they are narrower on some machines
	}
	return about.ModTime()
}
