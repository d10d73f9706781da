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

	"github.com/mcp-kernel/mcp-kernel/governance/audit"
	"github.com/mcp-kernel/mcp-kernel/governance/audit/siem"
	"github.com/mcp-kernel/mcp-kernel/modules/standard"
)

func (a *app) auditExport() *cobra.Command {
	var format string
	cmd := &cobra.Command{
		Use:   "export",
		Short: "Print all entries, one a line",
		Long: `Export prints every entry that is kept, the oldest first, exactly as it is stored: one line of canonical JSON (RFC 8785) with
the entry and its hash. The hash of an entry is SHA-256 over the bytes of its "entry" value. With --format it prints what
security information systems read, the number of the entry in each line: events of OCSF 1.3, lines of CEF 0, or syslog messages
(RFC 5424) with CEF in them. audit.export in the configuration sends the same continuously.`,
		Example: `  mcp-kernel audit export > journal.jsonl
  mcp-kernel audit export --format ocsf > events.json
  mcp-kernel audit export | jq -c 'select(.entry.event == "TOOL_CALL_BLOCKED") | .entry.name'`,
		Args: arguments(0, 0, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			r, err := a.reader(cmd)
			if err != nil {
				return err
			}
			if format != "" {
				return a.exportAs(cmd, r, siem.Format(format))
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
	cmd.Flags().StringVar(&format, "format", "", "ocsf, cef or syslog, instead of entries as they are stored")
	ofReplica(cmd, false)
	return cmd
}

// exportAs prints entries in a format of security information systems.
func (a *app) exportAs(cmd *cobra.Command, r *audit.Reader, format siem.Format) error {
	from, err := a.source(cmd)
	if err != nil {
		return err
	}
	origin := siem.Origin{Version: version, ID: from.of.ID}
	if from.of.ID == "" {
		c, err := a.configuration(cmd)
		if err != nil {
			return err
		}
		s, err := signer(c)
		if err != nil {
			return err
		}
		origin = standard.SIEMOrigin(version, s)
	}
	out := bufio.NewWriterSize(a.out, 256<<10)
	for e, err := range r.Entries(cmd.Context(), 1) {
		if err != nil {
			return err
		}
		record, err := origin.Record(format, &e)
		if err != nil {
			return misused(cmd, "--format: %v", err)
		}
		if _, err := out.Write(append(record, '\n')); err != nil {
			return err
		}
	}
	return out.Flush()
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
