package main

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/mcp-kernel/mcp-kernel/internal/locals"
	"github.com/mcp-kernel/mcp-kernel/modules/atr"
	"github.com/mcp-kernel/mcp-kernel/modules/standard"
)

func (a *app) toolAdd() *cobra.Command {
	return group(&cobra.Command{
		Use:   "add",
		Short: "Add a tool to tools.yaml",
		Long: `Add writes the tool into tools.yaml, looks at what it would run, and says which lines policies that name their tools would need.
What it does not offer a flag for can be written into the file. Comments in the file are lost.`,
		Example: `  mcp-kernel tool add command git_log --description 'The last commits' --param count=integer --effects read_only -- git log '--max-count={count}'
  mcp-kernel tool add openapi petstore petstore.yaml --include 'GET *'
  mcp-kernel tool add wasi word_count count.wasm --description 'Counts words' --param text=string`,
	}, a.toolAddCommand(), a.toolAddOpenAPI(), a.toolAddWASI())
}

// parameterOf reads NAME=TYPE, where the type is one of JSON Schema's, one of those with an s for a list, or a schema.
func parameterOf(texts []string) (map[string]any, error) {
	all := map[string]any{}
	for _, text := range texts {
		name, kind, ok := strings.Cut(text, "=")
		if !ok || name == "" || kind == "" {
			return nil, fmt.Errorf("--param %q: want NAME=TYPE or NAME=SCHEMA", text)
		}
		if !strings.HasPrefix(kind, "{") {
			all[name] = map[string]any{"type": kind}
			if one, list := strings.CutSuffix(kind, "s"); list {
				all[name] = map[string]any{"type": "array", "items": map[string]any{"type": one}}
			}
			continue
		}
		var schema map[string]any
		if err := json.Unmarshal([]byte(kind), &schema); err != nil {
			return nil, fmt.Errorf("--param %s: %w", name, err)
		}
		all[name] = schema
	}
	return all, nil
}

// paramHelp is what help says of --param.
const paramHelp = "`NAME=TYPE` of an argument: string, integer, number, boolean, strings (a list), or a JSON Schema; repeat it for several"

// effectsHelp is what help says of --effects.
const effectsHelp = "`word` of what it does at most: read_only, non_destructive, idempotent, closed_world; repeat it for several (default anything)"

func (a *app) toolAddCommand() *cobra.Command {
	var e locals.Command
	var params, env []string
	cmd := &cobra.Command{
		Use:   "command NAME -- PROGRAM [ARGUMENT]...",
		Short: "Make a tool of a program",
		Long: `An argument may have places: {name} is the value of a parameter, {name...} an argument for each item of a list, {name?--text} the
text where the parameter is true. Braces that are meant are written twice. A value fills its place and nothing else, and is
refused where it begins with - and an option could begin. Arguments whose parameters were not given are left out.`,
		Example: `  mcp-kernel tool add command git_log --description 'The last commits' --param count=integer --param paths=strings --effects read_only \
    --dir ~/project -- git log '--max-count={count}' -- '{paths...}'`,
		Args: arguments(2, -1, "a name, and a program with its arguments behind --"),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			if cmd.ArgsLenAtDash() != 1 {
				return misused(cmd, "write the program behind --: mcp-kernel tool add command NAME -- PROGRAM ARGUMENT...")
			}
			for _, text := range args[1:] {
				e.Argv = append(e.Argv, text)
			}
			if e.Parameters, err = parameterOf(params); err == nil {
				e.Env, err = pairs(env, "=")
			}
			if err != nil {
				return misused(cmd, "%v", err)
			}
			if e.Dir, err = rooted(e.Dir); err != nil {
				return err
			}
			return a.addTool(cmd, args[0], locals.Server, func(f *locals.File) bool {
				_, known := f.Commands[args[0]]
				put(&f.Commands, args[0], e)
				return known
			})
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&e.Description, "description", "", "what it does, for models")
	flags.StringArrayVar(&params, "param", nil, paramHelp)
	flags.StringArrayVar(&e.Required, "required", nil, "`NAME` of a parameter that must be given; repeat it for several")
	flags.StringVar(&e.Stdin, "stdin", "", "`NAME` of the parameter that is written to standard input")
	flags.StringArrayVar(&env, "env", nil, "`NAME=VALUE` for the program's environment; repeat it for several")
	flags.StringArrayVar(&e.PassEnv, "pass-env", nil, "`NAME` of a variable of ours that the program gets; repeat it for several")
	flags.StringVar(&e.Dir, "dir", "", "`directory` to run the program in")
	flags.StringVar(&e.Timeout, "timeout", "", "`duration` after which it is stopped (default 1m)")
	flags.BoolVar(&e.JSON, "json", false, "its output is JSON")
	flags.StringArrayVar(&e.AllowDash, "allow-dash", nil, "`NAME` of a parameter whose values may begin with -; repeat it for several")
	flags.StringArrayVar(&e.Pin, "pin", nil, "`file` that is pinned besides the program, as a script is; repeat it for several")
	flags.StringArrayVar(&e.Effects, "effects", nil, effectsHelp)
	return cmd
}

