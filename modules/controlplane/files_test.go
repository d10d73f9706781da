package controlplane_test

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/mcp-kernel/mcp-kernel/modules/controlplane"
)

// roots makes a writable root "work" and a read-only root "docs" in one directory, with a secret beside them.
func roots(t *testing.T, maxBytes int64) (*controlplane.Files, string) {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"work", "docs"} {
		if err := os.Mkdir(filepath.Join(dir, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	put(t, filepath.Join(dir, "secret.txt"), "outside")
	put(t, filepath.Join(dir, "docs", "a.txt"), "read me")
	f, err := controlplane.OpenFiles(maxBytes,
		controlplane.Root{Name: "work", Path: filepath.Join(dir, "work")},
		controlplane.Root{Name: "docs", Path: filepath.Join(dir, "docs"), ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	})
	return f, dir
}

func put(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// kindOf returns the kind of a fault, "" for no error and "internal" for an error that is none.
func kindOf(err error) string {
	var fault *controlplane.ActionError
	switch {
	case err == nil:
		return ""
	case errors.As(err, &fault):
		return fault.Kind
	default:
		return "internal: " + err.Error()
	}
}

func TestFilesRead(t *testing.T) {
	t.Parallel()
	f, dir := roots(t, 100)
	put(t, filepath.Join(dir, "work", "big"), strings.Repeat("x", 101))
	put(t, filepath.Join(dir, "work", "raw"), "\xff\x00")
	if err := os.Symlink(filepath.Join(dir, "secret.txt"), filepath.Join(dir, "work", "link")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("..", filepath.Join(dir, "work", "up")); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, path, content, fault string }{
		{"by root", "docs:a.txt", "read me", ""},
		{"by absolute path", filepath.Join(dir, "docs", "a.txt"), "read me", ""},
		{"binary", "work:raw", "/wA=", ""},
		{"missing", "docs:b.txt", "", controlplane.NotFound},
		{"no root named", "a.txt", "", controlplane.Invalid},
		{"unknown root", "none:a.txt", "", controlplane.Invalid},
		{"parent", "work:../secret.txt", "", controlplane.NoAccess},
		{"absolute outside", filepath.Join(dir, "secret.txt"), "", controlplane.NoAccess},
		{"system file", "/etc/passwd", "", controlplane.NoAccess},
		{"link that leads out", "work:link", "", controlplane.NoAccess},
		{"directory link that leads out", "work:up/secret.txt", "", controlplane.NoAccess},
		{"sibling with the root's name as prefix", dir + "/work2/x", "", controlplane.NoAccess},
		{"directory", "work:.", "", controlplane.WrongType},
		{"too large", "work:big", "", controlplane.TooLarge},
		{"empty", "", "", controlplane.Invalid},
		{"NUL", "work:a\x00b", "", controlplane.Invalid},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := f.Read(t.Context(), c.path)
			if kindOf(err) != c.fault || got.Content != c.content {
				t.Errorf("got %q, %v; want %q, fault %q", got.Content, err, c.content, c.fault)
			}
			if err != nil && strings.Contains(err.Error(), dir) && !strings.Contains(c.path, dir) {
				t.Errorf("the error shows where the root is: %v", err)
			}
		})
	}
}

func TestFilesWithoutRoots(t *testing.T) {
	t.Parallel()
	f := &controlplane.Files{}
	for _, path := range []string{"/etc/passwd", "a", "work:a"} {
		if _, err := f.Read(t.Context(), path); kindOf(err) != controlplane.NoAccess {
			t.Errorf("%s: %v", path, err)
		}
	}
	if _, err := controlplane.OpenFiles(1, controlplane.Root{Name: "a", Path: "/none/1"}, controlplane.Root{Name: "b", Path: "/none/2"}); err == nil ||
		!strings.Contains(err.Error(), `"a"`) || !strings.Contains(err.Error(), `"b"`) {
		t.Errorf("missing roots: %v", err)
	}
}

func TestFilesDoNotOpenPipes(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("no pipes in the file system")
	}
	f, dir := roots(t, 100)
	if err := mkfifo(filepath.Join(dir, "work", "pipe")); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Read(t.Context(), "work:pipe"); kindOf(err) != controlplane.WrongType {
		t.Errorf("got %v", err)
	}
}

