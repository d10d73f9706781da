package server

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/mark3labs/mcp-go/mcp"

	"github.com/mcp-kernel/mcp-kernel/governance"
)

// How a request is worked on.
const (
	inSlot   = iota // it may run something: in a goroutine of its own, with a slot
	inOrder         // it cannot block: at once, in the order in which requests came
	asStream        // it lasts as long as the client listens: in a goroutine of its own, bounded with the subscriptions
)

func manner(method string) int {
	switch method {
	case "initialize", "ping", "server/discover", "logging/setLevel":
		return inOrder
	case "subscriptions/listen":
		return asStream
	default:
		return inSlot
	}
}

// answer makes the response to a request, or nil when none is due.
func (s *Server) answer(ctx context.Context, r *request) []byte {
	id := r.env.rawID()
	result, fault := s.result(ctx, r)
	switch {
	case fault != nil:
		r.code = fault.code
		return appendError(nil, id, fault)
	case result == nil:
		return nil
	default:
		return appendResult(make([]byte, 0, len(result)+len(id)+64), id, result)
	}
}

// result makes the result object of a request. What can be invoked, listings, completion and subscriptions are answered
// here, by the dispatcher; everything else by the SDK.
func (s *Server) result(ctx context.Context, r *request) ([]byte, *rpcError) {
	switch r.env.method {
	case "tools/list", "resources/list", "resources/templates/list", "prompts/list":
		return s.list(ctx, r)
	case "completion/complete":
		return s.complete(ctx, r)
	case "resources/subscribe", "resources/unsubscribe":
		return s.subscribe(ctx, r)
	case "subscriptions/listen":
		return s.listen(ctx, r)
	case "tasks/get", "tasks/update", "tasks/cancel", "tasks/list", "tasks/result":
		return s.tasked(ctx, r)
	case "tools/call":
		return s.invoke(ctx, r, governance.KindTool)
	case "resources/read":
		return s.invoke(ctx, r, governance.KindResource)
	case "prompts/get":
		return s.invoke(ctx, r, governance.KindPrompt)
	case "initialize":
		r.conn.session.introduce(r.env.rawParams())
	case "logging/setLevel":
		result, fault := s.route(ctx, r)
		if fault == nil {
			fault = r.conn.shared.leveled(ctx, r.conn.session.logLevel())
		}
		return result, fault
	}
	return s.route(ctx, r)
}

// introduce takes what a client says of itself when it begins.
func (s *session) introduce(params json.RawMessage) {
	var p struct {
		ClientInfo   json.RawMessage `json:"clientInfo"`
		Capabilities json.RawMessage `json:"capabilities"`
		Version      string          `json:"protocolVersion"`
	}
	_ = json.Unmarshal(params, &p) // accepted before; a client that gives itself no name has none
	s.setLabel(clientLabel(p.ClientInfo))
	s.setAbilities(readCaps(p.Capabilities))
	s.setVersion(mcp.NegotiateLegacyVersion(p.Version))
}

// invoke makes a governed invocation. It does not go through the SDK: the envelope and _meta are checked, the dispatcher
// knows every name, and of what the SDK would still do nothing is needed. It would parse the message several times over,
// and answer some of them without asking the dispatcher.
func (s *Server) invoke(ctx context.Context, r *request, kind governance.Kind) ([]byte, *rpcError) {
	if !r.env.hasName || r.env.name == "" {
		return nil, &rpcError{code: codeParams, message: "invalid params: " + targetKey(kind) + " must be a non-empty string"}
	}
	if fault := r.meta.fault(); fault != nil {
		return nil, fault
	}
	if fault := s.openRound(ctx, r, kind); fault != nil {
		return nil, fault
	}
	return s.dispatch(ctx, r, kind)
}

func targetKey(kind governance.Kind) string {
	if kind == governance.KindResource {
		return "params.uri"
	}
	return "params.name"
}

// route has the SDK answer a request, as it does for the handshake of either era, pings and log levels.
func (s *Server) route(ctx context.Context, r *request) ([]byte, *rpcError) {
	client := r.conn.session
	if r.meta.modern {
		client = newSession("request")
	}
	switch m := s.sdk.HandleMessage(s.sdk.WithContext(ctx, client), r.env.forSDK(r.conn.serial.Add(1))).(type) {
	case mcp.JSONRPCResponse:
		return sdkResult(m.Result)
	case mcp.JSONRPCError:
		return nil, sdkError(r.env.method, m.Error)
	default:
		return nil, &rpcError{code: codeInternal, message: "internal error"}
	}
}

func sdkResult(result any) ([]byte, *rpcError) {
	body, err := json.Marshal(result)
	if err != nil {
		return nil, &rpcError{code: codeInternal, message: "internal error"}
	}
	return body, nil
}

// sdkError passes on what the SDK says of a request, but not how its decoder puts it: that names Go types.
func sdkError(method string, e mcp.JSONRPCErrorDetails) *rpcError {
	if e.Code == codeInvalid {
		return &rpcError{code: codeParams, message: "invalid params for " + method}
	}
	fault := &rpcError{code: e.Code, message: e.Message}
	if e.Data != nil {
		fault.data, _ = json.Marshal(e.Data) // without data when it cannot be shown
	}
	return fault
}

// dispatch invokes what the request names and returns the answer as the client is to get it.
func (s *Server) dispatch(ctx context.Context, r *request, kind governance.Kind) ([]byte, *rpcError) {
	call := r.call(kind, r.env.name, r.env.rawArguments())
	if r.round != nil {
		call.Answers = r.round.input()
	}
	answer, task, err := s.begin(ctx, r, call)
	switch {
	case task != nil:
		return s.created(r, task), nil
	case err == nil && len(answer.Pending) > 0:
		return s.require(r, &answer)
	case err == nil:
		return s.encode(r, kind, answer), nil
	}
	if fault, ok := errors.AsType[*rpcError](err); ok { // it was never a call
		return nil, fault
	}
	refused := asToolError(err)
	if kind == governance.KindTool && !r.isProtocols(refused.Code) {
		return s.encode(r, kind, refused.Result()), nil
	}
	return nil, protocolError(kind, r, refused)
}