func (a *app) toolAddOpenAPI() *cobra.Command {
	var e locals.OpenAPI
	var headers, query []string
	cmd := &cobra.Command{
		Use:   "openapi NAME DOCUMENT",
		Short: "Make tools of the operations of an HTTP service",
		Long: `The document is an OpenAPI document (3.0 or 3.1) in a file, as JSON or YAML. Its operations are asked for at the server that it names,
or at --server; private addresses are not reached unless you say so. GET and HEAD count as reading, everything else as
possibly destructive. Values of --header and --query that are secrets are better kept elsewhere: env:NAME, file:/PATH.`,
		Example: `  mcp-kernel tool add openapi petstore petstore.yaml --include 'GET *' --header 'Authorization: env:PETSTORE_AUTHORIZATION'`,
		Args:    arguments(2, 2, "a name and a document"),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			if e.Headers, err = pairs(headers, ":"); err == nil {
				e.Query, err = pairs(query, "=")
			}
			if err != nil {
				return misused(cmd, "%v", err)
			}
			if e.Document, err = rooted(args[1]); err != nil {
				return err
			}
			return a.addTool(cmd, args[0], args[0], func(f *locals.File) bool {
				_, known := f.OpenAPI[args[0]]
				put(&f.OpenAPI, args[0], e)
				return known
			})
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&e.Server, "server", "", "`URL` of the service (default the document's first)")
	flags.BoolVar(&e.Private, "allow-private", false, "the url may lead to this machine or a private network, and need not begin with https")
	flags.StringArrayVar(&headers, "header", nil, "`NAME: VALUE` of each request; repeat it for several")
	flags.StringArrayVar(&query, "query", nil, "`NAME=VALUE` of each request's query; repeat it for several")
	flags.StringArrayVar(&e.Include, "include", nil, "`glob` of operations that are tools, by name or as in 'GET /pets*'; repeat it for several (default all)")
	flags.StringArrayVar(&e.Exclude, "exclude", nil, "`glob` of those that are not; repeat it for several")
	flags.StringVar(&e.Timeout, "timeout", "", "`duration` after which a request ends (default 30s)")
	return cmd
}

func (a *app) toolAddWASI() *cobra.Command {
	var e locals.WASI
	var params, mounts []string
	cmd := &cobra.Command{
		Use:   "wasi NAME MODULE",
		Short: "Make a tool of a WebAssembly module",
		Long: `The module is a program for WASI preview 1. Each call runs in an instance of its own, with the arguments as JSON on standard input; what
it prints is the answer. It has no network, no environment and no files but what --mount shows it, read-only unless :rw is
behind it. Its memory and its time are bounded.`,
		Example: `  mcp-kernel tool add wasi word_count count.wasm --description 'Counts words' --param path=string --mount ~/notes:/notes`,
		Args:    arguments(2, 2, "a name and a module"),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			if e.Parameters, err = parameterOf(params); err == nil {
				e.Mounts, err = mountsOf(mounts)
			}
			if err != nil {
				return misused(cmd, "%v", err)
			}
			if e.Module, err = rooted(args[1]); err != nil {
				return err
			}
			return a.addTool(cmd, args[0], locals.Server, func(f *locals.File) bool {
				_, known := f.WASI[args[0]]
				put(&f.WASI, args[0], e)
				return known
			})
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&e.Description, "description", "", "what it does, for models")
	flags.StringArrayVar(&params, "param", nil, paramHelp)
	flags.StringArrayVar(&e.Required, "required", nil, "`NAME` of a parameter that must be given; repeat it for several")
	flags.StringArrayVar(&mounts, "mount", nil, "`DIRECTORY:AT[:rw]` that it sees as AT; repeat it for several")
	flags.StringVar(&e.Timeout, "timeout", "", "`duration` after which a call is stopped (default 10s)")
	flags.Int64Var(&e.Memory, "memory-mib", 0, "memory of a call in MiB (default 64)")
	flags.BoolVar(&e.JSON, "json", false, "its output is JSON")
	flags.StringArrayVar(&e.Effects, "effects", nil, effectsHelp)
	return cmd
}

