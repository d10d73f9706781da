package standard_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/governance/audit"
	"github.com/mcp-kernel/mcp-kernel/internal/config"
	"github.com/mcp-kernel/mcp-kernel/modules/standard"
	"github.com/mcp-kernel/mcp-kernel/tools"
)

// web is a module with one tool that reads the open world and one that writes to it.
type web struct{}

func (web) Name() string { return "web" }

func (web) Surface() tools.Surface {
	input := json.RawMessage(`{"type":"object","properties":{"url":{"type":"string"}},"required":["url"]}`)
	answer := func(text string) func(context.Context, *tools.Request, json.RawMessage) (tools.Result, error) {
		return func(context.Context, *tools.Request, json.RawMessage) (tools.Result, error) {
			return tools.Result{Content: []tools.Content{tools.Text(text)}}, nil
		}
	}
	spec := func(name string, reads, destroys tools.Hint) tools.Spec {
		return tools.Spec{
			Name: name, Title: name, Description: name, Audience: tools.ForAgents, InputSchema: input,
			ReadOnly: reads, Destructive: destroys, Idempotent: tools.Yes, OpenWorld: tools.Yes,
		}
	}
	return tools.Surface{Tools: []tools.Tool{
		tools.Raw(spec("web_fetch", tools.Yes, tools.No), answer("a page")),
		tools.Raw(spec("web_post", tools.No, tools.No), answer("posted")),
		tools.Raw(spec("web_long", tools.Yes, tools.No), answer(strings.Repeat("lorem ipsum dolor ", 2000))),
	}}
}

const governedPolicy = `
- name: governed
  allowed_tools: ["*"]
  allowed_resources: ["*"]
  max_result_tokens: 4000
  limits:
    - {name: tokens, per: tool, tools: [web_fetch], tokens: 1000, window: 1h}
  labels:
    - {add: [untrusted:web], tools: [web_fetch]}
  rules: |
    @id("no-writes-after-web")
    forbid (principal, action in Action::"tools/call", resource)
    when { context.labels.contains("untrusted:web") && resource.open_world && !resource.read_only };
`

