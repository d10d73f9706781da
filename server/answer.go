package server

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/mark3labs/mcp-go/mcp"
	mcpserver "github.com/mark3labs/mcp-go/server"

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

// result makes the result object of a request. Listings, completion and subscriptions are answered here; everything
// else the SDK routes, to the handlers below where it is something that can be invoked.
func (s *Server) result(ctx context.Context, r *request) ([]byte, *rpcError) {
	switch r.env.method {
	case "tools/list", "resources/list", "resources/templates/list", "prompts/list":
		return s.list(ctx, r)
	case "completion/complete":
		return s.complete(ctx, r)
	case "resources/subscribe", "resources/unsubscribe":
		return s.subscribe(r)
	case "subscriptions/listen":
		return s.listen(ctx, r)
	case "tools/call":
		return s.invoke(ctx, r, governance.KindTool)
	case "resources/read":
		return s.invoke(ctx, r, governance.KindResource)
	case "prompts/get":
		return s.invoke(ctx, r, governance.KindPrompt)
	case "initialize":
		r.conn.session.introduce(r.env.rawParams())
	}
	return s.route(ctx, r)
}

// introduce takes what a client says of itself when it begins.
func (s *session) introduce(params json.RawMessage) {
	var p struct {
		ClientInfo   json.RawMessage `json:"clientInfo"`
		Capabilities json.RawMessage `json:"capabilities"`
	}
	_ = json.Unmarshal(params, &p) // accepted before; a client that gives itself no name has none
	s.setLabel(clientLabel(p.ClientInfo))
	s.setAbilities(readCaps(p.Capabilities))
}

// invoke routes a governed invocation. A name that does not exist never reaches the SDK, which would answer it without
// asking the dispatcher: it must be denied and recorded like any other.
func (s *Server) invoke(ctx context.Context, r *request, kind governance.Kind) ([]byte, *rpcError) {
	if !r.env.hasName || r.env.name == "" {
		return nil, &rpcError{code: codeParams, message: "invalid params: " + targetKey(kind) + " must be a non-empty string"}
	}
	if fault := r.meta.fault(); fault != nil {
		return nil, fault
	}
	if fault := s.openRound(r); fault != nil {
		return nil, fault
	}
	if s.opts.Dispatcher.Has(kind, r.env.name) {
		return s.route(ctx, r)
	}
	_ = s.dispatch(ctx, r, kind)
	return r.result, r.refusal
}

func targetKey(kind governance.Kind) string {
	if kind == governance.KindResource {
		return "params.uri"
	}
	return "params.name"
}

// requestKey is the context key under which a request travels through the SDK to its handler.
type requestKey struct{}

// route sends a request through the SDK.
func (s *Server) route(ctx context.Context, r *request) ([]byte, *rpcError) {
	client := r.conn.session
	if r.meta.modern {
		client = newSession("request")
	}
	ctx = s.sdk.WithContext(context.WithValue(ctx, requestKey{}, r), client)
	response := s.sdk.HandleMessage(ctx, r.env.forSDK(r.conn.serial.Add(1)))
	if r.result != nil || r.refusal != nil {
		return r.result, r.refusal
	}
	switch m := response.(type) {
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

// tool, prompt and resource are the handlers that the SDK calls. They leave the answer on the request, where answer
// finds it in the bytes that the client is to get.
func (s *Server) tool(ctx context.Context, _ mcp.CallToolRequest) (*mcp.CallToolResult, error) {
	return &mcp.CallToolResult{}, s.handle(ctx, governance.KindTool)
}

func (s *Server) prompt(ctx context.Context, _ mcp.GetPromptRequest) (*mcp.GetPromptResult, error) {
	return &mcp.GetPromptResult{}, s.handle(ctx, governance.KindPrompt)
}

func (s *Server) resource(ctx context.Context, _ mcp.ReadResourceRequest) ([]mcp.ResourceContents, error) {
	return nil, s.handle(ctx, governance.KindResource)
}

var (
	_ mcpserver.ToolHandlerFunc     = (*Server)(nil).tool
	_ mcpserver.PromptHandlerFunc   = (*Server)(nil).prompt
	_ mcpserver.ResourceHandlerFunc = (*Server)(nil).resource
)

var errNoRequest = errors.New("handler reached without a request")

func (s *Server) handle(ctx context.Context, kind governance.Kind) error {
	r, ok := ctx.Value(requestKey{}).(*request)
	if !ok {
		return errNoRequest
	}
	return s.dispatch(ctx, r, kind)
}

// dispatch invokes what the request names and leaves the answer, or the refusal, on the request.
func (s *Server) dispatch(ctx context.Context, r *request, kind governance.Kind) error {
	call := r.call(kind, r.env.name, r.env.rawArguments())
	if r.round != nil {
		call.Answers = r.round.input()
	}
	answer, err := s.opts.Dispatcher.Dispatch(ctx, call, r.asker())
	switch {
	case err == nil && len(answer.Pending) > 0:
		r.result, r.refusal = s.require(r, &answer)
		return nil
	case err == nil:
		r.result = s.encode(r, kind, answer)
		return nil
	}
	refused := asToolError(err)
	if kind == governance.KindTool && !r.isProtocols(refused.Code) {
		r.result = s.encode(r, kind, refused.Result())
		return nil
	}
	r.refusal = protocolError(kind, r, refused)
	return refused
}