// mountsOf reads DIRECTORY:AT[:rw].
func mountsOf(texts []string) ([]locals.Mount, error) {
	var all []locals.Mount
	for _, text := range texts {
		rest, writable := strings.CutSuffix(text, ":rw")
		colon := strings.LastIndex(rest, ":")
		if colon <= 0 || !strings.HasPrefix(rest[colon+1:], "/") {
			return nil, fmt.Errorf("--mount %q: want DIRECTORY:/AT or DIRECTORY:/AT:rw", text)
		}
		path, err := rooted(rest[:colon])
		if err != nil {
			return nil, err
		}
		all = append(all, locals.Mount{Path: path, At: rest[colon+1:], Writable: writable})
	}
	return all, nil
}

// rooted is a path from the root, as the file needs it wherever it is. What begins with ~ stays.
func rooted(path string) (string, error) {
	if path == "" || strings.HasPrefix(path, "~/") {
		return path, nil
	}
	return filepath.Abs(path)
}

func put[V any](m *map[string]V, name string, v V) {
	if *m == nil {
		*m = map[string]V{}
	}
	(*m)[name] = v
}

// addTool writes a tool into the file, if all in it can be, and looks at what it runs. put reports whether there is one of
// that name.
func (a *app) addTool(cmd *cobra.Command, name, server string, put func(*locals.File) bool) error {
	c, err := a.configuration(cmd)
	if err != nil {
		return err
	}
	f, err := locals.Load(c.ToolsFile())
	if err != nil {
		return err
	}
	if put(f) {
		return fmt.Errorf("there is a tool %s already: choose another name, or change it in %s", name, c.ToolsFile())
	}
	t, err := f.Make(locals.Options{})
	if err != nil {
		return err
	}
	if err := t.Close(); err != nil {
		return err
	}
	if err := f.Save(); err != nil {
		return err
	}
	fmt.Fprintln(a.err, "written:", c.ToolsFile())
	return a.learnTools(cmd, server)
}

// An added is what tool add prints.
type added struct {
	Server    string   `json:"server"`
	Published []string `json:"published"` // the names of all its tools
	Waiting   int      `json:"waiting"`   // tools that are not used until somebody agrees
	Missing   []string `json:"missing"`   // tools that no active policy allows
}

// learnTools pins tools that run here, and says what is missing for them to be used.
func (a *app) learnTools(cmd *cobra.Command, server string) error {
	return a.withServers(cmd, func(ctx context.Context, m *atr.Module, k *standard.Kernel) error {
		report, err := m.Learn(ctx, server)
		if err != nil {
			return fmt.Errorf("%s: %w", server, reasonDown(err))
		}
		done := added{Server: server, Published: m.Published(server), Waiting: report.Waiting, Missing: []string{}}
		for _, name := range done.Published {
			if !allowed(k, name) {
				done.Missing = append(done.Missing, name)
			}
		}
		return a.print(done, func(t *table) {
			t.line("%s has these tools: %s", server, joined(done.Published))
			if done.Waiting > 0 {
				t.line("%d of them are not used until you agree: mcp-kernel pins diff %s", done.Waiting, server)
			}
			if len(done.Missing) > 0 {
				t.line("No active policy allows these; add what is needed to its allowed_tools:")
			}
			for _, name := range done.Missing {
				t.line("  - %s", name)
			}
		})
	})
}
