package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mcp-kernel/mcp-kernel/modules/atr/sandbox"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// binary is where TestMain has the program built, once, for the tests that need a process of their own.
var binary = sync.OnceValues(compile)

var scratch string

// TestMain is also the server that some tests put behind the kernel.
func TestMain(m *testing.M) {
	sandbox.Launch(os.Args)
	if file := os.Getenv("SCRIPTED"); file != "" {
		playScript(file)
		return
	}
	flag.Parse()
	dir, err := os.MkdirTemp("", "mcp-kernel-test-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	scratch = dir
	for _, pair := range os.Environ() { // what configures the person's own kernel must not configure these
		if name, _, _ := strings.Cut(pair, "="); strings.HasPrefix(name, "MCP_KERNEL_") {
			_ = os.Unsetenv(name)
		}
	}
	_ = os.Setenv("XDG_CONFIG_HOME", filepath.Join(dir, "config"))
	_ = os.Setenv("XDG_DATA_HOME", filepath.Join(dir, "share"))
	code := m.Run()
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

func compile() (string, error) {
	path := filepath.Join(scratch, "mcp-kernel")
	cmd := exec.CommandContext(context.Background(), "go", "build", "-o", path, ".")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w\n%s", err, out)
	}
	return path, nil
}

// built returns the program's path.
func built(t *testing.T) string {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// An output is what one command line came to.
type output struct {
	code     int
	out, err string
}

// cli carries out a command line in this process.
func cli(t *testing.T, args ...string) output {
	t.Helper()
	return cliWith(t, "", args...)
}

func cliWith(t *testing.T, stdin string, args ...string) output {
	t.Helper()
	var out, fault bytes.Buffer
	code := run(context.WithoutCancel(t.Context()), args, strings.NewReader(stdin), &out, &fault)
	return output{code, out.String(), fault.String()}
}

// ok carries out a command line that must succeed and returns what it printed.
func ok(t *testing.T, args ...string) string {
	t.Helper()
	o := cli(t, args...)
	if o.code != exitOK {
		t.Fatalf("%s: exit %d\n%s%s", strings.Join(args, " "), o.code, o.out, o.err)
	}
	return o.out
}

// golden holds text to a file.
func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v: run the test with -update", err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}

// home lays out a data directory, a root and a configuration file.
func home(t *testing.T) (dir, config string) {
	t.Helper()
	dir = t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "work"), 0o700); err != nil {
		t.Fatal(err)
	}
	config = filepath.Join(dir, "mcp-kernel.yaml")
	text := fmt.Sprintf("data_dir: %q\nfiles: {roots: [{name: work, path: %q}]}\n", filepath.Join(dir, "data"), filepath.Join(dir, "work"))
	write(t, config, text)
	return dir, config
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
