package main

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"

	"github.com/mcp-kernel/mcp-kernel/governance/code"
)

// scanSARIF is the report of a scan as SARIF 2.1.0. A definition has no line of a file: it is named by a logical location, and
// stands in an artifact that is the server.
func scanSARIF(r *scanReport) sarifLog {
	run := sarifRun{
		Tool:        sarifTool{Driver: sarifDriver{Name: "mcp-kernel", Version: version, Rules: []sarifRule{}}},
		Invocations: []sarifInvocation{{Successful: true}}, ColumnKind: "unicodeCodePoints", Results: []sarifResult{},
	}
	index := map[string]int{}
	for i := range r.Findings {
		f := &r.Findings[i]
		severity := code.Severity(f.Severity) // the same four
		rule, known := index[f.Class]
		if !known {
			rule = len(run.Tool.Driver.Rules)
			index[f.Class] = rule
			run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, sarifRule{
				ID: f.Class, Short: sarifMessage{Text: sentence(strings.ReplaceAll(f.Class, "_", " "))},
				Help:    sarifMessage{Text: "Look at the definition before a model does: mcp-kernel pins diff."},
				Default: sarifLevel{levelOf(severity)}, Properties: sarifProperties{Tags: []string{"security", "mcp"}, Severity: score(severity)},
			})
		}
		run.Results = append(run.Results, f.sarif(rule, severity))
	}
	return sarifLog{Schema: "https://json.schemastore.org/sarif-2.1.0.json", Version: "2.1.0", Runs: []sarifRun{run}}
}

// sarif is one finding.
func (f *scanLine) sarif(rule int, severity code.Severity) sarifResult {
	place := strings.Join([]string{cmp.Or(f.Server, "definitions"), f.Kind, f.Name}, "/")
	digest := sha256.Sum256([]byte(place + "\x00" + f.Class + "\x00" + f.Pointer))
	return sarifResult{
		RuleID: f.Class, RuleIndex: rule, Level: levelOf(severity),
		Message: sarifMessage{Text: sentence(strings.ReplaceAll(f.Class, "_", " ") + " in " + f.Kind + " " + strconv.QuoteToASCII(f.Name) + " at " + cmp.Or(f.Pointer, "its whole"))},
		Locations: []sarifLocation{{
			Physical: sarifPlace{Artifact: sarifArtifact{fileURI(cmp.Or(f.Server, "-"))}},
			Logical:  []sarifLogical{{Name: place + f.Pointer, Kind: "member"}},
		}},
		Fingerprints: map[string]string{"mcpKernel/v1": hex.EncodeToString(digest[:16])},
		Properties:   sarifFound{severity.String(), fraction(f.Confidence)},
	}
}