func TestFilesWrite(t *testing.T) {
	t.Parallel()
	f, dir := roots(t, 20)
	write := func(path, content string, mode controlplane.WriteMode, ifSHA string) (controlplane.File, string) {
		got, err := f.Write(t.Context(), controlplane.Write{Path: path, Content: content, Mode: mode, IfSHA256: ifSHA})
		return got, kindOf(err)
	}
	made, fault := write("work:new/dir/a.txt", "one", controlplane.Create, "")
	if fault != "" || made.Path != "work:new/dir/a.txt" || made.Size != 3 {
		t.Fatalf("create: %+v, %s", made, fault)
	}
	for _, c := range []struct {
		name, path, content string
		mode                controlplane.WriteMode
		ifSHA, fault, after string
	}{
		{"create what is there", "work:new/dir/a.txt", "x", controlplane.Create, "", controlplane.Exists, "one"},
		{"overwrite another version", "work:new/dir/a.txt", "x", controlplane.Overwrite, strings.Repeat("0", 64), controlplane.Conflict, "one"},
		{"overwrite this version", "work:new/dir/a.txt", "two", controlplane.Overwrite, made.SHA256, "", "two"},
		{"append", "work:new/dir/a.txt", " three", controlplane.Append, "", "", "two three"},
		{"too large", "work:new/dir/a.txt", strings.Repeat("x", 12), controlplane.Append, "", controlplane.TooLarge, "two three"},
		{"read-only root", "docs:a.txt", "x", controlplane.Overwrite, "", controlplane.ReadOnly, ""},
		{"out of the root", "work:../secret.txt", "x", controlplane.Overwrite, "", controlplane.NoAccess, ""},
		{"the root itself", "work:", "x", controlplane.Overwrite, "", controlplane.WrongType, ""},
	} {
		if _, fault := write(c.path, c.content, c.mode, c.ifSHA); fault != c.fault {
			t.Errorf("%s: fault %q, want %q", c.name, fault, c.fault)
		}
		if c.after == "" {
			continue
		}
		if got, err := os.ReadFile(filepath.Join(dir, "work", "new", "dir", "a.txt")); err != nil || string(got) != c.after {
			t.Errorf("%s: the file holds %q, %v; want %q", c.name, got, err, c.after)
		}
	}
	left, err := os.ReadDir(filepath.Join(dir, "work", "new", "dir"))
	if err != nil || len(left) != 1 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestFilesCreateOnce(t *testing.T) {
	t.Parallel()
	f, _ := roots(t, 100)
	var mu sync.Mutex
	made := 0
	var writers sync.WaitGroup
	for range 16 {
		writers.Go(func() {
			_, err := f.Write(t.Context(), controlplane.Write{Path: "work:one", Content: "x", Mode: controlplane.Create})
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				made++
			} else if kindOf(err) != controlplane.Exists {
				t.Error(err)
			}
		})
	}
	writers.Wait()
	if made != 1 {
		t.Errorf("%d writers created the file", made)
	}
}

func TestFilesListAndDelete(t *testing.T) {
	t.Parallel()
	f, dir := roots(t, 100)
	for _, name := range []string{"a", "b", "c", "sub/d"} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, "work", name)), 0o755); err != nil {
			t.Fatal(err)
		}
		put(t, filepath.Join(dir, "work", name), name)
	}
	page, more, err := f.List(t.Context(), "work:", "", 2)
	if err != nil || !more || len(page) != 2 || page[1].Path != "work:b" || page[1].Size != 1 || page[1].Type != "file" {
		t.Errorf("first page: %+v, %v, %v", page, more, err)
	}
	page, more, err = f.List(t.Context(), "work:", "b", 10)
	if err != nil || more || len(page) != 2 || page[1].Type != "directory" {
		t.Errorf("second page: %+v, %v, %v", page, more, err)
	}
	for path, want := range map[string]string{
		"work:a": "", "work:none": controlplane.NotFound, "work:sub": controlplane.Conflict, "work:": controlplane.NoAccess,
		"docs:a.txt": controlplane.ReadOnly, "work:../secret.txt": controlplane.NoAccess,
	} {
		if _, err := f.Delete(t.Context(), path); kindOf(err) != want {
			t.Errorf("delete %s: %v, want %q", path, err, want)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "work", "a")); !os.IsNotExist(err) {
		t.Errorf("a is still there: %v", err)
	}
}

func TestListOpensOnlyDirectories(t *testing.T) {
	t.Parallel()
	f, dir := roots(t, 100)
	if err := mkfifo(filepath.Join(dir, "work", "pipe")); err != nil {
		t.Skip(err)
	}
	_, _, err := f.List(t.Context(), "work:pipe", "", 10)
	var fault *controlplane.ActionError
	if !errors.As(err, &fault) || fault.Kind != controlplane.WrongType {
		t.Errorf("listing a pipe: %v", err)
	}
}

func TestReadOnlyRootsStayReadOnly(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	inner := filepath.Join(dir, "inner")
	if err := os.Mkdir(inner, 0o755); err != nil {
		t.Fatal(err)
	}
	root := func(name, path string, readOnly bool) controlplane.Root {
		return controlplane.Root{Name: name, Path: path, ReadOnly: readOnly}
	}
	for name, tt := range map[string]struct {
		roots []controlplane.Root
		fine  bool
	}{
		"read-only in writable":  {roots: []controlplane.Root{root("a", dir, false), root("b", inner, true)}},
		"one directory twice":    {roots: []controlplane.Root{root("a", inner, true), root("b", inner, false)}},
		"writable in read-only":  {roots: []controlplane.Root{root("a", dir, true), root("b", inner, false)}, fine: true},
		"read-only in read-only": {roots: []controlplane.Root{root("a", dir, true), root("b", inner, true)}, fine: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, err := controlplane.OpenFiles(1, tt.roots...)
			if (err == nil) != tt.fine {
				t.Errorf("got %v", err)
			}
			if err == nil {
				_ = f.Close()
			}
		})
	}
}
