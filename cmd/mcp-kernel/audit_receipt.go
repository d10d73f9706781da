package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/mcp-kernel/mcp-kernel/governance/audit"
	"github.com/mcp-kernel/mcp-kernel/internal/config"
)

func (a *app) auditReceipt() *cobra.Command {
	var seq uint64
	var call string
	var disclose bool
	cmd := &cobra.Command{
		Use:   "receipt --call ID | --seq N",
		Short: "Prove one entry to somebody who has only the public key",
		Long: `Receipt prints a document that proves that an entry is in the journal: the entry, the path from it to the root of the tree,
and the signed head. Whoever has the public key verifies it offline with 'audit verify-receipt'. By a call's id it is the
receipt of how the call ended. --disclose adds the salt of the call's digests: with it, whoever holds the arguments or the
result can show that they are the recorded ones.`,
		Example: `  mcp-kernel audit receipt --call 019aab4e-7d3c-7000-8f10-6c1d2e3f4a5b > receipt.json
  mcp-kernel audit receipt --seq 17 --disclose > receipt.json`,
		Args: arguments(0, 0, "no arguments: name the entry with --call or --seq"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if (seq == 0) == (call == "") {
				return misused(cmd, "name one entry, with --call or with --seq")
			}
			return a.receipt(cmd, seq, call, disclose)
		},
	}
	cmd.Flags().Uint64Var(&seq, "seq", 0, "`number` of the entry")
	cmd.Flags().StringVar(&call, "call", "", "`id` of the call")
	cmd.Flags().BoolVar(&disclose, "disclose", false, "add the salt of the call's digests")
	ofReplica(cmd, false)
	return cmd
}

func (a *app) receipt(cmd *cobra.Command, seq uint64, call string, disclose bool) error {
	from, err := a.source(cmd)
	if err != nil {
		return err
	}
	var r audit.Receipt
	switch {
	case from.of.ID == "":
		r, err = a.receiptHere(cmd, seq, call, disclose)
	case disclose:
		err = errors.New("--disclose: only the kernel that recorded a call knows its salt: make the receipt there")
	default:
		r, err = receiptOfCopy(cmd.Context(), from, seq, call)
	}
	if err != nil {
		return err
	}
	w := json.NewEncoder(a.out)
	w.SetEscapeHTML(false)
	w.SetIndent("", "  ")
	return w.Encode(r)
}

// receiptHere makes the receipt from the journal of the data directory.
func (a *app) receiptHere(cmd *cobra.Command, seq uint64, call string, disclose bool) (r audit.Receipt, err error) {
	c, err := a.configuration(cmd)
	if err != nil {
		return r, err
	}
	j, err := openJournal(c)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, j.Close()) }()
	if call != "" {
		if seq, err = lastOf(cmd.Context(), j, call); err != nil {
			return r, err
		}
	}
	return j.Receipt(cmd.Context(), seq, audit.ReceiptOptions{Disclose: disclose})
}

// receiptOfCopy makes the receipt from the copy of a replica's journal.
func receiptOfCopy(ctx context.Context, from source, seq uint64, call string) (audit.Receipt, error) {
	if call != "" {
		copied, err := audit.OpenReader(from.dir)
		if err != nil {
			return audit.Receipt{}, err
		}
		if seq, err = lastOf(ctx, copied, call); err != nil {
			return audit.Receipt{}, err
		}
	}
	return audit.ReceiptOf(ctx, from.dir, seq, from.keys...)
}

// A searcher finds entries. *audit.Journal and *audit.Reader are two.
type searcher interface {
	Query(ctx context.Context, f audit.Filter, cursor string, limit int) (audit.Page, error)
}

// lastOf returns the number of the newest entry of a call, which is its outcome once it has ended.
func lastOf(ctx context.Context, j searcher, call string) (uint64, error) {
	filter := audit.Filter{Call: call}
	for cursor := ""; ; {
		page, err := j.Query(ctx, filter, cursor, 1)
		if err != nil {
			return 0, err
		}
		if len(page.Entries) > 0 {
			return page.Entries[0].Seq, nil
		}
		if cursor = page.Next; cursor == "" {
			return 0, fmt.Errorf("no entry of call %s: find its id with `mcp-kernel audit query`", oneLine(call, 80))
		}
	}
}

