//go:build unix

package process

import (
	"errors"
	"os/exec"
	"time"

	"golang.org/x/sys/unix"
)

// A tree is a program and all that it has started, as far as the system tells.
type tree struct{ kin kin }

// prepare has the program begin a group of its own, and marks it where that helps.
func (t *tree) prepare(cmd *exec.Cmd) {
	cmd.SysProcAttr = attributes()
	cmd.Env = t.kin.marked(cmd.Env)
}

// began is told that the program runs.
func (*tree) began(*exec.Cmd) error { return nil }

// ask has the group end.
func (t *tree) ask(cmd *exec.Cmd) error {
	t.kin.note(cmd.Process.Pid)
	return signal(cmd.Process.Pid, unix.SIGTERM)
}

// kill ends the group, and what has left it, and waits for that as long as it has patience.
func (t *tree) kill(cmd *exec.Cmd, patience time.Duration) error {
	t.kin.note(cmd.Process.Pid)
	return errors.Join(signal(cmd.Process.Pid, unix.SIGKILL), t.kin.kill(patience))
}

func (*tree) release() {}

// signal signals a group. One that is gone is no error.
func signal(group int, s unix.Signal) error {
	if err := unix.Kill(-group, s); err != nil && !errors.Is(err, unix.ESRCH) {
		return err
	}
	return nil
}
