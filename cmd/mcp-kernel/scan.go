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
	Kind       string         `json:"kind"` // tool, resource, template, prompt, instructions, or server for its entry in a host's file
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
	var target scanTarget
	cmd := &cobra.Command{
		Use:   "scan [FILE | URL | -- COMMAND [ARGUMENT]...]",
		Short: "Look for poison in what servers define",
		Long: `Scan looks through definitions of tools, resources and prompts for instructions to a model, hidden characters, arguments that ask
for what they should not have, tools that speak of other tools, and the like. It takes them from

  a file, or standard input: an answer to tools/list, resources/list or prompts/list, or a list of definitions
  a host's own file: each server that it lists is started or reached, and its entry is looked through for secrets in the clear
  a server: one at an address, or the command that starts one, behind --
  a server that is governed here (--server), as it was when it was last seen; nothing is started

What is started gets an environment without your variables, and with --sandbox strict reaches nothing but its own code: look at what
you do not trust like that. Nothing is called, and nothing is remembered. Exit code 2 says that
something critical or high was found, 1 that something else was, or that a server could not be looked at.`,
		Example: `  mcp-kernel scan ~/.cursor/mcp.json
  mcp-kernel scan -o sarif -- npx -y @modelcontextprotocol/server-everything > findings.sarif
  mcp-kernel scan --sandbox strict -- ./node_modules/.bin/some-server
  mcp-kernel scan https://mcp.example.com/mcp --header 'Authorization: env:TOKEN'
  mcp-kernel scan --server files -o json`,
		Args:              arguments(0, -1, "a file, an address, or a command behind --"),
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error { return a.checkOutput(cmd) },
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := target.read(cmd, args); err != nil {
				return err
			}
			if server != "" && target.given() {
				return misused(cmd, "something to look at or a server that is governed here, not both")
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
				err = a.scanTarget(cmd.Context(), s, &target)
			}
			if err != nil && s.report.Scanned == 0 {
				return err
			}
			return errors.Join(err, a.printScan(&s.report))
		},
	}
	cmd.Flags().StringVar(&server, "server", "", "`name` of a server that is governed here")
	cmd.Flags().StringArrayVar(&target.env, "env", nil, "`NAME=VALUE` for the environment of the command; repeat it for several")
	cmd.Flags().StringArrayVar(&target.headers, "header", nil, "`NAME: VALUE` for the address; repeat it for several")
	cmd.Flags().BoolVar(&target.private, "allow-private", false, "addresses may lead to this machine or a private network, and need not begin with https")
	target.confine = sandboxFlags(cmd)
	cmd.Flags().StringVarP(&a.output, "output", "o", "text", "text, json or sarif")
	return cmd
}

// A scan looks through definitions.
type scan struct {
	engine  *detect.Engine
	secrets *detect.Engine
	report  scanReport
}

func newScan() (*scan, error) {
	engine, err := detect.New(detect.Options{Detectors: detect.Definition})
	if err != nil {
		return nil, err
	}
	secrets, err := detect.New(detect.Options{Detectors: detect.Secrets})
	if err != nil {
		return nil, err
	}
	return &scan{engine: engine, secrets: secrets, report: scanReport{Findings: []scanLine{}}}, nil
}

// scanText reads a file, or standard input.
func (a *app) scanText(path string) ([]byte, error) {
	from := a.in
	if path != "" && path != "-" {
		file, err := os.Open(path) //nolint:gosec // whoever calls says which
		if err != nil {
			return nil, err
		}
		defer func() { _ = file.Close() }() // it was only read
		from = file
	}
	text, err := io.ReadAll(io.LimitReader(from, maxScan+1))
	if err == nil && len(text) > maxScan {
		err = fmt.Errorf("more than %d bytes", maxScan)
	}
	return text, err
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
		if err := s.one(s.engine, server, kind, named.Name+named.URI+named.URITemplate, d); err != nil {
			return err
		}
		s.report.Scanned++
	}
	return nil
}

// one looks through one document for what an engine finds.
func (s *scan) one(engine *detect.Engine, server, kind, name string, doc json.RawMessage) error {
	findings, err := engine.Document(nil, doc, detect.Context{Source: detect.Definitions})
	if err != nil {
		return fmt.Errorf("%s %q: %w", kind, oneLine(name, 80), err)
	}
	for i := range findings {
		f := &findings[i]
		s.report.Findings = append(s.report.Findings, scanLine{
			Server: server, Kind: kind, Name: name, Severity: f.Severity, Confidence: f.Confidence, Class: f.Class, Rule: f.Rule, Pointer: f.Pointer,
		})
	}
	return nil
}

// printScan prints what was found, and says how bad it is by the error.
func (a *app) printScan(r *scanReport) error {
	var err error
	if a.output == "sarif" {
		err = a.writeSARIF(scanSARIF(r))
	} else {
		err = a.print(r, func(t *table) {
			for i := range r.Findings {
				f := &r.Findings[i]
				t.row(f.Severity.String(), orDash(f.Server), f.Kind, oneLine(f.Name, 60), f.Class, oneLine(orDash(f.Pointer), 60), fraction(f.Confidence))
			}
			t.line("%d definitions, %d findings", r.Scanned, len(r.Findings))
		})
	}
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
