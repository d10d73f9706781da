package oauth

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/mcp-kernel/mcp-kernel/state"
)

// The errors of a login.
var (
	// ErrPKCE says that an authorization server does not say that it checks PKCE by S256: a code could be stolen.
	ErrPKCE = errors.New("does not protect logins by PKCE with S256")
	// ErrAnswer says that the answer to a login is not one to the question.
	ErrAnswer = errors.New("the answer to the login is not from where it was asked")
)

// Login has a person log in, in a browser to which show brings an address, and keeps the tokens. It waits until ctx ends.
func (s *Source) Login(ctx context.Context, show func(ctx context.Context, address string) error) error {
	if s.c.Grant != Code {
		return fmt.Errorf("server %s: it is called as a machine, so nobody logs in", s.a.Server)
	}
	c, err := s.probe(ctx)
	if err != nil {
		return err
	}
	place, err := Discover(ctx, s.client, s.a.URL, c, s.c.Issuer)
	if err != nil {
		return err
	}
	switch {
	case !place.Issuer.Code:
		return fmt.Errorf("the authorization server %.200q %w for a login: it gives no codes", place.Issuer.Name, ErrDocument)
	case !place.Issuer.S256:
		return fmt.Errorf("the authorization server %.200q %w", place.Issuer.Name, ErrPKCE)
	}
	before, err := s.k.load(ctx, &s.a)
	if err != nil {
		return err
	}
	r, err := s.converse(ctx, &place, s.wishes(&place, before), show)
	if err != nil {
		return err
	}
	return s.keep(ctx, r)
}

