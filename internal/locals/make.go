package locals

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/mcp-kernel/mcp-kernel/modules/atr"
	"github.com/mcp-kernel/mcp-kernel/modules/atr/command"
	"github.com/mcp-kernel/mcp-kernel/modules/atr/inside"
	"github.com/mcp-kernel/mcp-kernel/modules/atr/local"
	"github.com/mcp-kernel/mcp-kernel/modules/atr/openapi"
	"github.com/mcp-kernel/mcp-kernel/modules/atr/pin"
	"github.com/mcp-kernel/mcp-kernel/modules/atr/wasi"
)

// Server is the name of the server that programs and modules are the tools of. Each service is one of its own.
const Server = "local"

// mebi are the bytes of memory_mib.
const mebi = 1 << 20

// Options are what tools are made of, besides the file.
type Options struct {
	// Resolve returns what a reference to a secret stands for. Nil takes everything as it is written.
	Resolve func(ctx context.Context, text string) (string, error)
	// Line takes what programs and modules write to standard error. May be nil.
	Line func(line string)
}

// Tools are those of a file, ready to be prepared. Nothing of them was read or started.
type Tools struct {
	f      *File
	own    []inside.Tool
	apis   []*openapi.API
	engine *wasi.Engine
}

// Make makes the tools of the file, or returns all that is wrong with it.
func (f *File) Make(o Options) (*Tools, error) {
	files := &local.Files{}
	t := &Tools{f: f, engine: wasi.NewEngine(wasi.Options{Resolve: o.Resolve, Files: files, Line: o.Line})}
	var faults []error
	taken := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(f.Commands)) {
		taken[name] = "commands"
		spec, err := f.command(name)
		if err == nil {
			var one *command.Tool
			one, err = command.New(spec, command.Options{Resolve: o.Resolve, Files: files, Line: o.Line})
			t.own = append(t.own, one)
		}
		faults = append(faults, err)
	}
	for _, name := range slices.Sorted(maps.Keys(f.WASI)) {
		if taken[name] != "" {
			faults = append(faults, fmt.Errorf("wasi %s: there is a command of that name", name))
		}
		spec, err := f.module(name)
		if err == nil {
			var one *wasi.Tool
			one, err = wasi.New(spec, t.engine)
			t.own = append(t.own, one)
		}
		faults = append(faults, err)
	}
	for _, name := range slices.Sorted(maps.Keys(f.OpenAPI)) {
		spec, err := f.service(name)
		if err == nil {
			var one *openapi.API
			one, err = openapi.New(spec, openapi.Options{Resolve: o.Resolve, Files: files})
			t.apis = append(t.apis, one)
		}
		faults = append(faults, err)
	}
	if err := errors.Join(faults...); err != nil {
		return nil, fmt.Errorf("tools %s: %w", f.path, errors.Join(err, t.engine.Close()))
	}
	return t, nil
}

// Close frees everything, after the calls that run.
func (t *Tools) Close() error {
	err := t.engine.Close()
	for _, a := range t.apis {
		err = errors.Join(err, a.Close())
	}
	return err
}

// Own are the programs and modules.
func (t *Tools) Own() []inside.Tool { return t.own }

// APIs are the services.
func (t *Tools) APIs() []*openapi.API { return t.apis }

// Servers are the tools as servers of which each is one or has several. What the operator adds to the file is trusted; what
// a document adds is not.
func (t *Tools) Servers() []atr.Server {
	var all []atr.Server
	if len(t.own) > 0 {
		all = append(all, atr.Server{Name: Server, Trust: pin.TrustNew, Idle: -1, Local: &atr.Local{
			From: t.f.path, Stamp: t.f.stamp, Tools: func(context.Context) ([]inside.Tool, error) { return t.own, nil },
		}})
	}
	for _, a := range t.apis {
		all = append(all, atr.Server{Name: a.Name(), Trust: pin.TrustFirst, Idle: -1, Local: &atr.Local{
			From: t.f.path, Stamp: t.f.stamp, Tools: func(ctx context.Context) ([]inside.Tool, error) {
				found, _, err := a.Tools(ctx)
				tools := make([]inside.Tool, len(found))
				for i := range found {
					tools[i] = found[i]
				}
				return tools, err
			},
		}})
	}
	return all
}

// within is a path as it is from the file's folder; ~ is the user's.
func (f *File) within(path string) string {
	if rest, home := strings.CutPrefix(path, "~/"); home {
		if dir, err := os.UserHomeDir(); err == nil {
			return filepath.Join(dir, rest)
		}
	}
	return local.Rooted(filepath.Dir(f.path), path)
}

