package watch_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mcp-kernel/mcp-kernel/governance/policy/watch"
)

// fake sends what a test says.
type fake struct {
	names  chan string
	errs   chan error
	refuse error

	mu   sync.Mutex
	dirs []string
}

func newFake() *fake { return &fake{names: make(chan string, 100), errs: make(chan error, 1)} }

func (f *fake) Add(dir string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !slices.Contains(f.dirs, dir) {
		f.dirs = append(f.dirs, dir)
	}
	return f.refuse
}

func (f *fake) Remove(dir string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.dirs = slices.DeleteFunc(f.dirs, func(d string) bool { return d == dir })
	return nil
}

func (f *fake) watched() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Sorted(slices.Values(f.dirs))
}

func (f *fake) Names() <-chan string { return f.names }
func (f *fake) Errors() <-chan error { return f.errs }
func (*fake) Close() error           { return nil }

// temp is a directory without links in its path.
func temp(t *testing.T) string {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// started watches with a fake, and counts what it tells.
func started(t *testing.T, f *fake, o watch.Options) (*watch.Watcher, *atomic.Int64) {
	t.Helper()
	told := new(atomic.Int64)
	o.Changed = func(context.Context) { told.Add(1) }
	o.Notify = func() (watch.Notifier, error) {
		if f == nil {
			return nil, errors.New("none here")
		}
		return f, nil
	}
	w, err := watch.Start(o)
	if err != nil {
		t.Fatal(err)
	}
	return w, told
}

func paths(all ...string) func() []string { return func() []string { return all } }

// after lets time pass in a bubble.
func after(d time.Duration) { time.Sleep(d); synctest.Wait() }

func TestWritesInARowAreOneChange(t *testing.T) {
	t.Parallel()
	file := filepath.Join(temp(t), "a.yaml")
	write(t, file, "one")
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		w, told := started(t, f, watch.Options{Paths: paths(file)})
		for range 5 {
			f.names <- file
			after(watch.DefaultQuiet / 2)
		}
		if n := told.Load(); n != 0 {
			t.Errorf("told %d times while it was being written", n)
		}
		after(watch.DefaultQuiet)
		if n := told.Load(); n != 1 {
			t.Errorf("told %d times, want once", n)
		}
		f.names <- filepath.Join(filepath.Dir(file), "other.log")
		after(time.Second)
		if n := told.Load(); n != 1 {
			t.Errorf("told of another file of the directory")
		}
		w.Poke()
		after(0)
		if n := told.Load(); n != 2 {
			t.Errorf("not told after a poke")
		}
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	})
}

func TestPatienceEnds(t *testing.T) {
	t.Parallel()
	file := filepath.Join(temp(t), "a.yaml")
	write(t, file, "")
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		w, told := started(t, f, watch.Options{Paths: paths(file)})
		f.names <- file
		for i := range 40 { // a writer that the notifications do not tell of
			write(t, file, strings.Repeat("x", i))
			after(watch.DefaultQuiet / 2)
		}
		if n := told.Load(); n != 1 {
			t.Errorf("told %d times in 4s of writing, want once", n)
		}
		_ = w.Close()
	})
}

func TestWithoutNotificationsItLooks(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		from *fake
		within,
		least time.Duration
	}{
		{"none at all", nil, watch.DefaultPoll + 2*watch.DefaultQuiet, 0},
		{"a directory that cannot be watched", &fake{refuse: errors.New("no space left")}, watch.DefaultPoll + 2*watch.DefaultQuiet, 0},
		{"a file system that sends none", newFake(), watch.DefaultGlance + 2*watch.DefaultQuiet, watch.DefaultPoll * 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(temp(t), "a.yaml")
			write(t, file, "one")
			synctest.Test(t, func(t *testing.T) {
				var faults atomic.Int64
				if c.from != nil {
					c.from.names, c.from.errs = make(chan string), make(chan error)
				}
				w, told := started(t, c.from, watch.Options{Paths: paths(file), Fault: func(error) { faults.Add(1) }})
				write(t, file, "another")
				after(c.least)
				if n := told.Load(); n != 0 {
					t.Errorf("told %d times too early", n)
				}
				after(c.within - c.least)
				if n := told.Load(); n != 1 {
					t.Errorf("told %d times, want once", n)
				}
				after(time.Hour)
				if n := faults.Load(); told.Load() != 1 || n > 1 {
					t.Errorf("told %d times of nothing, %d faults", told.Load()-1, n)
				}
				_ = w.Close()
			})
		})
	}
}

