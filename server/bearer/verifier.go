package bearer

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"github.com/go-jose/go-jose/v4"
)

var (
	// ErrRefused is what every token comes to that opens nothing. Its text is all that a client may be told; the error
	// that wraps it names the reason, and is for the log.
	ErrRefused = errors.New("the token is not accepted")
	// ErrUnavailable is returned when the keys of a token's issuer cannot be had: the token is neither good nor bad.
	ErrUnavailable = errors.New("the keys cannot be had")
)

// maxToken is the longest token that is looked at, in bytes.
const maxToken = 16 << 10

// A Verifier verifies tokens. It is safe for concurrent use, has no goroutines and need not be closed.
type Verifier struct {
	options Options
	issuers map[string]*source
	known   cache
}

// New returns a verifier, or every fault of the options. It asks nobody for anything yet.
func New(o Options) (*Verifier, error) {
	if err := o.validate(); err != nil {
		return nil, err
	}
	v := &Verifier{options: o, issuers: make(map[string]*source, len(o.Issuers))}
	for _, issuer := range o.Issuers {
		v.issuers[issuer.URL] = newSource(issuer, &v.options)
	}
	return v, nil
}

// Check asks every issuer for its keys, as the first token would, and returns every fault.
func (v *Verifier) Check(ctx context.Context) error {
	var faults []error
	for _, issuer := range v.options.Issuers {
		if _, err := v.issuers[issuer.URL].current(ctx); err != nil {
			faults = append(faults, err)
		}
	}
	return errors.Join(faults...)
}

// Verify returns what a token says, in the form that RFC 7515 calls compact. Whatever is wrong with it is an error that
// wraps ErrRefused and says why; it shows no part of the token but claims, so it may be logged. An issuer that cannot be
// asked for its keys is ErrUnavailable. A token that was verified before costs one hash.
func (v *Verifier) Verify(ctx context.Context, token string) (*Token, error) {
	if len(token) > maxToken {
		return nil, fmt.Errorf("%w: longer than %d bytes", ErrRefused, maxToken)
	}
	now, sum := v.options.Now(), digestOf(token)
	if e, ok := v.known.get(sum); ok && now.Before(e.token.Expires) && v.issuers[e.token.Issuer].fresh(e.keys, now) {
		return e.token, nil
	}
	t, keys, err := v.verify(ctx, token)
	switch {
	case errors.Is(err, ErrUnavailable):
		return nil, err
	case err != nil:
		v.known.drop(sum)
		return nil, fmt.Errorf("%w: %w", ErrRefused, err)
	}
	v.known.put(sum, entry{t, keys}, now)
	return t, nil
}

// verify checks a token: its form, who is said to have signed it, that they did, and what they say.
func (v *Verifier) verify(ctx context.Context, token string) (*Token, *keySet, error) {
	h, payload, err := open(token)
	if err != nil {
		return nil, nil, err
	}
	claims, err := decodeMembers(payload)
	if err != nil {
		return nil, nil, fmt.Errorf("claims: %w", err)
	}
	issuer, err := claims.text("iss")
	if err != nil {
		return nil, nil, err
	}
	from := v.issuers[issuer]
	if from == nil {
		return nil, nil, fmt.Errorf("iss %.200q is no issuer of ours", issuer)
	}
	// What is wrong with the claims alone must not make anybody ask the issuer.
	t, err := v.read(issuer, claims)
	if err != nil {
		return nil, nil, err
	}
	signed, err := jose.ParseSignedCompact(token, algorithms())
	if err != nil {
		return nil, nil, err
	}
	keys, err := from.current(ctx)
	if err != nil {
		return nil, nil, err
	}
	if verifies(signed, keys, h) {
		return t, keys, nil
	}
	if len(keys.find(h.kid, h.algorithm)) > 0 && h.kid != "" {
		return nil, nil, errors.New("the signature is not its issuer's")
	}
	if newer := from.after(ctx, keys); newer != keys && verifies(signed, newer, h) {
		return t, newer, nil
	}
	return nil, nil, fmt.Errorf("no key %.100q of its issuer verifies it", h.kid)
}

// verifies reports whether one of the keys has signed. It tries a few where the token does not say which.
func verifies(signed *jose.JSONWebSignature, keys *keySet, h header) bool {
	const tries = 8
	found := keys.find(h.kid, h.algorithm)
	for _, key := range found[:min(len(found), tries)] {
		if _, err := signed.Verify(key.Key); err == nil {
			return true
		}
	}
	return false
}

// algorithms are those with a private and a public key. With the others, whoever can verify can sign.
func algorithms() []jose.SignatureAlgorithm {
	return []jose.SignatureAlgorithm{
		jose.RS256, jose.RS384, jose.RS512, jose.PS256, jose.PS384, jose.PS512,
		jose.ES256, jose.ES384, jose.ES512, jose.EdDSA,
	}
}

// A header is what of a token's is needed.
type header struct{ algorithm, kid string }

// open takes a token apart and checks its header (RFC 7515 section 4, RFC 8725).
func open(token string) (header, []byte, error) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return header{}, nil, errors.New("not of the form of a signed token")
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(parts[0])
	if err != nil {
		return header{}, nil, errors.New("header: not base64url")
	}
	m, err := decodeMembers(raw)
	if err != nil {
		return header{}, nil, fmt.Errorf("header: %w", err)
	}
	h, err := readHeader(m)
	if err != nil {
		return header{}, nil, fmt.Errorf("header: %w", err)
	}
	payload, err := base64.RawURLEncoding.Strict().DecodeString(parts[1])
	if err != nil {
		return header{}, nil, errors.New("claims: not base64url")
	}
	return h, payload, nil
}

func readHeader(m members) (header, error) {
	// Keys come from the issuer, never from the token; and what must be understood, and is not, refuses.
	for _, name := range []string{"jku", "jwk", "x5u", "x5c", "crit", "b64", "zip", "enc"} {
		if _, ok := m[name]; ok {
			return header{}, fmt.Errorf("%s is not accepted", name)
		}
	}
	kind, err := m.text("typ")
	if err != nil {
		return header{}, err
	}
	switch strings.TrimPrefix(strings.ToLower(kind), "application/") {
	case "", "jwt", "at+jwt":
	default:
		return header{}, fmt.Errorf("typ %.100q is no access token", kind)
	}
	var h header
	if h.algorithm, err = m.text("alg"); err != nil {
		return header{}, err
	}
	h.kid, err = m.text("kid")
	return h, err
}

func digestOf(token string) [sha256.Size]byte { return sha256.Sum256([]byte(token)) }
