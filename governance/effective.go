package governance

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/mcp-kernel/mcp-kernel/governance/detect"
	"github.com/mcp-kernel/mcp-kernel/governance/match"
)

// From is a value and the policy that gave it; CeilingName stands for the kernel's own ceiling, and the empty name for
// no policy at all.
type From[T any] struct {
	Value  T      `json:"value"`
	Policy string `json:"policy"`
}

// Effective is what a snapshot holds, field by field, each with the policy that gave it.
type Effective struct {
	Policies               []string            `json:"policies"` // sorted
	Mode                   From[Mode]          `json:"mode"`
	MaxTokensPerRequest    From[int64]         `json:"max_tokens_per_request"`
	MaxToolCallsPerRequest From[int64]         `json:"max_tool_calls_per_request"`
	BlockedPatterns        []EffectivePattern  `json:"blocked_patterns"`
	AllowedTools           []From[[]string]    `json:"allowed_tools"` // one list a policy; a name must be on each
	AllowedResources       []From[[]string]    `json:"allowed_resources"`
	AllowedPrompts         []From[[]string]    `json:"allowed_prompts"`
	ConfidenceThreshold    From[float64]       `json:"confidence_threshold"`
	Timeout                From[Duration]      `json:"timeout"`
	Limits                 []EffectiveLimit    `json:"limits,omitempty"`
	MaxDepth               From[int64]         `json:"max_depth,omitzero"` // of calls within calls; without a policy the gate's own
	MaxFanOut              From[int64]         `json:"max_fan_out,omitzero"`
	MaxResultTokens        From[int64]         `json:"max_result_tokens,omitzero"`
	Labels                 []EffectiveLabel    `json:"labels,omitempty"`
	Rules                  []EffectiveRule     `json:"rules,omitempty"`
	RequireApproval        []EffectiveApproval `json:"require_approval,omitempty"`
	Detect                 []EffectiveDetect   `json:"detect,omitempty"`
	Intent                 []EffectiveIntent   `json:"intent,omitempty"`
}

// An EffectiveIntent is what a policy says of what calls are for.
type EffectiveIntent struct {
	Deny      []string `json:"deny,omitempty"`
	Ask       []string `json:"ask,omitempty"`
	Threshold float64  `json:"threshold,omitempty"`
	Unread    string   `json:"unread,omitempty"`
	Policy    string   `json:"policy"`
}

// An EffectiveDetect is a rule for detectors and the policy that gave it.
type EffectiveDetect struct {
	What      string          `json:"what"`
	Action    string          `json:"action"` // "default" for what is recommended
	Threshold float64         `json:"threshold,omitempty"`
	On        []detect.Source `json:"on,omitempty"`
	Policy    string          `json:"policy"`
}

// An EffectivePattern is a blocked pattern and the policy that gave it. Text is for operators.
type EffectivePattern struct {
	Name          string     `json:"name"`
	Type          match.Type `json:"type"`
	Text          string     `json:"pattern,omitempty"`
	CaseSensitive bool       `json:"case_sensitive,omitempty"`

	At       []string          `json:"at,omitempty"` // for operators, as Except is
	On       match.On          `json:"on,omitempty"`
	Action   match.Action      `json:"action,omitempty"`
	Except   []match.Exception `json:"except,omitempty"`
	Severity *match.Severity   `json:"severity,omitempty"` // nil is high

	Policy string `json:"policy"`
}

// An EffectiveLimit is a limit and the policy that gave it.
type EffectiveLimit struct {
	Name   string   `json:"name"`
	Per    string   `json:"per"` // as in "principal+tool"
	Tools  []string `json:"tools,omitempty"`
	Metric string   `json:"metric"`
	Max    int64    `json:"max"`
	Window Duration `json:"window,omitzero"`
	Policy string   `json:"policy"`
}

