// Package secret resolves references to secrets, so that a configuration names where a secret is and does not have it:
// env:NAME is a variable of the environment, file:/PATH the text of a file, keyring:SERVICE/NAME an entry of the system's
// keyring. What is no reference stands for itself. They are resolved when they are needed, and no error has a value. It also
// puts secrets into the place of their names in arguments (Fill), and takes them out of answers again (Redactor).
package secret

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/mcp-kernel/mcp-kernel/modules/primitives"
)

// MaxFile bounds the file of a secret, in bytes.
const MaxFile = 64 << 10

// The errors of a reference, which the error names.
var (
	ErrUnset = errors.New("is not set")
	ErrFile  = errors.New("is no file for a secret")
	ErrStore = errors.New("cannot be had of a keyring")
)

// A Resolver resolves references. The zero value is ready.
type Resolver struct {
	// Lookup finds variables of the environment. Nil is os.LookupEnv.
	Lookup func(name string) (value string, set bool)
	// Keyring finds entries of a keyring. Nil is the system's.
	Keyring func(service, name string) (string, error)
}

// Is reports whether a text is a reference, and so no secret itself.
func Is(text string) bool {
	kind, name, _ := strings.Cut(text, ":")
	return name != "" && (kind == "env" || kind == "file" || kind == "keyring")
}

// Resolve returns what a text stands for: the secret, if it is a reference, and else itself.
func (r Resolver) Resolve(text string) (string, error) {
	kind, name, _ := strings.Cut(text, ":")
	var value string
	var err error
	switch kind {
	case "env":
		value, err = r.variable(name)
	case "file":
		value, err = file(name)
	case "keyring":
		value, err = r.keyed(name)
	default:
		return text, nil
	}
	if err != nil {
		return "", fmt.Errorf("secret %.200q: %w", text, err)
	}
	return value, nil
}

// variable returns a variable of the environment. An empty one is none: it is a mistake far more often than it is meant.
func (r Resolver) variable(name string) (string, error) {
	lookup := r.Lookup
	if lookup == nil {
		lookup = os.LookupEnv
	}
	value, set := lookup(name)
	if name == "" || !set || value == "" {
		return "", fmt.Errorf("the variable %w", ErrUnset)
	}
	return value, nil
}

// file returns the text of a file without the line break at its end.
func file(path string) (string, error) {
	if !filepath.IsAbs(path) {
		return "", fmt.Errorf("the path %w: it must begin at the root", ErrFile)
	}
	about, err := os.Stat(path)
	if err != nil {
		return "", fmt.Errorf("it %w: %w", ErrFile, bare(err))
	}
	if err := fit(about); err != nil { // before it is opened: opening a pipe waits
		return "", err
	}
	f, err := os.Open(path) //nolint:gosec // the operator says which
	if err != nil {
		return "", fmt.Errorf("it %w: %w", ErrFile, bare(err))
	}
	defer f.Close()
	if about, err = f.Stat(); err == nil {
		err = fit(about) // it may be another one since
	}
	if err != nil {
		return "", err
	}
	text, err := io.ReadAll(io.LimitReader(f, MaxFile+1))
	if err != nil {
		return "", fmt.Errorf("it %w: %w", ErrFile, bare(err))
	}
	value := strings.TrimSuffix(strings.TrimSuffix(string(text), "\n"), "\r")
	switch {
	case len(text) > MaxFile:
		return "", fmt.Errorf("it %w: it has more than %d bytes", ErrFile, MaxFile)
	case value == "":
		return "", fmt.Errorf("it %w: it is empty", ErrFile)
	}
	return value, nil
}

// bare is an error of the file system without the path, which the reference has.
func bare(err error) error {
	if of, ok := errors.AsType[*fs.PathError](err); ok {
		return of.Err
	}
	return err
}

// fit reports why a file cannot be that of a secret.
func fit(about fs.FileInfo) error {
	switch {
	case !about.Mode().IsRegular():
		return fmt.Errorf("it %w: it is not regular", ErrFile)
	case about.Size() > MaxFile:
		return fmt.Errorf("it %w: it has more than %d bytes", ErrFile, MaxFile)
	case primitives.Exposed(about):
		return fmt.Errorf("it %w: others can read or write it (its mode is %04o): chmod 600", ErrFile, about.Mode().Perm())
	default:
		return nil
	}
}
