package approval

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/modules/primitives"
)

// Status says how a Request stands. The zero value is invalid.
type Status uint8

// How a request stands.
const (
	StatusInvalid Status = iota
	Waiting              // too few people have agreed
	Granted              // the call may run once
	Refused              // somebody who may answer said no
	Used                 // the call ran
)

// String returns "waiting", "granted", "refused" or "used".
func (s Status) String() string {
	switch s {
	case Waiting:
		return "waiting"
	case Granted:
		return "granted"
	case Refused:
		return "refused"
	case Used:
		return "used"
	default:
		return "invalid"
	}
}

// MarshalText implements encoding.TextMarshaler; the text is what String returns.
func (s Status) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler; an unknown name is an error.
func (s *Status) UnmarshalText(text []byte) error {
	for known := Waiting; known <= Used; known++ {
		if known.String() == string(text) {
			*s = known
			return nil
		}
	}
	return fmt.Errorf("unknown status of an approval %.40q", text)
}

// A Vote is what one person answered.
type Vote struct {
	By       string             `json:"by"`                 // the principal
	Operator bool               `json:"operator,omitempty"` // who acted as an operator
	Channel  governance.Channel `json:"channel"`
	Approve  bool               `json:"approve"`
	Reason   string             `json:"reason,omitempty"` // the person's own words
	At       time.Time          `json:"at"`
}

// A Request is a question to people whether one call may run, as it stood when it was read. It is the reader's own.
type Request struct {
	ID        string                   `json:"id"` // UUIDv7
	Status    Status                   `json:"status"`
	Caller    governance.Caller        `json:"caller"` // who asks; the label is unproven, and cut
	Kind      governance.Kind          `json:"kind"`
	Name      string                   `json:"name"` // of the tool, resource or prompt, as it may be shown; the beginning of a long one
	Digest    string                   `json:"digest"`
	Arguments string                   `json:"arguments"` // as they may be shown: JSON without secrets and characters that cannot be seen
	Bytes     int                      `json:"bytes"`     // of the canonical arguments
	Whole     bool                     `json:"whole"`     // Arguments leaves nothing out
	Call      string                   `json:"call"`      // id of the call that asked first
	UsedBy    string                   `json:"used_by,omitempty"`
	Needs     []governance.Requirement `json:"needs"`
	Votes     []Vote                   `json:"votes"`
	Asked     time.Time                `json:"asked"`
	Expires   time.Time                `json:"expires"` // until then it waits for people, or once granted for the call
	Returned  int                      `json:"returned,omitempty"`
}

// Digest names a call by what an agreement is bound to: "sha256:" and the hexadecimal SHA-256 over the lengths and bytes of
// principal, agent, kind, name and the canonical form of the arguments (RFC 8785). Arguments that have none are an error:
// nobody can be asked about them. What the client answered to a handler is not among them.
func Digest(c *governance.Call) (string, error) {
	canonical, err := canonicalArguments(c)
	if err != nil {
		return "", err
	}
	return digest(c, canonical), nil
}

func canonicalArguments(c *governance.Call) ([]byte, error) {
	args := []byte(c.Args)
	if len(args) == 0 {
		args = []byte("{}")
	}
	canonical, err := primitives.Canonical(args)
	if err != nil {
		return nil, fmt.Errorf("approval: arguments: %w", err)
	}
	return canonical, nil
}

func digest(c *governance.Call, canonical []byte) string {
	h := sha256.New()
	for _, part := range [][]byte{
		[]byte("mcp-kernel approval 1"), []byte(c.Caller.Principal), []byte(c.Caller.Agent), []byte(c.Kind.String()), []byte(c.Name), canonical,
	} {
		h.Write(binary.AppendUvarint(nil, uint64(len(part)))) // a hash never fails
		h.Write(part)
	}
	return "sha256:" + hex.EncodeToString(h.Sum(nil))
}

// counts reports whether an answer is one that a requirement of a call of this caller asks for. Only operators answer as
// such, and only over a channel of their own; a client answers for nobody but the one who calls.
func counts(need *governance.Requirement, v *Vote, caller string) bool {
	if !slices.Contains(need.Channels, v.Channel) {
		return false
	}
	client := v.Channel == governance.ChannelClient
	if client && v.By != caller {
		return false
	}
	for _, who := range need.Approvers {
		switch who {
		case governance.ApproverOperators:
			if v.Operator && !client {
				return true
			}
		case governance.ApproverCaller:
			if client {
				return true
			}
		default:
			if who == v.By {
				return true
			}
		}
	}
	return false
}

// stands says how a request stands under requirements, which may be others than those that it was opened with. There is one
// answer a person, so nobody is counted twice.
func (r *Request) stands(needs []governance.Requirement) Status {
	if r.UsedBy != "" {
		return Used
	}
	status := Granted
	for i := range needs {
		agreed := int64(0)
		for k := range r.Votes {
			switch v := &r.Votes[k]; {
			case !counts(&needs[i], v, r.Caller.Principal):
			case !v.Approve:
				return Refused
			default:
				agreed++
			}
		}
		if agreed < needs[i].Quorum {
			status = Waiting
		}
	}
	if len(needs) == 0 {
		return Waiting
	}
	return status
}

// lasts is how long a request waits, and then an agreement holds: as long as the shortest of its requirements says.
func lasts(needs []governance.Requirement) time.Duration {
	shortest := governance.MaxApprovalExpiry
	for i := range needs {
		shortest = min(shortest, needs[i].Expires)
	}
	return shortest
}

// grant is the agreement that a request has come to.
func (r *Request) grant() *governance.Grant {
	g := &governance.Grant{ID: r.ID}
	for _, v := range r.Votes {
		if v.Approve {
			g.By = append(g.By, v.By)
		}
	}
	slices.Sort(g.By)
	return g
}

// Wants reports whether somebody is to be asked over a channel: whether an answer of this person counts for any requirement
// and has not been given yet.
func (r *Request) Wants(v Vote) bool {
	if slices.ContainsFunc(r.Votes, func(o Vote) bool { return o.By == v.By }) {
		return false
	}
	return slices.ContainsFunc(r.Needs, func(n governance.Requirement) bool { return counts(&n, &v, r.Caller.Principal) })
}
