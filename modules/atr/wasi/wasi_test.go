package wasi_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mcp-kernel/mcp-kernel/modules/atr/local"
	"github.com/mcp-kernel/mcp-kernel/modules/atr/wasi"
)

// The guest is compiled once, for WASI by the go command and for this machine by an engine that all tests share.
var (
	folder string
	shared = wasi.NewEngine(wasi.Options{
		Runs: 4, Now: func() time.Time { return time.Date(2031, 2, 3, 4, 5, 6, 0, time.UTC) }, Resolve: resolve,
	})
	build = sync.OnceValues(func() (string, error) {
		path := filepath.Join(folder, "guest.wasm")
		cmd := exec.CommandContext(context.Background(), "go", "build", "-ldflags=-s -w", "-o", path, "./testdata/guest")
		cmd.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm", "GOFLAGS=")
		if text, err := cmd.CombinedOutput(); err != nil {
			return "", errors.Join(err, errors.New(string(text)))
		}
		return path, nil
	})
)

func resolve(_ context.Context, text string) (string, error) {
	if text == "env:NONE" {
		return "", errors.New("there is none")
	}
	return strings.ReplaceAll(text, "env:TOKEN", "s3cret-token"), nil
}

func TestMain(m *testing.M) {
	var err error
	if folder, err = os.MkdirTemp("", "wasi"); err != nil {
		panic(err)
	}
	code := m.Run()
	if err := errors.Join(shared.Close(), os.RemoveAll(folder)); err != nil {
		panic(err)
	}
	os.Exit(code)
}

// guest is a tool that does what it is told.
func guest(tb testing.TB, change func(*wasi.Spec), e *wasi.Engine) *wasi.Tool {
	tb.Helper()
	path, err := build()
	if err != nil {
		tb.Fatal(err)
	}
	s := wasi.Spec{Name: "guest", Description: "Does it.", Module: path, Required: []string{"do"}, Timeout: 20 * time.Second, Parameters: map[string]json.RawMessage{
		"do": json.RawMessage(`{"type":"string"}`), "path": json.RawMessage(`{"type":"string"}`), "n": json.RawMessage(`{"type":"integer","default":1}`),
	}}
	if change != nil {
		change(&s)
	}
	if e == nil {
		e = shared
	}
	made, err := wasi.New(s, e)
	if err != nil {
		tb.Fatal(err)
	}
	return made
}

func call(tb testing.TB, tool *wasi.Tool, args map[string]any) local.Answer {
	tb.Helper()
	text, err := json.Marshal(args)
	if err != nil {
		tb.Fatal(err)
	}
	a, err := tool.Call(tb.Context(), text)
	if err != nil {
		tb.Fatal(err)
	}
	return a
}

type args = map[string]any

func TestAnswers(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		change func(*wasi.Spec)
		args   args
		want   local.Answer
	}{
		"arguments":    {nil, args{"do": "copy"}, local.Answer{Text: `{"do":"copy","n":1}`}},
		"JSON":         {func(s *wasi.Spec) { s.JSON = true }, args{"do": "copy"}, local.Answer{Text: `{"do":"copy","n":1}`, Structured: json.RawMessage(`{"do":"copy","n":1}`)}},
		"the clock":    {nil, args{"do": "clock"}, local.Answer{Text: "2031-02-03T04:05:06Z\n"}},
		"much":         {func(s *wasi.Spec) { s.Bytes = 10 }, args{"do": "much", "n": 100}, local.Answer{Text: "xxxxxxxxxx\n[cut: 90 bytes more]"}},
		"no":           {nil, args{"do": "read", "path": "/etc/passwd"}, local.Answer{Text: "The module failed with exit code 3.\nopen /etc/passwd: Bad file number", IsError: true}},
		"a time limit": {func(s *wasi.Spec) { s.Timeout = 300 * time.Millisecond }, args{"do": "spin"}, local.Answer{Text: "The module did not end within 300ms and was stopped.", IsError: true}},
		"a sleeper":    {func(s *wasi.Spec) { s.Timeout = 200 * time.Millisecond }, args{"do": "sleep"}, local.Answer{Text: "The module did not end within 200ms and was stopped.", IsError: true}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want, call(t, guest(t, tt.change, nil), tt.args)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// What a module does to itself ends it, and is told.
func TestFailures(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		do   string
		want string
	}{
		"memory":  {"hog", "out of memory"},
		"stack":   {"recurse", "The module failed with exit code 2."},
		"a panic": {"panic", "panic: oh"},
		"a flood": {"flood", "The module wrote without end and was stopped."},
		"no net":  {"dial", "The module failed with exit code 3."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := call(t, guest(t, nil, nil), args{"do": tt.do, "path": "127.0.0.1:80"})
			if !a.IsError || !strings.Contains(a.Text, tt.want) {
				t.Errorf("%.300s, want %q", a.Text, tt.want)
			}
		})
	}
}

