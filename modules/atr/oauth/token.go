package oauth

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Bounds of tokens.
const (
	maxToken  = 16 << 10       // bytes
	usualLife = time.Hour      // of a token that does not say how long it lives
	mostLife  = 24 * time.Hour // after which it is renewed whatever it says
	slack     = 30 * time.Second
)

// An identity is how we authenticate at an authorization server.
type identity struct {
	id, secret string
	method     string // none, client_secret_basic or client_secret_post
}

// identified is a client, by a method that the server takes.
func (i *Issuer) identified(id, secret string) (identity, error) {
	if secret == "" {
		return identity{id: id, method: "none"}, nil
	}
	if i.Methods == nil {
		return identity{id, secret, "client_secret_basic"}, nil
	}
	for _, method := range i.Methods {
		if method == "client_secret_basic" || method == "client_secret_post" {
			return identity{id, secret, method}, nil
		}
	}
	return identity{}, fmt.Errorf("%w: it takes neither client_secret_basic nor client_secret_post", ErrDocument)
}

// authenticate puts the client's identity into a form, or returns the header that has it.
func (who *identity) authenticate(form url.Values) (authorization string) {
	switch who.method {
	case "client_secret_basic":
		pair := url.QueryEscape(who.id) + ":" + url.QueryEscape(who.secret) // RFC 6749, section 2.3.1
		return "Basic " + base64.StdEncoding.EncodeToString([]byte(pair))
	case "client_secret_post":
		form.Set("client_id", who.id)
		form.Set("client_secret", who.secret)
	default:
		form.Set("client_id", who.id)
	}
	return ""
}

// tokens are what an authorization server gives.
type tokens struct {
	access, refresh string
	scopes          []string // nil is those that were asked for
	life            time.Duration
}

// A RefusedError is a refusal of an authorization server.
type RefusedError struct {
	Code string // as in "invalid_grant"; empty where it has none
	Said string // in its own words, without our secrets
}

// Error returns what the server said.
func (e *RefusedError) Error() string {
	text := ErrRefused.Error()
	if e.Code != "" {
		text += fmt.Sprintf(" (%.60q)", e.Code)
	}
	if e.Said != "" {
		text += fmt.Sprintf(": %.*q", maxWords, e.Said)
	}
	return text
}

// Unwrap returns ErrRefused.
func (*RefusedError) Unwrap() error { return ErrRefused }

// post sends a form, and returns the text of the answer to it. The form becomes the function's own.
func (w *web) post(ctx context.Context, to string, who *identity, form url.Values) ([]byte, error) {
	secrets := []string{
		who.secret, form.Get("code"), form.Get("code_verifier"), form.Get("refresh_token"), form.Get("subject_token"), form.Get("token"),
	}
	header := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}
	if authorization := who.authenticate(form); authorization != "" {
		header.Set("Authorization", authorization)
	}
	return w.write(ctx, to, header, form.Encode(), secrets)
}

// write posts a body, and returns the text of the answer to it. What is refused is told without secrets.
func (w *web) write(ctx context.Context, to string, header http.Header, body string, secrets []string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, fetchFor)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, to, strings.NewReader(body))
	if err != nil {
		return nil, bare(err)
	}
	r.Header = header
	status, _, text, err := send(w.writer, r)
	switch {
	case err != nil:
		return nil, err
	case status == http.StatusOK || status == http.StatusCreated:
		return text, nil
	case status/100 == 5 || status == http.StatusTooManyRequests: // it may be another time
		return nil, fmt.Errorf("%w: HTTP %d", ErrDocument, status)
	}
	m, err := read(text)
	if err != nil || m.text("error") == "" {
		return nil, &RefusedError{Said: "HTTP " + strconv.Itoa(status)} // and nothing of the page
	}
	said := m.text("error_description")
	for _, secret := range secrets {
		if len(secret) >= 4 {
			said = strings.ReplaceAll(said, secret, "[…]")
		}
	}
	return nil, &RefusedError{Code: m.text("error"), Said: said}
}

// token asks for tokens.
func (w *web) token(ctx context.Context, at string, who *identity, form url.Values) (tokens, error) {
	text, err := w.post(ctx, at, who, form)
	var m members
	if err == nil {
		m, err = read(text)
	}
	if err != nil {
		return tokens{}, fmt.Errorf("ask for a token: %w", err)
	}
	t := tokens{access: m.text("access_token"), refresh: m.text("refresh_token"), life: lifeOf(m)}
	if said := m.text("scope"); said != "" {
		t.scopes = scopes(said)
	}
	switch kind := m.text("token_type"); {
	case !bearer(t.access):
		return tokens{}, fmt.Errorf("ask for a token: %w: there is none in the answer", ErrDocument)
	case !strings.EqualFold(kind, "Bearer"):
		return tokens{}, fmt.Errorf("ask for a token: %w: it is of type %.40q, not Bearer", ErrDocument, kind)
	case len(t.refresh) > maxToken:
		return tokens{}, fmt.Errorf("ask for a token: %w: the refresh token has more than %d bytes", ErrDocument, maxToken)
	}
	return t, nil
}

// lifeOf is for how long a token is good, which some servers write as a text.
func lifeOf(m members) time.Duration {
	seconds := member[float64](m, "expires_in")
	if text := m.text("expires_in"); text != "" {
		seconds, _ = strconv.ParseFloat(text, 64) // what is no number is not said
	}
	switch {
	case !(seconds > 0): // nor is NaN
		return usualLife
	case seconds > mostLife.Seconds():
		return mostLife
	default:
		return time.Duration(seconds * float64(time.Second))
	}
}

// bearer reports whether a token can be sent (RFC 6750, section 2.1).
func bearer(token string) bool {
	const marks = "-._~+/0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	return token != "" && len(token) <= maxToken && strings.Trim(strings.TrimRight(token, "="), marks) == "" && token[0] != '='
}
