package controlplane

import (
	"context"

	"github.com/mcp-kernel/mcp-kernel/tools"
)

// Approvals are the calls that people are asked about.
type Approvals struct {
	Approvals []Approval `json:"approvals" doc:"the oldest first"`
	More      int        `json:"more,omitempty" doc:"how many there are besides"`
}

type approvalsQuestion struct {
	All bool `json:"all,omitempty" doc:"also those that were answered, until they expire"`
}

type approvalName struct {
	ID string `json:"id" minLength:"1" maxLength:"64"`
}

type approvalAnswer struct {
	ID      string `json:"id" minLength:"1" maxLength:"64"`
	Approve bool   `json:"approve" doc:"true lets the call run once; false refuses it"`
	Reason  string `json:"reason,omitempty" maxLength:"500" doc:"why; the journal keeps it, and the caller of a refused call is told"`
}

// approvalTools are the operators' tools for what people are asked about, where there is a desk that keeps it.
func (m *Module) approvalTools() []tools.Tool {
	if m.opts.Approvals == nil {
		return nil
	}
	look, decide := reads(), adds()
	look.Audience, decide.Audience = tools.ForOperators, tools.ForOperators
	return []tools.Tool{
		tools.Func(spec("approval_list", "Which calls wait for a person?",
			"Lists the calls that wait until people agree to them, the oldest first.", look),
			func(ctx context.Context, _ *tools.Request, q approvalsQuestion) (Approvals, error) {
				found, err := m.approvals(ctx, q.All)
				return found, expose(err)
			}),
		tools.Func(spec("approval_show", "What is to be agreed to?",
			"Shows who wants to call what with which arguments, which rules want to know, and who has answered.", look),
			func(ctx context.Context, _ *tools.Request, q approvalName) (Approval, error) {
				found, err := m.approval(ctx, q.ID)
				return found, expose(err)
			}),
		tools.Func(spec("approval_answer", "May it run?",
			"Answers as the operator who calls this, over the channel console. An answer to a call of one's own is one of the client's, and counts only where a policy's channels have client.", decide),
			func(ctx context.Context, r *tools.Request, q approvalAnswer) (Approval, error) {
				answered, err := m.answer(ctx, r.Caller(), q.ID, q.Approve, q.Reason)
				return answered, expose(err)
			}),
	}
}