// A call that is cancelled ends at once, wherever it is.
func TestCancelled(t *testing.T) {
	t.Parallel()
	tool := guest(t, nil, nil)
	call(t, tool, args{"do": "copy"}) // it is compiled
	gone := errors.New("gone")
	for _, do := range []string{"spin", "sleep"} {
		ctx, cancel := context.WithCancelCause(t.Context())
		timer := time.AfterFunc(50*time.Millisecond, func() { cancel(gone) })
		if _, err := tool.Call(ctx, json.RawMessage(`{"do":"`+do+`"}`)); !errors.Is(err, gone) {
			t.Errorf("%s: %v", do, err)
		}
		timer.Stop()
	}
}

// tree is a folder with a secret beside it, and links that lead there.
func tree(t *testing.T) (inside string) {
	t.Helper()
	dir := t.TempDir()
	inside = filepath.Join(dir, "in")
	err := errors.Join(
		os.Mkdir(inside, 0o700), os.Mkdir(filepath.Join(inside, "sub"), 0o700),
		os.WriteFile(filepath.Join(dir, "secret"), []byte("hush"), 0o600),
		os.WriteFile(filepath.Join(inside, "a"), []byte("hello"), 0o600),
	)
	if err == nil && runtime.GOOS != "windows" {
		err = errors.Join(
			os.Symlink("../secret", filepath.Join(inside, "up")), os.Symlink(filepath.Join(dir, "secret"), filepath.Join(inside, "far")),
			os.Symlink("..", filepath.Join(inside, "sub", "out")), os.Symlink("../..", filepath.Join(inside, "sub", "top")), os.Symlink("a", filepath.Join(inside, "near")),
		)
	}
	if err != nil {
		t.Fatal(err)
	}
	return inside
}

// A module sees what is mounted, and nothing else, however it asks for it.
func TestFiles(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("links need a privilege there")
	}
	inside := tree(t)
	pipe(t, filepath.Join(inside, "pipe"))
	tool := guest(t, func(s *wasi.Spec) { s.Mounts = []wasi.Mount{{Path: inside, At: "/data"}} }, nil)
	for name, tt := range map[string]struct{ do, path, want string }{
		"a file":                {"read", "/data/a", "hello"},
		"a folder":              {"list", "/data", "a false\nfar false\nnear false\npipe false\nsub true\nup false\n"},
		"a link inside":         {"read", "/data/near", "hello"},
		"a way back":            {"read", "/data/sub/../a", "hello"},
		"a link back":           {"read", "/data/sub/out/a", "hello"},
		"up":                    {"read", "/data/../secret", ""},
		"far up":                {"read", "/data/../../../../../../etc/passwd", ""},
		"the root":              {"read", "/etc/passwd", ""},
		"a link up":             {"read", "/data/up", ""},
		"a link to a place":     {"read", "/data/far", ""},
		"a link of folders":     {"read", "/data/sub/top/secret", ""},
		"a folder through that": {"list", "/data/sub/top", ""},
		"a pipe":                {"read", "/data/pipe", ""},
		"writing":               {"write", "/data/new", ""},
		"writing over":          {"write", "/data/a", ""},
		"changing":              {"change", "/data", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := call(t, tool, args{"do": tt.do, "path": tt.path})
			if tt.want != "" && (a.IsError || a.Text != tt.want) || tt.want == "" && (!a.IsError || strings.Contains(a.Text, "hush") || strings.Contains(a.Text, "root:")) {
				t.Errorf("%v, %q", a.IsError, a.Text)
			}
		})
	}
	t.Cleanup(func() {
		if text, err := os.ReadFile(filepath.Join(inside, "a")); err != nil || string(text) != "hello" {
			t.Errorf("%q, %v", text, err)
		}
	})
}

