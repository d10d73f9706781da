package secret_test

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/zalando/go-keyring"

	"github.com/mcp-kernel/mcp-kernel/modules/atr/secret"
)

// write makes a file with a mode.
func write(t *testing.T, text string, mode os.FileMode) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "s")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestResolve(t *testing.T) {
	t.Parallel()
	r := secret.Resolver{Lookup: func(name string) (string, bool) {
		value, ok := map[string]string{"TOKEN": "hush", "EMPTY": ""}[name]
		return value, ok
	}, Keyring: func(service, name string) (string, error) {
		switch service + "|" + name {
		case "a/b|me":
			return "hush", nil
		case "broken|me":
			return "", errors.New("no bus")
		case "empty|me":
			return "", nil
		default:
			return "", keyring.ErrNotFound
		}
	}}
	for name, test := range map[string]struct {
		text, want string
		err        error
	}{
		"literal":            {text: "ghp_abc", want: "ghp_abc"},
		"empty":              {},
		"with a colon":       {text: "Basic: a:b", want: "Basic: a:b"},
		"in capitals":        {text: "ENV:TOKEN", want: "ENV:TOKEN"},
		"a url":              {text: "https://h/", want: "https://h/"},
		"variable":           {text: "env:TOKEN", want: "hush"},
		"variable not set":   {text: "env:OTHER", err: secret.ErrUnset},
		"variable empty":     {text: "env:EMPTY", err: secret.ErrUnset},
		"variable nameless":  {text: "env:", err: secret.ErrUnset},
		"file":               {text: "file:" + write(t, " hush \n", 0o600), want: " hush "},
		"file of windows":    {text: "file:" + write(t, "hush\r\n", 0o400), want: "hush"},
		"file at the bound":  {text: "file:" + write(t, strings.Repeat("x", secret.MaxFile), 0o600), want: strings.Repeat("x", secret.MaxFile)},
		"file beyond it":     {text: "file:" + write(t, strings.Repeat("x", secret.MaxFile+1), 0o600), err: secret.ErrFile},
		"file empty":         {text: "file:" + write(t, "\n", 0o600), err: secret.ErrFile},
		"file that is a dir": {text: "file:" + t.TempDir(), err: secret.ErrFile},
		"file not there":     {text: "file:" + filepath.Join(t.TempDir(), "none"), err: secret.ErrFile},
		"file relative":      {text: "file:token", err: secret.ErrFile},
		"keyring":            {text: "keyring:a/b/me", want: "hush"},
		"keyring without it": {text: "keyring:a/b/you", err: secret.ErrUnset},
		"keyring empty":      {text: "keyring:empty/me", err: secret.ErrUnset},
		"keyring broken":     {text: "keyring:broken/me", err: secret.ErrStore},
		"keyring, no name":   {text: "keyring:a/", err: secret.ErrStore},
		"keyring, nothing":   {text: "keyring:a", err: secret.ErrStore},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := r.Resolve(test.text)
			if got != test.want || !errors.Is(err, test.err) {
				t.Errorf("%.40q, %v", got, err)
			}
			if err != nil && (strings.Contains(err.Error(), "xxx") || !strings.Contains(err.Error(), test.text[:4])) {
				t.Error(err)
			}
		})
	}
}

// A file that others can read is no place for a secret.
func TestResolveOpenFile(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("there modes say nothing")
	}
	for _, mode := range []os.FileMode{0o644, 0o640, 0o604, 0o660} {
		_, err := secret.Resolver{}.Resolve("file:" + write(t, "hush", mode))
		if !errors.Is(err, secret.ErrFile) || !strings.Contains(err.Error(), "chmod 600") || strings.Contains(err.Error(), "hush") {
			t.Errorf("%o: %v", mode, err)
		}
	}
}