func TestLostNotificationsAreAChange(t *testing.T) {
	t.Parallel()
	file := filepath.Join(temp(t), "a.yaml")
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		w, told := started(t, f, watch.Options{Paths: paths(file)})
		f.errs <- errors.New("queue overflow")
		after(time.Second)
		if n := told.Load(); n != 1 {
			t.Errorf("told %d times", n)
		}
		_ = w.Close()
	})
}

func TestEveryLinkOnTheWayIsWatched(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("links need a privilege there")
	}
	dir := temp(t)
	write(t, filepath.Join(dir, "etc", "..2026_1", "p.yaml"), "one")
	write(t, filepath.Join(dir, "etc", "..2026_2", "p.yaml"), "two")
	write(t, filepath.Join(dir, "all", "p.yaml"), "one")
	link(t, "..2026_1", filepath.Join(dir, "etc", "..data"))
	link(t, filepath.Join("..data", "p.yaml"), filepath.Join(dir, "etc", "p.yaml"))
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		w, told := started(t, f, watch.Options{Paths: paths(filepath.Join(dir, "etc", "p.yaml"), filepath.Join(dir, "all"), filepath.Join(dir, "none", "p.yaml"))})
		want := []string{dir, filepath.Join(dir, "all"), filepath.Join(dir, "etc"), filepath.Join(dir, "etc", "..2026_1")}
		if got := f.watched(); !slices.Equal(got, want) {
			t.Errorf("watches %q, want %q", got, want)
		}
		link(t, "..2026_2", filepath.Join(dir, "etc", "..data_tmp"))
		if err := os.Rename(filepath.Join(dir, "etc", "..data_tmp"), filepath.Join(dir, "etc", "..data")); err != nil {
			t.Fatal(err)
		}
		f.names <- filepath.Join(dir, "etc", "..data")
		after(time.Second)
		want[3] = filepath.Join(dir, "etc", "..2026_2")
		if got := f.watched(); told.Load() != 1 || !slices.Equal(got, want) {
			t.Errorf("told %d times; watches %q, want %q", told.Load(), got, want)
		}
		f.names <- filepath.Join(dir, "all", "new.yaml")
		after(time.Second)
		if n := told.Load(); n != 2 {
			t.Errorf("told %d times of a new file of a directory", n)
		}
		_ = w.Close()
	})
}

func TestLinksInACircle(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("links need a privilege there")
	}
	dir := temp(t)
	link(t, "b", filepath.Join(dir, "a"))
	link(t, "a", filepath.Join(dir, "b"))
	w, _ := started(t, newFake(), watch.Options{Paths: paths(filepath.Join(dir, "a", "p.yaml"))})
	if err := w.Close(); err != nil {
		t.Error(err)
	}
}

func link(t *testing.T, target, name string) {
	t.Helper()
	if err := os.Symlink(target, name); err != nil {
		t.Fatal(err)
	}
}

func TestOptionsAreNeeded(t *testing.T) {
	t.Parallel()
	if _, err := watch.Start(watch.Options{}); err == nil {
		t.Error("started without paths")
	}
}

// TestSystem sees real notifications of everything that replaces a file.
func TestSystem(t *testing.T) {
	t.Parallel()
	dir := temp(t)
	file := filepath.Join(dir, "p.yaml")
	write(t, file, "0")
	changed := make(chan struct{}, 100)
	w, err := watch.Start(watch.Options{
		Paths: paths(file), Quiet: 5 * time.Millisecond, Glance: time.Hour,
		Changed: func(context.Context) { changed <- struct{}{} },
	})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	}()
	for _, c := range []struct {
		name string
		do   func() error
	}{
		{"written", func() error { return os.WriteFile(file, []byte("1"), 0o600) }},
		{"replaced by a rename", func() error {
			write(t, filepath.Join(dir, "p.yaml~"), "2")
			return os.Rename(filepath.Join(dir, "p.yaml~"), file)
		}},
		{"removed", func() error { return os.Remove(file) }},
		{"made again", func() error { return os.WriteFile(file, []byte("3"), 0o600) }},
	} {
		for len(changed) > 0 {
			<-changed
		}
		if err := c.do(); err != nil {
			t.Fatal(err)
		}
		select {
		case <-changed:
		case <-time.After(30 * time.Second):
			t.Fatalf("%s: nobody told", c.name)
		}
	}
}
