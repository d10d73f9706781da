// Package siem writes entries of the journal the way that security information systems read them: as events of the Open
// Cybersecurity Schema Framework (OCSF 1.3, JSON), in the Common Event Format (CEF 0), and as syslog messages (RFC 5424); and it ships
// them, to a syslog receiver over UDP, TCP (octet counting, RFC 6587), TLS (RFC 5425) or a local socket, or to a file.
//
// Every entry is one record, with its number, so a gap shows. Nothing of a call's content is in it but what the journal's entry tells
// about it: digests, sizes, and who did what, and why it was refused.
package siem

import (
	"fmt"
	"time"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/governance/audit"
)

// Format is how a record is written.
type Format string

// The formats.
const (
	OCSF   Format = "ocsf"   // one JSON object
	CEF    Format = "cef"    // one line
	Syslog Format = "syslog" // a message of RFC 5424 that holds CEF
)

// An Origin is who writes the records.
type Origin struct {
	Version string // of the program
	Host    string // of the machine, as syslog wants it; empty is not known
	ID      string // of the journal, so that several can be told apart; may be empty
}

// Record returns the record of an entry, without a line break.
func (o Origin) Record(f Format, e *audit.Entry) ([]byte, error) {
	switch f {
	case OCSF:
		return o.ocsf(e)
	case CEF:
		return o.cef(e), nil
	case Syslog:
		return o.syslog(e, o.cef(e)), nil
	default:
		return nil, fmt.Errorf("format %.20q: want ocsf, cef or syslog", f)
	}
}

// A severity is how much somebody should care, on OCSF's scale.
type severity int

const (
	informational severity = 1
	low           severity = 2
	medium        severity = 3
	high          severity = 4
)

func (s severity) String() string {
	switch s {
	case low:
		return "Low"
	case medium:
		return "Medium"
	case high:
		return "High"
	default:
		return "Informational"
	}
}

// cef is the severity from 0 to 10.
func (s severity) cef() int {
	switch s {
	case low:
		return 3
	case medium:
		return 5
	case high:
		return 8
	default:
		return 1
	}
}

// syslog is the severity of RFC 5424, section 6.2.1.
func (s severity) syslog() int {
	switch s {
	case low:
		return 5 // notice
	case medium:
		return 4 // warning
	case high:
		return 3 // error
	default:
		return 6 // informational
	}
}

// severityOf is how much an entry matters by itself.
func severityOf(e *audit.Entry) severity {
	switch {
	case e.Kind == audit.KindControl && e.Control != nil:
		return ofControl(e.Control.Action)
	case e.Event == governance.DriftDetected || e.Decision.Event == governance.DriftDetected || e.Status == governance.StatusWithheld:
		return medium
	case e.Kind == audit.KindDecision && e.Decision.Effect == governance.Deny, e.Decision.Would:
		return medium
	case e.Kind == audit.KindDecision && e.Decision.Effect == governance.Ask:
		return low
	case len(e.Findings) > 0:
		return low
	default:
		return informational
	}
}

func ofControl(a audit.Action) severity {
	switch a {
	case audit.ActionFreeze, audit.ActionLost:
		return high
	case audit.ActionAbandoned, audit.ActionRecovered, audit.ActionPolicies, audit.ActionRotation, audit.ActionApprovalRefused:
		return low
	default:
		return informational
	}
}

// name is what an entry is, in one word: its event, or else what it records.
func name(e *audit.Entry) string {
	switch {
	case e.Kind == audit.KindControl && e.Control != nil:
		return string(e.Control.Action)
	case e.Kind == audit.KindDecision && e.Decision.Event != governance.EventNone:
		return e.Decision.Event.String()
	case e.Event != governance.EventNone:
		return e.Event.String()
	default:
		return e.Kind.String()
	}
}

// method is the protocol's word for what was called.
func method(k governance.Kind) string {
	switch k {
	case governance.KindTool:
		return "tools/call"
	case governance.KindResource:
		return "resources/read"
	case governance.KindPrompt:
		return "prompts/get"
	default:
		return k.String()
	}
}

// reason is why something was decided, or done.
func reason(e *audit.Entry) string {
	switch {
	case e.Control != nil:
		return e.Control.Reason
	case e.Kind == audit.KindDecision && e.Decision.Effect == governance.Allow && !e.Decision.Would:
		return ""
	case e.Decision.Reason != "":
		return e.Decision.Reason
	default:
		return e.Failure
	}
}

// who is whose entry it is.
func who(e *audit.Entry) string {
	if e.Control != nil && e.Caller.Principal == "" {
		return e.Control.By
	}
	return e.Caller.Principal
}

// succeeded reports how a call stands: it may go on, or has ended well.
func succeeded(e *audit.Entry) bool {
	if e.Kind == audit.KindDecision {
		return e.Decision.Effect == governance.Allow
	}
	return e.Status == governance.StatusOK || e.Kind != audit.KindOutcome
}

// milliseconds is a time as both OCSF and CEF have it.
func milliseconds(t time.Time) int64 { return t.UnixMilli() }
