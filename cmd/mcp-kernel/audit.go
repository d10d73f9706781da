package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/mcp-kernel/mcp-kernel/governance/audit"
	"github.com/mcp-kernel/mcp-kernel/internal/config"
	"github.com/mcp-kernel/mcp-kernel/modules/primitives"
	"github.com/mcp-kernel/mcp-kernel/modules/standard"
)

func (a *app) audit() *cobra.Command {
	return group(&cobra.Command{
		Use:   "audit",
		Short: "Verify, read and prove what the journal says",
		Long: `The journal in the data directory holds one entry for every decision and one for every outcome. Entries form a chain
and a Merkle tree whose head is signed, so that nothing in it can be changed unseen. Reading it writes nothing, and works
while servers run.`,
		Example: `  mcp-kernel audit verify
  mcp-kernel audit head > /media/usb/head.txt       a head kept elsewhere shows later that nothing was cut off
  mcp-kernel audit verify --head /media/usb/head.txt
  mcp-kernel audit query --event TOOL_CALL_BLOCKED`,
	}, a.auditVerify(), a.auditQuery(), a.auditExport(), a.auditReceipt(), a.auditVerifyReceipt(), a.auditHead(), a.auditKey())
}

// keyFile is where package standard keeps the signing key.
const keyFile = "signing.key"

var errNoJournal = errors.New("holds no journal yet")

// signer opens the key of a data directory, and never makes one: who reads a journal must not begin one.
func signer(c config.Config) (*primitives.Signer, error) {
	path := filepath.Join(c.DataDir, keyFile)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s %w: serve or call something first, or name another directory with --data-dir", c.DataDir, errNoJournal)
	}
	s, err := primitives.OpenSigner(path, standard.Origin, nil)
	if err != nil {
		return nil, fmt.Errorf("signing key: %w", err)
	}
	return s, nil
}

// openJournal opens the journal of a data directory for writing, without the rest of the kernel.
func openJournal(c config.Config) (*audit.Journal, error) {
	s, err := signer(c)
	if err != nil {
		return nil, err
	}
	return audit.Open(audit.Options{Dir: c.DataDir, Origin: standard.Origin, Signer: s, MaxRunning: 1})
}

// trusted are the public keys to check signatures with: those in the text or file that was given, else those of the data
// directory.
func trusted(given string, c config.Config) (audit.Keys, error) {
	if given == "" {
		s, err := signer(c)
		if err != nil {
			return nil, err
		}
		return audit.KeysOf(s), nil
	}
	text := given
	if content, err := os.ReadFile(given); err == nil { //nolint:gosec // the operator names the file
		text = string(content)
	}
	var found audit.Keys
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		key, err := primitives.ParseVerifierKey(line)
		if err != nil {
			return nil, fmt.Errorf("--key %s: neither a file of public keys nor one (as `mcp-kernel audit key` prints): %w", oneLine(given, 80), err)
		}
		found = append(found, key)
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("--key %s: the file holds no key", given)
	}
	return found, nil
}

// A publicKey is what `audit key --output json` prints.
type publicKey struct {
	Key     string   `json:"key"`
	Retired []string `json:"retired"` // that signed before it, the oldest first
}

func (a *app) auditKey() *cobra.Command {
	return &cobra.Command{
		Use:   "key",
		Short: "Print the public key that heads and receipts are verified with",
		Long: `Key prints the public key of the data directory as one line of text, to hand to whoever is to verify receipts or heads:
the key alone is enough for that.`,
		Example: `  mcp-kernel audit key > mcp-kernel.pub`,
		Args:    arguments(0, 0, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := a.configuration(cmd)
			if err != nil {
				return err
			}
			s, err := signer(c)
			if err != nil {
				return err
			}
			k := publicKey{Key: s.VerifierKey(), Retired: []string{}}
			for _, r := range s.Retired() {
				k.Retired = append(k.Retired, r.Verifier)
			}
			return a.print(k, func(t *table) {
				for _, retired := range k.Retired {
					t.line("%s", retired)
				}
				t.line("%s", k.Key)
			})
		},
	}
}

// A signedHead is what `audit head --output json` prints.
type signedHead struct {
	Entries uint64 `json:"entries"`
	Root    string `json:"root"`
	Note    string `json:"note"`
}

func (a *app) auditHead() *cobra.Command {
	return &cobra.Command{
		Use:   "head",
		Short: "Print the signed head of the journal, to keep elsewhere",
		Long: `Head prints the newest signed head (a C2SP signed note): a few lines that stand for every entry so far. Kept where whoever
could change the journal cannot reach, it shows later, with 'audit verify --head', that nothing was cut off or rewritten.`,
		Example: `  mcp-kernel audit head > /media/usb/head.txt`,
		Args:    arguments(0, 0, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := a.configuration(cmd)
			if err != nil {
				return err
			}
			k, err := trusted("", c)
			if err != nil {
				return err
			}
			r, err := audit.OpenReader(c.DataDir)
			if err != nil {
				return err
			}
			head, err := r.SignedHead(k...)
			if err != nil {
				return err
			}
			return a.print(signedHead{head.Size, head.Root.String(), string(head.Note)}, func(t *table) { t.text(head.Note) })
		},
	}
}
