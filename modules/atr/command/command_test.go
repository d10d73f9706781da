package command_test

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/mcp-kernel/mcp-kernel/modules/atr/command"
	"github.com/mcp-kernel/mcp-kernel/modules/atr/local"
)

// TestMain is also the programs that the tests run: the first argument says which.
func TestMain(m *testing.M) {
	if os.Getenv("COMMAND_TEST") == "" {
		os.Exit(m.Run())
	}
	os.Exit(program(os.Args[1], os.Args[2:]))
}

func program(name string, args []string) int {
	switch name {
	case "args":
		text, _ := json.Marshal(args)
		fmt.Print(string(text))
	case "env":
		fmt.Print(strings.Join(os.Environ(), "\n"))
	case "copy":
		_, _ = io.Copy(os.Stdout, os.Stdin)
	case "say":
		fmt.Print(args[0])
	case "mutter":
		fmt.Fprintln(os.Stderr, args[0])
	case "fail":
		fmt.Print("half")
		fmt.Fprintln(os.Stderr, "why it failed, by "+os.Getenv("TOKEN"))
		code, _ := strconv.Atoi(args[0])
		return code
	case "much":
		n, _ := strconv.Atoi(args[0])
		fmt.Print(strings.Repeat("x", n))
	case "flood":
		for b := []byte(strings.Repeat("y", 1<<16)); ; {
			if _, err := os.Stdout.Write(b); err != nil {
				return 0
			}
		}
	case "stubborn": // with a child, neither of which ends when it is asked to
		signal.Ignore(syscall.SIGTERM, syscall.SIGINT)
		if len(args) > 0 {
			child := exec.CommandContext(context.Background(), os.Args[0], "stubborn")
			child.Stdout, child.Stderr = os.Stdout, os.Stderr
			if child.Start() != nil {
				return 9
			}
			if os.WriteFile(args[0], []byte(strconv.Itoa(child.Process.Pid)), 0o600) != nil {
				return 9
			}
			fmt.Fprintln(os.Stderr, "ready")
		}
		time.Sleep(time.Hour)
	}
	return 0
}

// texts are parameters that are strings, for those whose names begin with n integers, with l lists, and with b booleans.
func parameters(names string) map[string]json.RawMessage {
	all := map[string]json.RawMessage{}
	for name := range strings.FieldsSeq(names) {
		kind := map[byte]string{'n': `{"type":"integer"}`, 'l': `{"type":"array","items":{"type":"string"}}`, 'b': `{"type":"boolean"}`}[name[0]]
		all[name] = json.RawMessage(cmp.Or(kind, `{"type":"string"}`))
	}
	return all
}

