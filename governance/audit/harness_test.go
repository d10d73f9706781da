package audit_test

import (
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/governance/audit"
)

const origin = "example.org/mcp-kernel"

// testSigner signs notes with a fixed key.
type testSigner struct{ key ed25519.PrivateKey }

func newSigner() testSigner {
	return testSigner{ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))}
}

func (s testSigner) SignNote(text string) ([]byte, error) {
	sig := append([]byte{1, 2, 3, 4}, ed25519.Sign(s.key, []byte(text))...)
	return []byte(text + "\n— " + origin + " " + base64.StdEncoding.EncodeToString(sig) + "\n"), nil
}

func (s testSigner) OpenNote(note []byte) (string, error) {
	text, sig, ok := strings.Cut(string(note), "\n\n— "+origin+" ")
	raw, err := base64.StdEncoding.DecodeString(strings.TrimSuffix(sig, "\n"))
	if !ok || err != nil || len(raw) != 4+ed25519.SignatureSize ||
		!ed25519.Verify(s.key.Public().(ed25519.PublicKey), []byte(text+"\n"), raw[4:]) {
		return "", errors.New("note: signature does not hold")
	}
	return text + "\n", nil
}

// open opens a journal that the test closes.
func open(tb testing.TB, dir string, change ...func(*audit.Options)) *audit.Journal {
	tb.Helper()
	o := audit.Options{Dir: dir, Origin: origin, Signer: newSigner()}
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
	dir, err := os.MkdirTemp("/dev/shm", "audit-*")
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
