package main

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// decoded reads what a command printed as JSON.
func decoded[T any](t *testing.T, text string) T {
	t.Helper()
	var v T
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return v
}

func TestVersion(t *testing.T) {
	t.Parallel()
	b := decoded[build](t, ok(t, "version", "-o", "json"))
	if b.Version != version || b.Go == "" || b.Platform == "" {
		t.Errorf("got %+v", b)
	}
	if text := ok(t, "version"); !strings.Contains(text, "protocols") || !strings.Contains(text, "2026-07-28") {
		t.Errorf("got %q", text)
	}
}

// TestProtocols asks a server which versions it speaks, so that `version` says the same.
func TestProtocols(t *testing.T) {
	t.Parallel()
	_, config := home(t)
	c := start(t, "serve", "--stdio", "--config", config)
	c.send(`{"jsonrpc":"2.0","id":1,"method":"server/discover","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}}}`)
	answer := decoded[struct {
		Result struct{ SupportedVersions []string }
	}](t, c.next())
	if got := strings.Join(answer.Result.SupportedVersions, " "); got != protocols {
		t.Errorf("the server speaks %s, `version` says %s", got, protocols)
	}
	c.close()
}

func TestPolicy(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	bad := filepath.Join(dir, "bad.yaml")
	write(t, bad, "- name: a\n  alow_tools: [\"*\"]\n  max_tokens_per_request: -1\n- name: a\n  blocked_patterns:\n    - {name: x, type: regex, pattern: \"(\"}\n")
	o := cli(t, "policy", "validate", bad)
	if o.code != exitFault || o.err != "" {
		t.Fatalf("exit %d, err %q", o.code, o.err)
	}
	for _, want := range []string{bad + ":2:", bad + ":3:", bad + ":6:", "allowed_tools"} {
		if !strings.Contains(o.out, want) {
			t.Errorf("the faults do not name %q:\n%s", want, o.out)
		}
	}
	v := decoded[validation](t, cli(t, "policy", "validate", bad, "-o", "json").out)
	if v.OK || len(v.Faults) < 3 || v.Faults[0].File != bad || v.Faults[0].Line == 0 {
		t.Errorf("got %+v", v)
	}
	if text := ok(t, "policy", "validate"); !strings.Contains(text, "no faults in: default") {
		t.Errorf("got %q", text)
	}
	if text := ok(t, "policy", "show", "--policy", "default", "--policy", "read_only"); !strings.Contains(text, "read_only") {
		t.Errorf("got %q", text)
	}
	good := filepath.Join(dir, "good.yaml")
	write(t, good, ok(t, "policy", "show", "strict"))
	ok(t, "policy", "validate", good)
	if o := cli(t, "policy", "show", "nope"); o.code != exitFault || !strings.Contains(o.err, "strict") {
		t.Errorf("exit %d, err %q", o.code, o.err)
	}
	if o := cli(t, "policy", "validate", filepath.Join(dir, "none.yaml")); o.code != exitFault || !strings.Contains(o.out, "none.yaml") {
		t.Errorf("exit %d, out %q", o.code, o.out)
	}
}

func TestToolsCall(t *testing.T) {
	t.Parallel()
	dir, config := home(t)
	text := ok(t, "tools", "call", "kernel_execute", `{"action":"file_write","params":{"path":"work:a.txt","content":"hi"}}`, "--config", config)
	if !strings.Contains(text, `"success": true`) || read(t, filepath.Join(dir, "work", "a.txt")) != "hi" {
		t.Errorf("got %s", text)
	}
	piped := cliWith(t, `{"path":"work:a.txt"}`, "tools", "call", "file_read", "-", "--config", config, "-o", "json")
	a := decoded[answer](t, piped.out)
	if piped.code != exitOK || a.IsError || a.Call == "" || !strings.Contains(string(a.Structured), `"hi"`) {
		t.Errorf("exit %d, %+v", piped.code, a)
	}
	o := cli(t, "tools", "call", "checkpoint_list", `{"principal":"user:x","state_ref":"s"}`, "--config", config)
	if o.code != exitOK {
		t.Errorf("the operator's own tool: exit %d\n%s%s", o.code, o.out, o.err)
	}
	o = cli(t, "tools", "call", "checkpoint_list", `{"principal":"user:x","state_ref":"s"}`, "--config", config, "--agent")
	if o.code != exitFault || !strings.Contains(o.err, "unknown_name") {
		t.Errorf("an agent: exit %d, err %q", o.code, o.err)
	}
	o = cli(t, "tools", "call", "nope", "--config", config, "-o", "json")
	if a := decoded[answer](t, o.out); o.code != exitFault || !a.IsError || !strings.Contains(string(a.Error), "unknown_name") {
		t.Errorf("exit %d, %+v", o.code, a)
	}
}

