package detect

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/mcp-kernel/mcp-kernel/governance/match"
)

// An Action is what an operator wants done about a finding. The zero value is Off. They are in the order of their
// strictness.
type Action uint8

// The actions.
const (
	Off    Action = iota // as if it had not been found
	Log                  // noted in the journal
	Redact               // replaced by a placeholder; where that is not possible, as in the name of a tool, blocked
	Ask                  // a human decides
	Block                // the call or its answer goes no further
)

// actionNames are the names of the actions, in their order.
const actionNames = "off log redact ask block"

// String returns "off", "log", "redact", "ask" or "block".
func (a Action) String() string {
	if names := strings.Fields(actionNames); int(a) < len(names) {
		return names[a]
	}
	return "invalid"
}

// MarshalText implements encoding.TextMarshaler; the text is what String returns.
func (a Action) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler; an unknown name is an error.
func (a *Action) UnmarshalText(text []byte) error {
	i := slices.Index(strings.Fields(actionNames), string(text))
	if i < 0 {
		return fmt.Errorf("unknown action %q: want off, log, redact, ask or block", text)
	}
	*a = Action(i)
	return nil
}

// A Setting says what is to be done about the findings of one class.
type Setting struct {
	// Class of findings, as Classes lists them.
	Class string `json:"class" yaml:"class"`
	// Action for findings that are as sure as Threshold says.
	Action Action `json:"action" yaml:"action"`
	// Threshold is the least confidence, 0 to 1, for Action. Surer is stricter: less sure findings are only logged, unless
	// Action is Off. 0 is any finding.
	Threshold float64 `json:"threshold,omitempty" yaml:"threshold,omitempty"`
	// On are the sources that the setting is for, by the names that Source's String returns; empty is all.
	On []Source `json:"on,omitempty" yaml:"on,omitempty"`
}

// Settings say what is to be done about findings. Of several settings for one class and source the last counts, so that
// what an operator writes is appended to the default. The zero value has no setting: everything is blocked, because
// nobody said otherwise.
type Settings struct {
	Classes []Setting `json:"classes" yaml:"classes"`
}

// Validate returns all faults of the settings at once: unknown classes, actions and sources, thresholds beyond 0 to 1.
func (s Settings) Validate() error {
	var faults []error
	for i, c := range s.Classes {
		fault := func(format string, args ...any) {
			faults = append(faults, fmt.Errorf("classes[%d] (%s): "+format, append([]any{i, c.Class}, args...)...))
		}
		if !slices.ContainsFunc(Classes(), func(known Class) bool { return known.Name == c.Class }) {
			fault("unknown class")
		}
		if c.Action > Block {
			fault("unknown action %d", c.Action)
		}
		if !(c.Threshold >= 0 && c.Threshold <= 1) {
			fault("threshold %v is not from 0 to 1", c.Threshold)
		}
		for _, source := range c.On {
			if source > Prompts {
				fault("unknown source %d", source)
			}
		}
	}
	return errors.Join(faults...)
}

// Action returns what is to be done about a finding in a text of the given source.
func (s Settings) Action(f match.Finding, source Source) Action {
	for i := len(s.Classes) - 1; i >= 0; i-- {
		c := &s.Classes[i]
		if c.Class != f.Class || len(c.On) > 0 && !slices.Contains(c.On, source) {
			continue
		}
		if f.Confidence < c.Threshold {
			return min(c.Action, Log)
		}
		return c.Action
	}
	return Block
}

// A Class is a kind of finding.
type Class struct {
	Name     string         // as in match.Finding.Class; placeholders are made of it
	Check    string         // the detector
	Severity match.Severity // of most of its findings
}

