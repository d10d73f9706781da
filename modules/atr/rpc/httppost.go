package rpc

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// The kinds of content that mean something.
const (
	kindJSON   = "application/json"
	kindEvents = "text/event-stream"
)

// kindOf is the type of a response's content, without parameters.
func kindOf(answer *http.Response) string {
	kind, _, _ := strings.Cut(answer.Header.Get("Content-Type"), ";")
	return strings.ToLower(strings.TrimSpace(kind))
}

// namedBy is the parameter that a request of the 2026 era repeats in Mcp-Name.
func namedBy(method string) string {
	switch method {
	case "tools/call", "prompts/get":
		return "name"
	case "resources/read":
		return "uri"
	case "tasks/get", "tasks/update", "tasks/cancel":
		return "taskId"
	default:
		return ""
	}
}

// member returns a string of an object, empty where there is none.
func member(object json.RawMessage, name string) (text string) {
	s := splitter{text: object}
	for key, value := range s.members {
		if string(key) == name {
			_ = json.Unmarshal(value, &text) // what is no string is no name
			return text
		}
	}
	return ""
}

// headerValue writes a text so that a header can have it, as the 2026 era does: Base64 for what is not plain.
func headerValue(text string) string {
	if plain(text) && !strings.HasPrefix(text, "=?base64?") {
		return text
	}
	return "=?base64?" + base64.StdEncoding.EncodeToString([]byte(text)) + "?="
}

// request makes a request to the server.
func (t *HTTP) request(ctx context.Context, method string, body io.Reader, l letter) (*http.Request, error) {
	r, err := http.NewRequestWithContext(ctx, method, t.address(method).String(), body)
	if err != nil {
		return nil, unreached(err)
	}
	for name, value := range t.o.Headers {
		r.Header.Set(name, value)
	}
	if r.Header.Get("User-Agent") == "" {
		r.Header.Set("User-Agent", "mcp-kernel")
	}
	set := func(name, value string) {
		if value != "" {
			r.Header.Set(name, value)
		}
	}
	set("Mcp-Protocol-Version", l.version)
	set("Mcp-Session-Id", l.session)
	if l.version == modernVersion {
		set("Mcp-Method", l.method)
		if namedBy(l.method) != "" {
			r.Header.Set("Mcp-Name", headerValue(l.name))
		}
	}
	return r, nil
}

// address is where requests of a method go.
func (t *HTTP) address(method string) *url.URL {
	t.mu.Lock()
	defer t.mu.Unlock()
	if method == http.MethodPost && t.endpoint != nil {
		return t.endpoint
	}
	return t.target
}

// do makes a request, with a token where there are any. Its response may have any status.
func (t *HTTP) do(r *http.Request) (*http.Response, error) {
	if t.o.Tokens != nil {
		return t.authorized(r)
	}
	return t.once(r)
}

// once makes a request.
func (t *HTTP) once(r *http.Request) (*http.Response, error) {
	answer, err := t.o.Client.Do(r)
	if err != nil {
		return nil, unreached(err)
	}
	return answer, nil
}

// post sends a message. The response is closed by the caller.
func (t *HTTP) post(ctx context.Context, l letter) (*http.Response, error) {
	r, err := t.request(ctx, http.MethodPost, bytes.NewReader(l.text), l)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", kindJSON)
	r.Header.Set("Accept", kindJSON+", "+kindEvents)
	return t.do(r)
}

// tell sends a message that has no answer, and waits until it was taken.
func (t *HTTP) tell(ctx context.Context, l letter) error {
	ctx, cancel := context.WithTimeout(ctx, t.o.Wait)
	defer cancel()
	defer context.AfterFunc(t.ctx, cancel)()
	answer, err := t.post(ctx, l) //nolint:bodyclose // discard and refused do
	if err != nil {
		return err
	}
	if answer.StatusCode/100 == 2 {
		discard(answer.Body)
		return nil
	}
	return t.refused(answer, l)
}

// refused is what a response that refuses a message means, which is closed. Without its session the transport ends.
func (t *HTTP) refused(answer *http.Response, l letter) error {
	err := t.refusal(answer)
	if answer.StatusCode == http.StatusNotFound && l.session != "" {
		t.end(errSession)
		return errSession
	}
	return err
}

// call sends a message that has an answer.
func (t *HTTP) call(l letter, call uint64) error {
	p := &posted{}
	p.ctx, p.cancel = context.WithCancel(t.ctx)
	t.mu.Lock()
	t.calls[call] = p
	t.mu.Unlock()
	err := t.begin(t.streams, func() {
		defer p.cancel()
		if err := t.converse(p, l, call); err != nil {
			t.deliver(p.ctx, delivery{call: call, err: err})
		}
	})
	if err != nil {
		t.Forget(call)
	}
	return err
}

