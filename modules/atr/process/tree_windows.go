package process

import (
	"os/exec"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"
)

// A tree is a program and all that it has started: a job, which the system ends when its last handle is closed, as when we
// die.
type tree struct{ job windows.Handle }

// prepare has the program begin a group, so that what a console sends to us is not sent to it.
func (*tree) prepare(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{CreationFlags: windows.CREATE_NEW_PROCESS_GROUP, HideWindow: true}
}

// began puts the program into a job.
func (t *tree) began(cmd *exec.Cmd) error {
	job, err := windows.CreateJobObject(nil, nil)
	if err != nil {
		return err
	}
	limits := windows.JOBOBJECT_EXTENDED_LIMIT_INFORMATION{
		BasicLimitInformation: windows.JOBOBJECT_BASIC_LIMIT_INFORMATION{LimitFlags: windows.JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE},
	}
	_, err = windows.SetInformationJobObject(job, windows.JobObjectExtendedLimitInformation,
		uintptr(unsafe.Pointer(&limits)), uint32(unsafe.Sizeof(limits))) //nolint:gosec // the call reads it and keeps nothing
	if err == nil {
		var process windows.Handle
		if process, err = windows.OpenProcess(windows.PROCESS_SET_QUOTA|windows.PROCESS_TERMINATE, false, uint32(cmd.Process.Pid)); err == nil {
			err = windows.AssignProcessToJobObject(job, process)
			_ = windows.CloseHandle(process) // it was open
		}
	}
	if err != nil {
		_ = windows.CloseHandle(job) // it was open
		return err
	}
	t.job = job
	return nil
}

// ask does nothing: a program without a console cannot be asked here.
func (*tree) ask(*exec.Cmd) error { return nil }

// kill ends the job.
func (t *tree) kill(cmd *exec.Cmd, _ time.Duration) error {
	if t.job == 0 {
		return cmd.Process.Kill()
	}
	return windows.TerminateJobObject(t.job, 1)
}

// release closes the job.
func (t *tree) release() {
	if t.job != 0 {
		_ = windows.CloseHandle(t.job) // it was open
		t.job = 0
	}
}
