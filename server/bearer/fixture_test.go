package bearer_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/mcp-kernel/mcp-kernel/server/bearer"
)

const resource = "https://kernel.example/mcp"

// A clock stands until it is moved.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func newClock() *clock { return &clock{at: time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC)} }

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// An issuer publishes keys over a real connection, and can be down.
type issuer struct {
	*httptest.Server

	mu    sync.Mutex
	keys  []jose.JSONWebKey
	down  bool
	asked int    // for keys
	extra []byte // instead of keys
}

func newIssuer(tb testing.TB, keys ...jose.JSONWebKey) *issuer {
	tb.Helper()
	i := &issuer{keys: keys}
	i.Server = httptest.NewServer(http.HandlerFunc(i.serve))
	tb.Cleanup(i.Close)
	return i
}

func (i *issuer) serve(w http.ResponseWriter, r *http.Request) {
	i.mu.Lock()
	defer i.mu.Unlock()
	switch {
	case i.down:
		http.Error(w, "down", http.StatusBadGateway)
	case r.URL.Path == "/.well-known/oauth-authorization-server":
		fmt.Fprintf(w, `{"issuer":%q,"jwks_uri":%q}`, i.URL, i.URL+"/keys")
	case r.URL.Path == "/keys" && i.extra != nil:
		i.asked++
		_, _ = w.Write(i.extra)
	case r.URL.Path == "/keys":
		i.asked++
		_ = json.NewEncoder(w).Encode(jose.JSONWebKeySet{Keys: i.keys})
	default:
		http.NotFound(w, r)
	}
}

func (i *issuer) set(how func(*issuer)) {
	i.mu.Lock()
	defer i.mu.Unlock()
	how(i)
}

func (i *issuer) times() int {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.asked
}

// A signer is a private key with the header that names it.
type signer struct {
	key crypto.Signer
	alg jose.SignatureAlgorithm
	kid string
}

func newES256(tb testing.TB, kid string) signer {
	tb.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	return signer{key, jose.ES256, kid}
}

func newEdDSA(tb testing.TB, kid string) signer {
	tb.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	return signer{key, jose.EdDSA, kid}
}

func newRS256(tb testing.TB, kid string, bits int) signer {
	tb.Helper()
	key, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		tb.Fatal(err)
	}
	return signer{key, jose.RS256, kid}
}

func (s signer) public() jose.JSONWebKey {
	return jose.JSONWebKey{Key: s.key.Public(), KeyID: s.kid, Algorithm: string(s.alg), Use: "sig"}
}

// sign makes a token of claims, which may be anything.
func (s signer) sign(tb testing.TB, claims string, heads ...any) string {
	tb.Helper()
	o := (&jose.SignerOptions{}).WithType("at+jwt").WithHeader("kid", s.kid)
	for n := 0; n < len(heads); n += 2 {
		o = o.WithHeader(jose.HeaderKey(fmt.Sprint(heads[n])), heads[n+1])
	}
	with, err := jose.NewSigner(jose.SigningKey{Algorithm: s.alg, Key: s.key}, o)
	if err != nil {
		tb.Fatal(err)
	}
	signed, err := with.Sign([]byte(claims))
	if err != nil {
		tb.Fatal(err)
	}
	token, err := signed.CompactSerialize()
	if err != nil {
		tb.Fatal(err)
	}
	return token
}

// claims are good ones, with some changed: nil takes one away.
func claims(i *issuer, c *clock, changes ...any) string {
	m := map[string]any{
		"iss": i.URL, "sub": "ada", "aud": resource, "exp": c.now().Add(time.Hour).Unix(), "iat": c.now().Unix(),
		"scope": "mcp files:read", "client_id": "editor", "groups": []string{"staff"},
	}
	for n := 0; n < len(changes); n += 2 {
		if name := fmt.Sprint(changes[n]); changes[n+1] == nil {
			delete(m, name)
		} else {
			m[name] = changes[n+1]
		}
	}
	text, err := json.Marshal(m)
	if err != nil {
		panic(err)
	}
	return string(text)
}

func newVerifier(tb testing.TB, c *clock, issuers ...*issuer) *bearer.Verifier {
	tb.Helper()
	o := bearer.Options{Resource: resource, Now: c.now, OnFault: func(err error) { tb.Log(err) }}
	for _, i := range issuers {
		o.Issuers = append(o.Issuers, bearer.Issuer{URL: i.URL})
	}
	v, err := bearer.New(o)
	if err != nil {
		tb.Fatal(err)
	}
	return v
}

func verify(v *bearer.Verifier, token string) (*bearer.Token, error) {
	return v.Verify(context.Background(), token)
}

func b64(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }
