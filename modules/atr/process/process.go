package process

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/mcp-kernel/mcp-kernel/modules/atr/sandbox"
)

// What holds where a Spec says nothing.
const (
	DefaultGrace = 2 * time.Second // for a program to end at the end of its input, and again when it is told
	maxLine      = 8 << 10         // bytes of a line of standard error; the rest of a longer one is left out
	maxWords     = 20              // lines that are remembered
)

// A Spec says what to run.
type Spec struct {
	Command string   // a path, or a name that is looked for in PATH of Env
	Args    []string // without the name
	Env     []string // all of it, as CleanEnv makes it; nil is none
	Dir     string   // to run in; empty is the present one
	// OnLine takes each line of standard error, without its end, made valid UTF-8. It must not wait. May be nil.
	OnLine func(line string)
	Grace  time.Duration // 0 is DefaultGrace
	// Sandbox says what the program may do; nil is all that we may. Where it is used, main begins with sandbox.Launch.
	Sandbox *sandbox.Profile
	// OwnTemp gives the program a folder of its own for temporary files, which TMPDIR, TMP and TEMP name, which it may
	// change, and which is removed when it has ended.
	OwnTemp bool
}

// A Process is a program that runs, or has run.
type Process struct {
	Stdin  io.WriteCloser
	Stdout io.ReadCloser

	spec     Spec
	cmd      *exec.Cmd
	launcher *sandbox.Launcher // nil without a sandbox
	report   *sandbox.Report   // what became of the sandbox
	temp     string            // the folder for temporary files; empty is none
	tree     tree
	done     chan struct{} // closed when the program has ended

	stopping sync.Once
	err      error // of Wait; read after done

	mu    sync.Mutex
	words []string // the last lines of standard error
}

// Start runs a program. ctx bounds nothing but the start.
func Start(ctx context.Context, s Spec) (*Process, error) {
	if err := ctx.Err(); err != nil {
		return nil, context.Cause(ctx)
	}
	if s.Grace == 0 {
		s.Grace = DefaultGrace
	}
	path, err := lookUp(s.Command, s.Dir, s.Env)
	if err != nil {
		return nil, err
	}
	p := &Process{spec: s, done: make(chan struct{})}
	p.cmd = &exec.Cmd{Path: path, Args: append([]string{s.Command}, s.Args...), Env: s.Env, Dir: s.Dir, WaitDelay: s.Grace}
	if s.Env == nil {
		p.cmd.Env = []string{} // nil would be ours
	}
	if err := p.prepare(); err != nil {
		return nil, errors.Join(fmt.Errorf("start %s: %w", s.Command, err), p.clean())
	}
	started := make(chan error)
	go p.run(ctx, started)
	if err := <-started; err != nil {
		return nil, errors.Join(fmt.Errorf("start %s: %w", s.Command, err), p.Stdin.Close(), p.Stdout.Close())
	}
	return p, nil
}

// pipe makes the pipes. The program's ends are closed here once it has them; ours are our callers'.
func (p *Process) pipe() error {
	in, toIn, err := os.Pipe()
	if err != nil {
		return err
	}
	fromOut, out, err := os.Pipe()
	if err != nil {
		return errors.Join(err, in.Close(), toIn.Close())
	}
	p.cmd.Stdin, p.cmd.Stdout, p.cmd.Stderr = in, out, &lines{take: p.line}
	p.Stdin, p.Stdout = toIn, fromOut
	return nil
}

// run starts the program and waits for it, on a thread of its own: where the system ends children with their parent, that
// is the thread which started them.
func (p *Process) run(ctx context.Context, started chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	err := p.cmd.Start()
	if err == nil {
		err = p.tree.began(p.cmd)
		if err == nil {
			err = p.confined(ctx)
		}
		if err != nil {
			_ = p.tree.kill(p.cmd, p.spec.Grace)
			_ = p.cmd.Wait() // it was killed
		}
	} else if p.launcher != nil {
		p.launcher.Close()
	}
	for _, end := range []any{p.cmd.Stdin, p.cmd.Stdout} {
		_ = end.(io.Closer).Close() // ours is the other end
	}
	if err != nil {
		err = errors.Join(err, p.clean())
		close(p.done)
		started <- err
		return
	}
	started <- nil
	p.err = p.cmd.Wait()
	if errors.Is(p.err, exec.ErrWaitDelay) { // something that it has started holds its standard error
		p.err = nil
	}
	_ = p.tree.kill(p.cmd, p.spec.Grace) // whatever it has left behind
	p.tree.release()
	if last, ok := p.cmd.Stderr.(*lines); ok {
		last.end()
	}
	_ = p.clean() // what it has made there and shut is left to the system
	close(p.done)
}

// line takes a line of standard error.
func (p *Process) line(line string) {
	p.mu.Lock()
	p.words = append(p.words, line)
	if len(p.words) > maxWords {
		p.words = append(p.words[:0], p.words[1:]...)
	}
	p.mu.Unlock()
	if p.spec.OnLine != nil {
		p.spec.OnLine(line)
	}
}

// PID returns the program's process id.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Done is closed when the program has ended and nothing of it runs any more.
func (p *Process) Done() <-chan struct{} { return p.done }

// LastWords is how the program ended, with what it wrote to standard error last; nil while it runs. It may hold anything that a
// stranger wrote, so it is for logs and operators.
func (p *Process) LastWords() error {
	select {
	case <-p.done:
	case <-time.After(p.spec.Grace / 4): // it may be about to
		return nil
	}
	p.mu.Lock()
	words := strings.Join(p.words, "\n")
	p.mu.Unlock()
	how := "ended"
	if p.err != nil {
		how = p.err.Error()
	}
	if words == "" {
		return errors.New(how)
	}
	return fmt.Errorf("%s, and last wrote:\n%s", how, words)
}

// Close has the program end, and waits until it and all that it has started are gone: first its input ends, which is how a
// server of the protocol is told; after Grace the group is asked to end, and after Grace again it is killed.
func (p *Process) Close() error {
	p.stopping.Do(func() {
		_ = p.Stdin.Close() // its user may have done so
		kill := func(cmd *exec.Cmd) error { return p.tree.kill(cmd, p.spec.Grace) }
		for _, step := range []func(*exec.Cmd) error{p.tree.ask, kill} {
			timer := time.NewTimer(p.spec.Grace)
			select {
			case <-p.done:
				timer.Stop()
				return
			case <-timer.C:
				_ = step(p.cmd) // what is gone cannot be told
			}
		}
	})
	<-p.done
	_ = p.Stdout.Close() // its user may have done so
	return nil
}

// lines cuts what is written to it into lines.
type lines struct {
	take func(string)
	part []byte
	over bool // the line is too long, and its rest is left out
}

// Write implements io.Writer. It never fails.
func (l *lines) Write(b []byte) (int, error) {
	for _, c := range b {
		switch {
		case c == '\n':
			l.end()
		case len(l.part) < maxLine:
			l.part = append(l.part, c)
		default:
			l.over = true
		}
	}
	return len(b), nil
}

// end takes what there is as a line.
func (l *lines) end() {
	text := strings.TrimSuffix(strings.ToValidUTF8(string(l.part), "\uFFFD"), "\r")
	if l.over {
		text += "…"
	}
	if text != "" {
		l.take(text)
	}
	l.part, l.over = l.part[:0], false
}
