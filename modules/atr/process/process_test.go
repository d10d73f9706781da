package process_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mcp-kernel/mcp-kernel/modules/atr/process"
	"github.com/mcp-kernel/mcp-kernel/modules/atr/sandbox"
)

// TestMain is also the programs that the tests run: the first argument says which.
func TestMain(m *testing.M) {
	sandbox.Launch(os.Args)
	if os.Getenv("PROCESS_TEST") == "" {
		os.Exit(m.Run())
	}
	if err := program(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(3)
	}
}

func program(args []string) error {
	switch args[0] {
	case "copy": // until the end of its input
		_, err := io.Copy(os.Stdout, os.Stdin)
		return err
	case "env":
		env := slices.DeleteFunc(os.Environ(), func(pair string) bool { return strings.HasPrefix(pair, "MCP_KERNEL_CHILD=") })
		_, err := fmt.Println(strings.Join(env, "\n"))
		return err
	case "temp":
		f, err := os.CreateTemp("", "")
		if err == nil {
			_, err = fmt.Println(filepath.Dir(f.Name()))
		}
		return err
	case "parent": // of a program that only its own death ends
		self, err := os.Executable()
		if err != nil {
			return err
		}
		profile := &sandbox.Profile{}
		profile.Grant(sandbox.Program{Path: self})
		p, err := process.Start(context.Background(), process.Spec{Command: self, Args: []string{"stubborn"}, Env: []string{"PROCESS_TEST=1"}, Sandbox: profile})
		if err == nil {
			_, err = io.Copy(os.Stdout, p.Stdout)
		}
		return err
	case "fail":
		fmt.Fprint(os.Stderr, "one\r\n\ntwo\xff\n"+strings.Repeat("x", 10_000)+"\nlast")
		return errors.New(" words")
	case "abandon": // leaves behind what has left its group, by way of one that has ended too
		middle := exec.CommandContext(context.Background(), os.Args[0], "stubborn and gone")
		middle.Stdout = os.Stdout
		return middle.Run()
	case "stubborn and gone":
		child := exec.CommandContext(context.Background(), os.Args[0], "stubborn")
		child.SysProcAttr = away("session")
		err := child.Start()
		if err == nil {
			_, err = fmt.Println(child.Process.Pid) // here, since it may be found before it says so itself
		}
		return err
	case "stubborn": // neither the end of its input nor a signal ends it, nor what it has started
		signal.Ignore(syscall.SIGTERM, syscall.SIGHUP, syscall.SIGINT)
		if len(args) > 1 {
			child := exec.CommandContext(context.Background(), os.Args[0], "stubborn")
			child.SysProcAttr = away(args[1])
			child.Stdout = os.Stdout
			if err := child.Start(); err != nil {
				return err
			}
		}
		fmt.Println(os.Getpid())
		time.Sleep(time.Hour)
	}
	return nil
}

