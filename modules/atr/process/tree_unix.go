//go:build unix

package process

import (
	"errors"
	"os/exec"

	"golang.org/x/sys/unix"
)

// A tree is a program and all that it has started, as far as the system tells.
type tree struct{ kin kin }

// prepare has the program begin a group of its own.
func (*tree) prepare(cmd *exec.Cmd) { cmd.SysProcAttr = attributes() }

// began is told that the program runs.
func (*tree) began(*exec.Cmd) error { return nil }

// ask has the group end.
func (t *tree) ask(cmd *exec.Cmd) error {
	t.kin.note(cmd.Process.Pid)
	return signal(cmd.Process.Pid, unix.SIGTERM)
}

// kill ends the group, and what has left it.
func (t *tree) kill(cmd *exec.Cmd) error {
	t.kin.note(cmd.Process.Pid)
	return errors.Join(signal(cmd.Process.Pid, unix.SIGKILL), t.kin.kill())
}

func (*tree) release() {}

// signal signals a group. One that is gone is no error.
func signal(group int, s unix.Signal) error {
	if err := unix.Kill(-group, s); err != nil && !errors.Is(err, unix.ESRCH) {
		return err
	}
	return nil
}
