package siem_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/governance/audit"
	"github.com/mcp-kernel/mcp-kernel/governance/audit/siem"
)

var update = flag.Bool("update", false, "rewrite the golden files")

var origin = siem.Origin{Version: "1.2.3", Host: "kernel-1.example", ID: "0011223344556677"}

// samples are entries of every kind, with texts that try to be more than a value.
func samples() map[string]audit.Entry {
	base := func(seq uint64, kind audit.Kind) audit.Entry {
		return audit.Entry{
			Seq: seq, Hash: audit.Hash{byte(seq)}, Kind: kind, At: time.Date(2026, 11, 22, 15, 4, 5, 123456000, time.UTC), Process: "019aab4e-7d3c-7000-8f10-6c1d2e3f4a5b",
			Call: "019aab4e-7d3c-7000-8f10-6c1d2e3f4a5c", Target: governance.KindTool, Name: "file_delete",
			Caller: governance.Caller{Principal: "user:ada", Label: "claude/1 | x=y"}, Policies: []string{"default"},
		}
	}
	allowed, denied, asked := base(1, audit.KindDecision), base(2, audit.KindDecision), base(3, audit.KindDecision)
	allowed.Decision = audit.Decision{Effect: governance.Allow, Stage: "limits", Reason: "every stage passed", Event: governance.PolicyCheck}
	denied.Decision = audit.Decision{
		Effect: governance.Deny, Stage: "patterns", Check: "blocked_patterns", Rule: "no|pipes", Policy: "strict", Pointer: "/path",
		Reason: "a = b\\c\nCEF:0|forged|line \"]", Event: governance.PolicyViolation,
	}
	denied.Findings = map[string]int{"secrets/api_key": 2}
	asked.Decision = audit.Decision{Effect: governance.Ask, Stage: "approval", Check: "require_approval", Reason: "people must agree"}
	outcome, failed, read := base(4, audit.KindOutcome), base(5, audit.KindOutcome), base(6, audit.KindOutcome)
	outcome.Status, outcome.Event, outcome.Elapsed, outcome.Tokens = governance.StatusOK, governance.CheckpointCreated, 1500*time.Microsecond, 42
	outcome.Args.Bytes, outcome.Result.Bytes = 120, 4096
	failed.Status, failed.Failure = governance.StatusTimeout, "deadline_exceeded"
	read.Target, read.Name, read.Status, read.Event = governance.KindResource, "file:///etc/hosts", governance.StatusOK, governance.DriftDetected
	usage := audit.Entry{Seq: 7, Kind: audit.KindUsage, At: allowed.At, Process: allowed.Process, Usage: []audit.Usage{{Call: "c", Bound: 9, Tokens: 3}}}
	frozen, opened := usage, usage
	frozen.Seq, frozen.Kind, frozen.Usage = 8, audit.KindControl, nil
	frozen.Control = &audit.Control{Action: audit.ActionFreeze, By: "os:1000", Reason: "it deletes everything"}
	opened.Seq, opened.Kind, opened.Usage = 1<<40, audit.KindControl, nil
	opened.Control = &audit.Control{Action: audit.ActionOpen, Subject: "mcp-kernel+1a2b3c4d+AbCd"}
	return map[string]audit.Entry{
		"allowed": allowed, "denied": denied, "asked": asked, "outcome": outcome, "failed": failed, "read": read, "usage": usage, "frozen": frozen, "opened": opened,
	}
}

