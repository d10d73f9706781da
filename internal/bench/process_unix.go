//go:build unix

package bench

import (
	"os"
	"syscall"
)

// terminate tells a process to end.
func terminate(p *os.Process) error { return p.Signal(syscall.SIGTERM) }
