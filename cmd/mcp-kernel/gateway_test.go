package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A governedServer is somebody else's server, from npm, and what a client does with it.
type governedServer struct {
	name  string
	env   []string // of the server
	args  func(dir string) []string
	steps []string // %s is the directory
	flags []string // of upstream add; so there
}

func governedServers() []governedServer {
	none := func(string) []string { return nil }
	return []governedServer{
		{"everything", nil, none, []string{
			`{"method":"tools/call","params":{"name":"echo","arguments":{"message":"héllo"}}}`,
			`{"method":"tools/call","params":{"name":"echo","arguments":{}}}`,
			`{"method":"tools/call","params":{"name":"get-sum","arguments":{"a":1.5,"b":2}}}`,
			`{"method":"tools/call","params":{"name":"get-tiny-image","arguments":{}}}`,
			`{"method":"tools/call","params":{"name":"get-annotated-message","arguments":{"messageType":"error","includeImage":true}}}`,
			`{"method":"tools/call","params":{"name":"get-structured-content","arguments":{"location":"Chicago"}}}`,
			`{"method":"tools/call","params":{"name":"get-resource-links","arguments":{"count":2}}}`,
			`{"method":"tools/call","params":{"name":"get-resource-reference","arguments":{"resourceType":"Text","resourceId":1}}}`,
			`{"method":"tools/call","params":{"name":"trigger-long-running-operation","arguments":{"duration":0.2,"steps":2}}}`,
			`{"method":"resources/read","params":{"uri":"demo://resource/static/document/features.md"}}`,
			`{"method":"resources/read","params":{"uri":"demo://resource/dynamic/text/3"}}`,
			`{"method":"prompts/get","params":{"name":"simple-prompt"}}`,
			`{"method":"prompts/get","params":{"name":"args-prompt","arguments":{"city":"Oslo"}}}`,
			`{"method":"prompts/get","params":{"name":"args-prompt"}}`,
			`{"method":"completion/complete","params":{"ref":{"type":"ref/prompt","name":"completable-prompt"},"argument":{"name":"department","value":"S"}}}`,
		}, nil},
		{"filesystem", nil, func(dir string) []string { return []string{dir} }, []string{
			`{"method":"tools/call","params":{"name":"write_file","arguments":{"path":"%s/a.txt","content":"one\ntwo"}}}`,
			`{"method":"tools/call","params":{"name":"read_text_file","arguments":{"path":"%s/a.txt","head":1}}}`,
			`{"method":"tools/call","params":{"name":"edit_file","arguments":{"path":"%s/a.txt","edits":[{"oldText":"two","newText":"2"}],"dryRun":true}}}`,
			`{"method":"tools/call","params":{"name":"list_directory","arguments":{"path":"%s"}}}`,
			`{"method":"tools/call","params":{"name":"read_text_file","arguments":{"path":"%s/../../../etc/hostname"}}}`,
			`{"method":"tools/call","params":{"name":"read_text_file","arguments":{"path":7}}}`,
		}, nil},
		{"memory", []string{"MEMORY_FILE_PATH=%s/memory.json"}, none, []string{
			`{"method":"tools/call","params":{"name":"create_entities","arguments":{"entities":[{"name":"kernel","entityType":"program","observations":["governs"]}]}}}`,
			`{"method":"tools/call","params":{"name":"read_graph","arguments":{}}}`,
			`{"method":"tools/call","params":{"name":"open_nodes","arguments":{"names":["kernel","nobody"]}}}`,
		}, nil},
		{"sequential-thinking", nil, none, []string{
			`{"method":"tools/call","params":{"name":"sequentialthinking","arguments":{"thought":"first","nextThoughtNeeded":true,"thoughtNumber":1,"totalThoughts":2}}}`,
			`{"method":"tools/call","params":{"name":"sequentialthinking","arguments":{"thought":"second"}}}`,
		}, nil},
	}
}

// TestGatewayServers has the official client do the same with real servers, directly and through the kernel: what it sees
// is the same, apart from names and what the kernel adds to _meta, and so it is when they run in a sandbox.
func TestGatewayServers(t *testing.T) {
	t.Parallel()
	dir := clients(t)
	for _, s := range governedServers() {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			program := filepath.Join(dir, "node_modules", ".bin", "mcp-server-"+s.name)
			_, missing := os.Stat(program)
			needed(t, "real servers", missing == nil)
			direct := s.converse(t, dir, "", program)
			s.same(t, direct, s.converse(t, dir, "other__", program))
			s.flags = []string{"--sandbox", "strict", "--write", "%s"}
			s.same(t, direct, s.converse(t, dir, "other__", program))
		})
	}
}