// An EffectiveLabel is a rule for labels and the policy that gave it.
type EffectiveLabel struct {
	Add       []string        `json:"add"`
	Tools     []string        `json:"tools,omitempty"`
	Resources []string        `json:"resources,omitempty"`
	Prompts   []string        `json:"prompts,omitempty"`
	Hints     map[string]bool `json:"hints,omitempty"`
	Found     []string        `json:"found,omitempty"` // in an answer
	Policy    string          `json:"policy"`
}

// An EffectiveApproval is a rule for approval, complete, and the policy that gave it.
type EffectiveApproval struct {
	Name      string          `json:"name"`
	Tools     []string        `json:"tools,omitempty"`
	Resources []string        `json:"resources,omitempty"`
	Prompts   []string        `json:"prompts,omitempty"`
	Hints     map[string]bool `json:"hints,omitempty"`
	Approvers []string        `json:"approvers"`
	Quorum    int64           `json:"quorum"`
	Expires   Duration        `json:"expires"`
	Channels  []Channel       `json:"channels"`
	Message   string          `json:"message,omitempty"`
	Policy    string          `json:"policy"`
}

// An EffectiveRule is the name of a Cedar rule and the policy that has it. Its text is not shown.
type EffectiveRule struct {
	ID     string `json:"id"`
	Effect string `json:"effect"` // permit or forbid
	Policy string `json:"policy"`
	Line   int    `json:"line,omitempty"` // in the policy's file
}

// Duration is a time.Duration that is written as in "1m30s".
type Duration time.Duration

// String returns the duration as time.Duration writes it.
func (d Duration) String() string { return time.Duration(d).String() }

// MarshalText implements encoding.TextMarshaler; the text is what String returns.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler for everything that time.ParseDuration reads.
func (d *Duration) UnmarshalText(text []byte) error {
	parsed, err := time.ParseDuration(string(text))
	*d = Duration(parsed)
	return err
}

// Effective returns what holds, without the texts of the patterns: an agent may know which rules there are and what they
// are called, but not how to walk around them. The caller owns it.
func (s *Snapshot) Effective() Effective {
	e := s.EffectiveForOperator()
	for i := range e.BlockedPatterns {
		p := &e.BlockedPatterns[i]
		p.Text, p.At, p.Except = "", nil, nil
	}
	return e
}

// EffectiveForOperator returns what holds, with the texts of the patterns. The caller owns it.
func (s *Snapshot) EffectiveForOperator() Effective {
	if s == nil {
		s = &Snapshot{}
	}
	e := s.effective
	e.Policies = cloned(e.Policies)
	e.BlockedPatterns = cloned(e.BlockedPatterns)
	e.AllowedTools = clonedLists(e.AllowedTools)
	e.AllowedResources = clonedLists(e.AllowedResources)
	e.AllowedPrompts = clonedLists(e.AllowedPrompts)
	e.Limits, e.Labels, e.Rules = slices.Clone(e.Limits), slices.Clone(e.Labels), slices.Clone(e.Rules)
	e.RequireApproval, e.Detect = slices.Clone(e.RequireApproval), slices.Clone(e.Detect)
	e.Intent = slices.Clone(e.Intent)
	return e
}

// cloned copies a slice; the copy is never nil, so that JSON shows an empty list and not null.
func cloned[T any](list []T) []T { return append([]T{}, list...) }

func clonedLists(lists []From[[]string]) []From[[]string] {
	lists = cloned(lists)
	for i := range lists {
		lists[i].Value = cloned(lists[i].Value)
	}
	return lists
}

