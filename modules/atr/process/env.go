package process

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// inherited are the variables that programs need to find their way, and that hold no secrets. They are those that the
// protocol's own clients pass on, with what names a language, a time zone and a place for temporary files.
func inherited() []string {
	if runtime.GOOS == "windows" {
		return []string{
			"APPDATA", "COMSPEC", "HOMEDRIVE", "HOMEPATH", "LOCALAPPDATA", "PATH", "PATHEXT", "PROCESSOR_ARCHITECTURE", "PROGRAMDATA",
			"PROGRAMFILES", "SYSTEMDRIVE", "SYSTEMROOT", "TEMP", "TMP", "USERNAME", "USERPROFILE", "WINDIR",
		}
	}
	return []string{"HOME", "LANG", "LC_ALL", "LC_CTYPE", "LOGNAME", "PATH", "SHELL", "TERM", "TMPDIR", "TZ", "USER"}
}

// CleanEnv returns the environment of a program: of ours only what it needs to find its way, and besides that the names that
// are to be passed on from ours and the values that are given, which win.
func CleanEnv(ours []string, pass []string, given map[string]string) []string {
	known := map[string]string{}
	for _, pair := range ours {
		if name, value, ok := strings.Cut(pair, "="); ok && name != "" {
			known[fold(name)] = value
		}
	}
	env := map[string]string{}
	for _, name := range slices.Concat(inherited(), pass) {
		if value, ok := known[fold(name)]; ok && !strings.HasPrefix(value, "()") { // a function of a shell
			env[name] = value
		}
	}
	maps.Copy(env, given)
	pairs := make([]string, 0, len(env))
	for _, name := range slices.Sorted(maps.Keys(env)) {
		pairs = append(pairs, name+"="+env[name])
	}
	return pairs
}

// fold is a name as the system compares names.
func fold(name string) string {
	if runtime.GOOS == "windows" {
		return strings.ToUpper(name)
	}
	return name
}

// Find returns the path of a program as Start finds it, or why there is none.
func Find(command, dir string, env []string) (string, error) { return lookUp(command, dir, env) }

// lookUp finds a program by the PATH of its own environment.
func lookUp(command, dir string, env []string) (string, error) {
	if command == "" {
		return "", errors.New("no command is given")
	}
	if filepath.Base(command) != command {
		if !filepath.IsAbs(command) && dir != "" {
			command = filepath.Join(dir, command)
		}
		return checked(command)
	}
	path := ""
	for _, pair := range env {
		if name, value, _ := strings.Cut(pair, "="); fold(name) == "PATH" {
			path = value
		}
	}
	for _, folder := range filepath.SplitList(path) {
		if !filepath.IsAbs(folder) {
			continue // what lies in the present folder is anybody's
		}
		if found, err := checked(filepath.Join(folder, command)); err == nil {
			return found, nil
		}
	}
	return "", fmt.Errorf("%s: %w in PATH", command, exec.ErrNotFound)
}

// checked returns the path of a program if it can be run.
func checked(path string) (string, error) {
	found, err := exec.LookPath(path)
	if errors.Is(err, os.ErrNotExist) {
		return "", fmt.Errorf("%s: %w", path, os.ErrNotExist)
	}
	return found, err
}
