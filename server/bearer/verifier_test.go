package bearer_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/mcp-kernel/mcp-kernel/server/bearer"
)

func TestGoodTokens(t *testing.T) {
	t.Parallel()
	c := newClock()
	for name, s := range map[string]signer{"ES256": newES256(t, "a"), "EdDSA": newEdDSA(t, "b"), "RS256": newRS256(t, "c", 2048)} {
		i := newIssuer(t, s.public())
		v := newVerifier(t, c, i)
		want := bearer.Token{
			Principal: "oauth:ada@" + i.URL, Issuer: i.URL, Subject: "ada", Client: "editor",
			Scopes: []string{"files:read", "mcp"}, Groups: []string{"staff"},
			Expires: time.Unix(c.now().Add(time.Hour+time.Minute).Unix(), 0),
		}
		for range 2 {
			got, err := verify(v, s.sign(t, claims(i, c)))
			if err != nil || !reflect.DeepEqual(*got, want) {
				t.Errorf("%s: %+v, %v\nwant %+v", name, got, err, want)
			}
		}
		for what, changes := range map[string][]any{
			"one of many audiences":    {"aud", []string{"else", resource}},
			"a slash at its end":       {"aud", resource + "/"},
			"a clock that is ahead":    {"nbf", c.now().Add(50 * time.Second).Unix()},
			"one that is behind":       {"exp", c.now().Add(-50 * time.Second).Unix()},
			"scopes as a list":         {"scope", nil, "scp", []string{"mcp", "files:read"}},
			"parts of seconds":         {"exp", float64(c.now().Unix()) + 60.5},
			"no client and no groups":  {"client_id", nil, "groups", nil},
			"a subject with something": {"sub", "auth0|a@b@c"},
		} {
			if _, err := verify(v, s.sign(t, claims(i, c, changes...))); err != nil {
				t.Errorf("%s, %s: %v", name, what, err)
			}
		}
		if n := i.times(); n != 1 {
			t.Errorf("the issuer was asked %d times", n)
		}
	}
}

