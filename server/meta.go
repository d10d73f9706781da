package server

import (
	"bytes"
	"encoding/json"
	"strings"

	"github.com/mark3labs/mcp-go/mcp"
)

// metaExecution is the _meta key by which a request names the execution that it belongs to.
const metaExecution = "io.mcp-kernel/execution"

// requestMeta is what _meta says of a request. Its zero value is a request of the 2025 era that said nothing.
type requestMeta struct {
	roles         string          // of the caller, as the transport found them: nothing of the message
	modern        bool            // of the 2026 era
	version       string          // declared protocol version; empty in the 2025 era
	hasCaps       bool            // declared client capabilities, as the 2026 era requires
	caps          json.RawMessage // what the client can be asked for, in the 2026 era
	logLevel      string          // asked for, in the 2026 era
	client        string          // name and version that the client gives itself, in the 2026 era
	progressToken json.RawMessage
	execution     string
	malformed     string // a key of ours that has the wrong shape; empty when none has
}

// readMeta reads the keys of _meta that this package knows; raw is that of an envelope, which was checked. A key of the
// wrong shape counts as absent, but for the execution: who names one wants to be held to it.
func readMeta(raw json.RawMessage) requestMeta {
	var m requestMeta
	if len(raw) == 0 {
		return m
	}
	var level, client json.RawMessage
	_ = members(raw, span{0, len(raw)}, func(key string, value span) { // accepted before
		switch part := value.of(raw); key {
		case "progressToken":
			m.progressToken = progressToken(part)
		case metaExecution:
			if m.execution = stringOf(part); m.execution == "" {
				m.malformed = metaExecution
			}
		case mcp.MetaKeyProtocolVersion:
			m.version = stringOf(part)
		case mcp.MetaKeyLogLevel:
			level = part
		case mcp.MetaKeyClientCapabilities:
			m.caps = part
		case mcp.MetaKeyClientInfo:
			client = part
		}
	})
	if m.modern = mcp.IsModernProtocol(m.version); !m.modern {
		m.caps = nil
		return m
	}
	m.logLevel = stringOf(level)
	m.hasCaps = bytes.HasPrefix(m.caps, []byte("{"))
	m.client = clientLabel(client)
	return m
}

// progressToken accepts a string or a number, as the protocol does.
func progressToken(raw json.RawMessage) json.RawMessage {
	if len(raw) == 0 || raw[0] == '{' || raw[0] == '[' || raw[0] == 'n' || raw[0] == 't' || raw[0] == 'f' {
		return nil
	}
	return raw
}

func stringOf(raw json.RawMessage) string {
	if len(raw) < 2 || raw[0] != '"' {
		return ""
	}
	return unquote(raw)
}

// clientLabel is the name and version of a client, as recorded and shown; it grants nothing.
func clientLabel(raw json.RawMessage) string {
	var info struct {
		Name    string `json:"name"`
		Version string `json:"version"`
	}
	if len(raw) == 0 || json.Unmarshal(raw, &info) != nil || info.Name == "" {
		return ""
	}
	const most = 128
	label := info.Name
	if info.Version != "" {
		label += "/" + info.Version
	}
	if len(label) > most {
		label = strings.ToValidUTF8(label[:most], "")
	}
	return label
}

// fault is what is wrong with the declared era, or nil. The SDK makes the same checks for the methods that it answers.
func (m requestMeta) fault() *rpcError {
	switch {
	case m.malformed != "":
		return &rpcError{code: codeParams, message: "invalid params: _meta " + m.malformed + " must be a non-empty string"}
	case !m.modern:
		return nil
	case !mcp.IsValidProtocolVersion(m.version):
		data, _ := json.Marshal(map[string]any{"requested": m.version, "supported": mcp.ValidProtocolVersions})
		return &rpcError{code: codeVersion, message: "unsupported protocol version", data: data}
	case !m.hasCaps:
		return &rpcError{code: codeParams, message: "missing or invalid _meta field " + mcp.MetaKeyClientCapabilities}
	default:
		return nil
	}
}