// In a folder that may be written into, a call may write so much, and nowhere else.
func TestWriting(t *testing.T) {
	t.Parallel()
	inside := tree(t)
	tool := guest(t, func(s *wasi.Spec) {
		s.Mounts, s.Written = []wasi.Mount{{Path: inside, At: "/data", Writable: true}}, 100<<10
	}, nil)
	for name, tt := range map[string]struct {
		args args
		good bool
	}{
		"a file":         {args{"do": "write", "path": "/data/new", "n": 1000}, true},
		"changes":        {args{"do": "change", "path": "/data/sub"}, true},
		"too much":       {args{"do": "write", "path": "/data/large", "n": 200 << 10}, false},
		"many":           {args{"do": "many", "path": "/data/many", "n": 50}, false},
		"a hole":         {args{"do": "sparse", "path": "/data/hole"}, false},
		"up":             {args{"do": "write", "path": "/data/../outside"}, false},
		"a link up":      {args{"do": "write", "path": "/data/up"}, false},
		"through a link": {args{"do": "write", "path": "/data/sub/top/outside"}, false},
		"a new link":     {args{"do": "symlink", "path": "/data/link"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if a := call(t, tool, tt.args); a.IsError == tt.good {
				t.Errorf("%q", a.Text)
			}
		})
	}
	t.Cleanup(func() {
		if text, err := os.ReadFile(filepath.Join(inside, "..", "secret")); err != nil || string(text) != "hush" {
			t.Errorf("%q, %v", text, err)
		}
		entries, err := os.ReadDir(filepath.Join(inside, ".."))
		if err != nil || len(entries) != 2 {
			t.Errorf("%v, %v", entries, err)
		}
		if about, err := os.Stat(filepath.Join(inside, "hole")); err == nil && about.Size() > 100<<10 {
			t.Errorf("%d bytes", about.Size())
		}
	})
}

// A module has no environment but what it is given, and secrets of it are not repeated.
func TestEnvironment(t *testing.T) {
	t.Parallel()
	tool := guest(t, func(s *wasi.Spec) { s.Env = map[string]string{"A": "b", "TOKEN": "env:TOKEN"} }, nil)
	a := call(t, tool, args{"do": "env"})
	lines := strings.Split(a.Text, "\n")
	slices.Sort(lines)
	if diff := cmp.Diff([]string{"A=b", "TOKEN=[secret]"}, lines); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	tool = guest(t, func(s *wasi.Spec) { s.Env = map[string]string{"A": "env:NONE"} }, nil)
	if _, err := tool.Call(t.Context(), json.RawMessage(`{"do":"env"}`)); !errors.Is(err, local.ErrBroken) {
		t.Error(err)
	}
	if _, err := tool.Call(t.Context(), json.RawMessage(`{"do":1}`)); !errors.Is(err, local.ErrArguments) {
		t.Error(err)
	}
}

// empty is a module that ends at once: a _start with no code.
func empty(extra ...byte) []byte {
	return append([]byte("\x00asm\x01\x00\x00\x00"+
		"\x01\x04\x01\x60\x00\x00"+ // a type: nothing to nothing
		"\x03\x02\x01\x00"+ // a function of it
		"\x07\x0a\x01\x06_start\x00\x00"+ // by its name
		"\x0a\x04\x01\x02\x00\x0b"), extra...) // that ends
}

