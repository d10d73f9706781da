package server

import (
	"encoding/json"
	"errors"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/tools"
)

// asToolError returns the refusal in an error. An error that is none is a fault of ours, of which nothing is shown.
func asToolError(err error) *tools.Error {
	if refused, ok := errors.AsType[*tools.Error](err); ok {
		return refused
	}
	return &tools.Error{Code: tools.CodeInternal, Reason: "internal error"}
}

// isProtocols reports whether a refusal of a tool is the protocol's business, and not something for the model to read.
func (r *request) isProtocols(code tools.Code) bool {
	return code == tools.CodeUnknown || code == tools.CodeRemote || code == tools.CodeNeedsTask || code == tools.CodeUnsupported && r.meta.modern
}

// protocolError is the JSON-RPC error for a refusal: the code of the protocol where it has one, and our own codes
// otherwise. data always carries our stable code and the call's id, by which the journal knows it. What another server
// answered is passed on as it is.
func protocolError(kind governance.Kind, r *request, e *tools.Error) *rpcError {
	if e.Remote != nil {
		return &rpcError{code: e.Remote.Code, message: e.Remote.Message, data: e.Remote.Data}
	}
	data := map[string]any{"code": e.Code, "call_id": e.CallID}
	if len(e.Details) > 0 {
		data["details"] = e.Details
	}
	if kind == governance.KindResource {
		data["uri"] = r.env.name
	}
	if e.Code == tools.CodeUnsupported || e.Code == tools.CodeNeedsTask {
		_ = json.Unmarshal(e.Details, &data) // adds requiredCapabilities, where the protocol wants it
	}
	body, err := json.Marshal(data)
	if err != nil {
		body = nil
	}
	return &rpcError{code: protocolCode(kind, r.meta.modern, e.Code), message: e.Reason, data: body}
}

func protocolCode(kind governance.Kind, modern bool, code tools.Code) int {
	switch code {
	case tools.CodeUnknown:
		if kind == governance.KindResource && !modern {
			return codeNotFound
		}
		return codeParams
	case tools.CodeBadArguments:
		return codeParams
	case tools.CodeUnsupported:
		if modern {
			return codeCapability
		}
		return codeUnavailable
	case tools.CodeNeedsTask:
		if modern {
			return codeCapability
		}
		return codeNoMethod
	case tools.CodeDenied, tools.CodeApproval, tools.CodeFrozen, tools.CodeWithheld:
		return codeDenied
	case tools.CodeTimeout, tools.CodeCancelled, tools.CodeUnavailable, tools.CodeOverloaded:
		return codeUnavailable
	default:
		return codeInternal
	}
}
