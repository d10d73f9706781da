//go:build unix && !linux

package process

import (
	"syscall"
	"time"
)

// attributes has a program begin a group. There is no means here to have it end when we die.
func attributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

// kin are what has left a program's group: it cannot be told here.
type kin struct{}

func (*kin) marked(env []string) []string { return env }
func (*kin) note(int)                     {}
func (*kin) kill(time.Duration) error     { return nil }
