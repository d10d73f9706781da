package server

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// A refusal is why a request is answered with a status instead of being worked on.
type refusal struct {
	status int
	rpcError
}

func refused(status, code int, format string, args ...any) *refusal {
	return &refusal{status: status, rpcError: rpcError{code: code, message: fmt.Sprintf(format, args...)}}
}

// message reads the message of a POST. Its memory is the caller's for good: arguments are spans of it, and a handler that
// was cancelled may still be reading them.
func (h *HTTP) message(w http.ResponseWriter, r *http.Request) ([]byte, *refusal) {
	switch {
	case !isJSON(r.Header["Content-Type"]):
		return nil, refused(http.StatusUnsupportedMediaType, codeInvalid, "Content-Type must be application/json")
	case !accepts(r.Header["Accept"], "application/json") || !accepts(r.Header["Accept"], "text/event-stream"):
		return nil, refused(http.StatusNotAcceptable, codeInvalid, "Accept must allow application/json and text/event-stream")
	case r.ContentLength > int64(h.opts.MaxBody):
		return nil, h.tooLarge()
	}
	body, err := readBody(r.Body, r.ContentLength, h.opts.MaxBody)
	if err == nil {
		err = http.NewResponseController(w).SetReadDeadline(time.Time{})
	}
	switch {
	case errors.Is(err, errBodySize):
		return nil, h.tooLarge()
	case err != nil:
		return nil, refused(http.StatusRequestTimeout, codeInvalid, "the message did not arrive within %v", h.opts.BodyTimeout)
	default:
		return body, nil
	}
}

func (h *HTTP) tooLarge() *refusal {
	return refused(http.StatusRequestEntityTooLarge, codeInvalid, "invalid request: a message may have at most %d bytes", h.opts.MaxBody)
}

var errBodySize = errors.New("body too large")

// readBody reads a body of at most the bound. Memory is taken as the bytes come, not as they are announced; a small body
// of known length takes one piece of exactly its size.
func readBody(from io.Reader, length int64, bound int) ([]byte, error) {
	const most, first = 128 << 10, 4 << 10
	if 0 <= length && length <= most {
		body := make([]byte, length)
		_, err := io.ReadFull(from, body)
		return body, err //nolint:wrapcheck // only that it failed matters
	}
	body := make([]byte, 0, first)
	for {
		if len(body) > bound {
			return nil, errBodySize
		}
		if len(body) == cap(body) {
			body = append(body, 0)[:len(body)]
		}
		n, err := from.Read(body[len(body):min(cap(body), bound+1)])
		body = body[:len(body)+n]
		switch {
		case errors.Is(err, io.EOF) && len(body) <= bound:
			return body, nil
		case err != nil && !errors.Is(err, io.EOF):
			return nil, err //nolint:wrapcheck // only that it failed matters
		}
	}
}

// isJSON reports whether the one Content-Type is JSON in UTF-8, which is the only JSON there is.
func isJSON(values []string) bool {
	if len(values) != 1 {
		return false
	}
	if values[0] == "application/json" {
		return true
	}
	kind, rest, _ := strings.Cut(values[0], ";")
	name, charset, given := strings.Cut(strings.ToLower(strings.TrimSpace(rest)), "=")
	return strings.EqualFold(strings.TrimSpace(kind), "application/json") &&
		(!given || strings.TrimSpace(name) != "charset" || strings.Trim(charset, `" `) == "utf-8")
}

// accepts reports whether the Accept headers allow a media type. Who sends none accepts everything.
func accepts(values []string, want string) bool {
	if len(values) == 0 {
		return true
	}
	family, _, _ := strings.Cut(want, "/")
	for _, value := range values {
		for one := range strings.SplitSeq(value, ",") {
			kind, parameters, _ := strings.Cut(one, ";")
			kind = strings.TrimSpace(kind)
			named := strings.EqualFold(kind, want) || kind == "*/*" || strings.EqualFold(kind, family+"/*")
			if named && !unwanted(parameters) {
				return true
			}
		}
	}
	return false
}

// unwanted reports whether a media type's parameters give it the weight 0.
func unwanted(parameters string) bool {
	for one := range strings.SplitSeq(parameters, ";") {
		name, weight, _ := strings.Cut(one, "=")
		if strings.EqualFold(strings.TrimSpace(name), "q") {
			return strings.Trim(strings.TrimSpace(weight), "0.") == ""
		}
	}
	return false
}
