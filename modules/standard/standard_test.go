package standard_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/internal/config"
	"github.com/mcp-kernel/mcp-kernel/modules/standard"
	"github.com/mcp-kernel/mcp-kernel/tools"
)

// settings are the defaults on a directory of the test's.
func settings(t *testing.T) config.Config {
	t.Helper()
	c := config.Default()
	c.DataDir = filepath.Join(t.TempDir(), "data")
	return c
}

func open(t *testing.T, c config.Config) *standard.Kernel {
	t.Helper()
	k, err := standard.Open(t.Context(), standard.Options{Config: c, OnFault: func(call string, err error) { t.Logf("fault %s: %v", call, err) }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := k.Close(t.Context()); err != nil {
			t.Error(err)
		}
	})
	return k
}

// call calls a tool as an agent.
func call(t *testing.T, k *standard.Kernel, name, args string) (tools.Result, error) {
	t.Helper()
	return k.Dispatcher.Dispatch(t.Context(), governance.Call{
		ID: k.IDs(), Kind: governance.KindTool, Name: name, Caller: governance.Caller{Principal: "user:test"}, Args: []byte(args), At: k.Now(),
	}, nil)
}

func TestBuiltinPoliciesAreTheDocumentedOnes(t *testing.T) {
	t.Parallel()
	builtin, err := os.ReadFile("builtin.yaml")
	if err != nil {
		t.Fatal(err)
	}
	documented, err := os.ReadFile("../../configs/policies/default.yaml")
	if err != nil || !bytes.Equal(builtin, documented) {
		t.Errorf("modules/standard/builtin.yaml and configs/policies/default.yaml differ, %v: copy one over the other", err)
	}
	c := config.Default()
	for _, name := range []string{"default", "read_only", "no_files", "strict"} {
		c.Governance.Policies = []string{name}
		if _, err := standard.LoadPolicies(t.Context(), c); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	c.Governance.Policies = []string{"deefault"}
	if _, err := standard.LoadPolicies(t.Context(), c); err == nil || !strings.Contains(err.Error(), `"deefault"`) {
		t.Errorf("an unknown policy: %v", err)
	}
}

// Every module can be left out, and what is left still starts and serves: the dashed edges of the architecture.
func TestModulesCanBeLeftOut(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name     string
		disabled []string
		has      map[string]bool
	}{
		{"all", nil, map[string]bool{"drift_compare": true, "kernel_execute": true}},
		{"without cmvk", []string{"cmvk"}, map[string]bool{"drift_compare": false, "kernel_execute": true}},
		{"without controlplane", []string{"controlplane"}, map[string]bool{"drift_compare": true, "kernel_execute": false}},
		{"without any", []string{"cmvk", "controlplane"}, map[string]bool{"drift_compare": false, "kernel_execute": false}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			o := settings(t)
			o.Modules.Disabled = c.disabled
			k := open(t, o)
			for name, has := range c.has {
				if got := k.Catalog.Has(governance.KindTool, name); got != has {
					t.Errorf("%s: %v", name, got)
				}
			}
			if _, err := call(t, k, "invented", "{}"); err == nil {
				t.Error("an unknown tool was called")
			}
		})
	}
	o := settings(t)
	o.Modules.Disabled = []string{"cvmk"}
	if _, err := standard.Open(t.Context(), standard.Options{Config: o}); err == nil || !strings.Contains(err.Error(), `"cvmk"`) {
		t.Errorf("an unknown module: %v", err)
	}
}

func TestKernelExecute(t *testing.T) {
	t.Parallel()
	o := settings(t)
	root := t.TempDir()
	o.Files.Roots = []config.Root{{Name: "work", Path: root}}
	k := open(t, o)
	for _, c := range []struct{ name, args, want string }{
		{"write", `{"action":"file_write","params":{"path":"work:a.txt","content":"one"},"idempotency_key":"k"}`, `"success":true`},
		{"again with the key", `{"action":"file_write","params":{"path":"work:a.txt","content":"one"},"idempotency_key":"k"}`, `"replayed":true`},
		{"the key for something else", `{"action":"file_write","params":{"path":"work:b.txt","content":"one"},"idempotency_key":"k"}`, `idempotency_key was used for another request`},
		{"refused with a key", `{"action":"file_delete","params":{"path":"work:a.txt"},"context":{"policies":["read_only"]},"idempotency_key":"r"}`, `"signal":"SIGKILL"`},
		{"which is free again", `{"action":"file_read","params":{"path":"work:a.txt"},"idempotency_key":"r"}`, `"content":"one"`},
		{"done, though its state cannot be kept", `{"action":"vfs_write","params":{"path":"/mem/working/once","content":"1"},"context":{"state_ref":"a/b"},"idempotency_key":"s"}`, `state_ref must be a word`},
		{"and not done again", `{"action":"vfs_write","params":{"path":"/mem/working/once","content":"1"},"context":{"state_ref":"a/b"},"idempotency_key":"s"}`, `"replayed":true`},
		{"read", `{"action":"file_read","params":{"path":"work:a.txt"}}`, `"content":"one"`},
		{"rehearsed", `{"action":"file_delete","params":{"path":"work:a.txt"},"dry_run":true}`, `"allowed":true`},
		{"narrowed", `{"action":"file_delete","params":{"path":"work:a.txt"},"context":{"policies":["read_only"]}}`, `"signal":"SIGKILL"`},
		{"unknown policy", `{"action":"file_read","params":{"path":"work:a.txt"},"context":{"policies":["typo"]}}`, `"success":false`},
		{"case of an action", `{"action":"File_Read","params":{}}`, `did you mean \"file_read\"?`},
		{"bad params", `{"action":"file_read","params":{"pth":"x"}}`, `did you mean \"path\"?`},
		{"with a state", `{"action":"vfs_write","params":{"path":"/mem/working/x","content":"y"},"context":{"state_ref":"s"}}`, `"state_etag"`},
		{"out of the root", `{"action":"file_read","params":{"path":"work:../x"}}`, `"success":false`},
	} {
		got, err := call(t, k, "kernel_execute", c.args)
		text := string(got.Structured)
		if err != nil {
			text = err.Error()
		}
		if !strings.Contains(strings.ReplaceAll(text, `\\"`, `\"`), c.want) && !strings.Contains(text, strings.ReplaceAll(c.want, `\"`, `"`)) {
			t.Errorf("%s: %s does not say %s", c.name, text, c.want)
		}
	}
	if got, err := os.ReadFile(filepath.Join(root, "a.txt")); err != nil || string(got) != "one" {
		t.Errorf("the file holds %q, %v", got, err)
	}
}

