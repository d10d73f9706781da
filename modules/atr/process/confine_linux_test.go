package process_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mcp-kernel/mcp-kernel/modules/atr/process"
	"github.com/mcp-kernel/mcp-kernel/modules/atr/sandbox"
)

// confined has a program run in a sandbox that grants nothing but what it needs.
func confined(t *testing.T) func(*process.Spec) {
	t.Helper()
	return func(s *process.Spec) {
		s.Sandbox = &sandbox.Profile{}
		s.Sandbox.Grant(sandbox.Program{Path: s.Command})
	}
}

// Everything that holds for a program holds for one in a sandbox: its pipes, its environment, its code and its last words.
func TestConfined(t *testing.T) {
	t.Parallel()
	p := run(t, func(s *process.Spec) { confined(t)(s); s.Grace = 20 * time.Second }, "copy")
	if _, err := io.WriteString(p.Stdin, "hello\n"); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(p.Stdout).ReadString('\n'); err != nil || line != "hello\n" {
		t.Errorf("%q, %v", line, err)
	}
	if err := p.Close(); err != nil || fmt.Sprint(p.LastWords()) != "ended" || p.Sandbox() == nil {
		t.Errorf("%v, %v, %v", err, p.LastWords(), p.Sandbox())
	}
	plain, within := run(t, nil, "env"), run(t, func(s *process.Spec) { confined(t)(s); s.Env = append(s.Env, "ODD=\xff\x00"[:5]) }, "env")
	text, err := io.ReadAll(within.Stdout)
	want, fault := io.ReadAll(plain.Stdout)
	if strip(string(text)) != strip(string(want))+"ODD=\xff\n" || err != nil || fault != nil {
		t.Errorf("%q, %q, %v, %v", text, want, err, fault)
	}
	failed := run(t, confined(t), "fail")
	<-failed.Done()
	if got := fmt.Sprint(failed.LastWords()); !strings.HasPrefix(got, "exit status 3, and last wrote:\none\n") {
		t.Error(got)
	}
}

// strip takes out the mark by which what a program has started is found.
func strip(env string) string {
	var b strings.Builder
	for line := range strings.Lines(env) {
		if !strings.HasPrefix(line, "MCP_KERNEL_") {
			b.WriteString(line)
		}
	}
	return b.String()
}

func TestConfinedStubborn(t *testing.T) {
	t.Parallel()
	p := run(t, confined(t), "stubborn", "session")
	out := bufio.NewReader(p.Stdout)
	var pids []int
	for range 2 {
		line, err := out.ReadString('\n')
		pid, fault := strconv.Atoi(strings.TrimSpace(line))
		if err != nil || fault != nil {
			t.Fatal(err, fault)
		}
		pids = append(pids, pid)
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	for _, pid := range pids {
		if alive(pid) {
			t.Errorf("%d is still there", pid)
		}
	}
}

// A program in a sandbox dies with the process that has started it, however that ends.
func TestConfinedOrphan(t *testing.T) {
	t.Parallel()
	parent := exec.CommandContext(t.Context(), self(t), "parent")
	parent.Env = []string{"PROCESS_TEST=1"}
	out, err := parent.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	in := bufio.NewReader(out)
	line, err := in.ReadString('\n')
	pid, fault := strconv.Atoi(strings.TrimSpace(line))
	if err != nil || fault != nil {
		t.Fatal(err, fault)
	}
	fd, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd) //nolint:errcheck // it was open
	if err := parent.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = parent.Wait() // it was killed
	const patience = 20_000
	if n, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, patience); n != 1 || err != nil {
		t.Errorf("it has outlived its parent: %v", err)
	}
}

// The folder for temporary files can be used in the sandbox, and is gone with the program.
func TestOwnTemp(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*process.Spec){"plain": func(*process.Spec) {}, "confined": confined(t)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := run(t, func(s *process.Spec) { change(s); s.OwnTemp = true; s.Env = append(s.Env, "TMPDIR=/elsewhere") }, "temp")
			text, err := io.ReadAll(p.Stdout)
			folder := strings.TrimSpace(string(text))
			if err != nil || filepath.Dir(folder) != filepath.Clean(os.TempDir()) {
				t.Errorf("%q, %v", text, err)
			}
			<-p.Done()
			if _, err := os.Stat(folder); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("%s is still there: %v; %v", folder, err, p.LastWords())
			}
		})
	}
}

func TestConfinedFaults(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		profile sandbox.Profile
		want    string
	}{
		"not granted": {sandbox.Profile{}, "permission denied"},
		"relative":    {sandbox.Profile{Read: []string{"x"}}, "not an absolute path"},
	} {
		p, err := process.Start(context.Background(), process.Spec{Command: self(t), Args: []string{"copy"}, Sandbox: &tt.profile, OwnTemp: true})
		if p != nil || err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	cancelled, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("enough"))
	if p, err := process.Start(cancelled, process.Spec{Command: self(t), Sandbox: &sandbox.Profile{}}); p != nil || err == nil {
		t.Error(err)
	}
}
