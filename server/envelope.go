package server

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Error codes of JSON-RPC 2.0 and of the protocol that this package answers with.
const (
	codeParse       = -32700
	codeInvalid     = -32600
	codeNoMethod    = -32601
	codeParams      = -32602
	codeInternal    = -32603
	codeDenied      = -32003 // policy denied it
	codeUnavailable = -32004 // the kernel cannot serve it now
	codeNotFound    = -32002 // resource not found, in the 2025 era
	codeSession     = -32001 // no such session, in the 2025 era over HTTP
	codeHeader      = -32020 // headers and message disagree, in the 2026 era
	codeCapability  = -32021 // the client has not declared a capability that is needed, in the 2026 era
	codeVersion     = -32022 // unsupported protocol version, in the 2026 era
)

// An envelope is one JSON-RPC message, checked and taken apart. Every part is a span of text, so that nothing is
// decoded twice and everything that is passed on is what was received.
type envelope struct {
	text   []byte
	id     span // raw id; empty for a notification
	method string
	params span // the params object; empty when absent
	answer bool // a response to a request of ours
	result span // of a response; empty when it is an error

	name      string // params.name, params.uri or what else names the target
	hasName   bool
	arguments span // params.arguments; empty when absent
	meta      span // params._meta; empty when absent
	responses span // params.inputResponses; empty when absent
	state     span // params.requestState; empty when absent
	task      span // params.task; empty when absent
}

// An envelopeError is why a message was refused, with the code and as much of the id as could be read.
type envelopeError struct {
	code    int
	id      []byte // raw; nil answers with null
	message string
}

func (e *envelopeError) Error() string { return e.message }

// openEnvelope checks a message strictly and takes it apart. The SDK's decoder ignores the case of keys and lets the
// last of several win, so a message that it could read differently is refused here.
func openEnvelope(text []byte) (*envelope, *envelopeError) {
	if fault := checkJSON(text); fault != nil {
		return nil, &envelopeError{code: codeParse, message: "parse error: " + fault.Error()}
	}
	e := &envelope{text: text}
	whole := span{len(text) - len(trimLeft(text)), len(text)}
	if text[whole.from] == '[' {
		return nil, &envelopeError{code: codeInvalid, message: "batches are not supported: send one message at a time"}
	}
	version, unknown := "", ""
	err := members(text, whole, func(key string, value span) {
		switch key {
		case "jsonrpc":
			version = stringAt(text, value)
		case "id":
			e.id = value
		case "method":
			e.method = stringAt(text, value)
		case "params":
			e.params = value
		case "result":
			e.answer, e.result = true, value
		case "error":
			e.answer = true
		default:
			unknown = firstTwin(unknown, key, envelopeKeys())
		}
	})
	if fault := e.faultOf(err, version, unknown); fault != "" {
		return nil, &envelopeError{code: codeInvalid, id: e.rawID(), message: fault}
	}
	if err := e.openParams(); err != nil {
		return nil, &envelopeError{code: codeParams, id: e.rawID(), message: "invalid params: " + err.Error()}
	}
	return e, nil
}

func envelopeKeys() []string { return []string{"jsonrpc", "id", "method", "params", "result", "error"} }

// paramKeys are the members of params that this package or the SDK reads. A key that differs from one of them only in
// case would be read by the SDK and not by us.
func paramKeys() []string {
	return []string{
		"_meta", "name", "arguments", "uri", "cursor", "ref", "argument", "context", "level", "protocolVersion",
		"capabilities", "clientInfo", "task", "taskId", "inputResponses", "requestState", "notifications", "requestId",
		"reason", "header",
	}
}

// firstTwin keeps the first key that is a case variant of a known one.
func firstTwin(found, key string, known []string) string {
	if found != "" || !slices.ContainsFunc(known, func(k string) bool { return strings.EqualFold(k, key) }) {
		return found
	}
	return key
}

