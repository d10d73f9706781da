package governance

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode"
)

// Channel is a way by which a person says whether a call may run. The zero value is invalid.
type Channel uint8

// The channels.
const (
	ChannelInvalid Channel = iota
	ChannelClient          // a question that the caller's own client puts to its person, and might answer by itself
	ChannelCLI             // the command line of whoever owns the data directory
	ChannelConsole         // an operator's session with the kernel: a tool for operators, the console
)

const channelNames = "invalid client cli console"

// String returns "client", "cli" or "console".
func (c Channel) String() string { return nameAt(channelNames, int(c)) }

// MarshalText implements encoding.TextMarshaler; the text is what String returns.
func (c Channel) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler; an unknown name is an error.
func (c *Channel) UnmarshalText(text []byte) error {
	i, ok := indexOf(channelNames, string(text))
	if !ok || i == 0 {
		return fmt.Errorf("unknown channel %q: want client, cli or console", clip(string(text)))
	}
	*c = Channel(i)
	return nil
}

// Who may agree to a call, beside principals by their names.
const (
	ApproverOperators = "operators" // whoever acts as an operator
	ApproverCaller    = "caller"    // the person at the client of whoever calls
)

// What holds where an ApprovalRule says nothing, and the bounds of what it can say.
const (
	DefaultApprovalExpiry = 15 * time.Minute
	MinApprovalExpiry     = time.Second
	MaxApprovalExpiry     = 7 * 24 * time.Hour
	MaxQuorum             = 16

	maxApprovalRules   = 64 // of one policy
	maxApprovers       = 32 // of one rule
	maxApproverBytes   = 256
	maxApprovalMessage = 500 // bytes
)

// An ApprovalRule says which calls a person must agree to before they run. A call must fit the list of its kind, if the
// rule has any lists, and every hint, which are of tools alone.
//
// What is left out: Approvers are operators and, where the channels have the client, the caller; Quorum is 1; Expires is
// DefaultApprovalExpiry; Channels are the command line and the console. A client can answer by itself what its person was
// to be asked, so its answers count only where a policy says so.
type ApprovalRule struct {
	Name      string          // in reasons and entries; empty for one after its place
	Tools     []string        // exact names or globs
	Resources []string        // exact URIs or globs
	Prompts   []string        // exact names or globs
	Hints     map[string]bool // read_only, destructive, idempotent, open_world, and whether it holds
	Approvers []string        // ApproverOperators, ApproverCaller, principals
	Quorum    int64           // how many different people must agree
	Expires   *time.Duration  // how long the question waits, and then how long an agreement holds
	Channels  []Channel       // by which an answer counts
	Message   string          // for whoever is asked: why
}

// A Requirement is what one rule wants of people before a call may run. It is complete: nothing in it has a default.
type Requirement struct {
	Policy    string        `json:"policy,omitempty"`
	Rule      string        `json:"rule,omitempty"`
	Message   string        `json:"message,omitempty"`
	Approvers []string      `json:"approvers"`
	Quorum    int64         `json:"quorum"`
	Expires   time.Duration `json:"expires"`
	Channels  []Channel     `json:"channels"`
}

// requirement is what the rule wants.
func (r *ApprovalRule) requirement(policy, name string) Requirement {
	q := Requirement{
		Policy: policy, Rule: name, Message: r.Message, Approvers: r.Approvers, Quorum: max(r.Quorum, 1),
		Expires: DefaultApprovalExpiry, Channels: r.Channels,
	}
	if r.Expires != nil {
		q.Expires = *r.Expires
	}
	if len(q.Channels) == 0 {
		q.Channels = []Channel{ChannelCLI, ChannelConsole}
	}
	if len(q.Approvers) == 0 {
		q.Approvers = []string{ApproverOperators}
		if slices.Contains(q.Channels, ChannelClient) {
			q.Approvers = append(q.Approvers, ApproverCaller)
		}
	}
	return q
}

// required is what a check wants that asks without saying of whom.
func (d *Decision) required() []Requirement {
	if d.Approval != nil {
		return d.Approval.Needs
	}
	rule := ApprovalRule{Message: d.Reason}
	return []Requirement{rule.requirement(d.Policy, d.Rule)}
}

// clone returns a rule that shares nothing with this one.
func (r ApprovalRule) clone() ApprovalRule {
	r.Tools, r.Resources, r.Prompts = slices.Clone(r.Tools), slices.Clone(r.Resources), slices.Clone(r.Prompts)
	r.Hints, r.Approvers, r.Channels = maps.Clone(r.Hints), slices.Clone(r.Approvers), slices.Clone(r.Channels)
	r.Expires = copied(r.Expires)
	return r
}

func cloneApprovals(rules []ApprovalRule) []ApprovalRule {
	rules = slices.Clone(rules)
	for i := range rules {
		rules[i] = rules[i].clone()
	}
	return rules
}

// called is the rule's name, or its place when it has none.
func (r *ApprovalRule) called(index int) string {
	if r.Name != "" {
		return r.Name
	}
	return fmt.Sprintf("%s[%d]", CheckApproval, index)
}

// approvals reports what is wrong with the rules for approval.
func (v *validator) approvals() {
	rules := v.policy.RequireApproval
	if len(rules) > maxApprovalRules {
		v.fault(CheckApproval, fmt.Sprintf("%d rules: at most %d are read", len(rules), maxApprovalRules))
	}
	seen := make(map[string]int)
	for i := range rules {
		field := fmt.Sprintf("%s[%d]", CheckApproval, i)
		name := rules[i].called(i)
		if first, twice := seen[name]; twice {
			v.fault(field+".name", fmt.Sprintf("%q is already the name of %s[%d]", name, CheckApproval, first))
		}
		seen[name] = i
		v.approval(field, &rules[i])
	}
}