func TestRecords(t *testing.T) {
	t.Parallel()
	for name, e := range samples() {
		for _, format := range []siem.Format{siem.OCSF, siem.CEF, siem.Syslog} {
			got, err := origin.Record(format, &e)
			if err != nil {
				t.Fatal(err)
			}
			if format == siem.OCSF {
				var pretty bytes.Buffer
				if err := json.Indent(&pretty, got, "", "  "); err != nil {
					t.Fatalf("%s: %v", name, err)
				}
				got = pretty.Bytes()
			}
			file := filepath.Join("testdata", name+"."+string(format))
			got = append(got, '\n')
			if *update {
				if err := os.WriteFile(file, got, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if want, err := os.ReadFile(file); err != nil || !bytes.Equal(got, want) {
				t.Errorf("%s, %v: run with -update and look\n%s", file, err, got)
			}
		}
	}
	if _, err := origin.Record("xml", &audit.Entry{}); err == nil || !strings.Contains(err.Error(), `"xml"`) {
		t.Error(err)
	}
}

// TestOCSFRequired holds events to what the classes of the schema require of every event.
func TestOCSFRequired(t *testing.T) {
	t.Parallel()
	always := []string{"activity_id", "category_uid", "class_uid", "metadata", "severity_id", "time", "type_uid"}
	for name, e := range samples() {
		text, err := origin.Record(siem.OCSF, &e)
		if err != nil {
			t.Fatal(err)
		}
		var v map[string]json.RawMessage
		if err := json.Unmarshal(text, &v); err != nil {
			t.Fatal(err)
		}
		required := append([]string{"app"}, always...)
		if string(v["class_uid"]) == "6003" {
			required = append([]string{"actor", "api", "src_endpoint"}, always...)
		}
		for _, key := range required {
			if len(v[key]) == 0 {
				t.Errorf("%s: %s is missing", name, key)
			}
		}
		var m struct {
			Version  string
			Product  struct{ Name, Vendor_name string }
			Sequence uint64
		}
		if err := json.Unmarshal(v["metadata"], &m); err != nil || m.Version == "" || m.Product.Name == "" || m.Product.Vendor_name == "" || m.Sequence != e.Seq {
			t.Errorf("%s: metadata %+v, %v", name, m, err)
		}
	}
}

// message is RFC 5424's, as far as this package writes it.
func message() *regexp.Regexp {
	return regexp.MustCompile(`^<(\d{1,3})>1 \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z [!-~]{1,255} mcp-kernel [!-~]{1,128} [!-~]{1,32} \[meta sequenceId="(\d{1,10})"\]\[origin software="mcp-kernel"( swVersion="(?:[^"\\\]]|\\["\\\]])*")?\] CEF:0\|`)
}

// bars counts the bars that are not escaped.
func bars(text []byte) (n int) {
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '|':
			n++
		}
	}
	return n
}

// FuzzRecords: whatever stands in an entry, a record is one line, of the form of its format, and its texts are values.
func FuzzRecords(f *testing.F) {
	f.Add("file_delete", "a = b\\c\n|x", "user:ada", "1.0")
	f.Add("x\r\ny", "]\"\\", "", "")
	f.Add("\x00\xff", "suser=root act=allow", "=|\\", "]")
	f.Fuzz(func(t *testing.T, tool, why, principal, version string) {
		e := samples()["denied"]
		e.Name, e.Decision.Reason, e.Caller.Principal = tool, why, principal
		o := origin
		o.Version = version
		text, err := o.Record(siem.OCSF, &e)
		if err != nil || !json.Valid(text) || bytes.ContainsAny(text, "\n\r") {
			t.Fatalf("OCSF: %v %q", err, text)
		}
		line, err := o.Record(siem.Syslog, &e)
		if err != nil || bytes.ContainsAny(line, "\n\r") || !message().Match(line) {
			t.Fatalf("syslog: %v %q", err, line)
		}
		cef, err := o.Record(siem.CEF, &e)
		if err != nil {
			t.Fatal(err)
		}
		header, _, _ := bytes.Cut(cef, []byte("rt="))
		if bars := bars(header); bars != 7 {
			t.Fatalf("CEF: %d bars in the header of %q", bars, cef)
		}
		if forged := regexp.MustCompile(`(?:^|[^\\])(?:\\\\)* suser=`).FindAllIndex(cef, -1); len(forged) > 1 {
			t.Fatalf("CEF: a value became a key: %q", cef)
		}
	})
}
