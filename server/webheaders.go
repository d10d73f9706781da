package server

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/mark3labs/mcp-go/mcp"
)

// Headers of the protocol, as net/http spells them.
const (
	headerSession  = "Mcp-Session-Id"
	headerVersion  = "Mcp-Protocol-Version"
	headerMethod   = "Mcp-Method"
	headerName     = "Mcp-Name"
	headerLastSeen = "Last-Event-Id"
)

// sole returns the value of a header that must not be repeated: readers disagree about which one counts.
func sole(header http.Header, name string) (value string, given, ok bool) {
	values := header[name]
	switch len(values) {
	case 0:
		return "", false, true
	case 1:
		return values[0], true, true
	default:
		return "", true, false
	}
}

// agree checks the headers of a request of the 2026 era against its body. What lies between may have decided by the
// headers, so what they say must be what is done.
func (h *HTTP) agree(header http.Header, env *envelope, meta *requestMeta) *rpcError {
	if fault := versionAgrees(header, meta); fault != nil {
		return fault
	}
	if fault := meta.fault(); fault != nil {
		return fault
	}
	if fault := headerIs(header, headerMethod, env.method, false); fault != nil {
		return fault
	}
	if name, wanted := nameOf(env); wanted {
		if fault := headerIs(header, headerName, name, true); fault != nil {
			return fault
		}
	}
	if env.method == "tools/call" {
		return h.server.argumentsAgree(header, env)
	}
	return nil
}

func versionAgrees(header http.Header, meta *requestMeta) *rpcError {
	if len(header[headerLastSeen]) > 0 {
		return mismatch("Last-Event-ID", "streams cannot be resumed in this protocol version: send the request again")
	}
	value, given, ok := sole(header, headerVersion)
	switch {
	case !ok:
		return mismatch(headerVersion, "is given more than once")
	case !given:
		return mismatch(headerVersion, "is missing")
	case meta.version == "":
		return &rpcError{code: codeParams, message: "missing or invalid _meta field " + mcp.MetaKeyProtocolVersion}
	case value != meta.version:
		return mismatch(headerVersion, fmt.Sprintf("says %q, the message says %q", clip(value), clip(meta.version)))
	default:
		return nil
	}
}

// headerIs checks that a header says what the body says. encoded allows the form for what a header cannot hold as it is.
func headerIs(header http.Header, name, want string, encoded bool) *rpcError {
	value, given, ok := sole(header, name)
	switch {
	case !ok:
		return mismatch(name, "is given more than once")
	case !given:
		return mismatch(name, "is missing")
	}
	if encoded {
		if value, ok = mcp.DecodeHeaderValue(value); !ok {
			return mismatch(name, "is no valid Base64")
		}
	}
	if value != want {
		return mismatch(name, fmt.Sprintf("says %q, the message says %q", clip(value), clip(want)))
	}
	return nil
}

func mismatch(name, how string) *rpcError {
	return &rpcError{code: codeHeader, message: "header mismatch: " + name + " " + how}
}

// nameOf is what Mcp-Name must say of a message, if it must be there.
func nameOf(env *envelope) (name string, wanted bool) {
	switch env.method {
	case "tools/call", "prompts/get", "resources/read":
		return env.name, true
	case "tasks/get", "tasks/update", "tasks/cancel":
		var params struct {
			TaskID string `json:"taskId"`
		}
		_ = json.Unmarshal(env.rawParams(), &params) // one of another type is no id that a header could name
		return params.TaskID, true
	default:
		return "", false
	}
}

// argumentsAgree checks the Mcp-Param-… headers of a call of a tool whose schema asks for them.
func (s *Server) argumentsAgree(header http.Header, env *envelope) *rpcError {
	marked := s.marked.Load()
	if marked == nil {
		return nil
	}
	tool := (*marked)[env.name]
	if tool == nil {
		return nil
	}
	var repeated string
	lookup := func(name string) (string, bool) {
		values := header.Values(name)
		if len(values) > 1 {
			repeated = name
		}
		if len(values) == 0 {
			return "", false
		}
		return values[0], true
	}
	err := mcp.ValidateParamHeadersLookup(lookup, tool, env.rawParams())
	switch {
	case repeated != "":
		return mismatch(repeated, "is given more than once")
	case err != nil:
		return wrongArgument(err)
	default:
		return nil
	}
}

// wrongArgument names the header that is wrong, but not what it says: that may be long.
func wrongArgument(err error) *rpcError {
	wrong, ok := errors.AsType[mcp.HeaderMismatchError](err)
	if !ok {
		return &rpcError{code: codeHeader, message: "header mismatch"}
	}
	return mismatch(wrong.Header, "does not say what the argument says")
}

// legacyVersion checks the header of a request in a session. Clients of 2025-03-26 send none.
func legacyVersion(header http.Header) *refusal {
	value, given, ok := sole(header, headerVersion)
	if !given || ok && slices.Contains(mcp.ValidProtocolVersions, value) {
		return nil
	}
	data, err := json.Marshal(map[string]any{"requested": clip(value), "supported": mcp.ValidProtocolVersions})
	if err != nil {
		data = nil
	}
	return &refusal{status: http.StatusBadRequest, rpcError: rpcError{code: codeVersion, message: "unsupported protocol version", data: data}}
}
