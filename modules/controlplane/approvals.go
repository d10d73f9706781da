package controlplane

import "time"

// An Approval is a call that people must agree to before it runs, as an operator is shown it.
type Approval struct {
	ID        string        `json:"id"`
	Status    string        `json:"status" doc:"waiting, granted, refused or used"`
	Principal string        `json:"principal" doc:"who asks"`
	Agent     string        `json:"agent,omitempty"`
	Kind      string        `json:"kind" doc:"tool, resource or prompt"`
	Name      string        `json:"name"`
	Arguments string        `json:"arguments" doc:"without secrets; characters that cannot be seen are escapes"`
	Whole     bool          `json:"whole" doc:"whether the arguments leave nothing out"`
	Digest    string        `json:"digest" doc:"of caller, name and canonical arguments: what an agreement is bound to"`
	Asked     time.Time     `json:"asked"`
	Expires   time.Time     `json:"expires" doc:"until then it waits for people or, once granted, for the call"`
	Needs     []Requirement `json:"needs" doc:"all of them must be met"`
	Votes     []Vote        `json:"votes"`
	Question  string        `json:"question" doc:"the same in one text for a person"`
}

// A Requirement is what one rule of a policy wants of people.
type Requirement struct {
	Policy    string   `json:"policy,omitempty"`
	Rule      string   `json:"rule,omitempty"`
	Message   string   `json:"message,omitempty"`
	Approvers []string `json:"approvers" doc:"operators, caller, or principals"`
	Quorum    int64    `json:"quorum" doc:"how many different people"`
	Channels  []string `json:"channels" doc:"client, cli, console: by which an answer counts"`
}

// A Vote is what one person answered.
type Vote struct {
	By      string    `json:"by"`
	Channel string    `json:"channel"`
	Approve bool      `json:"approve"`
	Reason  string    `json:"reason,omitempty"`
	At      time.Time `json:"at"`
}
