package rpc

import (
	"bytes"
	"net/http"
	"slices"
	"strings"
)

// A TokenError says that a request was not made, or not again, because there is no token for it.
type TokenError struct{ Err error }

// Error returns why.
func (e *TokenError) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *TokenError) Unwrap() error { return e.Err }

// authorized makes a request with a token, and once more with another one if that is refused.
func (t *HTTP) authorized(r *http.Request) (*http.Response, error) {
	token, err := t.o.Tokens.Token(r.Context())
	if err != nil {
		return nil, &TokenError{err}
	}
	answer, err := t.with(r, token)
	if err != nil || !lacks(answer) || answer.Request.URL.Host != r.URL.Host { // whom it was led to is not asked
		return answer, err
	}
	challenges := answer.Header.Values("WWW-Authenticate")
	if token == "" && len(t.o.Headers) > 0 && !strings.Contains(strings.ToLower(strings.Join(challenges, ",")), "bearer") {
		return answer, nil // a header authenticates, and not as it should
	}
	discard(answer.Body)
	if token, err = t.o.Tokens.Renew(r.Context(), token, challenges); err != nil {
		return nil, &TokenError{err}
	}
	again := r.Clone(r.Context())
	if r.GetBody != nil {
		if again.Body, err = r.GetBody(); err != nil {
			return nil, unreached(err)
		}
	}
	return t.with(again, token)
}

// with makes a request with a token. It is remembered, so that nothing that the server says repeats it.
func (t *HTTP) with(r *http.Request, token string) (*http.Response, error) {
	if token == "" {
		return t.once(r)
	}
	t.mu.Lock()
	if t.sent[0] != token {
		t.sent = [2]string{token, t.sent[0]}
	}
	t.mu.Unlock()
	r.Header.Set("Authorization", "Bearer "+token)
	return t.once(r)
}

// lacks reports whether a response says that a token is needed, or one that is good for more.
func lacks(answer *http.Response) bool {
	return answer.StatusCode == http.StatusUnauthorized || answer.StatusCode == http.StatusForbidden &&
		slices.ContainsFunc(answer.Header.Values("WWW-Authenticate"), func(h string) bool { return strings.Contains(h, "insufficient_scope") })
}

// leastToken is how long a token must be to be looked for in messages, in bytes: shorter ones may be there by chance.
const leastToken = 16

// withoutTokens takes the tokens that were sent out of a message that repeats them, as a careless server's may: whoever
// gets the answer must not get what it was got with.
func (t *HTTP) withoutTokens(text []byte) []byte {
	if t.o.Tokens == nil || len(text) == 0 {
		return text
	}
	t.mu.Lock()
	sent := t.sent
	t.mu.Unlock()
	for _, token := range sent {
		if len(token) < leastToken || strings.Trim(token, "0123456789") == "" {
			continue
		}
		for _, form := range []string{token, strings.ReplaceAll(token, "/", `\/`)} {
			if bytes.Contains(text, []byte(form)) {
				text = bytes.ReplaceAll(text, []byte(form), []byte("[…]"))
			}
		}
	}
	return text
}
