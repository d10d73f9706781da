package locals

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/goccy/go-yaml"
)

// FileName is the name of the file, beside the configuration.
const FileName = "tools.yaml"

// maxFile bounds the file, in bytes.
const maxFile = 1 << 20

// A File is the document.
type File struct {
	Commands map[string]Command `yaml:"commands,omitempty"`
	OpenAPI  map[string]OpenAPI `yaml:"openapi,omitempty"`
	WASI     map[string]WASI    `yaml:"wasi,omitempty"`

	path  string
	stamp string // of its text
}

// A Command is a program as it is written. Paths may be relative to the file's folder.
type Command struct {
	Title       string            `yaml:"title,omitempty"`
	Description string            `yaml:"description"`
	Parameters  map[string]any    `yaml:"parameters,omitempty"` // JSON Schemas
	Required    []string          `yaml:"required,omitempty"`
	Argv        []any             `yaml:"argv"` // texts, or lists of texts that are there together or not at all
	Stdin       string            `yaml:"stdin,omitempty"`
	Env         map[string]string `yaml:"env,omitempty"`
	PassEnv     []string          `yaml:"pass_env,omitempty"`
	Dir         string            `yaml:"dir,omitempty"`
	Timeout     string            `yaml:"timeout,omitempty"`
	MaxOutput   int               `yaml:"max_output,omitempty"`
	Success     []int             `yaml:"success,omitempty"`
	JSON        bool              `yaml:"json,omitempty"`
	Output      map[string]any    `yaml:"output_schema,omitempty"`
	AllowDash   []string          `yaml:"allow_dash,omitempty"`
	Pin         []string          `yaml:"pin,omitempty"`
	Effects     []string          `yaml:"effects,omitempty"`
}

// An OpenAPI is a service as it is written.
type OpenAPI struct {
	Document  string            `yaml:"document"`
	Server    string            `yaml:"server,omitempty"`
	Private   bool              `yaml:"allow_private,omitempty"`
	Headers   map[string]string `yaml:"headers,omitempty"`
	Query     map[string]string `yaml:"query,omitempty"`
	Include   []string          `yaml:"include,omitempty"`
	Exclude   []string          `yaml:"exclude,omitempty"`
	Effects   []Rule            `yaml:"effects,omitempty"`
	Slash     []string          `yaml:"allow_slash,omitempty"`
	Timeout   string            `yaml:"timeout,omitempty"`
	MaxAnswer int               `yaml:"max_answer,omitempty"`
}

// A Rule says what effects some operations of a service have.
type Rule struct {
	Match string   `yaml:"match"`
	Are   []string `yaml:"are"`
}

// A WASI is a module as it is written.
type WASI struct {
	Title       string            `yaml:"title,omitempty"`
	Description string            `yaml:"description"`
	Parameters  map[string]any    `yaml:"parameters,omitempty"` // JSON Schemas
	Required    []string          `yaml:"required,omitempty"`
	Module      string            `yaml:"module"`
	Mounts      []Mount           `yaml:"mounts,omitempty"`
	Env         map[string]string `yaml:"env,omitempty"`
	Timeout     string            `yaml:"timeout,omitempty"`
	Memory      int64             `yaml:"memory_mib,omitempty"`
	MaxOutput   int               `yaml:"max_output,omitempty"`
	MaxWritten  int64             `yaml:"max_written,omitempty"`
	JSON        bool              `yaml:"json,omitempty"`
	Output      map[string]any    `yaml:"output_schema,omitempty"`
	Effects     []string          `yaml:"effects,omitempty"`
}

// A Mount is a folder that a module sees.
type Mount struct {
	Path     string `yaml:"path"`
	At       string `yaml:"at"`
	Writable bool   `yaml:"writable,omitempty"`
}

// Load reads the file. One that is not there has no tools.
func Load(path string) (*File, error) {
	text, err := os.ReadFile(path) //nolint:gosec // the operator says which
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return Parse(nil, path)
	case err != nil:
		return nil, fmt.Errorf("tools: %w", err)
	case len(text) > maxFile:
		return nil, fmt.Errorf("tools %s: %d bytes, at most %d are read", path, len(text), maxFile)
	}
	f, err := Parse(text, path)
	if err != nil {
		return nil, fmt.Errorf("tools %s: %w", path, err)
	}
	return f, nil
}

// Parse reads the text of the file at a path, to whose folder relative paths belong.
func Parse(text []byte, path string) (*File, error) {
	sum := sha256.Sum256(text)
	f := &File{path: path, stamp: hex.EncodeToString(sum[:])}
	if whole, err := filepath.Abs(path); err == nil && path != "" {
		f.path = whole
	}
	if len(bytes.TrimSpace(text)) == 0 {
		return f, nil
	}
	if err := yaml.UnmarshalWithOptions(text, f, yaml.Strict()); err != nil {
		return nil, errors.New(strings.TrimSpace(yaml.FormatError(err, false, true)))
	}
	return f, nil
}

// Empty reports whether the file has no tools.
func (f *File) Empty() bool { return len(f.Commands)+len(f.OpenAPI)+len(f.WASI) == 0 }

// Save writes the file, whole or not at all, and readable for nobody but its owner. Comments that were in it are not.
func (f *File) Save() error {
	text, err := yaml.Marshal(f)
	if err != nil {
		return fmt.Errorf("tools: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(f.path), 0o700); err != nil {
		return fmt.Errorf("tools: %w", err)
	}
	temp, err := os.CreateTemp(filepath.Dir(f.path), FileName+".*")
	if err != nil {
		return fmt.Errorf("tools: %w", err)
	}
	_, err = temp.Write(append([]byte("# Tools that mcp-kernel runs itself: see mcp-kernel tool --help.\n"), text...))
	err = errors.Join(err, temp.Sync(), temp.Close())
	if err == nil {
		err = os.Rename(temp.Name(), f.path)
	}
	if err != nil {
		return fmt.Errorf("tools: %w", errors.Join(err, os.Remove(temp.Name())))
	}
	return nil
}
