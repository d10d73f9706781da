package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"

	"golang.org/x/sys/unix"
)

// Launch returns at once, unless this process was started as a launcher: then it takes its order, becomes the program that
// this names, and does not return. It is called first of all in main, with os.Args.
func Launch(args []string) {
	if !launching(args) {
		return
	}
	const failed = 126 // as shells say it of a program that cannot be started
	if err := launch(os.NewFile(orderFD, "order"), os.NewFile(replyFD, "reply")); err != nil {
		fmt.Fprintln(os.Stderr, "mcp-kernel sandbox:", err)
	}
	os.Exit(failed)
}

// launching reports whether arguments are those of a launcher.
func launching(args []string) bool { return len(args) == 2 && args[1] == Argument }

// launch returns only if it could not become the program.
func launch(in io.Reader, out io.Writer) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var o order
	if err := json.NewDecoder(io.LimitReader(in, maxOrder)).Decode(&o); err != nil {
		return fmt.Errorf("this starts the programs of a running kernel: %w", err)
	}
	// The signal at the parent's death is a thread's, and this one need not be the first.
	if err := unix.Prctl(unix.PR_SET_PDEATHSIG, uintptr(unix.SIGKILL), 0, 0, 0); err != nil {
		return err
	}
	if os.Getppid() != o.Parent {
		return errors.New("whoever started this is gone")
	}
	to := json.NewEncoder(out)
	report, err := Enforce(&o.Profile)
	if told := to.Encode(reply{Report: &report}); told != nil {
		return told
	}
	if err == nil {
		err = &os.PathError{Op: "exec", Path: string(o.Path), Err: unix.Exec(string(o.Path), texts(o.Args), texts(o.Env))}
	}
	return errors.Join(err, to.Encode(reply{Failed: err.Error()}))
}

// A Launcher is one that is being started.
type Launcher struct {
	order        order
	ours, theirs [2]*os.File // order and reply
}

// Prepare has a command start the launcher, which becomes what the command was to start. Afterwards either Report or Close
// is called.
func Prepare(cmd *exec.Cmd, p *Profile) (*Launcher, error) {
	if err := p.Validate(); err != nil {
		return nil, fmt.Errorf("sandbox: %w", err)
	}
	if launching(os.Args) { // or each would start the next
		return nil, errors.New("sandbox: this program was started as a launcher, and has not called Launch")
	}
	self := "/proc/self/exe" // what runs, even if the file has been replaced
	if _, err := os.Stat(self); err != nil {
		if self, err = os.Executable(); err != nil {
			return nil, fmt.Errorf("sandbox: %w", err)
		}
	}
	l := &Launcher{order: order{Profile: *p, Path: []byte(cmd.Path), Args: raw(cmd.Args), Env: raw(cmd.Env), Parent: os.Getpid()}}
	var err error
	if l.theirs[0], l.ours[0], err = os.Pipe(); err != nil {
		return nil, fmt.Errorf("sandbox: %w", err)
	}
	if l.ours[1], l.theirs[1], err = os.Pipe(); err != nil {
		return nil, fmt.Errorf("sandbox: %w", errors.Join(err, l.theirs[0].Close(), l.ours[0].Close()))
	}
	cmd.Path, cmd.Args, cmd.Env = self, []string{"mcp-kernel", Argument}, []string{}
	cmd.ExtraFiles = l.theirs[:]
	return l, nil
}

// Report gives the launcher that has started its order, and returns what became of the profile once it is the program. An
// error says why it is not, and wraps ErrLacking where that is why. Close ends the wait.
func (l *Launcher) Report() (Report, error) {
	defer l.Close()
	for _, f := range l.theirs {
		_ = f.Close() // the launcher has them
	}
	err := json.NewEncoder(l.ours[0]).Encode(l.order)
	if closed := l.ours[0].Close(); err == nil {
		err = closed
	}
	if err != nil {
		return Report{}, fmt.Errorf("sandbox: the launcher takes no order: %w", err)
	}
	r, err := replies(l.ours[1])
	if lacking := r.required(&l.order.Profile); lacking != nil {
		return r, lacking
	}
	return r, err
}

// Close gives up what was prepared. It may be called at any time, and again.
func (l *Launcher) Close() {
	for _, f := range append(l.ours[:], l.theirs[:]...) {
		_ = f.Close() // it may have been closed before
	}
}
