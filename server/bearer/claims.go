package bearer

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/mcp-kernel/mcp-kernel/modules/primitives"
)

// Members are those of a JSON object, by names to the letter: package json would take "ISS" for iss.
type members map[string]json.RawMessage

// decodeMembers reads one object in which no name is there twice: two readers could take different ones to hold.
func decodeMembers(raw []byte) (members, error) {
	if _, err := primitives.Canonical(raw); err != nil {
		return nil, err
	}
	var m members
	if err := json.Unmarshal(raw, &m); err != nil {
		return nil, err
	}
	if m == nil {
		return nil, errors.New("not an object")
	}
	return m, nil
}

// text returns a member that must be a text where it is there.
func (m members) text(name string) (string, error) {
	raw, ok := m[name]
	if !ok {
		return "", nil
	}
	var value *string
	if json.Unmarshal(raw, &value) != nil || value == nil {
		return "", fmt.Errorf("%s is no text", name)
	}
	return *value, nil
}

// list returns a member that is a text or a list of texts.
func (m members) list(name string) ([]string, error) {
	raw, ok := m[name]
	if !ok {
		return nil, nil
	}
	var many []*string
	if json.Unmarshal(raw, &many) == nil && many != nil && !slices.Contains(many, nil) {
		list := make([]string, len(many))
		for i := range many {
			list[i] = *many[i]
		}
		return list, nil
	}
	one, err := m.text(name)
	if err != nil {
		return nil, fmt.Errorf("%s is neither a text nor a list of texts", name)
	}
	return []string{one}, nil
}

// time returns a NumericDate (RFC 7519, section 2), and whether there is one.
func (m members) time(name string) (time.Time, bool, error) {
	raw, ok := m[name]
	if !ok {
		return time.Time{}, false, nil
	}
	const latest = 1 << 40 // some 34,000 years from now: beyond it arithmetic on times is not what it seems
	var seconds *float64
	if json.Unmarshal(raw, &seconds) != nil || seconds == nil || *seconds < 0 || *seconds > latest {
		return time.Time{}, false, fmt.Errorf("%s is no time", name)
	}
	whole, part := math.Modf(*seconds)
	return time.Unix(int64(whole), int64(part*float64(time.Second))), true, nil
}

// A Token is what a verified access token says. Its lists must not be changed: they are shared.
type Token struct {
	Principal string    // the subject, unmistakable among all issuers: see Principal
	Issuer    string    // who vouches
	Subject   string    // for whom, among the issuer's
	Client    string    // the program that the token was given to; empty when it does not say
	Scopes    []string  // what it was given for
	Groups    []string  // of the subject, by the claim that is configured
	Expires   time.Time // from when on it is refused
}

// PrincipalPrefix begins the principals of tokens; nobody else's begin so.
const PrincipalPrefix = "oauth:"

// Principal returns the name of an issuer's subject: oauth:SUBJECT@ISSUER. A subject may have an @ in it, a URL that
// CheckURL lets pass does not, so two that differ in either never share a name.
func Principal(issuer, subject string) string { return PrincipalPrefix + subject + "@" + issuer }

// Bounds of what a token says, in bytes and numbers.
const (
	maxSubject   = 255 // OpenID Connect Core, section 2
	maxPrincipal = 256 // longer ones would be cut where they are recorded, and might be another's then
	maxListed    = 1024
)

// read checks the claims of a token whose signature was verified, all but whose it is, which was.
func (v *Verifier) read(issuer string, m members) (*Token, error) {
	t := &Token{Issuer: issuer}
	var err error
	if t.Subject, err = m.text("sub"); err != nil {
		return nil, err
	}
	if !isSubject(t.Subject) {
		return nil, fmt.Errorf("sub: want 1 to %d visible ASCII characters", maxSubject)
	}
	if t.Principal = Principal(issuer, t.Subject); len(t.Principal) > maxPrincipal {
		return nil, fmt.Errorf("sub: with its issuer it is longer than %d bytes", maxPrincipal)
	}
	if err := v.intended(m); err != nil {
		return nil, err
	}
	if t.Expires, err = v.inTime(m); err != nil {
		return nil, err
	}
	if _, bound := m["cnf"]; bound {
		return nil, errors.New("cnf: it is bound to a key that a bearer does not show")
	}
	if t.Scopes, err = scopesOf(m); err != nil {
		return nil, err
	}
	if t.Groups, err = m.list(v.options.Groups); err != nil {
		return nil, err
	}
	if len(t.Scopes) > maxListed || len(t.Groups) > maxListed {
		return nil, fmt.Errorf("more than %d scopes or groups", maxListed)
	}
	for _, name := range []string{"azp", "client_id"} {
		if id, err := m.text(name); err == nil && id != "" {
			t.Client = id
		}
	}
	return t, nil
}

func isSubject(text string) bool {
	return text != "" && len(text) <= maxSubject && !strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' })
}

// intended reports why a token is not for this server.
func (v *Verifier) intended(m members) error {
	audience, err := m.list("aud")
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(audience, v.isAudience) {
		return fmt.Errorf("aud %.200q is not this server", audience)
	}
	return nil
}

// isAudience knows the canonical URI with and without a trailing slash: clients are told to leave it out, and some do not.
func (v *Verifier) isAudience(value string) bool {
	resource := v.options.Resource
	return resource != "" && strings.TrimSuffix(value, "/") == strings.TrimSuffix(resource, "/") || slices.Contains(v.options.Audiences, value)
}

// inTime checks when a token holds, and returns when it ends.
func (v *Verifier) inTime(m members) (time.Time, error) {
	now := v.options.Now()
	expires, ok, err := m.time("exp")
	switch {
	case err != nil:
		return time.Time{}, err
	case !ok:
		return time.Time{}, errors.New("exp is missing")
	}
	expires = expires.Add(v.options.Leeway)
	if !now.Before(expires) {
		return time.Time{}, errors.New("it has expired")
	}
	for _, name := range []string{"nbf", "iat"} {
		from, ok, err := m.time(name)
		if err != nil {
			return time.Time{}, err
		}
		if ok && from.After(now.Add(v.options.Leeway)) {
			return time.Time{}, fmt.Errorf("%s: it does not hold yet", name)
		}
	}
	return expires, nil
}

// scopesOf returns what a token was given for: scope is a text of words (RFC 9068), and some issuers have a list scp.
func scopesOf(m members) ([]string, error) {
	words, err := m.text("scope")
	if err != nil {
		return nil, err
	}
	scopes := strings.Fields(words)
	more, err := m.list("scp")
	if err != nil {
		return nil, err
	}
	for _, words := range more {
		scopes = append(scopes, strings.Fields(words)...)
	}
	slices.Sort(scopes)
	return slices.Compact(scopes), nil
}

// Has reports whether the token was given for a scope.
func (t *Token) Has(scope string) bool {
	_, ok := slices.BinarySearch(t.Scopes, scope)
	return ok
}
