package server

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/tools"
)

// Bounds of a call that goes over several requests.
const (
	maxRounds   = 16
	maxState    = 64 << 10 // bytes of what is sealed
	maxAnswered = 64       // answers in one request
)

var _ tools.Asker = (*round)(nil)

// A round is one request of the 2026 era as part of a call that may need several, because nothing can be asked while a
// request runs. What was asked and answered before travels with the client, sealed.
type round struct {
	*requestPeer
	caps  func() clientCaps          // read when they are first asked for, which they seldom are
	past  callState                  // as of the request before
	given map[string]json.RawMessage // what came with this request, by key

	mu       sync.Mutex
	accepted map[string]posed // answers that were used
}

// A callState is what a client carries from one request to the next. Its zero value is that of a first request.
type callState struct {
	Expires int64            `json:"e"` // milliseconds of Unix time
	Round   int              `json:"r"` // requests so far
	Asked   map[string]posed `json:"k"` // by key
}

// A posed is a question that was put to the client, and its answer.
type posed struct {
	Question string          `json:"q"`           // digest of what was asked
	Answer   json.RawMessage `json:"a,omitempty"` // nil while there is none
}

// digestOf names a question by its content.
func digestOf(q *tools.Inquiry) string {
	h := sha256.New()
	_, _ = fmt.Fprintf(h, "%s\n%s", q.Method, q.Params) // never fails
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil)[:16])
}

// openRound reads what a request brings along of earlier ones. A fault means that the request must not be served; a state
// that is not of this very call, which somebody may have forged or stolen, is recorded as a denied call.
func (s *Server) openRound(ctx context.Context, r *request, kind governance.Kind) *rpcError {
	if !r.meta.modern {
		return nil
	}
	r.round = &round{requestPeer: r.peer, caps: sync.OnceValue(func() clientCaps { return readCaps(r.meta.caps) })}
	if fault := r.round.take(r.env); fault != nil || r.env.state.to == 0 {
		return fault
	}
	raw := r.env.state.of(r.env.text)
	if raw[0] != '"' {
		return &rpcError{code: codeParams, message: "invalid params: requestState must be a string"}
	}
	past, err := s.seal.open(unquote(raw), r.bound())
	if err != nil {
		_ = s.opts.Dispatcher.Refuse(ctx, r.call(kind, r.env.name, r.env.rawArguments()), "its requestState "+err.Error()) // the client learns of the state alone
		return &rpcError{code: codeParams, message: "invalid params: requestState " + err.Error() + ": make the request again without it"}
	}
	r.round.past = past
	return nil
}

// take reads the answers that came with the request. What is wrong with one, its question knows: it is then asked again.
func (p *round) take(env *envelope) *rpcError {
	if env.responses.to == 0 {
		return nil
	}
	p.given = map[string]json.RawMessage{}
	err := members(env.text, env.responses, func(key string, value span) { p.given[key] = value.of(env.text) })
	if err == nil && len(p.given) > maxAnswered {
		err = fmt.Errorf("at most %d answers are taken", maxAnswered)
	}
	if err != nil {
		return &rpcError{code: codeParams, message: "invalid params: inputResponses: " + err.Error()}
	}
	return nil
}

// input is every answer that a handler can get in this round, as one object by key, to be judged; nil when there is none.
func (p *round) input() json.RawMessage {
	if len(p.given) == 0 && len(p.past.Asked) == 0 {
		return nil
	}
	all := map[string]json.RawMessage{}
	maps.Copy(all, p.given)
	for key, e := range p.past.Asked {
		if e.Answer != nil {
			all[key] = e.Answer
		}
	}
	if len(all) == 0 {
		return nil
	}
	doc := []byte{'{'}
	for i, key := range slices.Sorted(maps.Keys(all)) {
		doc = append(append(appendString(appendComma(doc, i), key), ':'), all[key]...)
	}
	return append(doc, '}')
}

// Supports implements tools.Asker.
func (p *round) Supports(c tools.Capability) bool { return p.caps().supports(c) }

// Waits implements tools.Asker.
func (*round) Waits() bool { return false }

// Ask returns the answers that came with this request or an earlier one, and nil for what must still be asked.
func (p *round) Ask(_ context.Context, inquiries []tools.Inquiry) ([]json.RawMessage, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	answers := make([]json.RawMessage, len(inquiries))
	missing := false
	for i := range inquiries {
		q := &inquiries[i]
		digest := digestOf(q)
		if answers[i] = p.answer(q, digest); answers[i] == nil {
			missing = true
			continue
		}
		if p.accepted == nil {
			p.accepted = map[string]posed{}
		}
		p.accepted[q.Key] = posed{digest, answers[i]}
	}
	if !missing {
		return answers, nil
	}
	return answers, p.tooMuch()
}

// answer finds the answer to a question, or nil. One counts for the question that was asked, not for another of its key.
// Where there is one of an earlier request, one that came with this is not looked at: it was not judged, see input.
func (p *round) answer(q *tools.Inquiry, digest string) json.RawMessage {
	before := p.past.Asked[q.Key]
	switch {
	case before.Answer == nil:
	case before.Question == digest:
		return before.Answer
	default:
		return nil
	}
	answer, came := p.given[q.Key]
	if !came || before.Question != digest && !q.Early || q.Check(answer) != nil {
		return nil
	}
	return answer
}

// tooMuch says why there cannot be one round more, if there cannot.
func (p *round) tooMuch() error {
	if p.past.Round+1 >= maxRounds {
		return tools.Fail("too_many_rounds", fmt.Sprintf("the call asked in %d requests one after another", maxRounds), nil)
	}
	size := 0
	for _, e := range p.accepted {
		size += len(e.Answer)
	}
	if size > maxState/2 {
		return tools.Fail("answers_too_large", fmt.Sprintf("the answers are %d bytes, at most %d are kept for the next request", size, maxState/2), nil)
	}
	return nil
}

// require writes the result that asks the client for what a handler is waiting for.
func (s *Server) require(r *request, answer *tools.Result) ([]byte, *rpcError) {
	if r.round == nil { // the 2025 era asks while the call runs
		return nil, &rpcError{code: codeInternal, message: "internal error"}
	}
	state := callState{
		Expires: s.opts.Now().Add(s.opts.AskTimeout).UnixMilli(), Round: r.round.past.Round + 1,
		Asked: map[string]posed{},
	}
	r.round.mu.Lock()
	maps.Copy(state.Asked, r.round.accepted)
	r.round.mu.Unlock()
	b := []byte(`{"inputRequests":{`)
	for i := range answer.Pending {
		q := &answer.Pending[i]
		state.Asked[q.Key] = posed{Question: digestOf(q)}
		b = append(appendString(appendComma(b, i), q.Key), `:{"method":`...)
		b = append(appendString(b, q.Method), `,"params":`...)
		b = append(append(b, q.Params...), '}')
	}
	sealed, err := s.seal.close(state, r.bound())
	if err != nil {
		return nil, &rpcError{code: codeInternal, message: "internal error"}
	}
	b = appendString(append(b, `},"requestState":`...), sealed)
	b = s.appendMeta(append(b, `,"_meta":`...), true, answer)
	return append(b, `,"resultType":"input_required"}`...), nil
}
