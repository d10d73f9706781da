package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/mcp-kernel/mcp-kernel/governance/audit"
)

// A verification is what `audit verify --output json` prints.
type verification struct {
	Replica      string    `json:"replica,omitempty"` // whose journal it is, with --replica
	OK           bool      `json:"ok"`
	First        uint64    `json:"first"`   // oldest entry that is kept; 0 when there is none
	Last         uint64    `json:"last"`    // newest entry that was checked
	Entries      uint64    `json:"entries"` // that were checked
	SignedUpTo   uint64    `json:"signed_up_to"`
	ChainedFrom  uint64    `json:"chained_from,omitempty"` // entries from here to last are chained and not signed yet
	Heads        int       `json:"heads"`
	Segments     int       `json:"segments"`
	Removed      uint64    `json:"removed,omitempty"` // by retention
	TornBytes    int64     `json:"torn_bytes,omitempty"`
	HeadGiven    bool      `json:"head_given"`
	Milliseconds float64   `json:"milliseconds"`
	Bad          *badEntry `json:"bad,omitempty"`
}

// A badEntry is the first thing that is wrong with a journal.
type badEntry struct {
	Entry uint64 `json:"entry"`
	To    uint64 `json:"to"` // the last entry that it could be
	File  string `json:"file,omitempty"`
	Why   string `json:"why"`
}

func (a *app) auditVerify() *cobra.Command {
	var head, key string
	cmd := &cobra.Command{
		Use:   "verify",
		Short: "Check every entry, the chain, the tree and every signed head",
		Long: `Verify reads the whole journal and names the first entry that is not as it was written. It says up to where entries are
signed and which are only chained so far. That the newest entries were cut off can only be found against a head that was
kept elsewhere (--head); without one it says so. A bad entry is exit code 1.`,
		Example: `  mcp-kernel audit verify
  mcp-kernel audit verify --head /media/usb/head.txt --key mcp-kernel.pub`,
		Args: arguments(0, 0, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error { return a.verifyJournal(cmd, head, key) },
	}
	cmd.Flags().StringVar(&head, "head", "", "`file` with a signed head that was kept elsewhere")
	cmd.Flags().StringVar(&key, "key", "", "public `key`, or a file of them, instead of those in the data directory")
	ofReplica(cmd, true)
	return cmd
}

func (a *app) verifyJournal(cmd *cobra.Command, headFile, key string) error {
	c, err := a.configuration(cmd)
	if err != nil {
		return err
	}
	all, err := a.sources(cmd)
	if err != nil {
		return err
	}
	o := audit.VerifyOptions{}
	if headFile != "" {
		if len(all) > 1 {
			return misused(cmd, "--head: is of one journal: name its replica")
		}
		if o.Head, err = os.ReadFile(headFile); err != nil { //nolint:gosec // the operator names the file
			return fmt.Errorf("--head: %w", err)
		}
	}
	lines, bad := make([]verification, len(all)), false
	texts := make([]string, len(all))
	for i, from := range all {
		if o.Keys = from.keys; key != "" || o.Keys == nil {
			if o.Keys, err = trusted(key, c); err != nil {
				return err
			}
		}
		report, err := audit.Verify(cmd.Context(), from.dir, o)
		if err != nil {
			return err
		}
		lines[i], texts[i] = verificationOf(report), report.String()
		lines[i].Replica = from.of.ID
		bad = bad || report.Bad != nil
	}
	if err := a.printVerified(lines, texts, all); err != nil {
		return err
	}
	if bad {
		return errFound
	}
	return nil
}

// printVerified shows one report, or a list of them where several journals were asked for.
func (a *app) printVerified(lines []verification, texts []string, of []source) error {
	var value any = lines
	if len(lines) == 1 {
		value = lines[0]
	}
	return a.print(value, func(t *table) {
		for i, text := range texts {
			if r := of[i].of; r.ID != "" {
				t.line("Replica %s (%s):", r.ID, orDash(r.Name))
			}
			t.text([]byte(text))
		}
	})
}

func verificationOf(r audit.Report) verification {
	v := verification{
		OK: r.Bad == nil, First: r.First, Last: r.Last, Entries: r.Entries, SignedUpTo: r.SignedUpTo, ChainedFrom: r.ChainedFrom,
		Heads: r.Heads, Segments: r.Segments, Removed: r.Removed, TornBytes: r.Torn, HeadGiven: r.HeadGiven,
		Milliseconds: float64(r.Duration.Microseconds()) / 1000,
	}
	if r.Bad != nil {
		v.Bad = &badEntry{Entry: r.Bad.Seq, To: r.Bad.To, File: r.Bad.File, Why: r.Bad.Why}
	}
	return v
}