// What is no program for WASI is the operator's matter, and so is one that is not there.
func TestBroken(t *testing.T) {
	t.Parallel()
	imports := []byte("\x00asm\x01\x00\x00\x00\x01\x04\x01\x60\x00\x00\x02\x09\x01\x03env\x01x\x00\x00\x03\x02\x01\x00\x07\x0a\x01\x06_start\x00\x01\x0a\x04\x01\x02\x00\x0b")
	large := []byte("\x00asm\x01\x00\x00\x00\x01\x04\x01\x60\x00\x00\x03\x02\x01\x00\x05\x04\x01\x00\x80\x10\x07\x0a\x01\x06_start\x00\x00\x0a\x04\x01\x02\x00\x0b")
	for name, tt := range map[string]struct {
		text []byte
		want string
	}{
		"a program":   {empty(), ""},
		"a text":      {[]byte("#!/bin/sh\n"), "is no module"},
		"nothing":     {nil, "is no module"},
		"half a one":  {empty()[:20], ""},
		"no start":    {[]byte("\x00asm\x01\x00\x00\x00"), "exports no _start"},
		"imports":     {imports, `imports "x" of "env"`},
		"much memory": {large, "memory"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "module")
			if err := os.WriteFile(path, tt.text, 0o600); err != nil {
				t.Fatal(err)
			}
			tool, err := wasi.New(wasi.Spec{Name: "x", Description: "x", Module: path}, shared)
			if err != nil {
				t.Fatal(err)
			}
			a, err := tool.Call(t.Context(), nil)
			if name == "a program" {
				if err != nil || a.IsError {
					t.Error(a, err)
				}
				return
			}
			if !errors.Is(err, local.ErrBroken) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v, want %q", err, tt.want)
			}
		})
	}
	tool, err := wasi.New(wasi.Spec{Name: "x", Description: "x", Module: filepath.Join(t.TempDir(), "none")}, shared)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tool.Call(t.Context(), nil); !errors.Is(err, local.ErrBroken) || !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}

// What was looked at is what runs: a module that was put in its place meanwhile is not.
func TestSwapped(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "module")
	if err := os.WriteFile(path, empty(), 0o600); err != nil {
		t.Fatal(err)
	}
	tool, err := wasi.New(wasi.Spec{Name: "x", Description: "x", Module: path}, shared)
	if err != nil {
		t.Fatal(err)
	}
	first, run, err := tool.Prepare(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, empty(0, 2, 1, 'x'), 0o600); err != nil { // with a section that means nothing
		t.Fatal(err)
	}
	second, again, err := tool.Prepare(t.Context())
	if err != nil || cmp.Equal(first.Runs, second.Runs) {
		t.Error(err)
	}
	if _, err := run(t.Context(), nil); !errors.Is(err, local.ErrBroken) || !strings.Contains(err.Error(), "changed meanwhile") {
		t.Error(err)
	}
	if _, err := again(t.Context(), nil); err != nil {
		t.Error(err)
	}
}

// An engine keeps what was used last, frees the rest, and runs so many at once.
func TestEngine(t *testing.T) {
	t.Parallel()
	e := wasi.NewEngine(wasi.Options{Codes: 2, Runs: 3})
	dir := t.TempDir()
	var all []*wasi.Tool
	for i := range 5 {
		path := filepath.Join(dir, string(rune('a'+i)))
		if err := os.WriteFile(path, empty(0, 2, 1, byte(i)), 0o600); err != nil {
			t.Fatal(err)
		}
		tool, err := wasi.New(wasi.Spec{Name: "x", Description: "x", Module: path}, e)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, tool)
	}
	var calls sync.WaitGroup
	for i := range 100 {
		calls.Go(func() {
			if a, err := all[i*i%5].Call(t.Context(), nil); err != nil || a.IsError {
				t.Error(a, err)
			}
		})
	}
	calls.Wait()
	if n := e.Compiled(); n > 2 {
		t.Errorf("%d stay compiled", n)
	}
	if err := e.Close(); err != nil {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := all[0].Call(ctx, nil); err == nil {
		t.Error("a closed engine runs")
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	abs := filepath.Join(t.TempDir(), "x")
	for name, tt := range map[string]struct {
		change func(*wasi.Spec)
		want   string
	}{
		"no name":          {func(s *wasi.Spec) { s.Name = "" }, "the name"},
		"no description":   {func(s *wasi.Spec) { s.Description = "" }, "no description"},
		"a relative path":  {func(s *wasi.Spec) { s.Module = "x.wasm" }, "not absolute"},
		"half a page":      {func(s *wasi.Spec) { s.Memory = 1000 }, "multiple of 64 KiB"},
		"much memory":      {func(s *wasi.Spec) { s.Memory = 4 << 30 }, "at most"},
		"much output":      {func(s *wasi.Spec) { s.Bytes = 1 << 30 }, "at most"},
		"a schema":         {func(s *wasi.Spec) { s.Output = json.RawMessage(`{}`) }, "for output that is JSON"},
		"a relative mount": {func(s *wasi.Spec) { s.Mounts = []wasi.Mount{{Path: "x", At: "/x"}} }, "not absolute"},
		"an odd place":     {func(s *wasi.Spec) { s.Mounts = []wasi.Mount{{Path: abs, At: "/x/../y"}} }, "no clean absolute path"},
		"one place twice":  {func(s *wasi.Spec) { s.Mounts = []wasi.Mount{{Path: abs, At: "/x"}, {Path: abs, At: "/x"}} }, "at /x is another"},
		"parameters":       {func(s *wasi.Spec) { s.Parameters = map[string]json.RawMessage{"a": json.RawMessage(`{}`)} }, "has no type"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := wasi.Spec{Name: "x", Description: "x", Module: abs}
			tt.change(&s)
			if made, err := wasi.New(s, shared); made != nil || err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v, want %q", err, tt.want)
			}
		})
	}
}

