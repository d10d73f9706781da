package server

import (
	"encoding/json"
	"strconv"

	"github.com/mcp-kernel/mcp-kernel/modules/primitives"
)

// An rpcError is a JSON-RPC error as the client sees it. data is a JSON object or nil.
type rpcError struct {
	code    int
	message string
	data    json.RawMessage
}

func (e *rpcError) Error() string { return e.message }

// appendResult appends a response that carries a result. A nil id becomes null.
func appendResult(dst, id, result []byte) []byte {
	dst = appendHead(dst, id)
	dst = append(dst, `,"result":`...)
	dst = append(dst, result...)
	return append(dst, '}')
}

// appendError appends a response that carries an error.
func appendError(dst, id []byte, e *rpcError) []byte {
	dst = appendHead(dst, id)
	return append(appendErrorObject(append(dst, `,"error":`...), e), '}')
}

// appendErrorObject appends the error itself.
func appendErrorObject(dst []byte, e *rpcError) []byte {
	dst = append(dst, `{"code":`...)
	dst = strconv.AppendInt(dst, int64(e.code), 10)
	dst = append(dst, `,"message":`...)
	dst = appendString(dst, e.message)
	if len(e.data) > 0 {
		dst = append(dst, `,"data":`...)
		dst = append(dst, e.data...)
	}
	return append(dst, '}')
}

// notification is the text of a notification with the given params.
func notification(method string, params []byte) []byte {
	dst := append([]byte(nil), `{"jsonrpc":"2.0","method":"`...)
	dst = append(dst, method...)
	dst = append(dst, `","params":`...)
	dst = append(dst, params...)
	return append(dst, '}')
}

func appendHead(dst, id []byte) []byte {
	dst = append(dst, `{"jsonrpc":"2.0","id":`...)
	if len(id) == 0 {
		return append(dst, "null"...)
	}
	return append(dst, id...)
}

// appendString appends a JSON string. Invalid UTF-8 becomes U+FFFD.
func appendString(dst []byte, s string) []byte { return primitives.AppendString(dst, s) }
