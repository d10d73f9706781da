package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"
)

// patience is how long a test waits for what must come. It only passes when the test fails.
const patience = 30 * time.Second

// A child is a server process and the host's ends of its pipes.
type child struct {
	t     *testing.T
	cmd   *exec.Cmd
	in    io.WriteCloser
	lines chan string
	log   *safeBuffer
	done  chan struct{}
	err   error
}

// A safeBuffer can be read while a process writes to it.
type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *safeBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *safeBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// start starts the built program. It is killed when the test ends before it does.
func start(t *testing.T, args ...string) *child {
	t.Helper()
	return launch(t, built(t), args...)
}

// launch starts a program as start does.
func launch(t *testing.T, program string, args ...string) *child {
	t.Helper()
	c := &child{t: t, cmd: exec.CommandContext(context.WithoutCancel(t.Context()), program, args...), lines: make(chan string, 1024), log: &safeBuffer{}, done: make(chan struct{})}
	c.cmd.Stderr = c.log
	in, err := c.cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	c.in = in
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go c.read(out)
	t.Cleanup(func() {
		_ = c.cmd.Process.Kill()
		<-c.done
	})
	return c
}

// read hands on every line and, after the last, how the process ended.
func (c *child) read(out io.Reader) {
	r := bufio.NewReader(out)
	for {
		line, err := r.ReadString('\n')
		if line != "" {
			c.lines <- line
		}
		if err != nil {
			break
		}
	}
	close(c.lines)
	c.err = c.cmd.Wait()
	close(c.done)
}

// send writes one line.
func (c *child) send(line string) {
	c.t.Helper()
	if _, err := io.WriteString(c.in, line+"\n"); err != nil {
		c.t.Fatalf("writing to the server: %v\n%s", err, c.log)
	}
}

// next returns the next line, or "" at the end.
func (c *child) next() string {
	c.t.Helper()
	select {
	case line := <-c.lines:
		return line
	case <-time.After(patience):
		c.t.Fatalf("no line came within %v\n%s", patience, c.log)
		return ""
	}
}

// wait waits for the process and returns its exit code.
func (c *child) wait() int {
	c.t.Helper()
	select {
	case <-c.done:
	case <-time.After(patience):
		c.t.Fatalf("the process did not end within %v\n%s", patience, c.log)
	}
	var exit *exec.ExitError
	switch {
	case c.err == nil:
		return 0
	case errors.As(c.err, &exit):
		return exit.ExitCode()
	default:
		c.t.Fatal(c.err)
		return -1
	}
}

// close ends the process as a host does, and expects that it ends well with nothing more to say.
func (c *child) close() {
	c.t.Helper()
	if err := c.in.Close(); err != nil && !errors.Is(err, os.ErrClosed) {
		c.t.Fatal(err)
	}
	c.end()
}

// end expects nothing more and exit code 0.
func (c *child) end() {
	c.t.Helper()
	if line := c.next(); line != "" {
		c.t.Errorf("unexpected: %s", line)
	}
	if code := c.wait(); code != 0 {
		c.t.Errorf("exit code %d\n%s", code, c.log)
	}
}

// hello shakes hands in the 2025 era.
func (c *child) hello() {
	c.t.Helper()
	c.send(`{"jsonrpc":"2.0","id":"hello","method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"test","version":"1"}}}`)
	if line := c.next(); !json.Valid([]byte(line)) {
		c.t.Fatalf("initialize: %q\n%s", line, c.log)
	}
	c.send(`{"jsonrpc":"2.0","method":"notifications/initialized"}`)
}