func TestLogIsOnesOwn(t *testing.T) {
	t.Parallel()
	k := open(t, settings(t))
	for _, principal := range []string{"user:test", "user:other"} {
		_, err := k.Dispatcher.Dispatch(t.Context(), governance.Call{
			ID: k.IDs(), Kind: governance.KindTool, Name: "execution_usage", Caller: governance.Caller{Principal: principal}, At: k.Now(),
		}, nil)
		if err != nil {
			t.Fatal(err)
		}
	}
	got, err := call(t, k, "get_audit_log", `{"principal":"user:other"}`)
	if err != nil || strings.Contains(string(got.Structured), `"user:other"`) || !strings.Contains(string(got.Structured), `"user:test"`) {
		t.Errorf("%s, %v", got.Structured, err)
	}
}

func TestLimitsHold(t *testing.T) {
	t.Parallel()
	o := settings(t)
	policy := filepath.Join(t.TempDir(), "policy.yaml")
	if err := os.WriteFile(policy, []byte(`[{name: default, max_tool_calls_per_request: 3, allowed_tools: ["*"]}]`), 0o600); err != nil {
		t.Fatal(err)
	}
	o.Governance.PolicyFiles, o.Governance.Window = []string{policy}, 24*time.Hour
	k := open(t, o)
	for i := range 5 {
		_, err := call(t, k, "execution_usage", "{}")
		if (err == nil) != (i < 3) {
			t.Errorf("call %d: %v", i+1, err)
		}
	}
}

// What a text is charged before it is counted is its length; a call is not refused while that guess is all that stands
// in its way.
func TestTokensAreCountedBeforeACallIsRefused(t *testing.T) {
	t.Parallel()
	o := settings(t)
	policy := filepath.Join(t.TempDir(), "policy.yaml")
	if err := os.WriteFile(policy, []byte(`[{name: default, max_tokens_per_request: 3000, allowed_tools: ["*"]}]`), 0o600); err != nil {
		t.Fatal(err)
	}
	o.Governance.PolicyFiles, o.Governance.Window = []string{policy}, 24*time.Hour
	k := open(t, o)
	text := strings.Repeat("several ordinary words ", 40) // 920 bytes, 120 tokens
	for i := range 4 {
		if _, err := call(t, k, "verify_code_safety", `{"language":"text","code":"`+text+`"}`); err != nil {
			t.Fatalf("call %d: %v", i+1, err)
		}
	}
	for i := 0; ; i++ {
		_, err := call(t, k, "verify_code_safety", `{"language":"text","code":"`+text+`"}`)
		if err != nil && strings.Contains(err.Error(), "tokens") {
			break
		}
		if err != nil || i > 100 {
			t.Fatalf("after %d calls: %v", i+5, err)
		}
	}
}

func TestOpenNamesWhatIsWrong(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name   string
		change func(*config.Config)
		want   string
	}{
		{"data directory is a file", func(c *config.Config) { c.DataDir = file }, "data directory"},
		{"root is missing", func(c *config.Config) { c.Files.Roots = []config.Root{{Name: "gone", Path: "/none"}} }, `"gone"`},
		{"recipient", func(c *config.Config) { c.Audit.Capture, c.Audit.Recipient = "sealed", "age1x" }, "audit.recipient"},
		{"policy file is missing", func(c *config.Config) { c.Governance.PolicyFiles = []string{"/none.yaml"} }, "/none.yaml"},
	} {
		o := settings(t)
		c.change(&o)
		if _, err := standard.Open(t.Context(), standard.Options{Config: o}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}