// same compares what a client saw directly with what it saw through the kernel.
func (s *governedServer) same(t *testing.T, direct, through map[string]any) {
	t.Helper()
	for _, list := range []string{"tools", "resources", "resourceTemplates", "prompts"} {
		if diff := cmp.Diff(listed(direct[list]), listed(through[list])); diff != "" {
			t.Errorf("%v: %s (-direct +through):\n%s", s.flags, list, diff)
		}
	}
	want, _ := direct["steps"].([]any)
	got, _ := through["steps"].([]any)
	if len(want) != len(s.steps) || len(got) != len(want) {
		t.Fatalf("%v: %d and %d steps, want %d", s.flags, len(want), len(got), len(s.steps))
	}
	for i := range want {
		if diff := cmp.Diff(want[i], got[i]); diff != "" {
			t.Errorf("%v: %s (-direct +through):\n%s", s.flags, s.steps[i], diff)
		}
	}
}

// listed is a listing by name, as the kernel orders it. Without what everything adds for clients that can be asked, as the
// kernel says its clients can: whether one can is seen when it is asked.
func listed(list any) map[string]any {
	all := map[string]any{}
	entries, _ := list.([]any)
	for _, entry := range entries {
		members, _ := entry.(map[string]any)
		name, _ := members["name"].(string)
		uri, _ := members["uri"].(string)
		switch name {
		case "get-roots-list", "trigger-elicitation-request", "trigger-sampling-request", "trigger-url-elicitation":
		default:
			all[name+" "+uri] = entry
		}
	}
	return all
}

// converse has the client do its steps with a server, by names that begin with prefix through the kernel, or directly where
// there is none.
func (s *governedServer) converse(t *testing.T, clientsDir, prefix, program string) map[string]any {
	t.Helper()
	work := filepath.Join(t.TempDir(), "work")
	if err := os.Mkdir(work, 0o700); err != nil {
		t.Fatal(err)
	}
	args := []string{"sdk-client.mjs"}
	for _, step := range s.steps {
		if strings.Contains(step, "%s") {
			step = fmt.Sprintf(step, work)
		}
		if !strings.Contains(step, `"ref/`) {
			step = strings.Replace(step, `"params":{"name":"`, `"params":{"name":"`+prefix, 1)
		}
		args = append(args, strings.Replace(step, `"ref/prompt","name":"`, `"ref/prompt","name":"`+prefix, 1))
	}
	args = append(args, "--")
	own := s.args(work)
	if prefix == "" {
		args = append(args, "env")
		for _, pair := range s.env {
			args = append(args, fmt.Sprintf(pair, work))
		}
		args = append(append(args, program), own...)
	} else {
		args = append(args, s.behind(t, work, program, own)...)
	}
	out, err := node(t, clientsDir, args...)
	if err != nil {
		t.Fatal(err)
	}
	text := strings.NewReplacer(work, "WORK", prefix, "").Replace(string(out))
	text = regexp.MustCompile(`\d+:\d\d:\d\d.[AP]M`).ReplaceAllString(text, "NOW")
	var said map[string]any
	if err := json.Unmarshal([]byte(text), &said); err != nil {
		t.Fatal(err)
	}
	bare, _ := withoutMarks(said).(map[string]any)
	return bare
}

// behind puts the server behind a kernel, and returns how that is started.
func (s *governedServer) behind(t *testing.T, work, program string, own []string) []string {
	t.Helper()
	dir, config := home(t)
	policy := filepath.Join(dir, "open.yaml")
	write(t, policy, "- name: open\n  allowed_tools: [\"other__*\"]\n  allowed_resources: [\"demo://*\", \"file://*\", \"memory://*\"]\n  allowed_prompts: [\"other__*\"]\n")
	add := []string{"upstream", "add", "other", "--config", config}
	for _, pair := range s.env {
		add = append(add, "--env", fmt.Sprintf(pair, work))
	}
	for _, flag := range s.flags {
		if flag == "%s" {
			flag = work
		}
		add = append(add, flag)
	}
	_ = ok(t, append(append(add, "--", program), own...)...)
	return []string{built(t), "serve", "--stdio", "--config", config, "--policy-file", policy, "--policy", "open"}
}

