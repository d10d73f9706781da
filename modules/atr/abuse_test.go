package atr_test

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"testing"
	"time"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/modules/atr"
	"github.com/mcp-kernel/mcp-kernel/modules/atr/pin"
	"github.com/mcp-kernel/mcp-kernel/state/memstate"
)

// programs returns the ids of the programs that run with an argument.
func programs(t *testing.T, mark string) (found []string) {
	t.Helper()
	all, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range all {
		if text, err := os.ReadFile(path); err == nil && bytes.Contains(text, []byte(mark)) {
			found = append(found, filepath.Base(filepath.Dir(path)))
		}
	}
	return found
}

// Whatever a server does, its caller is answered in time and in words, the server beside it goes on, and nothing is left.
func TestAbuse(t *testing.T) {
	t.Parallel()
	const (
		good  = `^{"content":\[\]}$`
		ended = `^failed: the server bad ended before it answered: what it began may have an effect$`
		late  = `^timeout: `
	)
	for kind, want := range map[string]string{
		"garbage": good, "endless garbage": ended, "dies": ended, "dies with a child": ended, "never": late, "twice": good,
		"floods": good, "floods for ever": late, "large": `^failed: the server bad answered with more than is taken: ask for less$`,
		"closes": ended, "deaf": late, "stderr": good, "forks": good, "stubborn": good,
	} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			m, mark := abused(t, kind)
			d := dispatcher(t, m)
			if got := dispatch(t, d, governance.KindTool, "bad__do", `{}`); !regexp.MustCompile(want).MatchString(got) {
				t.Errorf("%s, want %s", got, want)
			}
			if got := dispatch(t, d, governance.KindTool, "good__do", `{}`); !regexp.MustCompile(good).MatchString(got) {
				t.Errorf("the other server: %s", got)
			}
			if err := m.Close(); err != nil {
				t.Error(err)
			}
			if left := programs(t, mark); runtime.GOOS == "linux" && len(left) > 0 {
				t.Errorf("%v are still there", left)
			}
		})
	}
}

// abused is a module of two servers, one of which behaves as kind says, and what their command lines contain.
func abused(t *testing.T, kind string) (m *atr.Module, mark string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	mark = t.TempDir()
	one := func(name, kind string, timeout time.Duration) atr.Server {
		return atr.Server{
			Name: name, Command: self, Args: []string{mark}, Env: map[string]string{"HOSTILE": kind}, Trust: pin.TrustFirst,
			Required: true, Timeout: timeout, Bytes: 1 << 20,
		}
	}
	timeout := 20 * time.Second
	if kind == "never" || kind == "deaf" || kind == "floods for ever" {
		timeout = time.Second
	}
	m, err = atr.New(atr.Options{
		Servers: []atr.Server{one("bad", kind, timeout), one("good", "good", 20*time.Second)},
		State:   memstate.New(memstate.Options{}), Open: atr.Opener{}.Open,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := m.Begin(t.Context()); err != nil {
		t.Fatal(err)
	}
	return m, mark
}