// probe asks the server without a token, to hear what it says of one.
func (s *Source) probe(ctx context.Context) (Challenge, error) {
	to, err := address(s.a.URL)
	if err != nil {
		return Challenge{}, fmt.Errorf("the server's address %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, fetchFor)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, to.String(), strings.NewReader(`{"jsonrpc":"2.0","id":1,"method":"ping"}`))
	if err != nil {
		return Challenge{}, bare(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "application/json, text/event-stream")
	r.Header.Set("User-Agent", "mcp-kernel")
	answer, err := s.web.writer.Do(r)
	if err != nil {
		return Challenge{}, fmt.Errorf("the server %s: %w", s.a.Server, bare(err))
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusUnauthorized {
		return Challenge{}, nil
	}
	return ParseChallenge(answer.Header.Values("WWW-Authenticate")), nil
}

// wishes are the scopes to ask for: those that are configured, or else those that the server says; those that it has found
// lacking since the last login; and one that lets tokens be renewed, where there is one.
func (s *Source) wishes(p *Place, before *kept) []string {
	wanted := union(s.c.Scopes)
	if len(wanted) == 0 {
		wanted = union(p.Scopes)
	}
	if before != nil && len(before.Wanted) > 0 {
		wanted = union(wanted, before.Scopes, before.Wanted)
	}
	for _, scope := range p.Issuer.Scopes {
		if scope == "offline_access" {
			wanted = union(wanted, []string{scope})
		}
	}
	return wanted
}

// converse asks for a code and gives it for tokens.
func (s *Source) converse(ctx context.Context, p *Place, wanted []string, show func(context.Context, string) error) (_ *record, err error) {
	state, err1 := s.k.word()
	verifier, err2 := s.k.word()
	login, err3 := s.k.word()
	if err := errors.Join(err1, err2, err3); err != nil {
		return nil, err
	}
	d, err := openDoor(ctx, s.c.Port, state)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, d.close()) }()
	secret, err := s.k.resolve(ctx, s.c.Secret)
	if err != nil {
		return nil, err
	}
	who, err := s.web.client(ctx, &p.Issuer, &s.c, secret, d.address())
	if err != nil {
		return nil, err
	}
	question := question(p, who.id, d.address(), state, verifier, wanted)
	if err := show(ctx, question); err != nil {
		return nil, err
	}
	answer, err := d.wait(ctx)
	if err != nil {
		return nil, err
	}
	code, err := codeIn(answer, &p.Issuer)
	if err != nil {
		return nil, err
	}
	got, err := s.web.token(ctx, p.Issuer.Token, &who, url.Values{
		"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {d.address()}, "code_verifier": {verifier}, "resource": {p.Resource},
	})
	if err != nil {
		return nil, err
	}
	r := &record{
		Login: login, Issuer: p.Issuer.Name, Token: p.Issuer.Token, Revoke: p.Issuer.Revoke, Resource: p.Resource,
		Client: who.id, Method: who.method, Scopes: wanted,
	}
	if s.c.Secret == "" {
		r.Secret = who.secret
	}
	r.taken(&got, s.k.o.Now())
	return r, nil
}

// question is the address that a browser is sent to.
func question(p *Place, client, back, state, verifier string, wanted []string) string {
	sum := sha256.Sum256([]byte(verifier))
	q := url.Values{
		"response_type": {"code"}, "client_id": {client}, "redirect_uri": {back}, "state": {state}, "resource": {p.Resource},
		"code_challenge": {base64.RawURLEncoding.EncodeToString(sum[:])}, "code_challenge_method": {"S256"},
	}
	if len(wanted) > 0 {
		q.Set("scope", strings.Join(wanted, " "))
	}
	by := "?"
	if strings.Contains(p.Issuer.Authorize, "?") {
		by = "&"
	}
	return p.Issuer.Authorize + by + q.Encode()
}

// codeIn judges the answer to a login. One of another issuer is not even repeated (RFC 9207, section 2.4).
func codeIn(answer url.Values, i *Issuer) (string, error) {
	if said, is := answer["iss"]; is && said[0] != i.Name || !is && i.NamesItself {
		return "", fmt.Errorf("%w: it should be of %.200q", ErrAnswer, i.Name)
	}
	if code := answer.Get("error"); code != "" {
		return "", &RefusedError{Code: code, Said: answer.Get("error_description")}
	}
	code := answer.Get("code")
	if code == "" || len(code) > maxToken {
		return "", fmt.Errorf("%w: it has no code", ErrAnswer)
	}
	return code, nil
}

// word is a random text of 256 bits, as PKCE and state want it.
func (k *Keeper) word() (string, error) {
	var b [32]byte
	if _, err := io.ReadFull(k.o.Random, b[:]); err != nil {
		return "", err
	}
	return base64.RawURLEncoding.EncodeToString(b[:]), nil
}

// keep keeps a login in the place of whatever there was.
func (s *Source) keep(ctx context.Context, r *record) error {
	for {
		before, err := s.k.load(ctx, &s.a)
		if err != nil {
			return err
		}
		next := &kept{record: *r}
		if before != nil {
			next.version = before.version
		}
		err = s.k.save(ctx, &s.a, next)
		if errors.Is(err, state.ErrConflict) {
			continue
		}
		if err == nil {
			s.use(next)
		}
		return err
	}
}

// Logout forgets a login, and then has its tokens revoked. It reports whether there was one; what is forgotten is so even
// where it cannot be revoked.
func (s *Source) Logout(ctx context.Context) (was bool, err error) {
	r, err := s.k.load(ctx, &s.a)
	if err != nil || r == nil {
		return false, err
	}
	was = r.Login != ""
	if err := s.k.o.State.Delete(ctx, s.a.key()); err != nil {
		return was, err
	}
	s.mu.Lock()
	s.now = kept{}
	s.mu.Unlock()
	return was, s.revoke(ctx, &r.record)
}

// Forget forgets the logins of everybody to the server, and has the tokens of this account revoked. Those of others can be
// opened for them alone.
func (s *Source) Forget(ctx context.Context) error {
	_, err := s.Logout(ctx)
	of := s.a.Server + "/"
	for after := of; ; {
		entries, fault := s.k.o.State.List(ctx, logins, after, state.MaxPage)
		if fault != nil {
			return errors.Join(err, fault)
		}
		for _, e := range entries {
			if after = strings.TrimPrefix(e.Key, logins+"/"); !strings.HasPrefix(after, of) {
				return err
			}
			err = errors.Join(err, s.k.o.State.Delete(ctx, e.Key))
		}
		if len(entries) < state.MaxPage {
			return err
		}
	}
}

// revoke has the tokens of a login revoked (RFC 7009), where its issuer does that.
func (s *Source) revoke(ctx context.Context, r *record) error {
	if r.Revoke == "" {
		return nil
	}
	var faults []error
	for _, t := range [][2]string{{"refresh_token", r.Refresh}, {"access_token", r.Access}} {
		if t[1] == "" {
			continue
		}
		who, err := s.identity(ctx, r)
		if err == nil {
			_, err = s.web.post(ctx, r.Revoke, &who, url.Values{"token": {t[1]}, "token_type_hint": {t[0]}})
		}
		if err != nil {
			faults = append(faults, fmt.Errorf("revoke the %s: %w", strings.ReplaceAll(t[0], "_", " "), err))
		}
	}
	return errors.Join(faults...)
}
