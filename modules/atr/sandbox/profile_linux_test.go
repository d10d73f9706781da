package sandbox_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mcp-kernel/mcp-kernel/modules/atr/sandbox"
)

// What is granted works: the twin of the attacks.
func TestGranted(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		grant func(*sandbox.Profile, *scene)
		args  func(*scene) []string
	}{
		"work":            {nil, func(s *scene) []string { return []string{s.own} }},
		"nothing":         {},
		"pipe of sockets": {},
		"many files":      {},
		"fork":            {nil, func(*scene) []string { return []string{"2"} }},
		"read": {
			func(p *sandbox.Profile, s *scene) { p.Read = append(p.Read, s.key) },
			func(s *scene) []string { return []string{s.key} },
		},
		"through a link": {
			func(p *sandbox.Profile, s *scene) { p.Read = append(p.Read, s.secret) },
			func(s *scene) []string { return []string{s.secret, s.own} },
		},
		"execute": {
			func(p *sandbox.Profile, _ *scene) { p.Grant(sandbox.Program{Path: "/bin/true"}) },
			func(*scene) []string { return []string{"/bin/true"} },
		},
		"connect": {
			func(p *sandbox.Profile, s *scene) { p.Net.Connect = []uint16{port(s.tcp)} },
			func(s *scene) []string { return []string{s.tcp} },
		},
		"bind": {
			func(p *sandbox.Profile, _ *scene) { p.Net.Listen = []uint16{0} },
			func(*scene) []string { return []string{"127.0.0.1:0"} },
		},
		"datagram": {
			func(p *sandbox.Profile, _ *scene) { p.Net.Connect = []uint16{sandbox.DNS} },
			func(*scene) []string { return []string{"127.0.0.1:53"} },
		},
		"local socket": {
			func(p *sandbox.Profile, s *scene) { p.Net.Unix, p.Write = true, append(p.Write, s.outside) },
			func(s *scene) []string { return []string{s.unix} },
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t)
			p := s.profile(t)
			if tt.grant != nil {
				tt.grant(p, s)
			}
			words := []string{name}
			if tt.args != nil {
				words = append(words, tt.args(s)...)
			}
			if out, r, err := run(t, p, self(t), words...); err != nil {
				t.Errorf("%v\n%s\n%v", err, out, &r)
			}
		})
	}
}

func port(address string) uint16 {
	var number uint16
	_, _ = fmt.Sscanf(address[strings.LastIndexByte(address, ':'):], ":%d", &number)
	return number
}

