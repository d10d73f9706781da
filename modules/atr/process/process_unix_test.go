//go:build unix

package process_test

import (
	"bytes"
	"os"
	"strconv"
	"syscall"
)

// away is how a child leaves its parent's group.
func away(where string) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: where == "group", Setsid: where == "session"}
}

// alive reports whether a process runs; one that is dead and not yet waited for by init does not.
func alive(pid int) bool {
	if text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat"); err == nil {
		return !bytes.Contains(text, []byte(") Z "))
	}
	return syscall.Kill(pid, 0) == nil
}
