package detection

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	"github.com/mcp-kernel/mcp-kernel/governance/code"
	"github.com/mcp-kernel/mcp-kernel/governance/match"
)

// A Reference is the regular expressions of the reference implementation, so that its way and ours are measured on the same
// records. They were written anew from what its tools, its gateway and its classifier of intents are described to look for
// (github.com/imran-siddique/agent-os: modules/mcp-kernel-server, src/agent_os/mcp_gateway.py, src/agent_os/semantic_policy.py);
// its lists of phrases against injection are not among them. It is safe for concurrent use.
type Reference struct {
	code, secrets, pii []expression
	intents            []signal
}

// An expression is one rule of a list.
type expression struct {
	*regexp.Regexp
	severity code.Severity
}

// NewReference compiles the expressions.
func NewReference() *Reference {
	return &Reference{
		code: expressions(referenceCode), secrets: expressions(referenceSecrets), pii: expressions(referencePII),
		intents: signals(),
	}
}

// The rules of the tool verify_code_safety, those of them that are about secrets, and the patterns for personal data of the
// gateway. A line is a severity and an expression; letter case is ignored.
const (
	referenceCode = referenceSecrets + `
critical \bdrop\s+(table|database|schema|index)\s
critical \bdelete\s+from\s+\w+\s*(;|\z|where\s+1\s*=\s*1)
critical \btruncate\s+table\s
critical \brm\s+(-rf|-fr|--recursive\s+--force)
critical \brm\s.*\s(/|~|\$home)
high     shutil\.rmtree\s*\(
high     \bsudo\s
high     \bchmod\s+777\s
critical \bos\.sete?uid\s*\(\s*0\s*\)
high     \beval\s*\(
high     \bexec\s*\(
critical :\(\)\s*\{\s*:\s*\|\s*:\s*&\s*\}\s*;\s*:
critical \bdd\s+if=.*of=/dev/(sd[a-z]|nvme|hd[a-z])
critical \bformat\s+[a-z]:`
	//nolint:gosec // what secrets look like is none
	referenceSecrets = `
critical \bapi_?(key|secret)\s*[=:]\s*["'][a-z0-9_-]{20,}["']
critical \b(password|passwd|pwd)\s*[=:]\s*["'][^"']+["']
critical akia[0-9a-z]{16}
critical -----begin (rsa|dsa|ec|openssh) private key-----
critical gh[pousr]_[a-z0-9]{36,}`
	referencePII = `
high     \b\d{3}-\d{2}-\d{4}\b
high     \b\d{4}[- ]?\d{4}[- ]?\d{4}[- ]?\d{4}\b`
)

// expressions compiles a list of this file.
func expressions(list string) []expression {
	var all []expression
	for line := range strings.Lines(strings.TrimSpace(list)) {
		word, text, _ := strings.Cut(strings.TrimSpace(line), " ")
		severity := code.High
		if word == "critical" {
			severity = code.Critical
		}
		all = append(all, expression{regexp.MustCompile("(?i)" + strings.TrimSpace(text)), severity})
	}
	return all
}

// Naive reports whether a text stands in a value as it is serialised, whatever the case of its letters: how gateways look for
// blocked patterns that search one text for the whole call.
func Naive(value json.RawMessage, text string) bool {
	return bytes.Contains(bytes.ToLower(value), bytes.ToLower([]byte(text)))
}

// Detected measures the expressions for "secrets" or "pii". Whatever they find they act on.
func (x *Reference) Detected(check string, set []Record) (found, falsely Share, err error) {
	list := x.secrets
	if check == "pii" {
		list = x.pii
	}
	for i := range set {
		r := &set[i]
		findings, err := findings(list, r.Value)
		if err != nil {
			return found, falsely, fmt.Errorf("%s: %w", r.ID, err)
		}
		if len(r.Expect.Classes) > 0 {
			found.add(r.covers(findings))
		} else {
			falsely.add(len(findings) > 0)
		}
	}
	return found, falsely, nil
}

// findings are where the expressions match in the texts of a document.
func findings(list []expression, doc []byte) ([]match.Finding, error) {
	values, _, err := texts(doc)
	if err != nil {
		return nil, err
	}
	var all []match.Finding
	for pointer, text := range values {
		for _, e := range list {
			if at := e.FindStringIndex(text); at != nil {
				all = append(all, match.Finding{Pointer: pointer, Span: match.Span{Start: at[0], End: at[1]}})
			}
		}
	}
	return all, nil
}

// Examined measures the rules for code.
func (x *Reference) Examined(set []Record) (Safety, error) {
	return examined(set, func(s code.Source) (worst code.Severity, found bool, err error) {
		for _, e := range x.code {
			if e.MatchString(s.Code) {
				worst, found = max(worst, e.severity), true
			}
		}
		return worst, found, nil
	})
}