func self(t *testing.T) string {
	t.Helper()
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// spec is a tool that runs one of our programs.
func spec(t *testing.T, names string, argv ...[]string) command.Spec {
	t.Helper()
	return command.Spec{
		Name: "tool", Description: "Does it.", Parameters: parameters(names), Argv: append([][]string{{self(t)}}, argv...),
		Env: map[string]string{"COMMAND_TEST": "1"},
	}
}

func single(texts ...string) [][]string {
	all := make([][]string, len(texts))
	for i, text := range texts {
		all[i] = []string{text}
	}
	return all
}

func make1(t *testing.T, s command.Spec, o command.Options) *command.Tool {
	t.Helper()
	made, err := command.New(s, o)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// What is given fills arguments and nothing else: nothing in a value begins another one, is run, or is taken for an option.
func TestArguments(t *testing.T) {
	t.Parallel()
	grouped := [][]string{{"args"}, {"-n", "{n}"}, {"--since={since}"}, {"{b?--stat}"}, {"--"}, {"{l...}"}, {"{{x}}"}}
	for name, tt := range map[string]struct {
		argv [][]string
		args string
		want []string
		bad  string
	}{
		"nothing":             {grouped, `{}`, []string{"--", "{x}"}, ""},
		"everything":          {grouped, `{"n":3,"since":"-1 day","b":true,"l":["a b","c"]}`, []string{"-n", "3", "--since=-1 day", "--stat", "--", "a b", "c", "{x}"}, ""},
		"no and none":         {grouped, `{"b":false,"l":[],"n":null}`, []string{"--", "{x}"}, ""},
		"shells' characters":  {grouped, "{\"l\":[\"; rm -rf / #\",\"$(id)\",\"`id`\",\"|\\n&\",\"'\\\"*\"]}", []string{"--", "; rm -rf / #", "$(id)", "`id`", "|\n&", "'\"*", "{x}"}, ""},
		"placeholders":        {grouped, `{"since":"{n}{{","l":["{l...}"]}`, []string{"--since={n}{{", "--", "{l...}", "{x}"}, ""},
		"an empty text":       {single("args", "{a}"), `{"a":""}`, []string{""}, ""},
		"several in one":      {single("args", "{a}:{n}"), `{"a":"x","n":-5}`, []string{"x:-5"}, ""},
		"an option":           {single("args", "{a}"), `{"a":"--output=/etc/passwd"}`, nil, "a begins with -"},
		"an option in a list": {grouped, `{"l":["ok","-x"]}`, nil, "l begins with -"},
		"a dash alone":        {single("args", "{a}"), `{"a":"-"}`, nil, "a begins with -"},
		"a negative number":   {single("args", "{n}"), `{"n":-1}`, nil, "n begins with -"},
		"behind nothing":      {single("args", "{a}{c}"), `{"a":"","c":"-x"}`, nil, "begins with -"},
		"a zero byte":         {single("args", "x{a}"), `{"a":"\u0000"}`, nil, "zero byte"},
		"another type":        {single("args", "{a}"), `{"a":["-x"]}`, nil, "a is no string"},
		"a fraction":          {single("args", "x{n}"), `{"n":1.5}`, nil, "n is no integer"},
		"an item's type":      {single("args", "{l...}"), `{"l":[1]}`, nil, "l has an item that is no string"},
		"an unknown one":      {single("args", "x"), `{"y":1}`, nil, `"y" is unknown`},
		"no object":           {single("args"), `[]`, nil, "no object"},
		"a long one":          {single("args", "x{a}"), `{"a":"` + strings.Repeat("x", 128<<10) + `"}`, nil, "at most 131071"},
		"many":                {single("args", "{l...}"), `{"l":["a"` + strings.Repeat(`,"a"`, 5000) + `]}`, nil, "at most 4096"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := spec(t, "a c n since b l", tt.argv...)
			used := fmt.Sprint(tt.argv)
			for name := range s.Parameters {
				if !strings.Contains(used, "{"+name) {
					delete(s.Parameters, name)
				}
			}
			a, err := make1(t, s, command.Options{}).Call(t.Context(), json.RawMessage(tt.args))
			if tt.bad != "" {
				if !errors.Is(err, local.ErrArguments) || !strings.Contains(err.Error(), tt.bad) {
					t.Fatalf("%+v, %v, want %q", a, err, tt.bad)
				}
				return
			}
			var got []string
			if err != nil || a.IsError || json.Unmarshal([]byte(a.Text), &got) != nil {
				t.Fatal(a, err)
			}
			if diff := gocmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// A value may begin with - where the operator allows it, and a default stands in for what is left out.
func TestAllowed(t *testing.T) {
	t.Parallel()
	s := spec(t, "a l", single("args", "{a}", "{l...}")...)
	s.Dashed, s.Required = []string{"l"}, []string{"l"}
	s.Parameters["a"] = json.RawMessage(`{"type":"string","default":"HEAD"}`)
	tool := make1(t, s, command.Options{})
	if a, err := tool.Call(t.Context(), json.RawMessage(`{"l":["-x"]}`)); err != nil || a.Text != `["HEAD","-x"]` {
		t.Error(a, err)
	}
	if a, err := tool.Call(t.Context(), json.RawMessage(`{}`)); !errors.Is(err, local.ErrArguments) || !strings.Contains(err.Error(), "l is missing") {
		t.Error(a, err)
	}
}

func TestAnswers(t *testing.T) {
	t.Parallel()
	token := "s3cret-token"
	for name, tt := range map[string]struct {
		argv   []string
		change func(*command.Spec)
		args   string
		want   local.Answer
	}{
		"text":              {argv: []string{"say", "hello"}, want: local.Answer{Text: "hello"}},
		"nothing but words": {argv: []string{"mutter", "pushed"}, want: local.Answer{Text: "pushed"}},
		"input":             {[]string{"copy"}, func(s *command.Spec) { s.Stdin = "a" }, `{"a":"-x\n"}`, local.Answer{Text: "-x\n"}},
		"input that is JSON": {[]string{"copy"}, func(s *command.Spec) {
			s.Stdin, s.Parameters = "o", map[string]json.RawMessage{"o": json.RawMessage(`{"type":"object"}`)}
		}, `{"o":{"a":1}}`, local.Answer{Text: `{"a":1}`}},
		"unread input":    {[]string{"say", "x"}, func(s *command.Spec) { s.Stdin = "a" }, `{"a":"` + strings.Repeat("x", 1<<20) + `"}`, local.Answer{Text: "x"}},
		"a failure":       {argv: []string{"fail", "3"}, want: local.Answer{Text: "The program failed with exit code 3.\nwhy it failed, by [secret]\nhalf", IsError: true}},
		"another success": {[]string{"fail", "1"}, func(s *command.Spec) { s.Success = []int{0, 1} }, "", local.Answer{Text: "half"}},
		"no success":      {[]string{"say", "x"}, func(s *command.Spec) { s.Success = []int{1} }, "", local.Answer{Text: "The program failed with exit code 0.\nx", IsError: true}},
		"cut":             {[]string{"much", "2000"}, func(s *command.Spec) { s.Bytes = 10 }, "", local.Answer{Text: "xxxxxxxxxx\n[cut: 1990 bytes more]"}},
		"characters cut":  {[]string{"say", "äöü"}, func(s *command.Spec) { s.Bytes = 3 }, "", local.Answer{Text: "ä\uFFFD\n[cut: 3 bytes more]"}},
		"no UTF-8":        {argv: []string{"say", "a\xff"}, want: local.Answer{Text: "a\uFFFD"}},
		"JSON":            {[]string{"say", `{{"a": 1.0}}`}, func(s *command.Spec) { s.JSON = true }, "", local.Answer{Text: `{"a": 1.0}`, Structured: json.RawMessage(`{"a": 1.0}`)}},
		"JSON, no object": {[]string{"say", `[1]`}, func(s *command.Spec) { s.JSON = true }, "", local.Answer{Text: `[1]`, Structured: json.RawMessage(`{"result":[1]}`)}},
		"no JSON":         {[]string{"say", `{{}}{{}}`}, func(s *command.Spec) { s.JSON = true }, "", local.Answer{Text: "The output is no JSON.\n{}{}", IsError: true}},
		"JSON that is cut": {[]string{"say", `[1,2,3]`}, func(s *command.Spec) { s.JSON, s.Bytes = true, 3 }, "", local.Answer{
			Text: "The output has more than 3 bytes, so it is no JSON any more.\n[1,\n[cut: 4 bytes more]", IsError: true,
		}},
		"a secret":       {argv: []string{"say", token}, want: local.Answer{Text: "[secret]"}},
		"without an end": {[]string{"stubborn"}, func(s *command.Spec) { s.Timeout = 300 * time.Millisecond }, "", local.Answer{Text: "The program did not end within 300ms and was stopped.", IsError: true}},
		"a flood": {[]string{"flood"}, func(s *command.Spec) { s.Bytes = 4 }, "", local.Answer{
			Text: "The program wrote without end and was stopped.\nyyyy\n[cut: 67108864 bytes more]", IsError: true,
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			names := ""
			if strings.Contains(tt.args, `"a"`) {
				names = "a"
			}
			s := spec(t, names, single(tt.argv...)...)
			s.Env["TOKEN"] = "env:THE_TOKEN"
			if tt.change != nil {
				tt.change(&s)
			}
			resolve := func(_ context.Context, text string) (string, error) {
				return strings.ReplaceAll(text, "env:THE_TOKEN", token), nil
			}
			got, err := make1(t, s, command.Options{Resolve: resolve}).Call(t.Context(), json.RawMessage(tt.args))
			if diff := gocmp.Diff(tt.want, got); diff != "" || err != nil {
				t.Errorf("%v (-want +got):\n%s", err, diff)
			}
		})
	}
}

// A program has what its environment says and nothing of ours, and what was passed on is not repeated.
func TestEnvironment(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("other names are inherited there")
	}
	s := spec(t, "", single("env")...)
	s.Pass = []string{"GH_TOKEN"}
	a, err := make1(t, s, command.Options{Environ: func() []string {
		return []string{"PATH=/bin", "AWS_SECRET_ACCESS_KEY=hush", "GH_TOKEN=gh-123456", "LD_PRELOAD=/evil.so"}
	}}).Call(t.Context(), nil)
	lines := slices.DeleteFunc(strings.Split(a.Text, "\n"), func(line string) bool { return strings.HasPrefix(line, "MCP_KERNEL_CHILD=") })
	slices.Sort(lines)
	if diff := gocmp.Diff([]string{"COMMAND_TEST=1", "GH_TOKEN=[secret]", "PATH=/bin"}, lines); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

// A call whose caller has gone ends with everything that it has started.
func TestCancelled(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "pid")
	ctx, cancel := context.WithCancel(t.Context())
	s := spec(t, "", single("stubborn", file)...)
	_, err := make1(t, s, command.Options{Line: func(line string) {
		if line == "ready" {
			cancel()
		}
	}}).Call(ctx, nil)
	if !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	text, fault := os.ReadFile(file)
	pid, fault2 := strconv.Atoi(string(text))
	if fault != nil || fault2 != nil {
		t.Fatal(fault, fault2)
	}
	if status, err := os.Open("/proc/" + strconv.Itoa(pid) + "/status"); err == nil {
		defer status.Close()
		for lines := bufio.NewScanner(status); lines.Scan(); {
			if text := lines.Text(); strings.HasPrefix(text, "State:") && !strings.Contains(text, "Z") {
				t.Errorf("its child lives: %s", text)
			}
		}
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		change func(*command.Spec)
		want   string
	}{
		"no name":                {func(s *command.Spec) { s.Name = "" }, "the name"},
		"no description":         {func(s *command.Spec) { s.Description = "" }, "no description"},
		"no program":             {func(s *command.Spec) { s.Argv = nil }, "no program"},
		"a chosen program":       {func(s *command.Spec) { s.Argv = single("{a}") }, "must not depend"},
		"a program left out":     {func(s *command.Spec) { s.Argv = [][]string{{"git", "{a}"}} }, "must not depend"},
		"an open brace":          {func(s *command.Spec) { s.Argv = single("x", "{a") }, "write {{"},
		"a closing brace":        {func(s *command.Spec) { s.Argv = single("x", "a}") }, "write }}"},
		"no parameter":           {func(s *command.Spec) { s.Argv = single("x", "{b}") }, "{b} is no parameter"},
		"an unused one":          {func(s *command.Spec) { s.Argv = single("x") }, "a is used nowhere"},
		"a list in one":          {func(s *command.Spec) { s.Parameters, s.Argv = parameters("l"), single("x", "{l}") }, "write {l...}"},
		"a part of a list":       {func(s *command.Spec) { s.Parameters, s.Argv = parameters("l"), single("x", "-{l...}") }, "an argument of its own"},
		"a text as a list":       {func(s *command.Spec) { s.Argv = single("x", "{a...}") }, "needs an array"},
		"a text as a flag":       {func(s *command.Spec) { s.Argv = single("x", "{a?-v}") }, "needs a boolean"},
		"an option's name":       {func(s *command.Spec) { s.Argv = single("x", "--{a}") }, "chooses an option"},
		"a shell's program":      {func(s *command.Spec) { s.Argv = single("/bin/sh", "-c", "ls {a}") }, "interpreter"},
		"behind env":             {func(s *command.Spec) { s.Argv = single("env", "X=1", "bash", "-ec", "{a}") }, "interpreter"},
		"python's program":       {func(s *command.Spec) { s.Argv = single("python3", "-c", "{a}") }, "interpreter"},
		"awk's program":          {func(s *command.Spec) { s.Argv = single("awk", "-F:", "{a}") }, "interpreter"},
		"ssh":                    {func(s *command.Spec) { s.Argv = single("ssh", "host", "ls", "{a}") }, "interpreter"},
		"a keyword":              {func(s *command.Spec) { s.Parameters["a"] = json.RawMessage(`{"type":"string","maxlength":3}`) }, `keyword "maxlength"`},
		"a type":                 {func(s *command.Spec) { s.Parameters["a"] = json.RawMessage(`{"type":"text"}`) }, "none of string"},
		"a default":              {func(s *command.Spec) { s.Parameters["a"] = json.RawMessage(`{"type":"string","default":1}`) }, "its default is no string"},
		"a pattern":              {func(s *command.Spec) { s.Parameters["a"] = json.RawMessage(`{"type":"string","pattern":"("}`) }, "pattern"},
		"required and not there": {func(s *command.Spec) { s.Required = []string{"b"} }, `"b" is required and not there`},
		"stdin":                  {func(s *command.Spec) { s.Stdin = "b" }, `stdin: "b" is no parameter`},
		"dashes":                 {func(s *command.Spec) { s.Dashed = []string{"b"} }, `allow_dash: "b" is no parameter`},
		"a schema of text":       {func(s *command.Spec) { s.Output = json.RawMessage(`{}`) }, "for output that is JSON"},
		"much output":            {func(s *command.Spec) { s.Bytes = 1 << 30 }, "at most"},
		"a relative folder":      {func(s *command.Spec) { s.Dir = "x" }, "not absolute"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := command.Spec{Name: "tool", Description: "Does it.", Parameters: parameters("a"), Argv: single("x", "{a}")}
			tt.change(&s)
			if made, err := command.New(s, command.Options{}); made != nil || err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v, want %q", err, tt.want)
			}
		})
	}
	for name, argv := range map[string][]string{
		"a script's argument":   {"python3", "tool.py", "--name", "{a}"},
		"a program's arguments": {"bash", "-c", `echo "$1"`, "--", "{a}"},
	} {
		s := command.Spec{Name: "tool", Description: "Does it.", Parameters: parameters("a"), Argv: single(argv...)}
		if _, err := command.New(s, command.Options{}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What is not there is the operator's matter, and says so.
func TestBroken(t *testing.T) {
	t.Parallel()
	s := command.Spec{Name: "tool", Description: "Does it.", Argv: single("no-such-program")}
	tool := make1(t, s, command.Options{})
	if _, err := tool.Call(t.Context(), nil); !errors.Is(err, local.ErrBroken) {
		t.Error(err)
	}
	if _, err := tool.Definition(t.Context()); !errors.Is(err, local.ErrBroken) {
		t.Error(err)
	}
	hush := errors.New("there is none")
	tool = make1(t, spec(t, "", single("say", "x")...), command.Options{Resolve: func(context.Context, string) (string, error) { return "", hush }})
	if _, err := tool.Call(t.Context(), nil); !errors.Is(err, local.ErrBroken) || !errors.Is(err, hush) {
		t.Error(err)
	}
}

// A definition is another when the program, a script of it or its arguments are.
func TestDefinition(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	write("tool.exe", "one")
	write("script", "one")
	s := command.Spec{
		Name: "tool", Title: "A tool", Description: "Does it.", Parameters: parameters("a"), Argv: single("./tool.exe", "{a}"), Dir: dir, Files: []string{"script"},
		Env: map[string]string{"TOKEN": "env:TOKEN"}, Effects: local.Effects{ReadOnly: true, ClosedWorld: true},
	}
	text := func(s command.Spec) string {
		t.Helper()
		d, err := make1(t, s, command.Options{}).Definition(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		text, err := d.JSON()
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	first := text(s)
	sum := "sha256:7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed" // of "one"
	exe, script := strconv.Quote(filepath.Join(dir, "tool.exe")), strconv.Quote(filepath.Join(dir, "script"))
	want := `{"_meta":{"io.mcp-kernel/runs":{"allow_dash":null,"argv":[["./tool.exe"],["{a}"]],"dir":` + strconv.Quote(dir) + `,"env":["TOKEN"],"files":{` +
		script + `:"` + sum + `",` + exe + `:"` + sum + `"},"json":false,"pass_env":null,"program":` + exe + `,"stdin":"","success":[0]}},` +
		`"annotations":{"destructiveHint":false,"idempotentHint":false,"openWorldHint":false,"readOnlyHint":true},"description":"Does it.",` +
		`"inputSchema":{"additionalProperties":false,"properties":{"a":{"type":"string"}},"type":"object"},"name":"tool","title":"A tool"}`
	if diff := gocmp.Diff(want, first); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	write("script", "two")
	second := text(s)
	write("tool.exe", "two")
	third := text(s)
	s.Argv = single("./tool.exe", "--force", "{a}")
	if fourth := text(s); first == second || second == third || third == fourth {
		t.Error("a change is not seen")
	}
}

// BenchmarkCall is a program that does nothing, with everything that is done to run it.
func BenchmarkCall(b *testing.B) {
	tool, err := command.New(command.Spec{Name: "tool", Description: "Does it.", Argv: single("true")}, command.Options{})
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if a, err := tool.Call(b.Context(), nil); err != nil || a.IsError {
			b.Fatal(a, err)
		}
	}
}

func FuzzArguments(f *testing.F) {
	for _, seed := range []string{`{"a":"x"}`, `{"a":"-x","l":["--"]}`, `{"l":["a","-"]}`, `{`, `null`} {
		f.Add(seed, "--x={a}")
		f.Add(seed, "{a}")
	}
	f.Fuzz(func(t *testing.T, args, argument string) {
		made, err := command.New(command.Spec{
			Name: "tool", Description: "Does it.", Parameters: parameters("a l"), Argv: single("/no/such/program", argument, "{a}", "{l...}"),
		}, command.Options{})
		if err != nil {
			return
		}
		if a, err := made.Call(t.Context(), json.RawMessage(args)); err == nil {
			t.Errorf("it ran: %+v", a)
		}
	})
}