func (v *validator) approval(field string, r *ApprovalRule) {
	if problem := nameProblem(r.Name); r.Name != "" && problem != "" {
		v.fault(field+".name", problem)
	}
	v.names(field+".tools", r.Tools)
	v.names(field+".resources", r.Resources)
	v.names(field+".prompts", r.Prompts)
	for _, hint := range slices.Sorted(maps.Keys(r.Hints)) {
		if _, ok := indexOf(hintNames, hint); !ok {
			v.fault(field+".hints", fmt.Sprintf("unknown hint %q: there are %s", clip(hint), strings.ReplaceAll(hintNames, " ", ", ")))
		}
	}
	lists := len(r.Tools) + len(r.Resources) + len(r.Prompts)
	switch {
	case lists+len(r.Hints) == 0:
		v.fault(field, "is about no call: write tools, resources, prompts or hints")
	case len(r.Tools) == 0 && lists > 0 && len(r.Hints) > 0:
		v.fault(field, "hints are of tools: write tools too, or another rule")
	}
	v.approvers(field, r)
	if r.Quorum < 0 || r.Quorum > MaxQuorum {
		v.fault(field+".quorum", fmt.Sprintf("%d is not between 1 and %d", r.Quorum, MaxQuorum))
	}
	if t := r.Expires; t != nil && (*t < MinApprovalExpiry || *t > MaxApprovalExpiry) {
		v.fault(field+".expires", fmt.Sprintf("%v is not between %v and %v", *t, MinApprovalExpiry, MaxApprovalExpiry))
	}
	if problem := messageProblem(r.Message); problem != "" {
		v.fault(field+".message", problem)
	}
}

// messageProblem says what is wrong with a text that people are shown.
func messageProblem(message string) string {
	switch {
	case len(message) > maxApprovalMessage:
		return fmt.Sprintf("has %d bytes: use at most %d", len(message), maxApprovalMessage)
	case strings.ContainsFunc(message, func(r rune) bool { return !unicode.IsPrint(r) }):
		return "has characters that cannot be seen: write one line of plain text"
	default:
		return ""
	}
}

// approvers reports a rule that nobody, or not enough people, could fulfil.
func (v *validator) approvers(field string, r *ApprovalRule) {
	if len(r.Approvers) > maxApprovers {
		v.fault(field+".approvers", fmt.Sprintf("%d names: at most %d are read", len(r.Approvers), maxApprovers))
	}
	for i, name := range r.Approvers {
		if name == "" || len(name) > maxApproverBytes || strings.ContainsFunc(name, func(c rune) bool { return !unicode.IsPrint(c) }) {
			v.fault(fmt.Sprintf("%s.approvers[%d]", field, i), `want operators, caller, or a principal as in "user:ada"`)
		}
	}
	for i, c := range r.Channels {
		if c == ChannelInvalid || c > ChannelConsole || slices.Contains(r.Channels[:i], c) {
			v.fault(fmt.Sprintf("%s.channels[%d]", field, i), "unknown or written twice: want client, cli and console, each once")
		}
	}
	if problem := (*r).unreachable(); problem != "" {
		v.fault(field, problem)
	}
}

// unreachable says why the rule could never be fulfilled, if it never could.
func (r *ApprovalRule) unreachable() string {
	q := r.requirement("", "")
	client := slices.Contains(q.Channels, ChannelClient)
	elsewhere := len(q.Channels) > 1 || !client
	caller, operators := slices.Contains(q.Approvers, ApproverCaller), slices.Contains(q.Approvers, ApproverOperators)
	named := int64(len(sortedSet(q.Approvers)))
	switch {
	case caller && !client && named == 1:
		return "the caller is asked through its client, which is not among the channels: nobody could agree"
	case !elsewhere && operators && named == 1:
		return "operators do not answer through a client: write other approvers or channels"
	case !elsewhere && q.Quorum > 1:
		return "a client answers for one person: more than one must agree, so write cli or console among the channels too"
	case !operators && q.Quorum > named:
		return fmt.Sprintf("%d people must agree and there are %d approvers", q.Quorum, named)
	default:
		return ""
	}
}

// An approver is a compiled ApprovalRule.
type approver struct {
	labeler // which calls it is about

	needs Requirement
}

// compileApprovals compiles the rules for approval of all policies.
func (s *Snapshot) compileApprovals(policies []Policy) {
	for i := range policies {
		policy := policies[i].Name
		for k := range policies[i].RequireApproval {
			r := policies[i].RequireApproval[k].clone()
			about := LabelRule{Tools: r.Tools, Resources: r.Resources, Prompts: r.Prompts, Hints: r.Hints}
			needs := r.requirement(policy, r.called(k))
			s.approvals = append(s.approvals, approver{newLabeler(policy, about), needs})
			s.effective.RequireApproval = append(s.effective.RequireApproval, EffectiveApproval{
				Name: needs.Rule, Tools: r.Tools, Resources: r.Resources, Prompts: r.Prompts, Hints: r.Hints, Approvers: needs.Approvers,
				Quorum: needs.Quorum, Expires: Duration(needs.Expires), Channels: needs.Channels, Message: r.Message, Policy: policy,
			})
		}
	}
}