func TestEffects(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "module")
	if err := os.WriteFile(path, empty(), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		mounts []wasi.Mount
		want   local.Effects
	}{
		"nothing": {nil, local.Effects{ReadOnly: true, NonDestructive: true, ClosedWorld: true}},
		"reading": {[]wasi.Mount{{Path: filepath.Dir(path), At: "/"}}, local.Effects{ReadOnly: true, NonDestructive: true, ClosedWorld: true}},
		"writing": {[]wasi.Mount{{Path: filepath.Dir(path), At: "/", Writable: true}}, local.Effects{ClosedWorld: true}},
	} {
		tool, err := wasi.New(wasi.Spec{Name: "x", Description: "x", Module: path, Mounts: tt.mounts}, shared)
		if err != nil {
			t.Fatal(err)
		}
		if d, _, err := tool.Prepare(t.Context()); err != nil || d.Effects != tt.want {
			t.Errorf("%s: %+v, %v", name, d.Effects, err)
		}
	}
}

func BenchmarkCall(b *testing.B) {
	path := filepath.Join(b.TempDir(), "module")
	if err := os.WriteFile(path, empty(), 0o600); err != nil {
		b.Fatal(err)
	}
	small, err := wasi.New(wasi.Spec{Name: "x", Description: "x", Module: path}, shared)
	if err != nil {
		b.Fatal(err)
	}
	for name, tt := range map[string]struct {
		tool *wasi.Tool
		args string
	}{
		"empty": {small, `{}`}, "go": {guest(b, nil, nil), `{"do":"copy"}`}, "go working": {guest(b, nil, nil), `{"do":"work","n":100000000}`},
	} {
		b.Run(name, func(b *testing.B) {
			if _, err := tt.tool.Call(b.Context(), json.RawMessage(tt.args)); err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := tt.tool.Call(b.Context(), json.RawMessage(tt.args)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkFirstCall(b *testing.B) {
	for b.Loop() {
		e := wasi.NewEngine(wasi.Options{})
		call(b, guest(b, nil, e), args{"do": "copy"})
		if err := e.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

// FuzzModule: whatever a module is, it is refused, or runs and ends.
func FuzzModule(f *testing.F) {
	f.Add(empty())
	f.Add(bytes.Repeat(empty(), 2))
	f.Add(empty()[:24])
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, text []byte) {
		path := filepath.Join(dir, "module")
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		tool, err := wasi.New(wasi.Spec{Name: "x", Description: "x", Module: path, Timeout: time.Second}, shared)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := tool.Call(t.Context(), nil); err != nil && !errors.Is(err, local.ErrBroken) {
			t.Error(err)
		}
	})
}
