package bearer

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// When an issuer is asked for its keys.
const (
	freshFor  = 10 * time.Minute // after which it is asked again
	pause     = 10 * time.Second // between two times for tokens whose key is not known, so that forged ones cannot flood it
	retryWait = 10 * time.Second // after a failure
)

// Bounds of what an issuer answers.
const (
	maxDocument = 1 << 20 // bytes
	maxKeys     = 256
	minRSABits  = 2048
)

// A keySet is an issuer's keys as they were at some time. It is never changed.
type keySet struct {
	raw  []byte
	keys []jose.JSONWebKey
}

// find returns the keys that may have signed what says its key is kid; one that says none may be anybody's of its kind.
func (s *keySet) find(kid, algorithm string) []*jose.JSONWebKey {
	var found []*jose.JSONWebKey
	for i := range s.keys {
		k := &s.keys[i]
		if (kid == "" || k.KeyID == kid) && fits(k, algorithm) {
			found = append(found, k)
		}
	}
	return found
}

// fits reports whether a key is one for an algorithm: a key says itself what it is good for, never the token.
func fits(k *jose.JSONWebKey, algorithm string) bool {
	if k.Algorithm != "" && k.Algorithm != algorithm {
		return false
	}
	switch key := k.Key.(type) {
	case *rsa.PublicKey:
		return (strings.HasPrefix(algorithm, "RS") || strings.HasPrefix(algorithm, "PS")) && key.N.BitLen() >= minRSABits
	case *ecdsa.PublicKey:
		bits := map[string]int{"ES256": 256, "ES384": 384, "ES512": 521}[algorithm]
		return key.Curve != nil && key.Curve.Params().BitSize == bits
	case ed25519.PublicKey:
		return algorithm == string(jose.EdDSA)
	default:
		return false
	}
}

// A source is where an issuer's keys come from, and those that came last.
type source struct {
	issuer  Issuer
	options *Options

	shown atomic.Pointer[keySet]
	seen  atomic.Int64  // when the issuer last confirmed them, in nanoseconds of Unix time
	next  atomic.Int64  // before when it is not asked again, come what may
	turn  chan struct{} // holds one: whoever takes it asks
	jwks  string        // where they are; guarded by turn
}

func newSource(i Issuer, o *Options) *source {
	s := &source{issuer: i, options: o, turn: make(chan struct{}, 1), jwks: i.JWKS}
	s.turn <- struct{}{}
	return s
}

// current returns the keys that hold now, and asks the issuer first where they are old. While one request asks, the others
// go on with what is known; where nothing is, they wait.
func (s *source) current(ctx context.Context) (*keySet, error) {
	now := s.options.Now()
	shown := s.shown.Load()
	if shown == nil || now.Sub(s.confirmed()) >= freshFor {
		s.ask(ctx, shown == nil, func() bool { return s.shown.Load() == nil || s.options.Now().Sub(s.confirmed()) >= freshFor })
		shown = s.shown.Load()
	}
	if shown == nil || s.options.Now().Sub(s.confirmed()) > freshFor+s.options.Outage {
		return nil, fmt.Errorf("%w: issuer %s", ErrUnavailable, s.issuer.URL)
	}
	return shown, nil
}

// fresh reports whether keys are those that hold, without asking anybody.
func (s *source) fresh(keys *keySet, now time.Time) bool {
	return s.shown.Load() == keys && (now.Sub(s.confirmed()) < freshFor ||
		now.UnixNano() < s.next.Load() && now.Sub(s.confirmed()) <= freshFor+s.options.Outage)
}

// after returns keys that are newer than before, for a token that those do not verify; it is before itself where the
// issuer was asked a moment ago.
func (s *source) after(ctx context.Context, before *keySet) *keySet {
	s.ask(ctx, true, func() bool { return s.shown.Load() == before })
	if shown := s.shown.Load(); shown != nil {
		return shown
	}
	return before
}

func (s *source) confirmed() time.Time { return time.Unix(0, s.seen.Load()) }

// ask has the issuer asked, by one request at a time and not before it is due again.
func (s *source) ask(ctx context.Context, wait bool, due func() bool) {
	if s.options.Now().UnixNano() < s.next.Load() {
		return
	}
	if !s.take(ctx, wait) {
		return
	}
	defer func() { s.turn <- struct{}{} }()
	if now := s.options.Now(); now.UnixNano() < s.next.Load() || !due() {
		return
	}
	// Who asked may go away: the answer is for everybody.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), fetchTimeout)
	defer cancel()
	set, err := s.fetch(ctx)
	now := s.options.Now()
	if err != nil {
		s.next.Store(now.Add(retryWait).UnixNano())
		s.options.OnFault(fmt.Errorf("keys of issuer %s: %w", s.issuer.URL, err))
		return
	}
	s.next.Store(now.Add(pause).UnixNano())
	s.seen.Store(now.UnixNano())
	if known := s.shown.Load(); known == nil || !bytes.Equal(known.raw, set.raw) {
		s.shown.Store(set)
	}
}