// span reads a duration.
func span(text string) (time.Duration, error) {
	if text == "" {
		return 0, nil
	}
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 {
		return 0, fmt.Errorf("timeout: %q is no duration such as 30s or 10m", text)
	}
	return d, nil
}

// schemas are parameters as JSON.
func schemas(parameters map[string]any) (map[string]json.RawMessage, error) {
	all := make(map[string]json.RawMessage, len(parameters))
	for name, schema := range parameters {
		text, err := json.Marshal(schema)
		if err != nil {
			return nil, fmt.Errorf("parameter %s: %w", name, err)
		}
		all[name] = text
	}
	return all, nil
}

// schema is one schema as JSON, nil where there is none.
func schema(said map[string]any) (json.RawMessage, error) {
	if said == nil {
		return nil, nil
	}
	return json.Marshal(said)
}

// command is the Spec of a program.
func (f *File) command(name string) (command.Spec, error) {
	e := f.Commands[name]
	s := command.Spec{
		Name: name, Title: e.Title, Description: e.Description, Required: e.Required, Stdin: e.Stdin, Env: e.Env, Pass: e.PassEnv,
		Bytes: e.MaxOutput, Success: e.Success, JSON: e.JSON, Dashed: e.AllowDash,
	}
	var faults [5]error
	s.Timeout, faults[0] = span(e.Timeout)
	s.Effects, faults[1] = local.ParseEffects(e.Effects)
	s.Parameters, faults[2] = schemas(e.Parameters)
	s.Output, faults[3] = schema(e.Output)
	s.Argv, faults[4] = groups(e.Argv)
	if e.Dir != "" {
		s.Dir = f.within(e.Dir)
	}
	for _, path := range e.Pin {
		if s.Dir == "" || filepath.IsAbs(path) || strings.HasPrefix(path, "~/") {
			path = f.within(path)
		}
		s.Files = append(s.Files, path)
	}
	if err := errors.Join(faults[:]...); err != nil {
		return s, fmt.Errorf("command %s: %w", name, err)
	}
	return s, nil
}

// groups are arguments as they are written: a text is an argument, and a list of texts are some that belong together.
func groups(argv []any) ([][]string, error) {
	all := make([][]string, 0, len(argv))
	for _, one := range argv {
		list, several := one.([]any)
		if !several {
			list = []any{one}
		}
		var texts []string
		for _, item := range list {
			switch v := item.(type) {
			case string:
				texts = append(texts, v)
			case uint64, int64, float64, bool:
				return nil, fmt.Errorf("argv: %v is no text: write it in quotes", v)
			default:
				return nil, errors.New("argv: want texts, and lists of texts")
			}
		}
		all = append(all, texts)
	}
	return all, nil
}

// module is the Spec of a module.
func (f *File) module(name string) (wasi.Spec, error) {
	e := f.WASI[name]
	s := wasi.Spec{
		Name: name, Title: e.Title, Description: e.Description, Required: e.Required, Module: f.within(e.Module), Env: e.Env,
		Memory: e.Memory * mebi, Bytes: e.MaxOutput, Written: e.MaxWritten, JSON: e.JSON,
	}
	var faults [4]error
	s.Timeout, faults[0] = span(e.Timeout)
	s.Effects, faults[1] = local.ParseEffects(e.Effects)
	s.Parameters, faults[2] = schemas(e.Parameters)
	s.Output, faults[3] = schema(e.Output)
	for _, m := range e.Mounts {
		s.Mounts = append(s.Mounts, wasi.Mount{Path: f.within(m.Path), At: m.At, Writable: m.Writable})
	}
	if err := errors.Join(faults[:]...); err != nil {
		return s, fmt.Errorf("wasi %s: %w", name, err)
	}
	return s, nil
}

// service is the Spec of a service.
func (f *File) service(name string) (openapi.Spec, error) {
	e := f.OpenAPI[name]
	s := openapi.Spec{
		Name: name, Server: e.Server, Private: e.Private, Headers: e.Headers, Query: e.Query, Include: e.Include, Exclude: e.Exclude,
		Slash: e.Slash, Bytes: e.MaxAnswer,
	}
	if e.Document != "" {
		s.Document = f.within(e.Document)
	}
	var faults []error
	var err error
	s.Timeout, err = span(e.Timeout)
	faults = append(faults, err)
	if name == Server {
		faults = append(faults, errors.New("the name is that of programs and modules"))
	}
	for _, r := range e.Effects {
		effects, err := local.ParseEffects(r.Are)
		s.Effects, faults = append(s.Effects, openapi.Rule{Match: r.Match, Effects: effects}), append(faults, err)
	}
	if err := errors.Join(faults...); err != nil {
		return s, fmt.Errorf("openapi %s: %w", name, err)
	}
	return s, nil
}