// Ports that are not granted are closed while others are open.
func TestPorts(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	p := s.profile(t)
	p.Net = sandbox.Net{Connect: []uint16{port(s.tcp)}, Listen: []uint16{0}}
	other := listen(t, "tcp", "127.0.0.1:0")
	for name, args := range map[string][]string{
		"connect": {other}, "bind": {fmt.Sprintf("127.0.0.1:%d", port(other)-1)}, "datagram": {"127.0.0.1:53"}, "multipath tcp": nil, "raw packets": nil,
		"fast open": {other},
	} {
		if out, _, err := run(t, p, self(t), append([]string{name}, args...)...); err == nil || !strings.Contains(out, "not permitted") && !strings.Contains(out, "permission denied") {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
	}
}

// Who may connect to a port cannot be reached at any.
func TestListenAnywhere(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	p := s.profile(t)
	p.Net.Connect = []uint16{port(s.tcp)}
	if out, _, err := run(t, p, self(t), "listen anywhere"); err == nil {
		t.Error(out)
	}
}

// Limits hold with a sandbox and without one, and what is within them is not disturbed.
func TestLimits(t *testing.T) {
	t.Parallel()
	const grow = `a=aaaaaaaaaaaaaaaa; n=0; while [ $n -lt 22 ]; do a=$a$a; n=$((n+1)); done; echo ${#a}`
	for name, tt := range map[string]struct {
		limits sandbox.Limits
		shell  string
		args   func(*scene) []string
	}{
		"memory":     {limits: sandbox.Limits{Memory: 32 << 20}, shell: grow},
		"processes":  {limits: sandbox.Limits{Processes: 1}, args: func(*scene) []string { return []string{"fork", "1"} }},
		"open files": {limits: sandbox.Limits{Files: 50}, args: func(*scene) []string { return []string{"many files"} }},
		"raised":     {limits: sandbox.Limits{Files: 50}, args: func(*scene) []string { return []string{"more files"} }},
		"file size":  {limits: sandbox.Limits{FileSize: 4096}, args: func(s *scene) []string { return []string{"big file", filepath.Join(s.own, "big")} }},
		"cpu":        {limits: sandbox.Limits{CPU: time.Millisecond}, shell: `n=0; while [ $n -lt 100000000 ]; do n=$((n+1)); done`},
	} {
		for _, open := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s, open %v", name, open), func(t *testing.T) {
				t.Parallel()
				s := newScene(t)
				program, words := self(t), []string{"-c", tt.shell}
				if tt.shell != "" {
					program = "/bin/sh"
				} else {
					words = tt.args(s)
				}
				within := func(l sandbox.Limits) (string, sandbox.Report, error) {
					p := &sandbox.Profile{Open: true, Limits: l}
					if !open {
						p = s.profile(t)
						p.Limits = l
						p.Grant(sandbox.Program{Path: program})
					}
					return run(t, p, program, words...)
				}
				if name != "cpu" { // it would take long
					if out, r, err := within(sandbox.Limits{Memory: 4 << 30, Files: 500, Processes: 0}); err != nil && tt.shell != "" {
						t.Errorf("with enough: %v\n%s\n%v", err, out, &r)
					}
				}
				out, r, err := within(tt.limits)
				if _, ok := errors.AsType[*exec.ExitError](err); !ok || !r.Whole() {
					t.Errorf("%v\n%s\n%v", err, out, &r)
				}
			})
		}
	}
}

// Memory is limited by whichever name it is asked for.
func TestMemory(t *testing.T) {
	t.Parallel()
	for _, how := range []string{"private", "shared", "growing"} {
		s := newScene(t)
		p := s.profile(t)
		if out, _, err := run(t, p, self(t), "map", how, "2000"); err != nil {
			t.Skipf("%s: this machine refuses it anyway: %v %s", how, err, out)
		}
		p.Limits.Memory = 1 << 30
		if out, _, err := run(t, p, self(t), "map", how, "2000"); err == nil || !strings.Contains(out, "cannot allocate memory") {
			t.Errorf("%s: %v\n%s", how, err, out)
		}
	}
}

// A descriptor that survives a start does not survive a sandboxed one.
func TestInherited(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	for _, p := range []*sandbox.Profile{nil, s.profile(t), {Open: true}} {
		f, err := os.Open(s.secret)
		if err != nil {
			t.Fatal(err)
		}
		fd := leaky(t, f)
		out, r, err := run(t, p, self(t), "inherited", fmt.Sprint(fd))
		if (err == nil) != (p == nil) {
			t.Errorf("%v: %v\n%s\n%v", p, err, out, &r)
		}
	}
}

func TestRequired(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	p := s.profile(t)
	p.Required = true
	out, r, err := run(t, p, self(t), "nothing")
	if whole := r.Whole(); (err == nil) != whole || !whole && !errors.Is(err, sandbox.ErrLacking) {
		t.Errorf("%v\n%s\n%v", err, out, &r)
	}
	p.Net.Connect = []uint16{sandbox.DNS} // datagrams to one port are for newer systems
	if _, r, err := run(t, p, self(t), "nothing"); (err == nil) != r.Whole() || !r.Whole() && !errors.Is(err, sandbox.ErrLacking) {
		t.Errorf("%v\n%v", err, &r)
	}
}

// A program that cannot be started is told with its reason.
func TestNotStarted(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	p := s.profile(t)
	_, _, err := run(t, p, "/bin/true")
	if err == nil || !strings.Contains(err.Error(), "exec /bin/true: permission denied") {
		t.Error(err)
	}
	if _, _, err = run(t, &sandbox.Profile{Read: []string{"relative"}}, "/bin/true"); err == nil {
		t.Error("it was started")
	}
}
