package command

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/mcp-kernel/mcp-kernel/modules/atr/local"
	"github.com/mcp-kernel/mcp-kernel/modules/atr/process"
)

// What holds where a Spec says nothing, and what it can say at most.
const (
	DefaultTimeout = time.Minute
	DefaultOutput  = 1 << 20  // bytes of output that are answered
	MaxOutput      = 16 << 20 // that can be
	flood          = 64 << 20 // bytes behind those after which the program is stopped
	grace          = 250 * time.Millisecond
	maxFiles       = 64
)

// A Spec says what a tool is. What is written as a list of arguments may have places for parameters, each argument by
// itself: {name} is a scalar's value and may be a part of an argument; {name...} is an argument for each item of a list;
// {name?--text} is the text where the parameter is true. Braces that are meant are written twice.
type Spec struct {
	Name        string
	Title       string // may be empty
	Description string

	Parameters map[string]json.RawMessage // JSON Schemas by name
	Required   []string                   // parameters that must be given
	// Argv is the program and its arguments, in groups: one whose parameters were not all given is left out. The first
	// argument, which is the program, has no placeholders.
	Argv  [][]string
	Stdin string // the parameter that is written to standard input: a string as it is, anything else as JSON. Empty is none.

	Env     map[string]string // values may be references to secrets
	Pass    []string          // names of variables that are passed on from our environment
	Dir     string            // to run in; empty is the present one
	Timeout time.Duration     // 0 is DefaultTimeout
	Bytes   int               // of output that are answered, the rest is cut; 0 is DefaultOutput
	Success []int             // exit codes of success; nil is 0 alone
	JSON    bool              // the output is JSON
	Output  json.RawMessage   // JSON Schema of it; nil is none
	Dashed  []string          // parameters whose values may begin with - where an argument begins
	Files   []string          // that are pinned beside the program, as scripts are; relative to Dir
	Effects local.Effects
}

// Options are what a Tool is made of, besides its Spec.
type Options struct {
	// Resolve returns what a reference to a secret stands for. Nil takes everything as it is written.
	Resolve func(ctx context.Context, text string) (string, error)
	// Environ is our environment. Nil is os.Environ.
	Environ func() []string
	// Files knows digests of files. Nil is one of its own.
	Files *local.Files
	// Line takes what programs write to standard error, a line at a time. May be nil.
	Line func(line string)
}

// A Tool is a program that can be called. It is safe for concurrent use.
type Tool struct {
	s          Spec
	o          Options
	argv       []group
	program    string
	parameters map[string]local.Parameter
	input      json.RawMessage
}

// New returns the tool, or all that is wrong with its Spec. It starts nothing and reads no file.
func New(s Spec, o Options) (*Tool, error) {
	if o.Environ == nil {
		o.Environ = os.Environ
	}
	if o.Files == nil {
		o.Files = &local.Files{}
	}
	if o.Line == nil {
		o.Line = func(string) {}
	}
	t := &Tool{s: s, o: o}
	faults := []error{local.CheckName(s.Name), t.checkBounds()}
	var err error
	if t.parameters, t.input, err = local.Parameters(s.Parameters, s.Required); err != nil {
		faults = append(faults, err)
	} else {
		faults = append(faults, t.checkArgv(), t.checkNames())
	}
	if err := errors.Join(faults...); err != nil {
		return nil, fmt.Errorf("command %s: %w", s.Name, err)
	}
	if t.s.Timeout == 0 {
		t.s.Timeout = DefaultTimeout
	}
	if t.s.Bytes == 0 {
		t.s.Bytes = DefaultOutput
	}
	if t.s.Success == nil {
		t.s.Success = []int{0}
	}
	return t, nil
}

// checkBounds returns what is wrong with everything but parameters and arguments.
func (t *Tool) checkBounds() error {
	var faults []error
	s := &t.s
	if s.Description == "" {
		faults = append(faults, errors.New("has no description: a model knows nothing else of it"))
	}
	if s.Timeout < 0 || s.Bytes < 0 || s.Bytes > MaxOutput {
		faults = append(faults, fmt.Errorf("times and bounds must not be negative, and output is at most %d bytes", MaxOutput))
	}
	if s.Dir != "" && !filepath.IsAbs(s.Dir) {
		faults = append(faults, fmt.Errorf("dir: %s is not absolute", s.Dir))
	}
	if len(s.Files) > maxFiles {
		faults = append(faults, fmt.Errorf("%d files, at most %d are pinned", len(s.Files), maxFiles))
	}
	if s.Output != nil && !s.JSON {
		faults = append(faults, errors.New("an output schema is for output that is JSON"))
	}
	return errors.Join(faults...)
}

