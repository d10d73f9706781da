package audit_test

import (
	"bytes"
	"testing"

	"github.com/mcp-kernel/mcp-kernel/governance/audit"
)

// TestDerive shares a secret between all who open a directory, and with nobody and nothing else.
func TestDerive(t *testing.T) {
	t.Parallel()
	derive := func(j *audit.Journal, purpose string) []byte {
		secret, err := j.Derive(purpose)
		if err != nil || len(secret) != 32 {
			t.Fatalf("%d bytes, %v", len(secret), err)
		}
		return secret
	}
	dir := t.TempDir()
	one := open(t, dir)
	first := derive(one, "a")
	if bytes.Equal(first, derive(one, "b")) || bytes.Equal(first, derive(open(t, t.TempDir()), "a")) {
		t.Error("another purpose or journal has the same secret")
	}
	if err := one.Close(); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(first, derive(open(t, dir), "a")) {
		t.Error("the secret changed when the journal was opened again")
	}
}