// governed are the settings of a kernel under governedPolicy, or under another text.
func governed(t *testing.T, dir, text string) config.Config {
	t.Helper()
	file := filepath.Join(t.TempDir(), "policies.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	c := config.Default()
	c.DataDir, c.Governance.PolicyFiles, c.Governance.Policies = dir, []string{file}, []string{"governed"}
	return c
}

func openWeb(t *testing.T, c config.Config) *standard.Kernel {
	t.Helper()
	k, err := standard.Open(t.Context(), standard.Options{Config: c, Extra: []tools.Module{web{}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := k.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return k
}

const childDir = "MCP_KERNEL_TEST_CHILD"

// TestChild is what TestLabelsSurviveKilling runs as another process.
func TestChild(t *testing.T) {
	dir := os.Getenv(childDir)
	if dir == "" {
		t.Skip("only as a child of TestLabelsSurviveKilling")
	}
	k := openWeb(t, governed(t, dir, governedPolicy))
	if _, err := call(t, k, "web_fetch", `{"url":"https://example.org"}`); err != nil {
		t.Fatal(err)
	}
	_, _ = os.Stdout.WriteString("touched\n")
	_, _ = io.Copy(io.Discard, os.Stdin) // until it is killed
}

func TestLabelsSurviveKilling(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data")
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestChild$")
	child.Env = append(os.Environ(), childDir+"="+dir)
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := child.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil || line != "touched\n" {
		t.Fatalf("%q, %v", line, err)
	}
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = child.Wait()
	k := openWeb(t, governed(t, dir, governedPolicy))
	_, err = call(t, k, "web_post", `{"url":"https://example.org"}`)
	var refused *tools.Error
	if !errors.As(err, &refused) || refused.Code != tools.CodeDenied || !strings.Contains(refused.Reason, "no-writes-after-web") {
		t.Fatalf("what was touched before the process was killed: %v", err)
	}
	found := 0
	page, err := k.Journal.Query(t.Context(), audit.Filter{}, "", 100)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range page.Entries {
		if len(e.Labels) == 1 && e.Labels[0] == "untrusted:web" {
			found++
		}
	}
	if found != 4 {
		t.Errorf("%d entries carry the label, want decision and outcome of both calls", found)
	}
}

func TestTheRestOfAnAnswer(t *testing.T) {
	t.Parallel()
	k := openWeb(t, governed(t, filepath.Join(t.TempDir(), "data"), governedPolicy))
	result, err := call(t, k, "web_long", `{"url":"x"}`)
	if err != nil {
		t.Fatal(err)
	}
	whole, uri := result.Content[0].Text, result.Content[len(result.Content)-1].URI
	read := func(principal, uri string) (tools.Result, error) {
		return k.Dispatcher.Dispatch(t.Context(), governance.Call{
			Kind: governance.KindResource, Name: uri, Caller: governance.Caller{Principal: principal},
		}, nil)
	}
	if _, err := read("user:other", uri); err == nil {
		t.Error("somebody else read the rest")
	}
	for pages := 0; uri != "" && pages < 10; pages++ {
		rest, err := read("user:test", uri)
		if err != nil {
			t.Fatal(err)
		}
		whole += rest.Contents[0].Text
		var cut struct{ Rest string }
		_ = json.Unmarshal(rest.Meta["io.mcp-kernel/cut"], &cut)
		uri = cut.Rest
	}
	if want := strings.Repeat("lorem ipsum dolor ", 2000); whole != want {
		t.Errorf("%d bytes of %d came together", len(whole), len(want))
	}
}

func TestTokensOfLimitsAreCounted(t *testing.T) {
	t.Parallel()
	k := openWeb(t, governed(t, filepath.Join(t.TempDir(), "data"), governedPolicy))
	// 200 bytes a call would be over 1000 tokens after five; counted, they are a few tokens each.
	for i := range 12 {
		if _, err := call(t, k, "web_fetch", `{"url":"`+strings.Repeat("https://example.org/", 10)+`"}`); err != nil {
			t.Fatalf("call %d: %v", i, err)
		}
	}
}

func TestFaultyRulesDoNotLoad(t *testing.T) {
	t.Parallel()
	text := strings.ReplaceAll(governedPolicy, "untrusted:web\")", "untrusted:wbe\")")
	_, err := standard.Open(t.Context(), standard.Options{
		Config: governed(t, filepath.Join(t.TempDir(), "data"), text), Extra: []tools.Module{web{}},
	})
	const want = `policies.yaml:13:36: policy "governed": rules: rule "no-writes-after-web": there is no label "untrusted:wbe": did you mean "untrusted:web"?`
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("%v, want %s", err, want)
	}
}

func TestAttemptsAreRecorded(t *testing.T) {
	t.Parallel()
	const text = `
- name: governed
  allowed_tools: [web_fetch]
  limits:
    - {name: attempts, per: principal, calls: 3, window: 24h}
`
	c := governed(t, filepath.Join(t.TempDir(), "data"), text)
	attempt := func(k *standard.Kernel, name string) string {
		_, err := call(t, k, name, `{"url":"x"}`)
		var refused *tools.Error
		if !errors.As(err, &refused) {
			return ""
		}
		return refused.Reason
	}
	first := openWeb(t, c)
	for i, name := range []string{"web_fetch", "web_post"} { // one allowed, one not on the list
		if got := attempt(first, name); (got == "") != (i == 0) {
			t.Errorf("%s: %s", name, got)
		}
	}
	second := openWeb(t, c) // another process on the same directory
	attempt(second, "invented")
	for _, k := range []*standard.Kernel{second, first} {
		if got := attempt(k, "web_fetch"); !strings.HasPrefix(got, "3 ") || !strings.Contains(got, "are used") { // the process that looks last learns it from the journal
			t.Errorf("the fourth attempt: %q", got)
		}
	}
	if _, err := first.Journal.Sign(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, counter := range second.Journal.Counters("user:test") {
		if counter.Name == "calls/principal" && counter.Used != 3 {
			t.Errorf("%+v", counter)
		}
	}
}
