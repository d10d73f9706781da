package audit_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/governance/audit"
	"github.com/mcp-kernel/mcp-kernel/modules/primitives"
)

const origin = "example.org/mcp-kernel"

// signer makes a signer whose key lies in the data directory.
func signer(tb testing.TB, dir string) *primitives.Signer {
	tb.Helper()
	s, err := primitives.OpenSigner(filepath.Join(dir, "key"), origin, nil)
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

// open opens a journal that the test closes.
func open(tb testing.TB, dir string, change ...func(*audit.Options)) *audit.Journal {
	tb.Helper()
	o := audit.Options{Dir: dir, Origin: origin, Signer: signer(tb, dir)}
	for _, c := range change {
		c(&o)
	}
	j, err := audit.Open(o)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := j.Close(); err != nil {
			tb.Error(err)
		}
	})
	return j
}

// fastDir is a directory in memory where the machine has one, so that a benchmark measures the journal.
func fastDir(tb testing.TB) string {
	tb.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "audit-*") //nolint:usetesting // elsewhere than TempDir
	if err != nil {
		return tb.TempDir()
	}
	tb.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

// decision is an entry of the usual size.
func decision(call string) *audit.Entry {
	return &audit.Entry{
		Kind: audit.KindDecision, Call: call, Target: governance.KindTool, Name: "file_read",
		Caller: governance.Caller{Principal: "os:1000", Label: "claude-desktop/1.2.3"},
		Decision: audit.Decision{
			Effect: governance.Allow, Stage: governance.StageLimits, Reason: "every stage passed", Event: governance.PolicyCheck,
		},
		PolicyDigest: "sha256:4f1c2a", Policies: []string{"default"},
		Args: audit.Payload{Digest: audit.Hash{1}, Bytes: 120, Preview: `{"path":"notes/…"}`},
	}
}

// outcome is the entry that answers a decision.
func outcome(call string) *audit.Entry {
	e := decision(call)
	e.Kind, e.Decision, e.Status, e.Event = audit.KindOutcome, audit.Decision{}, governance.StatusOK, governance.CheckpointCreated
	e.Confidence = 0.9375
	return e
}