func (e *envelope) faultOf(err error, version, twin string) string {
	switch {
	case err != nil:
		return "invalid request: " + err.Error()
	case twin != "":
		return fmt.Sprintf("invalid request: unknown key %q: keys are case-sensitive", clip(twin))
	case version != "2.0":
		return `invalid request: jsonrpc must be "2.0"`
	case e.id.to > 0 && !validID(e.id.of(e.text)):
		e.id = span{}
		return "invalid request: id must be a string or an integer"
	case e.method == "" && !e.answer:
		return "invalid request: method must be a non-empty string"
	case e.params.to > 0 && e.text[e.params.from] != '{':
		return "invalid request: params must be an object"
	default:
		return ""
	}
}

// validID accepts a string or an integer of at most 256 bytes; the protocol forbids null and fractions.
func validID(raw []byte) bool {
	if len(raw) > 256 {
		return false
	}
	return raw[0] == '"' || (raw[0] == '-' || '0' <= raw[0] && raw[0] <= '9') && !slices.ContainsFunc(raw, func(c byte) bool {
		return c == '.' || c|0x20 == 'e'
	})
}

// openParams reads the members of params that routing needs.
func (e *envelope) openParams() error {
	if e.params.to == 0 {
		return nil
	}
	var name, uri span
	twin := ""
	err := members(e.text, e.params, func(key string, value span) {
		switch key {
		case "name":
			name = value
		case "uri":
			uri = value
		case "arguments":
			e.arguments = value
		case "_meta":
			e.meta = value
		case "inputResponses":
			e.responses = value
		case "requestState":
			e.state = value
		case "task":
			e.task = value
		default:
			if !slices.Contains(paramKeys(), key) {
				twin = firstTwin(twin, key, paramKeys())
			}
		}
	})
	switch {
	case err != nil:
		return err
	case twin != "":
		return fmt.Errorf("unknown key %q: keys are case-sensitive", clip(twin))
	case e.meta.to > 0:
		if err := members(e.text, e.meta, func(string, span) {}); err != nil {
			return fmt.Errorf("_meta: %w", err)
		}
	}
	return e.takeName(name, uri)
}

func (e *envelope) takeName(name, uri span) error {
	target := name
	if e.method == "resources/read" || e.method == "resources/subscribe" || e.method == "resources/unsubscribe" {
		target = uri
	}
	if target.to == 0 {
		return nil
	}
	if e.text[target.from] != '"' {
		return errors.New("name and uri must be strings")
	}
	e.name, e.hasName = stringAt(e.text, target), true
	return nil
}

func (e *envelope) rawID() []byte {
	if e.id.to == 0 || !validID(e.id.of(e.text)) {
		return nil
	}
	return e.id.of(e.text)
}

// rawParams returns the params object, {} when there is none.
func (e *envelope) rawParams() json.RawMessage {
	if e.params.to == 0 {
		return json.RawMessage("{}")
	}
	return e.params.of(e.text)
}

// rawArguments returns the arguments exactly as received, nil when there are none.
func (e *envelope) rawArguments() json.RawMessage {
	if e.arguments.to == 0 {
		return nil
	}
	return e.arguments.of(e.text)
}

// rawResult returns the result of a response, nil when it is an error.
func (e *envelope) rawResult() json.RawMessage {
	if e.result.to == 0 {
		return nil
	}
	return e.result.of(e.text)
}

// rawMeta returns _meta exactly as received, nil when there is none.
func (e *envelope) rawMeta() json.RawMessage {
	if e.meta.to == 0 {
		return nil
	}
	return e.meta.of(e.text)
}

// forSDK returns the message as the SDK is to see it: with a small number of ours as id, because the SDK would send
// large ones through a float.
func (e *envelope) forSDK(id uint64) []byte {
	out := make([]byte, 0, len(e.text)+20)
	out = strconv.AppendUint(append(out, e.text[:e.id.from]...), id, 10)
	return append(out, e.text[e.id.to:]...)
}

// stringAt decodes an accepted JSON string; anything else is "".
func stringAt(text []byte, part span) string {
	if text[part.from] != '"' {
		return ""
	}
	return unquote(part.of(text))
}

func trimLeft(text []byte) []byte {
	for len(text) > 0 && (text[0] == ' ' || text[0] == '\t' || text[0] == '\r' || text[0] == '\n') {
		text = text[1:]
	}
	return text
}
