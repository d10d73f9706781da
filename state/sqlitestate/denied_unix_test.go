//go:build unix

package sqlitestate_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/mcp-kernel/mcp-kernel/state/sqlitestate"
)

// denied opens a file in a folder where it may not write. Root, whom no mode denies anything, becomes nobody first.
func denied(path string) error {
	if os.Getuid() == 0 {
		if err := syscall.Setuid(65534); err != nil {
			return err
		}
	}
	store, err := sqlitestate.Open(path, sqlitestate.Options{})
	if err != nil {
		return err
	}
	err = store.Ping(context.Background())
	fmt.Println(errors.Is(err, fs.ErrPermission), err)
	return store.Close()
}

func TestReadOnlyFolder(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	check(t, os.Chmod(filepath.Dir(folder), 0o755))
	check(t, os.Chmod(folder, 0o555))
	t.Cleanup(func() { check(t, os.Chmod(folder, 0o700)) })
	path := filepath.Join(folder, "state.db")
	cmd, out := spawn(t, "denied", path)
	said, err := io.ReadAll(out)
	check(t, errors.Join(err, cmd.Wait()))
	want := fmt.Sprintf("true state database %s: open %s: permission denied\n", path, path)
	if string(said) != want {
		t.Errorf("said %q, want %q", said, want)
	}
}