// run starts one of the programs.
func run(t *testing.T, change func(*process.Spec), args ...string) *process.Process {
	t.Helper()
	s := process.Spec{Command: self(t), Args: args, Env: []string{"PROCESS_TEST=1"}, Grace: 200 * time.Millisecond}
	if change != nil {
		change(&s)
	}
	p, err := process.Start(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return p
}

func self(t *testing.T) string {
	t.Helper()
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func TestPipes(t *testing.T) {
	t.Parallel()
	p := run(t, func(s *process.Spec) { s.Grace = 20 * time.Second }, "copy")
	if _, err := io.WriteString(p.Stdin, "hello\n"); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(p.Stdout).ReadString('\n')
	if err != nil || line != "hello\n" {
		t.Errorf("%q, %v", line, err)
	}
	if err := p.Close(); err != nil || fmt.Sprint(p.LastWords()) != "ended" {
		t.Errorf("%v, %v", err, p.LastWords())
	}
}

// A program has the environment that it was given and nothing else.
func TestEnvironment(t *testing.T) {
	t.Setenv("PROCESS_TEST_SECRET", "hush")
	p := run(t, nil, "env")
	text, err := io.ReadAll(p.Stdout)
	if want := "PROCESS_TEST=1\n"; err != nil || runtime.GOOS != "windows" && string(text) != want {
		t.Errorf("%q, %v", text, err)
	}
	none := run(t, func(s *process.Spec) { s.Command, s.Env, s.Args = "/usr/bin/env", nil, nil })
	text, err = io.ReadAll(none.Stdout)
	mark, rest, _ := strings.Cut(string(text), "\n")
	if err != nil || rest != "" || runtime.GOOS == "linux" != strings.HasPrefix(mark, "MCP_KERNEL_CHILD=") {
		t.Errorf("%q, %v", text, err)
	}
}

func TestCleanEnv(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("other names are inherited there")
	}
	ours := []string{"PATH=/bin", "HOME=/home/me", "AWS_SECRET_ACCESS_KEY=x", "LANG=() { :;}", "TOKEN=a=b", "odd", "=x", "USER="}
	got := process.CleanEnv(ours, []string{"TOKEN", "ABSENT"}, map[string]string{"HOME": "/elsewhere", "KEY": "v"})
	if diff := cmp.Diff([]string{"HOME=/elsewhere", "KEY=v", "PATH=/bin", "TOKEN=a=b", "USER="}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// What a program says to standard error is told line by line, and its last words say how it ended.
func TestLastWords(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var told []string
	p := run(t, func(s *process.Spec) {
		s.OnLine = func(line string) {
			mu.Lock()
			defer mu.Unlock()
			told = append(told, line)
		}
	}, "fail")
	<-p.Done()
	long := strings.Repeat("x", 8<<10) + "…"
	want := []string{"one", "two\uFFFD", long, "last words"}
	mu.Lock()
	defer mu.Unlock()
	if diff := cmp.Diff(want, told); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got, want := fmt.Sprint(p.LastWords()), "exit status 3, and last wrote:\n"+strings.Join(want, "\n"); got != want {
		t.Errorf("%s", got)
	}
}

// A program that does not want to end is killed, and so is what it has started, wherever that has gone.
func TestStubborn(t *testing.T) {
	t.Parallel()
	for _, where := range []string{"", "group", "session"} {
		t.Run("child in another "+where, func(t *testing.T) {
			t.Parallel()
			if where != "" && runtime.GOOS != "linux" {
				t.Skip("what has left the group cannot be told here")
			}
			p := run(t, nil, "stubborn", where)
			var pids []int
			out := bufio.NewReader(p.Stdout)
			for range 2 {
				line, err := out.ReadString('\n')
				pid, fault := strconv.Atoi(strings.TrimSpace(line))
				if err != nil || fault != nil {
					t.Fatal(err, fault)
				}
				pids = append(pids, pid)
			}
			if err := p.Close(); err != nil || !slices.Contains(pids, p.PID()) {
				t.Error(err)
			}
			for _, pid := range pids {
				if alive(pid) {
					t.Errorf("%d is still there", pid)
				}
			}
		})
	}
}

// What a program has left behind ends with it, even where no line of parents leads to it any more.
func TestAbandoned(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("what has left the group cannot be told here")
	}
	p := run(t, nil, "abandon")
	line, err := bufio.NewReader(p.Stdout).ReadString('\n')
	pid, fault := strconv.Atoi(strings.TrimSpace(line))
	if err != nil || fault != nil {
		t.Fatal(err, fault)
	}
	<-p.Done()
	if alive(pid) {
		t.Errorf("%d is still there", pid)
	}
}

func TestStartFaults(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "tool"), []byte("#!/bin/sh\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		spec process.Spec
		want error
	}{
		"nothing":          {process.Spec{}, nil},
		"no such path":     {process.Spec{Command: "/no/such/tool"}, fs.ErrNotExist},
		"not in PATH":      {process.Spec{Command: "tool", Env: []string{"PATH=/no/such"}}, exec.ErrNotFound},
		"no PATH":          {process.Spec{Command: "sh"}, exec.ErrNotFound},
		"relative PATH":    {process.Spec{Command: "tool", Dir: dir, Env: []string{"PATH=.:"}}, exec.ErrNotFound},
		"not executable":   {process.Spec{Command: "./tool", Dir: dir}, fs.ErrPermission},
		"no such folder":   {process.Spec{Command: self(t), Dir: "/no/such"}, fs.ErrNotExist},
		"nothing runnable": {process.Spec{Command: dir}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, err := process.Start(t.Context(), tt.spec)
			if p != nil || err == nil || tt.want != nil && !errors.Is(err, tt.want) {
				t.Errorf("%v, want %v", err, tt.want)
			}
		})
	}
}
