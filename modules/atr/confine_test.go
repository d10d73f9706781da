package atr_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/modules/atr"
	"github.com/mcp-kernel/mcp-kernel/modules/atr/pin"
	"github.com/mcp-kernel/mcp-kernel/modules/atr/sandbox"
	"github.com/mcp-kernel/mcp-kernel/state/memstate"
)

// confinedServer has a module of one server, which answers each call with whether it may read a file, and returns the answer,
// the report and what was logged.
func confinedServer(t *testing.T, file string, p *sandbox.Profile, l sandbox.Limits) (answer string, r atr.Report, logged []string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	m, err := atr.New(atr.Options{
		Servers: []atr.Server{{
			Name: "one", Command: self, Args: []string{file}, Env: map[string]string{"HOSTILE": "reads"}, Trust: pin.TrustFirst,
			Required: true, Timeout: 20 * time.Second, Sandbox: p, Limits: l,
		}},
		State: memstate.New(memstate.Options{}), Open: atr.Opener{}.Open,
		Line: func(_, line string) { mu.Lock(); defer mu.Unlock(); logged = append(logged, line) },
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Begin(t.Context()); err != nil {
		t.Fatal(err)
	}
	answer = dispatch(t, dispatcher(t, m), governance.KindTool, "one__do", `{}`)
	r = m.Reports(t.Context())[0]
	if err := m.Close(); err != nil {
		t.Error(err)
	}
	return answer, r, logged
}

// A server in a sandbox reaches what it was granted, under whichever name, and nothing else; what became of the sandbox is
// logged and reported.
func TestConfined(t *testing.T) {
	home := filepath.Join(t.TempDir(), "home")
	secret := filepath.Join(home, ".ssh", "id_ed25519")
	if err := os.MkdirAll(filepath.Dir(secret), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(secret, []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("HOME", home)
	t.Setenv("KEYS", filepath.Dir(secret))
	for name, tt := range map[string]struct {
		profile *sandbox.Profile
		limits  sandbox.Limits
		denied  bool
	}{
		"off":          {nil, sandbox.Limits{}, false},
		"limits":       {nil, sandbox.Limits{Files: 100}, false},
		"strict":       {&sandbox.Profile{}, sandbox.Limits{}, true},
		"home granted": {&sandbox.Profile{Read: []string{"~"}}, sandbox.Limits{}, false},
		"by a name":    {&sandbox.Profile{Read: []string{"${KEYS}/id_ed25519"}}, sandbox.Limits{}, false},
		"another":      {&sandbox.Profile{Write: []string{"~/notes"}}, sandbox.Limits{Processes: 1}, true},
	} {
		t.Run(name, func(t *testing.T) {
			answer, r, logged := confinedServer(t, secret, tt.profile, tt.limits)
			asked := tt.profile != nil || !tt.limits.Zero()
			if r.Sandboxed != (tt.profile != nil) || (r.Sandbox != nil) != asked {
				t.Errorf("reported as %v: %v", r.Sandboxed, r.Sandbox)
			}
			if told := strings.Contains(strings.Join(logged, "\n"), "sandbox: enforced: "); told != asked {
				t.Errorf("logged %q", logged)
			}
			if runtime.GOOS != "linux" || r.Sandbox != nil && !r.Sandbox.Whole() {
				t.Skipf("not all of it can be enforced here: %v", r.Sandbox)
			}
			if want := fmt.Sprintf(`{"content":[],"denied":%v}`, tt.denied); answer != want {
				t.Errorf("%s, want %s", answer, want)
			}
		})
	}
}

// A sandbox is part of how a server is started: with another it is another server, which waits until somebody agrees.
func TestConfinedIsPinned(t *testing.T) {
	t.Parallel()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	backend := memstate.New(memstate.Options{})
	for _, tt := range []struct {
		profile *sandbox.Profile
		fault   error
	}{
		{&sandbox.Profile{Read: []string{"~"}}, nil},
		{&sandbox.Profile{Read: []string{"~"}}, nil},
		{&sandbox.Profile{Read: []string{"/"}}, atr.ErrChanged},
		{nil, atr.ErrChanged},
	} {
		m, err := atr.New(atr.Options{
			Servers: []atr.Server{{Name: "one", Command: self, Env: map[string]string{"HOSTILE": "good"}, Trust: pin.TrustFirst, Sandbox: tt.profile}},
			State:   backend, Open: atr.Opener{}.Open, Cold: true,
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := m.Begin(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := m.Learn(t.Context(), "one"); !errors.Is(err, tt.fault) {
			t.Errorf("%v: %v, want %v", tt.profile, err, tt.fault)
		}
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestConfinedFaults(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		server atr.Server
		want   string
	}{
		"relative":        {atr.Server{Name: "a", Command: "x", Sandbox: &sandbox.Profile{Read: []string{"here"}}}, `"here" is not an absolute path`},
		"fetched":         {atr.Server{Name: "a", Command: "npx", Args: []string{"-y", "x"}, Sandbox: &sandbox.Profile{}}, "npx fetches what it runs"},
		"a container":     {atr.Server{Name: "a", Command: "/usr/bin/docker", Sandbox: &sandbox.Profile{Run: []string{"/x"}}}, "is not held by a sandbox around docker"},
		"an address":      {atr.Server{Name: "a", URL: "https://a.example", Sandbox: &sandbox.Profile{}}, "sandbox and limits are for servers with a command"},
		"an address, too": {atr.Server{Name: "a", URL: "https://a.example", Limits: sandbox.Limits{Files: 100}}, "sandbox and limits are for servers with a command"},
		"limits":          {atr.Server{Name: "a", Command: "x", Limits: sandbox.Limits{Files: 1}}, "too few to start anything"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if m, err := atr.New(atr.Options{Servers: []atr.Server{tt.server}}); m != nil || err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v, want %s", err, tt.want)
			}
		})
	}
	ours := filepath.Join(t.TempDir(), "ours")
	for _, path := range []string{ours, filepath.Dir(ours), filepath.Join(ours, "below"), "/"} {
		s := atr.Server{Name: "a", Command: os.Args[0], Sandbox: &sandbox.Profile{Write: []string{path}}}
		if _, err := (atr.Opener{Ours: []string{ours}}).Open(t.Context(), &s, "", nil); err == nil || !strings.Contains(err.Error(), "is to change mcp-kernel's own") {
			t.Errorf("%s: %v", path, err)
		}
	}
	for _, path := range []string{ours, filepath.Dir(ours), filepath.Join(ours, "below")} {
		s := atr.Server{Name: "a", Command: os.Args[0], Sandbox: &sandbox.Profile{Read: []string{path}}}
		if _, err := (atr.Opener{Keys: ours}).Open(t.Context(), &s, "", nil); err == nil || !strings.Contains(err.Error(), "is to read mcp-kernel's keys") {
			t.Errorf("%s: %v", path, err)
		}
	}
	s := atr.Server{Name: "a", Command: "x", Sandbox: &sandbox.Profile{Read: []string{"${ATR_TEST_NOT_SET}/x", "/y"}}}
	if _, err := (atr.Opener{}).Open(t.Context(), &s, "", nil); err == nil || !strings.Contains(err.Error(), "ATR_TEST_NOT_SET is not set") {
		t.Error(err)
	}
}
