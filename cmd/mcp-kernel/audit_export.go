package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"
)

func (a *app) auditExport() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "export",
		Short: "Print all entries as they are stored, one a line",
		Long: `Export prints every entry that is kept, the oldest first, exactly as it is stored: one line of canonical JSON (RFC 8785) with
the entry and its hash. The hash of an entry is SHA-256 over the bytes of its "entry" value.`,
		Example: `  mcp-kernel audit export > journal.jsonl
  mcp-kernel audit export | jq -c 'select(.entry.event == "TOOL_CALL_BLOCKED") | .entry.name'`,
		Args: arguments(0, 0, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			r, err := a.reader(cmd)
			if err != nil {
				return err
			}
			segments, err := filepath.Glob(filepath.Join(r.Dir(), "*.jsonl"))
			if err != nil {
				return err
			}
			slices.Sort(segments) // their names are numbers of one length
			out := bufio.NewWriterSize(a.out, 256<<10)
			for _, name := range segments {
				if err := exportSegment(out, name); err != nil {
					return fmt.Errorf("export: %w", err)
				}
			}
			return out.Flush()
		},
	}
	ofReplica(cmd, false)
	return cmd
}

// exportSegment copies the whole lines of a segment. One that retention removed meanwhile has none.
func exportSegment(out io.Writer, name string) error {
	file, err := os.Open(name) //nolint:gosec // a segment of the journal
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer file.Close()
	in := bufio.NewReaderSize(file, 256<<10)
	for {
		line, err := in.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return nil // what does not end is being written, or belongs to nobody
		}
		if err != nil {
			return err
		}
		if !bytes.HasPrefix(line, []byte("{")) {
			continue
		}
		if _, err := out.Write(line); err != nil {
			return err
		}
	}
}
