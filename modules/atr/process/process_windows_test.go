package process_test

import (
	"os"
	"syscall"
)

func away(string) *syscall.SysProcAttr { return nil }

func alive(pid int) bool {
	p, err := os.FindProcess(pid)
	return err == nil && p.Release() == nil
}
