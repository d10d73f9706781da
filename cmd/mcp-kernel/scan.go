package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/mcp-kernel/mcp-kernel/governance/detect"
	"github.com/mcp-kernel/mcp-kernel/governance/match"
	"github.com/mcp-kernel/mcp-kernel/modules/atr"
	"github.com/mcp-kernel/mcp-kernel/modules/standard"
)

// maxScan bounds what is scanned, in bytes.
const maxScan = 64 << 20

// errPoisoned is what a scan ends with that found what is critical.
var errPoisoned = errors.New("something critical was found")

// A scanLine is one finding as `scan --output json` prints it.
type scanLine struct {
	Server     string         `json:"server,omitempty"`
	Kind       string         `json:"kind"` // tool, resource, template or prompt
	Name       string         `json:"name"`
	Severity   match.Severity `json:"severity"`
	Confidence float64        `json:"confidence"`
	Class      string         `json:"class"`
	Rule       string         `json:"rule"`
	Pointer    string         `json:"pointer"` // into the definition
}

// A scanReport is what `scan --output json` prints.
type scanReport struct {
	Scanned  int        `json:"scanned"` // definitions
	Findings []scanLine `json:"findings"`
}

func (a *app) scan() *cobra.Command {
	var server string
	cmd := &cobra.Command{
		Use:   "scan [FILE]",
		Short: "Look for poison in what servers define",
		Long: `Scan reads definitions of tools, resources and prompts, and looks for instructions to a model, hidden characters, arguments that
ask for what they should not have, tools that speak of other tools, and the like. It reads a file, or standard input: an answer to
tools/list, resources/list or prompts/list, or a list of definitions. With --server it looks at what a server that is governed
here offered when it was last seen.

Exit code 2 says that something critical or high was found, 1 that something else was.`,
		Example: `  mcp-kernel scan tools.json
  mcp-kernel scan --server files -o json`,
		Args: arguments(0, 1, "at most one file"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if server != "" && len(args) > 0 {
				return misused(cmd, "a file or a server, not both")
			}
			s, err := newScan()
			if err != nil {
				return err
			}
			if server != "" {
				err = a.withServers(cmd, func(_ context.Context, m *atr.Module, _ *standard.Kernel) error {
					listing, known := m.Listing(server)
					if !known {
						return fmt.Errorf("what the server %s offers is not known: mcp-kernel upstream test %s", server, server)
					}
					return errors.Join(s.all(server, "tool", listing.Tools), s.all(server, "resource", listing.Resources),
						s.all(server, "template", listing.Templates), s.all(server, "prompt", listing.Prompts))
				})
			} else {
				err = a.scanText(s, first(args))
			}
			if err != nil {
				return err
			}
			return a.printScan(&s.report)
		},
	}
	cmd.Flags().StringVar(&server, "server", "", "`name` of a server that is governed here")
	return cmd
}

// A scan looks through definitions.
type scan struct {
	engine *detect.Engine
	report scanReport
}

func newScan() (*scan, error) {
	engine, err := detect.New(detect.Options{Detectors: detect.Definition})
	if err != nil {
		return nil, err
	}
	return &scan{engine: engine, report: scanReport{Findings: []scanLine{}}}, nil
}

// scanText reads definitions from a file, or from standard input.
func (a *app) scanText(s *scan, path string) error {
	from := a.in
	if path != "" && path != "-" {
		file, err := os.Open(path) //nolint:gosec // whoever calls says which
		if err != nil {
			return err
		}
		defer func() { _ = file.Close() }() // it was only read
		from = file
	}
	text, err := io.ReadAll(io.LimitReader(from, maxScan+1))
	switch {
	case err != nil:
		return err
	case len(text) > maxScan:
		return fmt.Errorf("more than %d bytes", maxScan)
	}
	return s.document(text)
}

// document looks through what a server answers to a listing, the listing itself, or a list of definitions.
func (s *scan) document(text []byte) error {
	var list []json.RawMessage
	if json.Unmarshal(text, &list) == nil {
		return s.all("", "tool", list)
	}
	var doc struct {
		Result    json.RawMessage   `json:"result"`
		Tools     []json.RawMessage `json:"tools"`
		Resources []json.RawMessage `json:"resources"`
		Templates []json.RawMessage `json:"resourceTemplates"`
		Prompts   []json.RawMessage `json:"prompts"`
	}
	if err := json.Unmarshal(text, &doc); err != nil {
		return fmt.Errorf("the definitions cannot be read: %w", err)
	}
	switch {
	case len(doc.Result) > 0:
		return s.document(doc.Result)
	case doc.Tools == nil && doc.Resources == nil && doc.Templates == nil && doc.Prompts == nil:
		return s.all("", "tool", []json.RawMessage{text})
	}
	return errors.Join(s.all("", "tool", doc.Tools), s.all("", "resource", doc.Resources), s.all("", "template", doc.Templates), s.all("", "prompt", doc.Prompts))
}

// all looks through definitions of a kind.
func (s *scan) all(server, kind string, definitions []json.RawMessage) error {
	for _, d := range definitions {
		var named struct{ Name, URI, URITemplate string }
		_ = json.Unmarshal(d, &named) // one without a name has none
		findings, err := s.engine.Document(nil, d, detect.Context{Source: detect.Definitions})
		if err != nil {
			return fmt.Errorf("%s %q: %w", kind, oneLine(named.Name, 80), err)
		}
		s.report.Scanned++
		for i := range findings {
			f := &findings[i]
			s.report.Findings = append(s.report.Findings, scanLine{
				Server: server, Kind: kind, Name: named.Name + named.URI + named.URITemplate, Severity: f.Severity, Confidence: f.Confidence,
				Class: f.Class, Rule: f.Rule, Pointer: f.Pointer,
			})
		}
	}
	return nil
}

// printScan prints what was found, and says how bad it is by the error.
func (a *app) printScan(r *scanReport) error {
	err := a.print(r, func(t *table) {
		for i := range r.Findings {
			f := &r.Findings[i]
			t.row(f.Severity.String(), f.Kind, oneLine(f.Name, 60), f.Class, oneLine(orDash(f.Pointer), 60), fraction(f.Confidence))
		}
		t.line("%d definitions, %d findings", r.Scanned, len(r.Findings))
	})
	if err != nil {
		return err
	}
	for i := range r.Findings {
		if r.Findings[i].Severity >= match.High {
			return errPoisoned
		}
	}
	if len(r.Findings) > 0 {
		return errFound
	}
	return nil
}
