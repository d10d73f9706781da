package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/mcp-kernel/mcp-kernel/governance/code"
)

// The types below are the part of SARIF 2.1.0 (OASIS, sarif-v2.1.0-os) that a check has something to say for.
type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool        sarifTool         `json:"tool"`
		Invocations []sarifInvocation `json:"invocations"`
		ColumnKind  string            `json:"columnKind"`
		Results     []sarifResult     `json:"results"`
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct {
		Name    string      `json:"name"`
		Version string      `json:"version,omitempty"`
		Rules   []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID         string          `json:"id"`
		Short      sarifMessage    `json:"shortDescription"`
		Help       sarifMessage    `json:"help"`
		HelpURI    string          `json:"helpUri,omitempty"`
		Default    sarifLevel      `json:"defaultConfiguration"`
		Properties sarifProperties `json:"properties"`
	}
	sarifLevel struct {
		Level string `json:"level"`
	}
	sarifMessage struct {
		Text     string `json:"text"`
		Markdown string `json:"markdown,omitempty"`
	}
	sarifProperties struct {
		Tags     []string `json:"tags,omitempty"`
		Severity string   `json:"security-severity,omitempty"`
	}
	sarifInvocation struct {
		Successful    bool                `json:"executionSuccessful"`
		Notifications []sarifNotification `json:"toolExecutionNotifications,omitempty"`
	}
	sarifNotification struct {
		Level     string          `json:"level"`
		Message   sarifMessage    `json:"message"`
		Locations []sarifLocation `json:"locations"`
	}
	sarifResult struct {
		RuleID       string            `json:"ruleId"`
		RuleIndex    int               `json:"ruleIndex"`
		Level        string            `json:"level"`
		Message      sarifMessage      `json:"message"`
		Locations    []sarifLocation   `json:"locations"`
		Fingerprints map[string]string `json:"partialFingerprints"`
		Properties   sarifFound        `json:"properties"`
	}
	sarifFound struct {
		Severity   string `json:"severity"`
		Confidence string `json:"confidence"`
	}
	sarifLocation struct {
		Physical sarifPlace     `json:"physicalLocation"`
		Logical  []sarifLogical `json:"logicalLocations,omitempty"`
	}
	sarifLogical struct {
		Name string `json:"fullyQualifiedName"`
		Kind string `json:"kind"`
	}
	sarifPlace struct {
		Artifact sarifArtifact `json:"artifactLocation"`
		Region   *sarifRegion  `json:"region,omitempty"`
	}
	sarifArtifact struct {
		URI string `json:"uri"`
	}
	sarifRegion struct {
		StartLine   int           `json:"startLine"`
		StartColumn int           `json:"startColumn"`
		EndLine     int           `json:"endLine"`
		EndColumn   int           `json:"endColumn"`
		Snippet     *sarifMessage `json:"snippet,omitempty"`
	}
)

// printSARIF writes a result as SARIF 2.1.0.
func (a *app) printSARIF(r *checkResult) error { return a.writeSARIF(sarifOf(r)) }

func (a *app) writeSARIF(log sarifLog) error {
	w := json.NewEncoder(a.out)
	w.SetEscapeHTML(false)
	w.SetIndent("", "  ")
	return w.Encode(log)
}

func sarifOf(r *checkResult) sarifLog {
	rules := code.Rules()
	run := sarifRun{
		Tool:        sarifTool{Driver: sarifDriver{Name: "mcp-kernel", Version: version, Rules: sarifRules(rules)}},
		Invocations: []sarifInvocation{{Successful: len(r.Unexamined) == 0}},
		ColumnKind:  "unicodeCodePoints", Results: []sarifResult{},
	}
	for _, u := range r.Unexamined {
		run.Invocations[0].Notifications = append(run.Invocations[0].Notifications, sarifNotification{
			Level: "error", Message: sarifMessage{Text: u.Problem}, Locations: []sarifLocation{{Physical: sarifPlace{Artifact: sarifArtifact{fileURI(u.Path)}}}},
		})
	}
	index := make(map[string]int, len(rules))
	for i, rule := range rules {
		index[rule.ID] = i
	}
	seen := make(map[string]int, len(r.Findings))
	for _, f := range r.Findings {
		run.Results = append(run.Results, sarifResultOf(f, index[f.RuleID], seen))
	}
	return sarifLog{Schema: "https://json.schemastore.org/sarif-2.1.0.json", Version: "2.1.0", Runs: []sarifRun{run}}
}

