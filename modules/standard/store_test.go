package standard_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mcp-kernel/mcp-kernel/internal/redistest"
	"github.com/mcp-kernel/mcp-kernel/modules/standard"
)

// TestRedisURL keeps a URL with a password in a file, as an operator would.
func TestRedisURL(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t, "--requirepass", "hunter2")
	c := settings(t)
	file := filepath.Join(t.TempDir(), "url")
	if err := os.WriteFile(file, []byte("redis://:hunter2@"+server.Address+"/3?prefix=team:&timeout=30s\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c.State.URL = "file:" + file
	store, shared, err := standard.OpenStore(t.Context(), c, time.Now)
	if err != nil || !shared {
		t.Fatalf("shared %v, error %v", shared, err)
	}
	defer shut(t, store.Close)
	if err := store.Set(t.Context(), "things/a", nil, 0); err != nil {
		t.Error(err)
	}
	if got := server.Do("-a", "hunter2", "-n", "3", "EXISTS", "team:v:{things}/a"); !strings.HasSuffix(got, "1") {
		t.Errorf("the item is not where the URL says: %s", got)
	}
}

// TestRedisURLFaults wants errors that name the setting and no part of a password.
func TestRedisURLFaults(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t, "--requirepass", "hunter2")
	for _, url := range []string{
		"redis://:hunter3@" + server.Address, "rediss://:hunter3@" + server.Address + "/x", "redis:hunter3", "redis://me:hunter3/3@h",
		"redist://:hunter3@h",
	} {
		c := settings(t)
		c.State.URL = url
		store, _, err := standard.OpenStore(t.Context(), c, time.Now)
		if err == nil || !strings.HasPrefix(err.Error(), "state.url: ") || strings.Contains(err.Error(), "hunter") || store != nil {
			t.Errorf("%s: store %v, error %v", url, store, err)
		}
	}
}
