package main

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/governance/audit"
)

// An entryLine is one entry, as `audit query --output json` prints it. What an entry does not have is left out.
type entryLine struct {
	Replica    string       `json:"replica,omitempty"` // in whose journal it is, with --replica
	Seq        uint64       `json:"seq"`
	At         time.Time    `json:"at"`
	Kind       string       `json:"kind"` // decision, outcome, usage, control
	Call       string       `json:"call,omitempty"`
	Parent     string       `json:"parent,omitempty"`
	Target     string       `json:"target,omitempty"`
	Name       string       `json:"name,omitempty"`
	Principal  string       `json:"principal,omitempty"`
	Agent      string       `json:"agent,omitempty"`
	Label      string       `json:"label,omitempty"`
	Operator   bool         `json:"operator,omitempty"`
	Execution  string       `json:"execution,omitempty"`
	Event      string       `json:"event,omitempty"`
	Effect     string       `json:"effect,omitempty"`
	Stage      string       `json:"stage,omitempty"`
	Check      string       `json:"check,omitempty"`
	Rule       string       `json:"rule,omitempty"`
	Policy     string       `json:"policy,omitempty"`
	Reason     string       `json:"reason,omitempty"`
	Pointer    string       `json:"pointer,omitempty"`
	Would      bool         `json:"would,omitempty"` // let pass under mode audit
	Policies   []string     `json:"policies,omitempty"`
	Arguments  *payloadLine `json:"arguments,omitempty"`
	Result     *payloadLine `json:"result,omitempty"`
	Status     string       `json:"status,omitempty"`
	Failure    string       `json:"failure,omitempty"`
	Confidence float64      `json:"confidence,omitempty"`
	HandlerUS  int64        `json:"handler_us,omitempty"`
	ElapsedUS  int64        `json:"elapsed_us,omitempty"`
	Tokens     int64        `json:"tokens,omitempty"`
	Findings   found        `json:"findings,omitempty"` // by detector and class, how many
	Labels     []string     `json:"labels,omitempty"`   // of the execution, after the call
	Control    *controlLine `json:"control,omitempty"`
	Hash       string       `json:"hash"`
}

// A payloadLine is how arguments or a result appear.
type payloadLine struct {
	Digest  string `json:"digest"`
	Bytes   int64  `json:"bytes"`
	Preview string `json:"preview,omitempty"`
}

// A controlLine is what happened to the journal itself.
type controlLine struct {
	Action  string   `json:"action"`
	By      string   `json:"by,omitempty"`
	Reason  string   `json:"reason,omitempty"`
	Subject string   `json:"subject,omitempty"`
	Count   int64    `json:"count,omitempty"`
	Calls   []string `json:"calls,omitempty"`
}

// found are what was found in a call or its answer, and how often.
type found map[string]int

// String is what was found on a line.
func (f found) String() string {
	all := make([]string, 0, len(f))
	for _, kind := range slices.Sorted(maps.Keys(f)) {
		all = append(all, fmt.Sprintf("%s %d", kind, f[kind]))
	}
	return joined(all)
}

func entryLineOf(e *audit.Entry) entryLine {
	line := entryLine{
		Seq: e.Seq, At: e.At, Kind: e.Kind.String(), Call: e.Call, Parent: e.Parent, Name: e.Name,
		Principal: e.Caller.Principal, Agent: e.Caller.Agent, Label: e.Caller.Label, Operator: e.Caller.Operator,
		Execution: e.Execution, Policies: e.Policies, Arguments: payloadLineOf(e.Args), Result: payloadLineOf(e.Result),
		Failure: e.Failure, Confidence: e.Confidence, HandlerUS: e.Handler.Microseconds(), ElapsedUS: e.Elapsed.Microseconds(),
		Tokens: e.Tokens, Hash: e.Hash.String(), Findings: e.Findings, Labels: e.Labels,
		Stage: e.Decision.Stage, Check: e.Decision.Check, Rule: e.Decision.Rule, Policy: e.Decision.Policy,
		Reason: e.Decision.Reason, Pointer: e.Decision.Pointer, Would: e.Decision.Would,
	}
	if e.Kind == audit.KindDecision {
		line.Effect = e.Decision.Effect.String()
	}
	if e.Target != governance.KindInvalid {
		line.Target = e.Target.String()
	}
	if e.Status != governance.StatusInvalid {
		line.Status = e.Status.String()
	}
	if e.Event != governance.EventNone {
		line.Event = e.Event.String()
	}
	if c := e.Control; c != nil {
		line.Control = &controlLine{string(c.Action), c.By, c.Reason, c.Subject, c.Count, c.Calls}
	}
	return line
}

func payloadLineOf(p audit.Payload) *payloadLine {
	if p.Digest == (audit.Hash{}) && p.Bytes == 0 {
		return nil
	}
	return &payloadLine{p.Digest.String(), p.Bytes, p.Preview}
}

// cells are the entry in a table.
func (e *entryLine) cells() []string {
	who, what := e.Principal, e.Name
	if e.Agent != "" {
		who += " " + e.Agent
	}
	if e.Control != nil {
		who, what = e.Control.By, e.Control.Action
	}
	if what == string(audit.ActionPolicies) {
		who = "" // it is a digest, and nobody's name
	}
	return []string{
		strconv.FormatUint(e.Seq, 10), e.At.Local().Format(time.DateTime), e.Kind, orDash(oneLine(who, 32)),
		orDash(oneLine(what, 40)), orDash(e.Event), orDash(oneLine(e.detail(), 80)),
	}
}

// detail is what is most worth knowing of the entry.
func (e *entryLine) detail() string {
	switch {
	case e.Control != nil && e.Control.Reason != "":
		return e.Control.Reason
	case e.Control != nil:
		return e.Control.Subject
	case e.Reason != "":
		return e.Reason
	case e.Failure != "" && e.Failure != e.Status:
		return e.Status + ": " + e.Failure
	case e.Status != "" && len(e.Findings) > 0:
		return e.Status + "; found: " + e.Findings.String()
	case e.Status != "":
		return e.Status
	default:
		return e.Effect
	}
}