// take waits for the turn to ask where waiting is asked for.
func (s *source) take(ctx context.Context, wait bool) bool {
	if wait {
		select {
		case <-s.turn:
			return true
		case <-ctx.Done():
			return false
		}
	}
	select {
	case <-s.turn:
		return true
	default:
		return false
	}
}

// fetch asks for the keys. Where they are is asked again after a failure: it may have changed.
func (s *source) fetch(ctx context.Context) (*keySet, error) {
	if s.jwks == "" {
		where, err := s.discover(ctx)
		if err != nil {
			return nil, err
		}
		s.jwks = where
	}
	raw, err := s.get(ctx, s.jwks)
	if err == nil {
		var set *keySet
		if set, err = decodeKeys(raw); err == nil {
			return set, nil
		}
	}
	s.jwks = s.issuer.JWKS
	return nil, err
}

// decodeKeys reads a set of keys (RFC 7517). Keys that are of no use here are left out, and one that is private or
// symmetric is: whoever publishes it has lost it.
func decodeKeys(raw []byte) (*keySet, error) {
	var document struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(raw, &document); err != nil {
		return nil, fmt.Errorf("no set of keys: %w", err)
	}
	if len(document.Keys) > maxKeys {
		return nil, fmt.Errorf("%d keys: want at most %d", len(document.Keys), maxKeys)
	}
	set := &keySet{raw: raw}
	for _, text := range document.Keys {
		var key jose.JSONWebKey
		if key.UnmarshalJSON(text) == nil && key.Valid() && key.IsPublic() && (key.Use == "" || key.Use == "sig") {
			set.keys = append(set.keys, key)
		}
	}
	if len(set.keys) == 0 {
		return nil, errors.New("no key that could verify a signature")
	}
	return set, nil
}

// discover finds where the keys are: in the metadata of RFC 8414, or in those of OpenID Connect.
func (s *source) discover(ctx context.Context) (string, error) {
	var faults []error
	for _, where := range metadataOf(s.issuer.URL) {
		raw, err := s.get(ctx, where)
		if err != nil {
			faults = append(faults, err)
			continue
		}
		var m struct {
			Issuer string `json:"issuer"`
			JWKS   string `json:"jwks_uri"`
		}
		if err := json.Unmarshal(raw, &m); err != nil {
			return "", fmt.Errorf("%s: %w", where, err)
		}
		if m.Issuer != s.issuer.URL { // RFC 8414, section 3.3: it must not be used then
			return "", fmt.Errorf("%s: it is about issuer %q", where, m.Issuer)
		}
		if err := CheckURL(where+": jwks_uri", m.JWKS); err != nil {
			return "", err
		}
		if issuer, _ := url.Parse(s.issuer.URL); issuer.Scheme == "https" && !strings.HasPrefix(m.JWKS, "https:") {
			return "", fmt.Errorf("%s: jwks_uri %q is not https", where, m.JWKS)
		}
		return m.JWKS, nil
	}
	return "", errors.Join(faults...)
}

// metadataOf is where an issuer's metadata may be. RFC 8414 puts the well-known part before the issuer's path, OpenID
// Connect behind it.
func metadataOf(issuer string) []string {
	u, err := url.Parse(issuer)
	if err != nil {
		return nil
	}
	root, path := u.Scheme+"://"+u.Host, strings.TrimSuffix(u.EscapedPath(), "/")
	all := []string{root + "/.well-known/oauth-authorization-server" + path}
	if path != "" {
		all = append(all, root+"/.well-known/openid-configuration"+path)
	}
	return append(all, root+path+"/.well-known/openid-configuration")
}

// get fetches a document of bounded size.
func (s *source) get(ctx context.Context, where string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, where, http.NoBody)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Accept", "application/json")
	response, err := s.options.Client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: %s", where, response.Status)
	}
	raw, err := io.ReadAll(io.LimitReader(response.Body, maxDocument+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("%s: %w", where, err)
	case len(raw) > maxDocument:
		return nil, fmt.Errorf("%s: longer than %d bytes", where, maxDocument)
	}
	return raw, nil
}
