package bench

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"time"
)

// A process is a server that this program started.
type process struct {
	cmd     *exec.Cmd
	dir     string // that stands for {dir}; empty when there is none
	began   time.Time
	in      io.WriteCloser // of a stdio server
	out     io.ReadCloser
	printed *printed
	exited  chan struct{} // closed when it has ended
	fault   error         // how, once exited is closed
}

// grace is how long a server has to end by itself when it is told to.
const grace = 10 * time.Second

// startProcess starts a command. Over stdio its input and output are the connection; over HTTP both its outputs are
// searched for its URL.
func startProcess(t *Target) (p *process, err error) {
	p = &process{printed: &printed{ready: t.ReadyURL, found: make(chan string, 1)}, exited: make(chan struct{})}
	args := make([]string, len(t.Command))
	for i, arg := range t.Command {
		if strings.Contains(arg, "{dir}") && p.dir == "" {
			if p.dir, err = os.MkdirTemp("", "mcp-kernel-bench-"); err != nil {
				return nil, err
			}
		}
		args[i] = strings.ReplaceAll(arg, "{dir}", p.dir)
	}
	p.cmd = exec.CommandContext(context.Background(), args[0], args[1:]...)
	p.cmd.Env = append(os.Environ(), t.Env...)
	p.cmd.Stderr = p.printed
	if t.overHTTP() {
		p.cmd.Stdout = p.printed
	} else if err := p.pipes(); err != nil {
		return nil, errors.Join(err, p.clean())
	}
	p.cmd.WaitDelay = time.Second
	p.began = time.Now()
	if err := p.cmd.Start(); err != nil {
		return nil, errors.Join(err, p.clean())
	}
	if t.overHTTP() {
		p.await()
	}
	return p, nil
}

func (p *process) pipes() (err error) {
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		return err
	}
	p.out, err = p.cmd.StdoutPipe()
	return err
}

// await notes when the process ends. Over stdio that waits until its output is read.
func (p *process) await() {
	go func() { // ends with the process, which end waits for
		p.fault = p.cmd.Wait()
		close(p.exited)
	}()
}

// Read reads what a stdio server writes. Where that ends, the error says what the server had to say about it.
func (p *process) Read(b []byte) (int, error) {
	n, err := p.out.Read(b)
	if err != nil {
		err = fmt.Errorf("the server's output ended: %w%s", err, p.printed)
	}
	return n, err
}

// Write writes to a stdio server.
func (p *process) Write(b []byte) (int, error) { return p.in.Write(b) }

// SetReadDeadline ends reads that wait at that time. Where a pipe cannot be interrupted they wait for the process.
func (p *process) SetReadDeadline(at time.Time) error {
	if out, ok := p.out.(*os.File); ok {
		if err := out.SetReadDeadline(at); !errors.Is(err, os.ErrNoDeadline) {
			return err
		}
	}
	return nil
}

// Close closes a stdio server's input, upon which it ends; one that does not is no longer listened to.
func (p *process) Close() error {
	_ = p.SetReadDeadline(time.Now().Add(grace)) // a pipe that is closed needs none
	if err := p.in.Close(); !errors.Is(err, os.ErrClosed) {
		return err
	}
	return nil
}

// url waits for the address that the process prints.
func (p *process) url(ctx context.Context, most time.Duration) (string, error) {
	late := time.NewTimer(most)
	defer late.Stop()
	select {
	case found := <-p.printed.found:
		return found, nil
	case <-p.exited:
		return "", fmt.Errorf("the server ended before it said where it is: %w%s", cmp.Or(p.fault, io.EOF), p.printed)
	case <-late.C:
		return "", fmt.Errorf("the server did not say where it is within %v%s", most, p.printed)
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

// end stops the process and waits for it. A stdio server, whose input is closed by now, may end by itself.
func (p *process) end() error {
	if p.in != nil {
		p.await()
		if p.within(grace) {
			return p.clean()
		}
	}
	_ = terminate(p.cmd.Process) // it may have ended meanwhile
	if !p.within(grace) {
		_ = p.cmd.Process.Kill()
		<-p.exited
	}
	return p.clean()
}

// within reports whether the process ends in time.
func (p *process) within(most time.Duration) bool {
	late := time.NewTimer(most)
	defer late.Stop()
	select {
	case <-p.exited:
		return true
	case <-late.C:
		return false
	}
}

func (p *process) clean() error {
	if p.dir == "" {
		return nil
	}
	return os.RemoveAll(p.dir)
}

// maxPrinted bounds what is kept of a server's log, for when something goes wrong.
const maxPrinted = 2000

// A printed takes what a process prints, keeps the end of it and looks for the URL.
type printed struct {
	ready *regexp.Regexp
	found chan string

	mu   sync.Mutex
	line []byte
	kept []byte
}

// Write implements io.Writer.
func (p *printed) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.kept = append(p.kept, b...)
	p.kept = p.kept[max(0, len(p.kept)-maxPrinted):]
	if p.ready == nil {
		return len(b), nil
	}
	p.line = append(p.line, b...)
	for {
		advance, line, _ := bufio.ScanLines(p.line, false)
		if advance == 0 {
			break
		}
		p.search(line)
		p.line = p.line[advance:]
	}
	p.line = bytes.Clone(p.line[max(0, len(p.line)-64<<10):])
	return len(b), nil
}

// search looks for the URL in a line.
func (p *printed) search(line []byte) {
	m := p.ready.FindSubmatch(line)
	if m == nil {
		return
	}
	select {
	case p.found <- string(m[min(1, len(m)-1)]):
	default: // it was found before
	}
}

// String is what was printed last, as the end of an error.
func (p *printed) String() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.kept) == 0 {
		return ""
	}
	return "; it printed:\n" + strings.TrimSpace(strings.ToValidUTF8(string(p.kept), ""))
}
