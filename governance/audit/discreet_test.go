package audit_test

import (
	"strings"
	"testing"

	"github.com/mcp-kernel/mcp-kernel/governance/audit"
)

func TestDiscreet(t *testing.T) {
	t.Parallel()
	token := "ghp_" + strings.Repeat("a1B2", 9)
	if got := audit.Discreet(token); strings.Contains(got, "a1B2") || !strings.HasPrefix(got, "<") {
		t.Errorf("a token is recorded as %s", got)
	}
	for _, name := range []string{"", "kernel_execute", "claude-ai/0.1.0", "vfs:///mem/working/plan.md", "Visual Studio Code/1.132.0"} {
		if got := audit.Discreet(name); got != name {
			t.Errorf("%q is recorded as %q", name, got)
		}
	}
}
