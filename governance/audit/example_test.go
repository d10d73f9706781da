package audit_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/governance/audit"
	"github.com/mcp-kernel/mcp-kernel/modules/primitives"
)

// Example records one call, verifies the journal, and checks a receipt as a third party would.
func Example() {
	dir, err := os.MkdirTemp("", "audit")
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	if err := record(dir); err != nil {
		log.Print(err)
	}
	// Output:
	// decision file_read allow
	// outcome file_read ok
	// 4 entries checked, 1 to 4, in 1 segments, with 2 signed heads.
	// Signed up to 4.
	// No head kept elsewhere was given: that the newest entries were cut off cannot be excluded.
}

func record(dir string) error {
	ctx := context.Background()
	key, err := primitives.OpenSigner(filepath.Join(dir, "key"), "example.org", nil)
	if err != nil {
		return err
	}
	journal, err := audit.Open(audit.Options{Dir: dir, Origin: "example.org/journal", Signer: key})
	if err != nil {
		return err
	}
	slot, err := journal.Begin(ctx) // room for the outcome
	if err != nil {
		return err
	}
	defer slot.End()
	entry := audit.Entry{
		Call: "call-1", Target: governance.KindTool, Name: "file_read",
		Decision: audit.Decision{Effect: governance.Allow, Event: governance.PolicyCheck},
	}
	if err := slot.Decision(ctx, &entry); err != nil {
		return err // not recorded: the call must not run
	}
	fmt.Println(entry.Kind, entry.Name, entry.Decision.Effect)

	entry.Decision, entry.Status, entry.Event = audit.Decision{}, governance.StatusOK, governance.CheckpointCreated
	if err := slot.Outcome(ctx, &entry); err != nil {
		return err
	}
	fmt.Println(entry.Kind, entry.Name, entry.Status)

	receipt, err := journal.Receipt(ctx, entry.Seq, audit.ReceiptOptions{})
	if err != nil {
		return err
	}
	document, err := json.Marshal(receipt)
	if err != nil {
		return err
	}
	if _, _, err := audit.VerifyReceipt(document, key.Verifier()); err != nil {
		return err
	}
	if err := journal.Close(); err != nil {
		return err
	}
	report, err := audit.Verify(ctx, dir, audit.VerifyOptions{Keys: audit.KeysOf(key)})
	fmt.Print(report)
	return err
}
