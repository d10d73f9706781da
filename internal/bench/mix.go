package bench

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strconv"
)

// firstID is the least id of a request. Ids have ten digits, so that a message's length does not depend on them.
const firstID = 1_000_000_000

const idDigits = 10

// A request is a message that lacks its id.
type request struct {
	label      string
	method     string
	name       string // of a tool or a prompt, or the URI of a resource; empty for other methods
	head, tail []byte // before and after the id
}

// append appends the message with an id.
func (r *request) append(to []byte, id int64) []byte {
	to = append(to, r.head...)
	to = strconv.AppendInt(to, id, 10)
	return append(to, r.tail...)
}

func (r *request) size() int { return len(r.head) + idDigits + len(r.tail) }

// A mix is what is sent, each kind of request as often as it weighs.
type mix struct {
	seed     uint64
	requests []request
	weights  []int // added up
}

func newMix(calls []Call, era Era, seed uint64) (*mix, error) {
	m := &mix{seed: seed}
	sum := 0
	for i := range calls {
		r, err := newRequest(&calls[i], era)
		if err != nil {
			return nil, err
		}
		sum += max(1, calls[i].Weight)
		m.requests = append(m.requests, r)
		m.weights = append(m.weights, sum)
	}
	return m, nil
}

// pick returns which request is the nth. It depends on the seed and on n alone, so that how connections take turns does
// not change what is sent.
func (m *mix) pick(n int64) int {
	if len(m.requests) == 1 {
		return 0
	}
	at := int(scatter(m.seed+uint64(n)) % uint64(m.weights[len(m.weights)-1]))
	for i, sum := range m.weights {
		if at < sum {
			return i
		}
	}
	return 0
}

// scatter is the output function of SplitMix64 (Steele, Lea and Flood, 2014), which spreads consecutive numbers evenly.
func scatter(z uint64) uint64 {
	z *= 0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// newRequest writes the message of a call.
func newRequest(c *Call, era Era) (request, error) {
	params := map[string]json.RawMessage{}
	if c.Params != nil {
		if err := json.Unmarshal(c.Params, &params); err != nil {
			return request{}, fmt.Errorf("%s: params: %w", c.label(), err)
		}
	}
	if c.method() == toolsCall {
		params["name"] = quoted(c.Tool)
		params["arguments"] = json.RawMessage("{}")
		if c.Arguments != nil {
			params["arguments"] = c.Arguments
		}
	}
	if era == Era2026 {
		meta, err := withMeta(params["_meta"])
		if err != nil {
			return request{}, fmt.Errorf("%s: _meta: %w", c.label(), err)
		}
		params["_meta"] = meta
	}
	text, err := encode(params)
	if err != nil {
		return request{}, fmt.Errorf("%s: %w", c.label(), err)
	}
	r := request{label: c.label(), method: c.method(), name: subject(c.method(), params), head: []byte(`{"jsonrpc":"2.0","id":`)}
	r.tail = fmt.Appendf(nil, `,"method":%s`, quoted(r.method))
	if len(params) > 0 {
		r.tail = fmt.Appendf(r.tail, `,"params":%s`, text)
	}
	r.tail = append(r.tail, '}')
	return r, nil
}

// withMeta adds what every request of the 2026 era says of its sender to what a call gives itself.
func withMeta(given json.RawMessage) (json.RawMessage, error) {
	meta := map[string]json.RawMessage{
		"io.modelcontextprotocol/protocolVersion":    quoted(Era2026.version()),
		"io.modelcontextprotocol/clientCapabilities": json.RawMessage("{}"),
		"io.modelcontextprotocol/clientInfo":         json.RawMessage(clientInfo),
	}
	if given != nil {
		if err := json.Unmarshal(given, &meta); err != nil {
			return nil, err
		}
	}
	return encode(meta)
}

const clientInfo = `{"name":"mcp-kernel-bench","version":"1"}`

// subject is what the header Mcp-Name of the 2026 era repeats.
func subject(method string, params map[string]json.RawMessage) string {
	var name string
	key := map[string]string{toolsCall: "name", "prompts/get": "name", "resources/read": "uri"}[method]
	_ = json.Unmarshal(params[key], &name) // without one the server has something to refuse, which is measured as well
	return name
}

// headerValue is a text as the value of a header: as it is, or in base64 where a header could not carry it.
func headerValue(s string) string {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' {
			return "=?base64?" + base64.StdEncoding.EncodeToString([]byte(s)) + "?="
		}
	}
	return s
}

func quoted(s string) json.RawMessage {
	text, err := encode(s)
	if err != nil {
		return json.RawMessage(`""`) // cannot happen: a string can always be encoded
	}
	return text
}

// encode writes JSON on one line, members sorted, without escaping what only HTML minds.
func encode(v any) (json.RawMessage, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// handshake is the initialize request of the 2025 era and what follows its answer.
const (
	handshakeTail = `,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":` + clientInfo + `}}`
	initialized   = `{"jsonrpc":"2.0","method":"notifications/initialized"}`
)

// greeting is what a connection says first: initialize, or in the 2026 era the question what the server is.
func greeting(era Era) (request, error) {
	if era == Era2026 {
		return newRequest(&Call{Method: "server/discover"}, era)
	}
	return request{label: "initialize", method: "initialize", head: []byte(`{"jsonrpc":"2.0","id":`), tail: []byte(handshakeTail)}, nil
}

// identity is the name and version that the answer to a greeting gives.
func identity(answer []byte) string {
	type info struct{ Name, Version string }
	var a struct {
		Result struct {
			ServerInfo info                       `json:"serverInfo"`
			Meta       map[string]json.RawMessage `json:"_meta"`
		}
	}
	if json.Unmarshal(answer, &a) != nil {
		return ""
	}
	i := a.Result.ServerInfo
	if meta := a.Result.Meta["io.modelcontextprotocol/serverInfo"]; i.Name == "" && meta != nil {
		_ = json.Unmarshal(meta, &i) // a server need not say what it is
	}
	return joinWords(i.Name, i.Version)
}

func joinWords(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + " " + b
}