// Classes returns all classes of findings, by detector.
func Classes() []Class {
	return []Class{
		{"api_token", "secrets", match.Critical},
		{"api_key", "secrets", match.High},
		{"jwt", "secrets", match.High},
		{"password", "secrets", match.High},
		{"password_hash", "secrets", match.Medium},
		{"private_key", "secrets", match.Critical},
		{"webhook", "secrets", match.High},
		{"credit_card", "pii", match.High},
		{"iban", "pii", match.High},
		{"ssn", "pii", match.High},
		{"national_id", "pii", match.High},
		{"passport", "pii", match.High},
		{"driver_license", "pii", match.High},
		{"bank_account", "pii", match.High},
		{"health_id", "pii", match.High},
		{"date_of_birth", "pii", match.Medium},
		{"email", "pii", match.Medium},
		{"phone", "pii", match.Medium},
		{"street_address", "pii", match.Medium},
		{"person_name", "pii", match.Low},
		{"location", "pii", match.Low},
		{"vehicle", "pii", match.Low},
		{"device_id", "pii", match.Low},
		{"ip_address", "pii", match.Low},
		{"crypto_address", "pii", match.Low},
		{"prompt_injection", "injection", match.High},
		{"exfiltration", "injection", match.High},
		{"hidden_text", "injection", match.High},
		{"tool_poisoning", "definition", match.High},
		{"terminal_command", "terminal", match.High},
		{"terminal_hidden_text", "terminal", match.High},
		{"terminal_cursor", "terminal", match.High},
		{"terminal_overwrite", "terminal", match.Medium},
		{"terminal_link", "terminal", match.Medium},
		{"terminal_title", "terminal", match.Medium},
		{"terminal_mode", "terminal", match.Medium},
		{"terminal_escape", "terminal", match.Medium},
		{"terminal_style", "terminal", match.Low},
		{"control_character", "terminal", match.Low},
		{"unread", "", match.High},
	}
}

// DefaultSettings returns what is done unless an operator says otherwise: secrets and numbers that are worth money or
// name a person do not pass, what many answers rightly hold is only noted, and instructions stop what brought them when
// they are meant.
func DefaultSettings() Settings {
	return Settings{Classes: []Setting{
		{Class: "api_token", Action: Redact, Threshold: 0.6},
		{Class: "api_key", Action: Redact, Threshold: 0.75},
		{Class: "jwt", Action: Redact, Threshold: 0.6},
		{Class: "password", Action: Redact, Threshold: 0.7},
		{Class: "password_hash", Action: Redact, Threshold: 0.6},
		{Class: "private_key", Action: Redact, Threshold: 0.6},
		{Class: "private_key", Action: Block, Threshold: 0.6, On: []Source{Arguments}},
		{Class: "webhook", Action: Redact, Threshold: 0.6},
		{Class: "credit_card", Action: Redact, Threshold: 0.8},
		{Class: "iban", Action: Redact, Threshold: 0.8},
		{Class: "ssn", Action: Redact, Threshold: 0.8},
		{Class: "national_id", Action: Redact, Threshold: 0.8},
		{Class: "passport", Action: Redact, Threshold: 0.8},
		{Class: "driver_license", Action: Redact, Threshold: 0.7},
		{Class: "bank_account", Action: Redact, Threshold: 0.9},
		{Class: "health_id", Action: Redact, Threshold: 0.9},
		{Class: "date_of_birth", Action: Log},
		{Class: "email", Action: Log},
		{Class: "phone", Action: Log},
		{Class: "street_address", Action: Log},
		{Class: "person_name", Action: Log},
		{Class: "location", Action: Log},
		{Class: "vehicle", Action: Log},
		{Class: "device_id", Action: Log},
		{Class: "ip_address", Action: Log, Threshold: 0.5},
		{Class: "crypto_address", Action: Log},
		{Class: "prompt_injection", Action: Block, Threshold: 0.8},
		{Class: "exfiltration", Action: Block, Threshold: 0.8},
		{Class: "hidden_text", Action: Block, Threshold: 0.8},
		{Class: "tool_poisoning", Action: Block, Threshold: 0.8},
		{Class: "terminal_command", Action: Redact, Threshold: 0.8},
		{Class: "terminal_hidden_text", Action: Redact, Threshold: 0.8},
		{Class: "terminal_cursor", Action: Redact, Threshold: 0.8},
		{Class: "terminal_overwrite", Action: Redact, Threshold: 0.8},
		{Class: "terminal_link", Action: Redact, Threshold: 0.8},
		{Class: "terminal_title", Action: Redact, Threshold: 0.8},
		{Class: "terminal_mode", Action: Redact, Threshold: 0.8},
		{Class: "terminal_escape", Action: Log},
		{Class: "terminal_style", Action: Off},
		{Class: "control_character", Action: Log},
		{Class: "unread", Action: Block},
	}}
}