// A proof is what `audit verify-receipt --output json` prints.
type proof struct {
	OK        bool      `json:"ok"`
	Entry     entryLine `json:"entry"`
	Disclosed bool      `json:"disclosed"`           // the receipt carries the salt
	Arguments *bool     `json:"arguments,omitempty"` // whether those that were given are the recorded ones
	Result    *bool     `json:"result,omitempty"`
}

func (a *app) auditVerifyReceipt() *cobra.Command {
	var key, input, result string
	cmd := &cobra.Command{
		Use:   "verify-receipt FILE --key KEY",
		Short: "Check a receipt with the public key alone",
		Long: `Verify-receipt needs no journal and no network: it checks that the entry in the receipt is the one that the signed head
covers, and that the key signed the head. With a receipt that discloses its salt, --arguments and --result tell whether the
JSON in those files is what was recorded. Anything wrong is exit code 1.`,
		Example: `  mcp-kernel audit verify-receipt receipt.json --key mcp-kernel.pub
  mcp-kernel audit verify-receipt receipt.json --key mcp-kernel.pub --arguments args.json`,
		Args: arguments(1, 1, "one file"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.verifyReceipt(cmd, args[0], key, input, result)
		},
	}
	cmd.Flags().StringVar(&key, "key", "", "public `key`, or a file of them (default those of the data directory)")
	cmd.Flags().StringVar(&input, "arguments", "", "`file` with JSON to compare with the recorded arguments")
	cmd.Flags().StringVar(&result, "result", "", "`file` with JSON to compare with the recorded result")
	return cmd
}

func (a *app) verifyReceipt(cmd *cobra.Command, file, key, argumentsFile, resultFile string) error {
	raw, err := os.ReadFile(file) //nolint:gosec // the operator names the file
	if err != nil {
		return err
	}
	var c config.Config
	if key == "" {
		if c, err = a.configuration(cmd); err != nil {
			return err
		}
	}
	k, err := trusted(key, c)
	if err != nil {
		return err
	}
	entry, receipt, err := audit.VerifyReceipt(raw, k...)
	if err != nil {
		return err
	}
	p := proof{OK: true, Entry: entryLineOf(&entry), Disclosed: len(receipt.Salt) > 0}
	if p.Arguments, err = p.matches(entry.Args, receipt.Salt, argumentsFile); err != nil {
		return err
	}
	if p.Result, err = p.matches(entry.Result, receipt.Salt, resultFile); err != nil {
		return err
	}
	if err := a.print(p, p.rows); err != nil {
		return err
	}
	if !p.OK {
		return errFound
	}
	return nil
}

// matches compares the JSON of a file with a recorded payload. nil means that there was nothing to compare.
func (p *proof) matches(payload audit.Payload, salt []byte, file string) (*bool, error) {
	if file == "" {
		return nil, nil //nolint:nilnil // nothing to compare is neither a match nor a fault
	}
	if len(salt) == 0 {
		return nil, errors.New("the receipt does not disclose its salt: make it with --disclose")
	}
	raw, err := os.ReadFile(file) //nolint:gosec // the operator names the file
	if err != nil {
		return nil, err
	}
	same, err := payload.Matches(salt, raw)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	p.OK = p.OK && same
	return &same, nil
}

func (p *proof) rows(t *table) {
	t.line("The receipt holds: the key signed a head that covers this entry.")
	t.row("SEQ", "TIME", "KIND", "WHO", "WHAT", "EVENT", "DETAIL")
	t.row(p.Entry.cells()...)
	for _, part := range []struct {
		name string
		same *bool
	}{{"arguments", p.Arguments}, {"result", p.Result}} {
		switch {
		case part.same == nil:
		case *part.same:
			t.line("The %s are what was recorded.", part.name)
		default:
			t.line("The %s are NOT what was recorded.", part.name)
		}
	}
}