// converse makes the request of a call and delivers what comes. It returns why the call has no answer, should it have none
// then; nil says that the answer comes by another way.
func (t *HTTP) converse(p *posted, l letter, call uint64) error {
	if t.o.SSE && t.address(http.MethodPost) == t.target {
		if err := t.fallBack(); err != nil {
			return err
		}
	}
	answer, err := t.post(p.ctx, l)
	if err != nil {
		return err
	}
	if answer.StatusCode/100 == 2 {
		return t.answered(p, answer, l, call)
	}
	err = t.refused(answer, l)
	if refused, ok := errors.AsType[*StatusError](err); !ok || l.method != "initialize" || t.o.SSE ||
		refused.Status != http.StatusNotFound && refused.Status != http.StatusMethodNotAllowed || t.fallBack() != nil {
		return err
	}
	if answer, err = t.post(p.ctx, l); err != nil {
		return err
	}
	if answer.StatusCode/100 != 2 {
		return t.refused(answer, l)
	}
	return t.answered(p, answer, l, call)
}

// answered delivers what a response to a call has, which is closed.
func (t *HTTP) answered(p *posted, answer *http.Response, l letter, call uint64) error {
	if t.address(http.MethodPost) != t.target {
		discard(answer.Body)
		return nil
	}
	if l.method == "initialize" {
		if err := t.join(answer.Header.Get("Mcp-Session-Id")); err != nil {
			_ = answer.Body.Close() // it is not read
			return err
		}
	}
	switch kind := kindOf(answer); {
	case kind == kindEvents:
		return t.follow(p, answer.Body, l, call)
	case answer.StatusCode == http.StatusAccepted || answer.StatusCode == http.StatusNoContent:
		discard(answer.Body)
		return errNoAnswer
	case kind == kindJSON:
		return t.whole(p, answer.Body, call)
	default:
		_ = answer.Body.Close() // it is not read
		return fmt.Errorf("the server answered with %.100q, which is neither %s nor %s", kind, kindJSON, kindEvents)
	}
}

// join notes the session that a server begins.
func (t *HTTP) join(session string) error {
	if len(session) > maxWord || !plain(session) {
		return errors.New("the server's name of the session is no such name, or too long")
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.session = session
	return nil
}

// whole delivers an answer that is the body.
func (t *HTTP) whole(p *posted, body io.ReadCloser, call uint64) error {
	defer body.Close()
	text, err := io.ReadAll(io.LimitReader(body, int64(t.o.MaxMessage)+1))
	switch {
	case len(text) > t.o.MaxMessage:
		return fmt.Errorf("%w: more than %d bytes", ErrTooLarge, t.o.MaxMessage)
	case err != nil:
		return unreached(err)
	}
	if text = bytes.TrimSpace(text); len(text) > 0 {
		t.deliver(p.ctx, delivery{text: text, call: call})
	}
	return errNoAnswer
}

// follow delivers the messages of a stream, which is closed. One that ends before the answer is resumed where it can be.
func (t *HTTP) follow(p *posted, body io.ReadCloser, l letter, call uint64) error {
	for last, retry := "", time.Duration(0); ; {
		e := newEvents(body, t.o.MaxMessage)
		e.id, e.retry = last, retry
		err := t.pump(p, e, call)
		_ = body.Close() // it was only read
		last, retry = e.id, e.retry
		switch {
		case errors.Is(err, ErrTooLarge):
			return err
		case last == "" || l.version == modernVersion || !t.settled(p.ctx, call):
			return errNoAnswer
		case !rest(p.ctx, within(retry, soonest, latest)):
			return errNoAnswer
		}
		answer, err := t.open(p.ctx, last) //nolint:bodyclose // the next round does
		if err != nil {
			return fmt.Errorf("%w, and cannot be resumed: %w", errNoAnswer, err)
		}
		body = answer.Body
	}
}

// pump delivers the messages of a stream until it ends.
func (t *HTTP) pump(p *posted, e *events, call uint64) error {
	for {
		found, err := e.next()
		if err != nil {
			return err
		}
		if len(found.data) == 0 || found.name != "" && found.name != "message" {
			continue
		}
		t.mu.Lock()
		p.heard = !bytes.Contains(found.data[:min(len(found.data), headBytes)], []byte(`"method"`))
		t.mu.Unlock()
		t.deliver(p.ctx, delivery{text: found.data, call: call})
	}
}