func TestToolsList(t *testing.T) {
	t.Parallel()
	_, config := home(t)
	agents := decoded[[]toolLine](t, ok(t, "tools", "list", "--agent", "--config", config, "-o", "json"))
	if len(agents) == 0 || len(agents) > 12 {
		t.Errorf("the default profile lists %d tools", len(agents))
	}
	full := decoded[[]toolLine](t, ok(t, "tools", "list", "--profile", "full", "--config", config, "-o", "json"))
	operators := 0
	for _, tool := range full {
		if tool.Title == "" || tool.Description == "" || len(tool.InputSchema) == 0 {
			t.Errorf("%s lacks a title, a description or a schema", tool.Name)
		}
		if tool.Audience == "operators" {
			operators++
		}
	}
	if operators == 0 || len(full) <= len(agents) {
		t.Errorf("%d tools, %d of them for operators", len(full), operators)
	}
}

// TestAuditVerbs makes calls and then reads, exports, proves and verifies them.
func TestAuditVerbs(t *testing.T) {
	t.Parallel()
	dir, config := home(t)
	cfg := []string{"--config", config}
	if o := cli(t, append([]string{"audit", "verify"}, cfg...)...); o.code != exitFault || !strings.Contains(o.err, "holds no journal yet") {
		t.Errorf("without a journal: exit %d, err %q", o.code, o.err)
	}
	input := `{"path":"work:none.txt"}`
	a := decoded[answer](t, cli(t, append([]string{"tools", "call", "file_list", `{"path":"work:."}`, "-o", "json"}, cfg...)...).out)
	cli(t, append([]string{"tools", "call", "file_read", input}, cfg...)...)
	if text := ok(t, append([]string{"audit", "verify"}, cfg...)...); !strings.Contains(text, "No head kept elsewhere") {
		t.Errorf("verify: %s", text)
	}
	page := decoded[answerPage](t, ok(t, append([]string{"audit", "query", "--call", a.Call, "--oldest", "-o", "json"}, cfg...)...))
	if len(page.Entries) != 2 || page.Entries[0].Kind != "decision" || page.Entries[1].Status != "ok" {
		t.Fatalf("query: %+v", page)
	}
	first := decoded[answerPage](t, ok(t, append([]string{"audit", "query", "--limit", "1", "-o", "json"}, cfg...)...))
	second := decoded[answerPage](t, ok(t, append([]string{"audit", "query", "--limit", "1", "--cursor", first.Next, "-o", "json"}, cfg...)...))
	if second.Entries[0].Seq != first.Entries[0].Seq-1 {
		t.Errorf("pages: %d then %d", first.Entries[0].Seq, second.Entries[0].Seq)
	}
	lines := strings.Split(strings.TrimSpace(ok(t, append([]string{"audit", "export"}, cfg...)...)), "\n")
	if v := decoded[verification](t, ok(t, append([]string{"audit", "verify", "-o", "json"}, cfg...)...)); v.Entries != uint64(len(lines)) {
		t.Errorf("%d entries verified, %d exported", v.Entries, len(lines))
	}

	head, key := filepath.Join(dir, "head.txt"), filepath.Join(dir, "key.pub")
	write(t, head, ok(t, append([]string{"audit", "head"}, cfg...)...))
	write(t, key, ok(t, append([]string{"audit", "key"}, cfg...)...))
	v := decoded[verification](t, ok(t, append([]string{"audit", "verify", "--head", head, "--key", key, "-o", "json"}, cfg...)...))
	if !v.OK || !v.HeadGiven {
		t.Errorf("verify against a head: %+v", v)
	}
	proveOffline(t, dir, a.Call, key, cfg)
	tamper(t, dir, cfg)
}

