package server

import (
	"context"
	"encoding/json"
	"strconv"

	"github.com/mcp-kernel/mcp-kernel/governance"
)

// complete answers completion/complete. It is a governed invocation of its own kind, judged by the list that the prompt
// or resource which it completes for is judged by: its name is "prompt:NAME" or "resource:URI", its arguments are the
// request's argument and context.
func (s *Server) complete(ctx context.Context, r *request) ([]byte, *rpcError) {
	if fault := r.meta.fault(); fault != nil {
		return nil, fault
	}
	name, args, fault := completionOf(r.env.rawParams())
	if fault != nil {
		return nil, fault
	}
	answer, err := s.opts.Dispatcher.Dispatch(ctx, r.call(governance.KindCompletion, name, args), r.peer)
	if err != nil {
		return nil, protocolError(governance.KindCompletion, r, asToolError(err))
	}
	if answer.Verbatim != nil {
		return s.verbatim(r.meta.modern, &answer, false), nil
	}
	b := []byte(`{"completion":{"values":[`)
	for i, value := range answer.Values {
		b = appendString(appendComma(b, i), value)
	}
	b = append(b, ']')
	if answer.Total > 0 {
		b = strconv.AppendInt(append(b, `,"total":`...), int64(answer.Total), 10)
	}
	b = append(appendBool(b, "hasMore", answer.More), '}')
	return s.closeResult(b, r.meta.modern, &answer, false), nil
}

func completionOf(params json.RawMessage) (name string, args json.RawMessage, fault *rpcError) {
	var p struct {
		Ref struct {
			Type string `json:"type"`
			Name string `json:"name"`
			URI  string `json:"uri"`
		} `json:"ref"`
		Argument *struct {
			Name  string `json:"name"`
			Value string `json:"value"`
		} `json:"argument"`
		Context struct {
			Arguments map[string]string `json:"arguments"`
		} `json:"context"`
	}
	bad := &rpcError{code: codeParams, message: "invalid params: completion needs ref, argument.name and argument.value"}
	if json.Unmarshal(params, &p) != nil || p.Argument == nil || p.Argument.Name == "" {
		return "", nil, bad
	}
	switch {
	case p.Ref.Type == "ref/prompt" && p.Ref.Name != "":
		name = "prompt:" + p.Ref.Name
	case p.Ref.Type == "ref/resource" && p.Ref.URI != "":
		name = "resource:" + p.Ref.URI
	default:
		return "", nil, bad
	}
	args, err := json.Marshal(map[string]any{"argument": p.Argument, "context": p.Context.Arguments})
	if err != nil {
		return "", nil, bad
	}
	return name, args, nil
}
