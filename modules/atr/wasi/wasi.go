package wasi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/mcp-kernel/mcp-kernel/modules/atr/local"
)

// What holds where a Spec says nothing, and what it can say at most.
const (
	DefaultTimeout = 10 * time.Second
	DefaultMemory  = 64 << 20 // bytes
	MaxMemory      = 2 << 30
	DefaultOutput  = 1 << 20 // bytes of output that are answered
	MaxOutput      = 16 << 20
	DefaultWritten = 64 << 20 // bytes that a call may write into folders
	maxMounts      = 16
	page           = 64 << 10 // bytes of memory by which it grows
)

// A Mount is a folder that a module sees.
type Mount struct {
	Path     string `json:"path"` // here; absolute
	At       string `json:"at"`   // there; absolute, with slashes
	Writable bool   `json:"writable,omitempty"`
}

// A Spec says what a tool is.
type Spec struct {
	Name        string
	Title       string // may be empty
	Description string

	Parameters map[string]json.RawMessage // JSON Schemas by name
	Required   []string                   // parameters that must be given
	Module     string                     // the file
	Mounts     []Mount
	Env        map[string]string // values may be references to secrets
	Timeout    time.Duration     // of a call, by the clock on the wall; 0 is DefaultTimeout
	Memory     int64             // bytes of linear memory, in whole pages of 64 KiB; 0 is DefaultMemory
	Bytes      int               // of output that are answered, the rest is cut; 0 is DefaultOutput
	Written    int64             // bytes that a call may write into folders; 0 is DefaultWritten
	JSON       bool              // the output is JSON
	Output     json.RawMessage   // JSON Schema of it; nil is none
	Effects    local.Effects     // beside what follows from the mounts
}

// A Tool is a module that can be called. It is safe for concurrent use.
type Tool struct {
	s          Spec
	e          *Engine
	parameters map[string]local.Parameter
	input      json.RawMessage
}

// New returns the tool, or all that is wrong with its Spec. It reads no file. The engine is its caller's.
func New(s Spec, e *Engine) (*Tool, error) {
	t := &Tool{s: s, e: e}
	faults := []error{local.CheckName(s.Name), s.check()}
	var err error
	if t.parameters, t.input, err = local.Parameters(s.Parameters, s.Required); err != nil {
		faults = append(faults, err)
	}
	if err := errors.Join(faults...); err != nil {
		return nil, fmt.Errorf("wasi %s: %w", s.Name, err)
	}
	setDefault(&t.s.Timeout, DefaultTimeout)
	setDefault(&t.s.Memory, DefaultMemory)
	setDefault(&t.s.Bytes, DefaultOutput)
	setDefault(&t.s.Written, DefaultWritten)
	return t, nil
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// check returns what is wrong with everything but the parameters.
func (s *Spec) check() error {
	var faults []error
	fault := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }
	if s.Description == "" {
		fault("has no description: a model knows nothing else of it")
	}
	if !filepath.IsAbs(s.Module) {
		fault("module: %q is not absolute", s.Module)
	}
	if s.Timeout < 0 || s.Written < 0 || s.Bytes < 0 || s.Bytes > MaxOutput {
		fault("times and bounds must not be negative, and output is at most %d bytes", MaxOutput)
	}
	if s.Memory < 0 || s.Memory > MaxMemory || s.Memory%page != 0 {
		fault("memory is a multiple of 64 KiB, at most %d bytes", MaxMemory)
	}
	if s.Output != nil && !s.JSON {
		fault("an output schema is for output that is JSON")
	}
	if len(s.Mounts) > maxMounts {
		fault("%d mounts, at most %d are taken", len(s.Mounts), maxMounts)
	}
	taken := map[string]bool{}
	for _, m := range s.Mounts {
		switch {
		case !filepath.IsAbs(m.Path):
			fault("mount: %q is not absolute", m.Path)
		case m.At != path.Clean(m.At) || !strings.HasPrefix(m.At, "/"):
			fault("mount %s: at %q is no clean absolute path", m.Path, m.At)
		case taken[m.At]:
			fault("mount %s: at %s is another", m.Path, m.At)
		}
		taken[m.At] = true
	}
	return errors.Join(faults...)
}

// effects are what the operator says, and what cannot be otherwise: nothing is reached but what is mounted, and nothing is
// changed where nothing is writable.
func (s *Spec) effects() local.Effects {
	e := s.Effects
	e.ClosedWorld = true
	if !slices.ContainsFunc(s.Mounts, func(m Mount) bool { return m.Writable }) {
		e.ReadOnly, e.NonDestructive = true, true
	}
	return e
}

// Name returns the tool's name.
func (t *Tool) Name() string { return t.s.Name }

// Timeout is how long a call may run.
func (t *Tool) Timeout() time.Duration { return t.s.Timeout }

// Prepare returns the tool's definition, with the digest of the module, and what runs that very module. The error is an
// ErrBroken.
func (t *Tool) Prepare(context.Context) (local.Definition, local.Run, error) {
	digest, err := t.e.o.Files.Digest(t.s.Module)
	if err != nil {
		return local.Definition{}, nil, fmt.Errorf("%w: %w", local.ErrBroken, err)
	}
	env := make([]string, 0, len(t.s.Env))
	for name := range t.s.Env {
		env = append(env, name)
	}
	slices.Sort(env)
	d := local.Definition{
		Name: t.s.Name, Title: t.s.Title, Description: t.s.Description, Input: t.input, Output: t.s.Output, Effects: t.s.effects(),
		Runs: map[string]any{"module": t.s.Module, "digest": digest, "mounts": t.s.Mounts, "memory": t.s.Memory, "env": env, "json": t.s.JSON},
	}
	return d, func(ctx context.Context, args json.RawMessage) (local.Answer, error) {
		return t.call(ctx, digest, args)
	}, nil
}

// Call runs the module as it is now. The arguments were checked against the schema of the tool's definition.
func (t *Tool) Call(ctx context.Context, args json.RawMessage) (local.Answer, error) {
	_, run, err := t.Prepare(ctx)
	if err != nil {
		return local.Answer{}, err
	}
	return run(ctx, args)
}