// proveOffline makes a receipt and verifies it where nothing is but the key.
func proveOffline(t *testing.T, dir, call, key string, cfg []string) {
	t.Helper()
	receipt := filepath.Join(dir, "receipt.json")
	write(t, receipt, ok(t, append([]string{"audit", "receipt", "--call", call, "--disclose"}, cfg...)...))
	p := decoded[proof](t, ok(t, "audit", "verify-receipt", receipt, "--key", key, "-o", "json"))
	if !p.OK || !p.Disclosed || p.Entry.Call != call || p.Entry.Kind != "outcome" {
		t.Errorf("got %+v", p)
	}
	forged := filepath.Join(dir, "forged.json")
	write(t, forged, strings.Replace(read(t, receipt), "file_list", "file_lisp", 1))
	if o := cli(t, "audit", "verify-receipt", forged, "--key", key); o.code != exitFault {
		t.Errorf("a forged receipt: exit %d\n%s", o.code, o.out)
	}
	if o := cli(t, "audit", "verify-receipt", receipt, "--key", "mcp-kernel+00000000+AAAA"); o.code != exitFault || !strings.Contains(o.err, "--key") {
		t.Errorf("a key that is none: exit %d, err %q", o.code, o.err)
	}
}

// tamper changes one byte of the journal, which verify must name.
func tamper(t *testing.T, dir string, cfg []string) {
	t.Helper()
	segments, err := filepath.Glob(filepath.Join(dir, "data", "journal", "*.jsonl"))
	if err != nil || len(segments) == 0 {
		t.Fatal(err)
	}
	text := read(t, segments[0])
	at := strings.Index(text, "file_read")
	entry := 1 + strings.Count(text[:at], "\n")
	if err := os.WriteFile(segments[0], []byte(text[:at]+"F"+text[at+1:]), 0o600); err != nil {
		t.Fatal(err)
	}
	o := cli(t, append([]string{"audit", "verify", "-o", "json"}, cfg...)...)
	v := decoded[verification](t, o.out)
	if o.code != exitFault || v.OK || v.Bad == nil || v.Bad.Entry != uint64(entry) {
		t.Errorf("exit %d, want entry %d to be bad: %s", o.code, entry, o.out)
	}
}

func TestFreeze(t *testing.T) {
	t.Parallel()
	_, config := home(t)
	call := []string{"tools", "call", "execution_usage", "--config", config}
	ok(t, call...)
	f := decoded[freezing](t, ok(t, "freeze", "--reason", "because", "--config", config, "-o", "json"))
	if !f.Frozen || f.Reason != "because" || !regexp.MustCompile("^user:.").MatchString(f.By) {
		t.Errorf("got %+v", f)
	}
	if o := cli(t, call...); o.code != exitFault || !strings.Contains(o.err, "because") {
		t.Errorf("a call while frozen: exit %d, err %q", o.code, o.err)
	}
	if text := ok(t, "resume", "--config", config); !strings.Contains(text, "Calls run again") {
		t.Errorf("got %q", text)
	}
	ok(t, call...)
}

// TestTruncationIsFound cuts off the end of a journal together with every head that covers it: only a head that was kept
// elsewhere can tell.
func TestTruncationIsFound(t *testing.T) {
	t.Parallel()
	dir, config := home(t)
	cfg := []string{"--config", config}
	call := append([]string{"tools", "call", "execution_usage"}, cfg...)
	ok(t, call...)
	journal := filepath.Join(dir, "data", "journal")
	before := filepath.Join(dir, "before")
	if err := os.CopyFS(before, os.DirFS(journal)); err != nil {
		t.Fatal(err)
	}
	ok(t, call...)
	head := filepath.Join(dir, "head.txt")
	write(t, head, ok(t, append([]string{"audit", "head"}, cfg...)...))
	if err := errors.Join(os.RemoveAll(journal), os.CopyFS(journal, os.DirFS(before))); err != nil {
		t.Fatal(err)
	}
	if text := ok(t, append([]string{"audit", "verify"}, cfg...)...); !strings.Contains(text, "cannot be excluded") {
		t.Errorf("without a head, verify should say what it cannot know:\n%s", text)
	}
	o := cli(t, append([]string{"audit", "verify", "--head", head, "-o", "json"}, cfg...)...)
	if v := decoded[verification](t, o.out); o.code != exitFault || v.OK || v.Bad == nil || v.Bad.Entry != v.Last+1 {
		t.Errorf("exit %d: %s", o.code, o.out)
	}
}