func sarifRules(rules []code.Rule) []sarifRule {
	described := make([]sarifRule, len(rules))
	for i, r := range rules {
		number := strings.TrimPrefix(r.CWE, "CWE-")
		described[i] = sarifRule{
			ID: r.ID, Short: sarifMessage{Text: sentence(r.Message)},
			Help:    sarifMessage{Text: "This " + r.Message + ". Instead: " + r.Fix + ".", Markdown: "This " + r.Message + ".\n\n**Instead:** " + r.Fix + "."},
			HelpURI: "https://cwe.mitre.org/data/definitions/" + number + ".html",
			Default: sarifLevel{levelOf(r.Severity)},
			Properties: sarifProperties{
				Tags: []string{"security", "external/cwe/cwe-" + padded(number)}, Severity: score(r.Severity),
			},
		}
	}
	return described
}

// padded is a CWE's number with three digits, as code scanning's tags have it.
func padded(number string) string { return strings.Repeat("0", max(3-len(number), 0)) + number }

// sentence is a phrase with a capital at its beginning and a full stop at its end.
func sentence(text string) string {
	if text == "" {
		return ""
	}
	return strings.ToUpper(text[:1]) + strings.TrimSuffix(text[1:], ".") + "."
}

// levelOf is a severity as one of SARIF's levels.
func levelOf(s code.Severity) string {
	switch {
	case s >= code.High:
		return "error"
	case s == code.Medium:
		return "warning"
	default:
		return "note"
	}
}

// score is a severity as code scanning reads it: the middle of CVSS 3.1's ranges of that name.
func score(s code.Severity) string {
	switch s {
	case code.Critical:
		return "9.5"
	case code.High:
		return "8.0"
	case code.Medium:
		return "5.5"
	default:
		return "2.0"
	}
}

func sarifResultOf(f checkFinding, rule int, seen map[string]int) sarifResult {
	region := &sarifRegion{StartLine: f.Line, StartColumn: f.Column, EndLine: f.EndLine, EndColumn: f.EndColumn}
	if f.Excerpt != "" {
		region.Snippet = &sarifMessage{Text: f.Excerpt}
	}
	text := sentence(f.Message)
	if f.Fix != "" {
		text += " Instead: " + f.Fix + "."
	}
	return sarifResult{
		RuleID: f.RuleID, RuleIndex: rule, Level: levelOf(f.Severity), Message: sarifMessage{Text: text},
		Locations:    []sarifLocation{{Physical: sarifPlace{Artifact: sarifArtifact{fileURI(f.Path)}, Region: region}}},
		Fingerprints: map[string]string{"mcpKernel/v1": fingerprint(f, seen)},
		Properties:   sarifFound{f.Severity.String(), f.Confidence.String()},
	}
}

// fingerprint names a finding so that it is known again when lines move: by its file, its rule, the text of its line
// and the how-manieth of these it is.
func fingerprint(f checkFinding, seen map[string]int) string {
	key := filepath.ToSlash(f.Path) + "\x00" + f.RuleID + "\x00" + strings.Join(strings.Fields(f.Excerpt), " ")
	n := seen[key]
	seen[key]++
	sum := sha256.Sum256([]byte(key + "\x00" + strconv.Itoa(n)))
	return hex.EncodeToString(sum[:16])
}

// fileURI is a path as a URI: relative ones stay so, standard input is named stdin.
func fileURI(path string) string {
	if path == "-" {
		return "stdin"
	}
	u := url.URL{Path: filepath.ToSlash(filepath.Clean(path))}
	if filepath.IsAbs(path) {
		u.Scheme = "file"
		if !strings.HasPrefix(u.Path, "/") {
			u.Path = "/" + u.Path
		}
	}
	return u.String()
}
