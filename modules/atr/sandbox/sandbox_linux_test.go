package sandbox_test

import (
	"bytes"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/mcp-kernel/mcp-kernel/modules/atr/sandbox"
)

func self(t *testing.T) string {
	t.Helper()
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// run runs a program under a profile, or without one if it is nil, and returns what it wrote. The error is that of the
// start, or of the program's end.
func run(tb testing.TB, p *sandbox.Profile, program string, args ...string) (string, sandbox.Report, error) {
	tb.Helper()
	var out bytes.Buffer
	cmd := &exec.Cmd{Path: program, Args: append([]string{program}, args...), Env: []string{"SANDBOX_TEST=1", "GORACE=atexit_sleep_ms=0"}, Stdout: &out, Stderr: &out}
	if p == nil {
		err := cmd.Run()
		return out.String(), sandbox.Report{}, err
	}
	l, err := sandbox.Prepare(cmd, p)
	if err != nil {
		return "", sandbox.Report{}, err
	}
	if err := cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	r, err := l.Report()
	err = errors.Join(err, cmd.Wait())
	return out.String(), r, err
}

// A scene is what an attack finds.
type scene struct {
	outside, own string // folders
	secret, key  string // a file outside, and another
	tcp, unix    string // addresses at which somebody listens
	datagrams    string
	pid          string // of a process that is not confined
}

func newScene(t *testing.T) *scene {
	t.Helper()
	s := &scene{outside: t.TempDir(), pid: strconv.Itoa(os.Getpid())}
	s.own = filepath.Join(s.outside, "own")
	s.secret, s.key = filepath.Join(s.outside, "secret"), filepath.Join(s.outside, ".ssh", "id_ed25519")
	for _, dir := range []string{s.own, filepath.Dir(s.key)} {
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for _, path := range []string{s.secret, s.key, filepath.Join(s.own, "mine")} {
		if err := os.WriteFile(path, []byte("secret"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s.tcp = listen(t, "tcp", "127.0.0.1:0")
	s.unix = listen(t, "unix", filepath.Join(s.outside, "agent"))
	s.datagrams = filepath.Join(s.outside, "log")
	c, err := (&net.ListenConfig{}).ListenPacket(t.Context(), "unixgram", s.datagrams)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return s
}

func listen(t *testing.T, network, address string) string {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), network, address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l.Addr().String()
}

// profile is that of an ordinary program with a folder of its own.
func (s *scene) profile(t *testing.T) *sandbox.Profile {
	t.Helper()
	p := &sandbox.Profile{Write: []string{s.own}}
	p.Grant(sandbox.Program{Path: self(t)})
	return p
}

// TestAttacks tries each attack twice: without a sandbox it succeeds, or it would prove nothing, and within one it does not.
func TestAttacks(t *testing.T) {
	t.Parallel()
	for name, args := range map[string]func(*scene) []string{
		"read":                     func(s *scene) []string { return []string{s.key} },
		"list":                     func(s *scene) []string { return []string{s.outside} },
		"write":                    func(s *scene) []string { return []string{filepath.Join(s.outside, "new")} },
		"truncate":                 func(s *scene) []string { return []string{s.secret} },
		"remove":                   func(s *scene) []string { return []string{s.secret} },
		"through a link":           func(s *scene) []string { return []string{s.secret, s.own} },
		"by a hard link":           func(s *scene) []string { return []string{s.secret, s.own} },
		"by the root of a process": func(s *scene) []string { return []string{s.secret} },
		"fast open":                func(s *scene) []string { return []string{s.tcp} },
		"listen anywhere":          nil,
		"their limits":             func(s *scene) []string { return []string{s.pid} },
		"their turn":               func(s *scene) []string { return []string{s.pid} },
		"shared memory":            nil,
		"memory of a file":         nil,
		"by dots":                  func(s *scene) []string { return []string{s.secret, s.own} },
		"move away":                func(s *scene) []string { return []string{filepath.Join(s.own, "mine"), s.outside} },
		"set-id":                   func(s *scene) []string { return []string{filepath.Join(s.own, "mine")} },
		"give it":                  func(s *scene) []string { return []string{filepath.Join(s.own, "mine")} },
		"connect":                  func(s *scene) []string { return []string{s.tcp} },
		"bind":                     func(*scene) []string { return []string{"127.0.0.1:0"} },
		"datagram":                 func(*scene) []string { return []string{"127.0.0.1:53"} },
		"local socket":             func(s *scene) []string { return []string{s.unix} },
		"pair that sends":          func(s *scene) []string { return []string{s.datagrams} },
		"multipath tcp":            nil,
		"raw packets":              nil,
		"to the kernel":            nil,
		"execute":                  func(*scene) []string { return []string{"/bin/true"} },
		"execute from memory":      func(*scene) []string { return []string{os.Args[0], "nothing"} },
		"trace":                    func(s *scene) []string { return []string{s.pid} },
		"read memory":              func(s *scene) []string { return []string{s.pid} },
		"environment":              func(s *scene) []string { return []string{s.pid} },
		"signal":                   func(s *scene) []string { return []string{s.pid} },
		"mount":                    func(s *scene) []string { return []string{s.own} },
		"unshare":                  nil,
		"user namespace":           nil,
		"io_uring":                 nil,
		"bpf":                      nil,
		"keys":                     nil,
		"chroot":                   func(s *scene) []string { return []string{s.own} },
		"by handle":                func(s *scene) []string { return []string{s.own} },
		"old numbers":              nil,
		"host name":                nil,
		"new clone":                nil,
		"privileges":               nil,
		"other user":               nil,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			try := func(within bool) (string, error) {
				s := newScene(t)
				var p *sandbox.Profile
				if within {
					p = s.profile(t)
				}
				words := []string{name}
				if args != nil {
					words = append(words, args(s)...)
				}
				out, _, err := run(t, p, self(t), words...)
				return out, err
			}
			if out, err := try(false); err != nil {
				t.Skipf("this machine refuses it anyway: %v %s", err, out)
			}
			out, err := try(true)
			if end, ok := errors.AsType[*exec.ExitError](err); !ok || end.ExitCode() == 1 || end.ExitCode() == 126 {
				t.Errorf("%v\n%s", err, out)
			}
			t.Logf("%s: %s", err, strings.TrimSpace(out))
		})
	}
}

// leaky returns a descriptor that programs which are started inherit.
func leaky(t *testing.T, f *os.File) int {
	t.Helper()
	fd, err := syscall.Dup(int(f.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = errors.Join(syscall.Close(fd), f.Close()) })
	return fd
}
