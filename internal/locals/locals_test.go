package locals_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mcp-kernel/mcp-kernel/internal/locals"
	"github.com/mcp-kernel/mcp-kernel/modules/atr/pin"
)

// The example in configs shows every key, and holds.
func TestExample(t *testing.T) {
	t.Parallel()
	path := filepath.Join("..", "..", "configs", locals.FileName)
	f, err := locals.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	made, err := f.Make(locals.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := made.Close(); err != nil {
			t.Error(err)
		}
	}()
	var got []string
	for _, s := range made.Servers() {
		got = append(got, s.Name)
	}
	if diff := cmp.Diff([]string{"local", "petstore"}, got); diff != "" || len(made.Own()) != 2 {
		t.Errorf("(-want +got):\n%s", diff)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for key := range strings.FieldsSeq(`description parameters required argv stdin env pass_env dir timeout max_output success json output_schema allow_dash pin effects
		document server allow_private headers query include exclude match are allow_slash module mounts path at writable memory_mib`) {
		if !strings.Contains(string(text), key) {
			t.Errorf("the example says nothing of %s", key)
		}
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ text, want string }{
		"an unknown key":       {"commands:\n  a: {argvs: [x]}\n", "argvs"},
		"a name twice":         {"commands:\n  a: {argv: [x]}\n  a: {argv: [y]}\n", "already defined"},
		"a duration":           {"commands:\n  a: {description: x, argv: [x], timeout: 10}\n", `command a: timeout: "10" is no duration`},
		"a number":             {"commands:\n  a: {description: x, argv: [x, 1]}\n", "write it in quotes"},
		"a list in a list":     {"commands:\n  a: {description: x, argv: [x, [[y]]]}\n", "want texts, and lists of texts"},
		"an effect":            {"commands:\n  a: {description: x, argv: [x], effects: [none]}\n", `the effect "none"`},
		"a parameter":          {"commands:\n  a: {description: x, argv: [x, '{b}'], parameters: {b: {typ: string}}}\n", `parameter b: the keyword "typ"`},
		"one name of two":      {"commands:\n  a: {description: x, argv: [x]}\nwasi:\n  a: {description: x, module: y}\n", "wasi a: there is a command of that name"},
		"the name of programs": {"openapi:\n  local: {document: x}\n", "openapi local: the name is that of programs"},
		"an operation's":       {"openapi:\n  a: {document: x, effects: [{match: y, are: [z]}]}\n", `the effect "z"`},
		"no document":          {"openapi:\n  a: {server: 'https://x.example'}\n", "has no document"},
		"a mount":              {"wasi:\n  a: {description: x, module: y, mounts: [{path: z, at: z}]}\n", "no clean absolute path"},
		"memory":               {"wasi:\n  a: {description: x, module: y, memory_mib: 100000}\n", "memory is"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, err := locals.Parse([]byte(tt.text), filepath.Join(t.TempDir(), locals.FileName))
			if err == nil {
				_, err = f.Make(locals.Options{})
			}
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v, want %q", err, tt.want)
			}
		})
	}
}

// What is written is read as it was, and relative paths belong to the file's folder.
func TestSave(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "sub", locals.FileName)
	f, err := locals.Load(path)
	if err != nil || !f.Empty() {
		t.Fatal(f, err)
	}
	f.Commands = map[string]locals.Command{"a": {
		Description: "x", Argv: []any{"./tool", []any{"-n", "{n}"}}, Parameters: map[string]any{"n": map[string]any{"type": "integer", "default": uint64(3)}}, Dir: ".", Pin: []string{"lib"},
	}}
	f.WASI = map[string]locals.WASI{"b": {Description: "y", Module: "b.wasm", Mounts: []locals.Mount{{Path: "data", At: "/data", Writable: true}}}}
	if err := f.Save(); err != nil {
		t.Fatal(err)
	}
	again, err := locals.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]any{f.Commands, f.WASI}, []any{again.Commands, again.WASI}); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	dir := filepath.Dir(path)
	for name, text := range map[string]string{"tool": "#!/bin/sh\n", "lib": "", "b.wasm": ""} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	made, err := again.Make(locals.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer made.Close() //nolint:errcheck // nothing was started
	servers := made.Servers()
	if len(servers) != 1 || servers[0].Trust != pin.TrustNew || servers[0].Local.From != path {
		t.Errorf("%+v", servers)
	}
	tools, err := servers[0].Local.Tools(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	var runs []string
	for _, tool := range tools {
		d, _, err := tool.Prepare(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		text, err := json.Marshal(d.Runs)
		if err != nil {
			t.Fatal(err)
		}
		runs = append(runs, string(text))
	}
	for i, want := range []string{filepath.Join(dir, "tool"), filepath.Join(dir, "b.wasm")} {
		if !strings.Contains(runs[i], want) {
			t.Errorf("%s, want %s", runs[i], want)
		}
	}
	if _, err := locals.Load(dir); err == nil || errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}