// TestHostileTokens has whoever wants in try what is known to have worked elsewhere.
func TestHostileTokens(t *testing.T) {
	t.Parallel()
	c := newClock()
	good, weak, mallory := newRS256(t, "k1", 2048), newRS256(t, "weak", 1024), newES256(t, "k1")
	i, other := newIssuer(t, good.public(), weak.public()), newIssuer(t, mallory.public())
	v := newVerifier(t, c, i)
	fine := good.sign(t, claims(i, c))
	part := strings.Split(fine, ".")
	der, err := x509.MarshalPKIXPublicKey(good.key.Public())
	if err != nil {
		t.Fatal(err)
	}
	hs256 := func(secret []byte) string {
		text := b64(`{"alg":"HS256","kid":"k1","typ":"at+jwt"}`) + "." + part[1]
		mac := hmac.New(sha256.New, secret)
		mac.Write([]byte(text))
		return text + "." + b64(string(mac.Sum(nil)))
	}
	with := func(changes ...any) string { return good.sign(t, claims(i, c, changes...)) }
	twice := func(more string) string {
		text := claims(i, c)
		return good.sign(t, text[:len(text)-1]+","+more+"}")
	}
	hour := c.now().Add(time.Hour).Unix()
	for name, token := range map[string]string{
		"nothing":                    "",
		"dots":                       "..",
		"one part":                   "abc",
		"four parts":                 fine + ".x",
		"not signed":                 part[0] + "." + part[1] + ".",
		"padding":                    part[0] + "=." + part[1] + "." + part[2],
		"another's signature":        part[0] + "." + part[1] + "." + strings.Split(with("sub", "eve"), ".")[2],
		"other claims":               part[0] + "." + b64(claims(i, c, "sub", "root")) + "." + part[2],
		"alg none":                   b64(`{"alg":"none"}`) + "." + part[1] + ".",
		"alg NonE":                   b64(`{"alg":"NonE","kid":"k1"}`) + "." + part[1] + "." + part[2],
		"alg missing":                b64(`{"kid":"k1"}`) + "." + part[1] + "." + part[2],
		"alg twice":                  b64(`{"alg":"RS256","alg":"none","kid":"k1"}`) + "." + part[1] + "." + part[2],
		"HS256, public key as PEM":   hs256(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})),
		"HS256, public key as DER":   hs256(der),
		"HS256, empty":               hs256(nil),
		"another key, same kid":      mallory.sign(t, claims(i, c)),
		"a foreign kid":              newES256(t, "k2").sign(t, claims(i, c)),
		"a kid that is a path":       newES256(t, "../../../../dev/null").sign(t, claims(i, c)),
		"a kid that is SQL":          newES256(t, "k1' OR '1'='1").sign(t, claims(i, c)),
		"a kid that is a number":     b64(`{"alg":"RS256","kid":1}`) + "." + part[1] + "." + part[2],
		"an algorithm not the key's": b64(`{"alg":"PS256","kid":"k1","typ":"at+jwt"}`) + "." + part[1] + "." + part[2],
		"a short RSA key":            weak.sign(t, claims(i, c)),
		"jku":                        good.sign(t, claims(i, c), "jku", other.URL+"/keys"),
		"x5u":                        good.sign(t, claims(i, c), "x5u", other.URL+"/keys"),
		"jwk":                        mallory.sign(t, claims(i, c), "jwk", mallory.public()),
		"x5c":                        good.sign(t, claims(i, c), "x5c", []string{"MIIB"}),
		"crit":                       good.sign(t, claims(i, c), "crit", []string{"exp"}),
		"b64":                        good.sign(t, claims(i, c), "b64", false),
		"another type of token":      good.sign(t, claims(i, c), "typ", "logout+jwt"),
		"DPoP":                       good.sign(t, claims(i, c), "typ", "dpop+jwt"),
		"bound to a key":             with("cnf", map[string]string{"jkt": "x"}),
		"not an object":              good.sign(t, `[]`),
		"null":                       good.sign(t, `null`),
		"not JSON":                   good.sign(t, `{`),
		"another issuer's":           mallory.sign(t, claims(other, c)),
		"another issuer's name":      with("iss", other.URL),
		"an issuer with a slash":     with("iss", i.URL+"/"),
		"no issuer":                  with("iss", nil),
		"ISS":                        with("iss", nil, "ISS", i.URL),
		"another audience":           with("aud", "https://else.example/mcp"),
		"an audience that begins so": with("aud", resource+".evil.example"),
		"no audience":                with("aud", nil),
		"no audience in a list":      with("aud", []string{}),
		"an audience that is null":   with("aud", []any{nil}),
		"expired":                    with("exp", c.now().Add(-time.Hour).Unix()),
		"no exp":                     with("exp", nil),
		"exp null":                   twice(`"x":1,"nbf":null`),
		"exp a text":                 with("exp", "9999999999"),
		"exp beyond all times":       with("exp", 1e300),
		"exp negative":               with("exp", -1),
		"not yet":                    with("nbf", hour),
		"issued later":               with("iat", hour),
		"no subject":                 with("sub", nil),
		"an empty subject":           with("sub", ""),
		"a subject of two lines":     with("sub", "ada\nroot"),
		"a long subject":             with("sub", strings.Repeat("a", 256)),
		"a subject that is a list":   with("sub", []string{"ada"}),
		"exp twice":                  twice(`"exp":99999999999`),
		"sub twice, escaped":         twice(`"s\u0075b":"root"`),
		"scope a list":               with("scope", []string{"mcp"}),
		"groups that are numbers":    with("groups", []int{1}),
		"too many groups":            with("groups", make([]string, 2000)),
		"huge":                       with("x", strings.Repeat("a", 20_000)),
	} {
		got, err := verify(v, token)
		if got != nil || !errors.Is(err, bearer.ErrRefused) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
		if err != nil && len(part[2]) > 0 && strings.Contains(err.Error(), part[2]) {
			t.Errorf("%s: the error shows the token: %v", name, err)
		}
	}
	if _, err := verify(v, fine); err != nil {
		t.Error(err)
	}
	if n := i.times(); n != 1 {
		t.Errorf("forged tokens had the issuer asked %d times", n)
	}
	if n := other.times(); n != 0 {
		t.Errorf("a token sent the kernel to a stranger %d times", n)
	}
}

// TestRotation has an issuer change its keys: tokens of the new one are taken at once, those of the old one no longer.
func TestRotation(t *testing.T) {
	t.Parallel()
	c := newClock()
	old, next := newES256(t, "1"), newES256(t, "2")
	i := newIssuer(t, old.public())
	v := newVerifier(t, c, i)
	before, after := old.sign(t, claims(i, c)), next.sign(t, claims(i, c))
	expect := func(what, token string, taken bool) {
		t.Helper()
		if _, err := verify(v, token); (err == nil) != taken {
			t.Errorf("%s: %v", what, err)
		}
	}
	expect("the old one's", before, true)
	i.set(func(i *issuer) { i.keys = append(i.keys[:0:0], next.public()) })
	expect("too early to ask again", after, false)
	c.pass(11 * time.Second)
	expect("the old one's, not yet seen to be withdrawn", before, true)
	expect("the new one's", after, true)
	expect("the old one's", before, false)
	asked := i.times()
	for n := range 50 {
		expect("forged", newES256(t, strings.Repeat("f", n+1)).sign(t, claims(i, c)), false)
	}
	if n := i.times(); n != asked {
		t.Errorf("asked %d times for forged ones", n-asked)
	}
}