// withoutMarks takes away what the kernel adds.
func withoutMarks(value any) any {
	switch v := value.(type) {
	case []any:
		for i := range v {
			v[i] = withoutMarks(v[i])
		}
	case map[string]any:
		for key := range v {
			if strings.HasPrefix(key, "io.mcp-kernel/") {
				delete(v, key)
				continue
			}
			v[key] = withoutMarks(v[key])
			if rest, isObject := v[key].(map[string]any); isObject && key == "_meta" && len(rest) == 0 {
				delete(v, key)
			}
		}
	}
	return value
}

// TestDemoUpstream imports the servers of a host's file, and shows one of them behind the kernel.
func TestDemoUpstream(t *testing.T) {
	t.Parallel()
	program := filepath.Join(clients(t), "node_modules", ".bin", "mcp-server-filesystem")
	_, missing := os.Stat(program)
	needed(t, "real servers", missing == nil)
	dir, config := home(t)
	host := filepath.Join(dir, "claude_desktop_config.json")
	write(t, host, fmt.Sprintf(`{"mcpServers":{"filesystem":{"command":%q,"args":[%q]}}}`, program, filepath.Join(dir, "work")))
	_ = ok(t, "upstream", "import", host, "--config", config)
	out, err := exec.CommandContext(t.Context(), built(t), "demo", "--upstream", "filesystem", "--config", config).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, want := range []string{
		"read a file               Invoice 17: amount due $100", "write a file              refused: approval_required", "note.txt was not written", "note.txt is on the disk",
		"read outside the folder   refused: denied", `rule "one_folder" of policy "demo" forbids it`, "service: billing token: [api_key:1]",
		"allowed; found in the answer: secrets/api_key", "Journal: verified, ",
	} {
		if !strings.Contains(string(out), want) {
			t.Errorf("%q is not in\n%s", want, out)
		}
	}
	if strings.Contains(string(out), "BROKEN") || strings.Contains(string(out), "ghp_") {
		t.Errorf("%s", out)
	}
	if entries, err := os.ReadDir(filepath.Join(dir, "work")); err != nil || len(entries) > 0 {
		t.Errorf("the person's own folder has %v, %v", entries, err)
	}
	for name, want := range map[string]string{"nothing": "no such server: nothing", "bare": "no folder that the demo could replace"} {
		_ = ok(t, "upstream", "add", "bare"+name, "--no-test", "--config", config, "--", program)
		got := cli(t, "demo", "--upstream", strings.Replace(name, "bare", "barebare", 1), "--config", config)
		if got.code != 1 || !strings.Contains(got.err, want) {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// TestGatewayAsks has a real server behind the kernel ask the client something while it works on a call: a form for the
// person, and an answer of the model.
func TestGatewayAsks(t *testing.T) {
	t.Parallel()
	dir := clients(t)
	program := filepath.Join(dir, "node_modules", ".bin", "mcp-server-everything")
	_, missing := os.Stat(program)
	needed(t, "real servers", missing == nil)
	s := governedServers()[0]
	for _, sdk := range []string{"@modelcontextprotocol/client", "@modelcontextprotocol/sdk"} {
		t.Run(sdk, func(t *testing.T) {
			t.Parallel()
			spec, err := json.Marshal(map[string]any{
				"sdk": sdk, "era": "legacy", "name": "ada", "command": s.behind(t, t.TempDir(), program, nil),
				"answers": []any{map[string]any{"action": "accept", "content": map[string]any{"name": "Ada", "check": true}}}, "sampled": "a haiku",
				"calls": []any{
					map[string]any{"name": "other__trigger-elicitation-request", "arguments": map[string]any{}},
					map[string]any{"name": "other__trigger-sampling-request", "arguments": map[string]any{"prompt": "Say something", "maxTokens": 10}},
				},
			})
			if err != nil {
				t.Fatal(err)
			}
			out, err := node(t, dir, "ask.mjs", string(spec))
			if err != nil {
				t.Fatal(err)
			}
			got := decoded[asking](t, string(out))
			if len(got.Asked) != 2 || len(got.Said) != 2 || !strings.Contains(got.Said[0], "Ada") || !strings.Contains(got.Said[1], "a haiku") || !strings.Contains(got.Asked[1], "Say something") {
				t.Errorf("%+v", got)
			}
		})
	}
}
