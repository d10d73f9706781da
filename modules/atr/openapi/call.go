package openapi

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"

	"github.com/mcp-kernel/mcp-kernel/modules/atr/dial"
	"github.com/mcp-kernel/mcp-kernel/modules/atr/local"
	"github.com/mcp-kernel/mcp-kernel/modules/atr/secret"
)

// maxFailure is how many bytes of the answer to a request that failed are passed on.
const maxFailure = 8 << 10

// ask makes a request and returns what was answered. ctx is the call's own, without the bound of time.
func (t *Tool) ask(ctx context.Context, r *http.Request, secrets []string) (local.Answer, error) {
	response, err := t.api.client.Do(r)
	if err != nil {
		return t.failed(ctx, err)
	}
	defer response.Body.Close()
	most := t.api.s.Bytes
	good := response.StatusCode >= 200 && response.StatusCode <= 299
	if !good {
		most = min(most, maxFailure)
	}
	text, err := io.ReadAll(io.LimitReader(response.Body, int64(most)+1))
	if err != nil {
		return t.failed(ctx, err)
	}
	a := local.Answer{IsError: !good}
	head := fmt.Sprintf("HTTP %d %s", response.StatusCode, http.StatusText(response.StatusCode))
	switch kind, textual := typeOf(response.Header.Get("Content-Type")); {
	case len(text) == 0:
		a.Text = head
		if to := response.Header.Get("Location"); to != "" {
			a.Text += "\nLocation: " + to
		}
	case !textual:
		a.Text = fmt.Sprintf("%s: an answer of the type %.100s, which is no text and not passed on", head, kind)
	case len(text) > most:
		a.Text = string(text[:most]) + fmt.Sprintf("\n[cut behind %d bytes]", most)
	default:
		a.Text = string(text)
	}
	if !good && len(text) > 0 {
		a.Text = head + "\n" + a.Text
	}
	a.Text = secret.Hide(strings.ToValidUTF8(a.Text, "\uFFFD"), secrets...)
	return a, nil
}

// typeOf reads a content type, and says whether its content is text. What says nothing of itself is taken for text.
func typeOf(header string) (kind string, textual bool) {
	if header == "" {
		return "text/plain", true
	}
	kind, _, err := mime.ParseMediaType(header)
	if err != nil {
		return header, false
	}
	switch {
	case strings.HasPrefix(kind, "text/"), strings.HasSuffix(kind, "+json"), strings.HasSuffix(kind, "+xml"):
		return kind, true
	default:
		switch kind {
		case "application/json", "application/xml", "application/yaml", "application/x-yaml", "application/x-ndjson", "application/jsonl",
			"application/javascript", "application/graphql", "application/toml", "application/x-www-form-urlencoded", "application/sql":
			return kind, true
		}
		return kind, false
	}
}

// failed is what a call is told that got no answer. What is wrong with an address is not for its caller, who has not
// chosen it; and an error has the address, in which there may be a secret.
func (t *Tool) failed(ctx context.Context, err error) (local.Answer, error) {
	switch {
	case ctx.Err() != nil:
		return local.Answer{}, context.Cause(ctx)
	case errors.Is(err, context.DeadlineExceeded):
		return local.Failed("The service did not answer within %v.", t.api.s.Timeout), nil
	case errors.Is(err, dial.ErrForbidden):
		if in, ok := errors.AsType[*url.Error](err); ok {
			err = in.Err // without the URL
		}
		return local.Answer{}, fmt.Errorf("%w: %s: %w", local.ErrBroken, t.base.Host, err)
	case errors.Is(err, dial.ErrRedirect):
		return local.Failed("The service answered with a redirect that is not followed."), nil
	default:
		return local.Failed("The service cannot be reached, or broke its answer off. What was asked for may have been done."), nil
	}
}
