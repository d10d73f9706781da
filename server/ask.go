package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/mcp-kernel/mcp-kernel/tools"
)

// clientCaps are what a client has declared that it can be asked for. Its zero value is nothing.
type clientCaps struct {
	forms, urls                       bool
	sampling, samplingTools, contexts bool
	roots                             bool
}

// readCaps reads a client's capabilities. A capability of the wrong shape counts as absent.
func readCaps(raw json.RawMessage) clientCaps {
	var doc struct {
		Elicitation map[string]json.RawMessage `json:"elicitation"`
		Sampling    map[string]json.RawMessage `json:"sampling"`
		Roots       map[string]json.RawMessage `json:"roots"`
	}
	if len(raw) == 0 || json.Unmarshal(raw, &doc) != nil {
		return clientCaps{}
	}
	has := func(in map[string]json.RawMessage, part string) bool {
		value := in[part]
		return len(value) > 0 && value[0] == '{'
	}
	return clientCaps{
		forms:         doc.Elicitation != nil && (has(doc.Elicitation, "form") || !has(doc.Elicitation, "url")),
		urls:          has(doc.Elicitation, "url"),
		sampling:      doc.Sampling != nil,
		samplingTools: has(doc.Sampling, "tools"),
		contexts:      has(doc.Sampling, "context"),
		roots:         doc.Roots != nil,
	}
}

func (c clientCaps) supports(what tools.Capability) bool {
	switch what {
	case tools.CanElicit:
		return c.forms
	case tools.CanOpenURL:
		return c.urls
	case tools.CanSample:
		return c.sampling
	case tools.CanSampleTools:
		return c.samplingTools
	case tools.CanSampleContext:
		return c.contexts
	case tools.CanListRoots:
		return c.roots
	default:
		return false
	}
}

// asker is what a request's handler talks to. In the 2026 era it can ask for what came with the request or will come with
// the next; in the 2025 era it asks while the request runs.
func (r *request) asker() tools.Peer {
	if r.meta.modern {
		return r.round
	}
	r.peer.asks = &r.conn.session.asks
	return &interviewer{requestPeer: r.peer, r: r, caps: r.conn.session.abilities()}
}

var _ tools.Asker = (*interviewer)(nil)

// An interviewer asks the client of the 2025 era, by requests of ours on the stream of the request that they belong to.
type interviewer struct {
	*requestPeer
	r    *request
	caps clientCaps
}

// Supports implements tools.Asker.
func (p *interviewer) Supports(c tools.Capability) bool { return p.caps.supports(c) }

// Waits implements tools.Asker.
func (p *interviewer) Waits() bool { return p.caps != clientCaps{} }

var errUnanswered = errors.New("the client did not answer in time")

// Ask sends all inquiries and waits for all answers.
func (p *interviewer) Ask(ctx context.Context, inquiries []tools.Inquiry) ([]json.RawMessage, error) {
	opts := &p.r.conn.server.opts
	ctx, cancel := context.WithTimeoutCause(ctx, opts.AskTimeout, errUnanswered)
	defer cancel()
	open := make([]openAsk, 0, len(inquiries))
	defer func() {
		for _, a := range open {
			p.withdraw(a.id)
		}
	}()
	for i := range inquiries {
		a, err := p.begin(opts.MaxAsks)
		if err != nil {
			return nil, err
		}
		open = append(open, a)
		if err := p.request(a, &inquiries[i]); err != nil {
			return nil, err
		}
	}
	answers := make([]json.RawMessage, len(inquiries))
	for i, inquiry := range inquiries {
		answer, err := p.await(ctx, open[i])
		if err != nil {
			return nil, err
		}
		if err := inquiry.Check(answer); err != nil {
			return nil, tools.Fail("bad_answer", fmt.Sprintf("the client's answer to %q: %v", inquiry.Key, err), nil)
		}
		answers[i] = answer
	}
	return answers, nil
}

// request sends one inquiry as a request of ours. It holds no lock, because a client that does not read makes it wait.
func (p *interviewer) request(a openAsk, q *tools.Inquiry) error {
	params := q.Params
	if q.Method == "elicitation/create" && isURLMode(params) { // of this era alone
		id := appendString([]byte(`{"elicitationId":`), p.r.conn.server.opts.IDs())
		params = append(append(id, ','), params[1:]...)
	}
	if p.out.send(appendRequest(nil, a.id, q.Method, params)) != nil {
		return gone()
	}
	return nil
}

func gone() error {
	return &tools.Error{Code: tools.CodeCancelled, Reason: "the client is gone and cannot be asked"}
}

func isURLMode(params json.RawMessage) bool {
	var p struct {
		Mode string `json:"mode"`
	}
	return json.Unmarshal(params, &p) == nil && p.Mode == "url"
}

// await waits for one answer.
func (p *interviewer) await(ctx context.Context, a openAsk) (json.RawMessage, error) {
	select {
	case reply, ok := <-a.reply:
		switch {
		case !ok:
			return nil, gone()
		case reply.fault:
			return nil, tools.Fail("client_error", "the client answered with an error", nil)
		}
		return reply.result, nil
	case <-ctx.Done():
	}
	if errors.Is(context.Cause(ctx), errUnanswered) {
		within := p.r.conn.server.opts.AskTimeout.Round(time.Millisecond)
		return nil, &tools.Error{Code: tools.CodeTimeout, Reason: fmt.Sprintf("the client did not answer within %s", within)}
	}
	return nil, context.Cause(ctx)
}

// appendRequest appends a request of ours.
func appendRequest(dst []byte, id, method string, params []byte) []byte {
	dst = appendString(append(dst, `{"jsonrpc":"2.0","id":`...), id)
	dst = appendString(append(dst, `,"method":`...), method)
	dst = append(append(dst, `,"params":`...), params...)
	return append(dst, '}')
}