// compose returns the strictest of the policies, which are valid and sorted by name, under a ceiling.
func compose(ceiling Ceiling, policies []Policy) Effective {
	e := Effective{
		Mode:                   composeMode(policies),
		MaxTokensPerRequest:    From[int64]{ceiling.MaxTokens, CeilingName},
		MaxToolCallsPerRequest: From[int64]{ceiling.MaxCalls, CeilingName},
		Timeout:                From[Duration]{Duration(ceiling.Timeout), CeilingName},
	}
	seen := make(map[string]bool)
	for i := range policies {
		p := &policies[i]
		e.Policies = append(e.Policies, p.Name)
		lower(&e.MaxTokensPerRequest, p.MaxTokensPerRequest, p.Name)
		lower(&e.MaxToolCallsPerRequest, p.MaxToolCallsPerRequest, p.Name)
		lower(&e.Timeout, (*Duration)(p.Timeout), p.Name)
		lowest(&e.MaxDepth, p.MaxDepth, p.Name)
		lowest(&e.MaxFanOut, p.MaxFanOut, p.Name)
		lowest(&e.MaxResultTokens, p.MaxResultTokens, p.Name)
		if t := p.ConfidenceThreshold; t != nil && (*t > e.ConfidenceThreshold.Value || e.ConfidenceThreshold.Policy == "") {
			e.ConfidenceThreshold = From[float64]{*t, p.Name}
		}
		e.AllowedTools = append(e.AllowedTools, From[[]string]{sortedSet(p.AllowedTools), p.Name})
		e.AllowedResources = append(e.AllowedResources, From[[]string]{sortedSet(p.AllowedResources), p.Name})
		e.AllowedPrompts = append(e.AllowedPrompts, From[[]string]{sortedSet(p.AllowedPrompts), p.Name})
		e.addPatterns(p, seen)
	}
	return e
}

// composeMode is enforce unless there are policies and all of them only audit.
func composeMode(policies []Policy) From[Mode] {
	for i := range policies {
		if policies[i].Mode != AuditOnly {
			return From[Mode]{Enforce, policies[i].Name}
		}
	}
	if len(policies) == 0 {
		return From[Mode]{Enforce, CeilingName}
	}
	return From[Mode]{AuditOnly, policies[0].Name}
}

// lower takes over what a policy says when it is stricter; at a tie with the ceiling the policy is named.
func lower[T cmp.Ordered](have *From[T], says *T, policy string) {
	if says != nil && (*says < have.Value || *says == have.Value && have.Policy == CeilingName) {
		*have = From[T]{*says, policy}
	}
}

// lowest takes over what a policy says when no other does or when it is stricter.
func lowest[T cmp.Ordered](have *From[T], says *T, policy string) {
	if says != nil && (have.Policy == "" || *says < have.Value) {
		*have = From[T]{*says, policy}
	}
}

func sortedSet(names []string) []string {
	sorted := cloned(names)
	slices.Sort(sorted)
	return slices.Compact(sorted)
}

// addPatterns adds the patterns of a policy that no earlier one has, under whatever name.
func (e *Effective) addPatterns(p *Policy, seen map[string]bool) {
	for _, pattern := range p.namedPatterns() {
		added := EffectivePattern{
			Type: pattern.Type, Text: pattern.Text, CaseSensitive: pattern.CaseSensitive, At: sortedOrNil(pattern.At),
			On: pattern.On, Action: pattern.Action, Except: pattern.Except, Severity: pattern.Severity,
		}
		key := added.key()
		if seen[key] {
			continue
		}
		seen[key] = true
		added.Name, added.Policy = pattern.Name, p.Name
		e.BlockedPatterns = append(e.BlockedPatterns, added)
	}
}

// sortedOrNil returns the different texts of a list, sorted, nil for none.
func sortedOrNil(list []string) []string {
	if len(list) == 0 {
		return nil
	}
	return sortedSet(list)
}

// key is equal for patterns that mean the same.
func (p *EffectivePattern) key() string {
	plain := *p
	plain.Name, plain.Policy = "", ""
	if plain.On == 0 {
		plain.On = plain.On.Or()
	}
	form, err := json.Marshal(&plain)
	if err != nil {
		return fmt.Sprintf("%p", p) // a time out of range, which Validate refuses: the pattern is like no other
	}
	return string(form)
}
