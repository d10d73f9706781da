//go:build !linux

package local

import (
	"os"
	"time"
)

// changed is when a file last changed, as far as the system tells.
func changed(about os.FileInfo) time.Time { return about.ModTime() }