// checkNames returns which parameters are named and are none.
func (t *Tool) checkNames() error {
	var faults []error
	for what, names := range map[string][]string{"stdin": {t.s.Stdin}, "allow_dash": t.s.Dashed} {
		for _, name := range names {
			if _, known := t.parameters[name]; !known && name != "" {
				faults = append(faults, fmt.Errorf("%s: %.60q is no parameter", what, name))
			}
		}
	}
	return errors.Join(faults...)
}

// checkArgv reads the arguments. Each parameter must be used, or a caller would believe that it has an effect.
func (t *Tool) checkArgv() error {
	var faults []error
	var flat []template
	used := map[string]bool{t.s.Stdin: true}
	for _, texts := range t.s.Argv {
		var g group
		for _, text := range texts {
			one, err := parse(text)
			if err == nil {
				err = one.check(t.parameters)
			}
			if err != nil {
				faults = append(faults, fmt.Errorf("argument %.60q: %w", text, err))
			}
			for _, p := range one {
				used[p.name] = true
			}
			g, flat = append(g, one), append(flat, one)
		}
		t.argv = append(t.argv, g)
	}
	switch {
	case len(flat) == 0 || flat[0].fixed() && flat[0].text() == "":
		faults = append(faults, errors.New("has no program"))
	case !flat[0].fixed() || len(t.argv[0]) > 1 && slices.ContainsFunc(t.argv[0], func(one template) bool { return !one.fixed() }):
		faults = append(faults, errors.New("the program must not depend on a parameter"))
	default:
		t.program = flat[0].text()
		faults = append(faults, checkShells(flat))
	}
	for name := range t.parameters {
		if !used[name] {
			faults = append(faults, fmt.Errorf("the parameter %s is used nowhere", name))
		}
	}
	return errors.Join(faults...)
}

// Name returns the tool's name.
func (t *Tool) Name() string { return t.s.Name }

// Timeout is how long a call may run.
func (t *Tool) Timeout() time.Duration { return t.s.Timeout }

// Definition returns what the tool is now: with the program that its name leads to, and the digests of it and of the files
// that are pinned. The error is an ErrBroken.
func (t *Tool) Definition(context.Context) (local.Definition, error) {
	path, err := t.find()
	if err != nil {
		return local.Definition{}, err
	}
	files := map[string]string{}
	for _, file := range append([]string{path}, t.s.Files...) {
		file = local.Rooted(t.s.Dir, file)
		if files[file], err = t.o.Files.Digest(file); err != nil {
			return local.Definition{}, fmt.Errorf("%w: %w", local.ErrBroken, err)
		}
	}
	env := make([]string, 0, len(t.s.Env))
	for name := range t.s.Env {
		env = append(env, name)
	}
	slices.Sort(env)
	return local.Definition{
		Name: t.s.Name, Title: t.s.Title, Description: t.s.Description, Input: t.input, Output: t.s.Output, Effects: t.s.Effects,
		Runs: map[string]any{
			"argv": t.s.Argv, "program": path, "files": files, "dir": t.s.Dir, "env": env, "pass_env": t.s.Pass,
			"stdin": t.s.Stdin, "allow_dash": t.s.Dashed, "success": t.s.Success, "json": t.s.JSON,
		},
	}, nil
}

// Prepare returns the tool's definition, and what runs it.
func (t *Tool) Prepare(ctx context.Context) (local.Definition, local.Run, error) {
	d, err := t.Definition(ctx)
	return d, t.Call, err
}

// find returns the path of the program.
func (t *Tool) find() (string, error) {
	path, err := process.Find(t.program, t.s.Dir, process.CleanEnv(t.o.Environ(), t.s.Pass, t.s.Env))
	if err != nil {
		return "", fmt.Errorf("%w: %w", local.ErrBroken, err)
	}
	if lower := strings.ToLower(path); runtime.GOOS == "windows" && (strings.HasSuffix(lower, ".bat") || strings.HasSuffix(lower, ".cmd")) {
		return "", fmt.Errorf("%w: %s would be run by a shell, which reads arguments in its own way: name the program that it starts", local.ErrBroken, path)
	}
	return path, nil
}
