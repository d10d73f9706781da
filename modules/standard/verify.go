package standard

import (
	"context"
	"strings"

	"github.com/mcp-kernel/mcp-kernel/governance/audit"
	"github.com/mcp-kernel/mcp-kernel/modules/controlplane"
)

// verify verifies the kernel's own journal for the tool verify_audit_log. An empty head is none.
func (k *Kernel) verify(ctx context.Context, head []byte) (controlplane.Verification, error) {
	report, err := audit.Verify(ctx, k.config.DataDir, audit.VerifyOptions{
		Keys: audit.KeysOf(k.Signer), Head: head, Now: k.Now,
	})
	if err != nil {
		return controlplane.Verification{}, err
	}
	v := controlplane.Verification{
		Intact: report.Bad == nil, Entries: report.Entries, SignedUpTo: report.SignedUpTo, ChainedTo: report.Last,
		Report: strings.Split(strings.TrimSpace(report.String()), "\n"),
		Head:   string(k.Journal.Head().Note), Key: k.Signer.VerifierKey(),
	}
	if report.Bad != nil {
		v.FirstBad, v.Problem = report.Bad.Seq, report.Bad.Why
	}
	return v, nil
}
