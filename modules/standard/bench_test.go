package standard_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/internal/config"
	"github.com/mcp-kernel/mcp-kernel/modules/standard"
)

// BenchmarkDispatch is a whole governed call: decided, recorded, run, reviewed, settled, recorded. Without metrics nobody
// observes the journal, and nothing is timed.
func BenchmarkDispatch(b *testing.B) {
	b.Run("all", func(b *testing.B) { dispatching(b) })
	b.Run("without metrics", func(b *testing.B) { dispatching(b, "observability") })
}

// dispatching measures calls of a kernel that leaves out some modules.
func dispatching(b *testing.B, disabled ...string) {
	b.Helper()
	dir := b.TempDir()
	policy := filepath.Join(dir, "policy.yaml")
	text := `[{name: default, allowed_tools: ["*"], confidence_threshold: 0.5, blocked_patterns: [{name: a, type: substring, pattern: "169.254.169.254"}]}]`
	if err := os.WriteFile(policy, []byte(text), 0o600); err != nil {
		b.Fatal(err)
	}
	c := config.Default()
	c.DataDir = filepath.Join(dir, "data")
	c.Modules.Disabled = disabled
	c.Governance.PolicyFiles = []string{policy}
	c.Governance.Ceiling.MaxCalls, c.Governance.Ceiling.MaxTokens = 1<<50, 1<<50
	k, err := standard.Open(b.Context(), standard.Options{Config: c})
	if err != nil {
		b.Fatal(err)
	}
	defer func() {
		if err := k.Close(b.Context()); err != nil {
			b.Error(err)
		}
	}()
	caller := governance.Caller{Principal: "user:bench", Label: "bench/1"}
	args := json.RawMessage(`{"code":"x","language":"go"}`)
	call := func() error {
		_, err := k.Dispatcher.Dispatch(b.Context(), governance.Call{
			ID: k.IDs(), Kind: governance.KindTool, Name: "verify_code_safety", Caller: caller, Args: args, At: k.Now(),
		}, nil)
		return err
	}
	b.Run("serial", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if err := call(); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("parallel", func(b *testing.B) {
		b.ReportAllocs()
		b.SetParallelism(16)
		b.RunParallel(func(p *testing.PB) {
			for p.Next() {
				if err := call(); err != nil {
					b.Error(err)
					return
				}
			}
		})
	})
}