// TestOutage has an issuer go away: who was let in goes on to be, for a bounded time, and nobody is unjudged.
func TestOutage(t *testing.T) {
	t.Parallel()
	c := newClock()
	s := newES256(t, "1")
	i := newIssuer(t, s.public())
	i.set(func(i *issuer) { i.down = true })
	v := newVerifier(t, c, i)
	fresh := func() string { return s.sign(t, claims(i, c)) }
	if _, err := verify(v, fresh()); !errors.Is(err, bearer.ErrUnavailable) || errors.Is(err, bearer.ErrRefused) {
		t.Errorf("never seen: %v", err)
	}
	if err := v.Check(context.Background()); !errors.Is(err, bearer.ErrUnavailable) {
		t.Error(err)
	}
	i.set(func(i *issuer) { i.down = false })
	c.pass(11 * time.Second)
	if _, err := verify(v, fresh()); err != nil {
		t.Errorf("back: %v", err)
	}
	i.set(func(i *issuer) { i.down = true })
	for range 24 {
		c.pass(time.Hour)
		if _, err := verify(v, fresh()); err != nil {
			t.Errorf("down: %v", err)
		}
	}
	c.pass(11 * time.Minute)
	token := s.sign(t, claims(i, c))
	if _, err := verify(v, token); !errors.Is(err, bearer.ErrUnavailable) {
		t.Errorf("down for a day: %v", err)
	}
	i.set(func(i *issuer) { i.down, i.extra = false, []byte(`{"keys":[{"kty":"oct","k":"AAAA","kid":"1"}]}`) })
	c.pass(time.Minute)
	if _, err := verify(v, token); !errors.Is(err, bearer.ErrUnavailable) {
		t.Errorf("keys that are none: %v", err)
	}
	i.set(func(i *issuer) { i.extra = make([]byte, 2<<20) })
	c.pass(time.Minute)
	if _, err := verify(v, token); !errors.Is(err, bearer.ErrUnavailable) {
		t.Errorf("too many bytes: %v", err)
	}
	i.set(func(i *issuer) { i.extra = nil })
	c.pass(time.Minute)
	if _, err := verify(v, token); err != nil {
		t.Errorf("back again: %v", err)
	}
	c.pass(2 * time.Hour)
	if _, err := verify(v, token); !errors.Is(err, bearer.ErrRefused) {
		t.Errorf("expired, and verified before: %v", err)
	}
}

func TestIssuersShareNobody(t *testing.T) {
	t.Parallel()
	c := newClock()
	one, two := newES256(t, "k"), newES256(t, "k")
	a, b := newIssuer(t, one.public()), newIssuer(t, two.public())
	v := newVerifier(t, c, a, b)
	ofA, errA := verify(v, one.sign(t, claims(a, c)))
	ofB, errB := verify(v, two.sign(t, claims(b, c)))
	if errA != nil || errB != nil || ofA.Principal == ofB.Principal {
		t.Errorf("%+v, %v; %+v, %v", ofA, errA, ofB, errB)
	}
	if _, err := verify(v, one.sign(t, claims(b, c))); !errors.Is(err, bearer.ErrRefused) {
		t.Errorf("one issuer's token in the other's name: %v", err)
	}
}

func TestOptions(t *testing.T) {
	t.Parallel()
	_, err := bearer.New(bearer.Options{
		Resource: "http://kernel.example/mcp", Leeway: time.Hour, Outage: -1,
		Issuers: []bearer.Issuer{{URL: "http://issuer.example"}, {URL: "https://a.example?x"}, {URL: "https://a.example", JWKS: "ftp://x"}, {URL: "https://a.example"}},
	})
	for _, fault := range []string{"resource", "leeway", "outage", "issuers[0].url", "issuers[1].url", "issuers[2].jwks_url", "there twice"} {
		if err == nil || !strings.Contains(err.Error(), fault) {
			t.Errorf("%s is not among %v", fault, err)
		}
	}
	if _, err := bearer.New(bearer.Options{}); err == nil {
		t.Error("nobody's tokens for nobody")
	}
}

// FuzzVerify has strangers send anything: nothing but what the issuer signed is taken.
func FuzzVerify(f *testing.F) {
	c := newClock()
	s := newES256(f, "1")
	i := newIssuer(f, s.public())
	v := newVerifier(f, c, i)
	good := s.sign(f, claims(i, c))
	f.Add(good)
	f.Add(b64(`{"alg":"none"}`) + "." + b64(claims(i, c)) + ".")
	f.Add("..")
	f.Fuzz(func(t *testing.T, token string) {
		got, err := verify(v, token)
		if token == good {
			if err != nil {
				t.Fatal(err)
			}
			return
		}
		if got != nil || !errors.Is(err, bearer.ErrRefused) {
			t.Fatalf("%q: %+v, %v", token, got, err)
		}
	})
}

func BenchmarkVerify(b *testing.B) {
	c := newClock()
	s := newES256(b, "1")
	i := newIssuer(b, s.public())
	v := newVerifier(b, c, i)
	token := s.sign(b, claims(i, c))
	b.Run("known", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := verify(v, token); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("forged", func(b *testing.B) {
		forged := newES256(b, "1").sign(b, claims(i, c))
		b.ReportAllocs()
		for b.Loop() {
			if _, err := verify(v, forged); err == nil {
				b.Fatal("taken")
			}
		}
	})
}
