package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// An authority signs certificates.
type authority struct {
	t    *testing.T
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := &authority{t: t}
	root := a.sign(func(c *x509.Certificate) {
		c.IsCA, c.BasicConstraintsValid, c.KeyUsage = true, true, x509.KeyUsageCertSign
	})
	cert, err := x509.ParseCertificate(root.Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	a.cert = cert
	return a
}

// sign makes a certificate, or the authority's own where it has none yet.
func (a *authority) sign(change func(*x509.Certificate)) tls.Certificate {
	a.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.t.Fatal(err)
	}
	c := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: "an agent", Organization: []string{"Example"}},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	change(c)
	by, with := a.cert, a.key
	if by == nil {
		by, with, a.key = c, key, key
		c.ExtKeyUsage = nil
	}
	der, err := x509.CreateCertificate(rand.Reader, c, by, key.Public(), with)
	if err != nil {
		a.t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// pem writes the authority's certificate.
func (a *authority) pem(path string) {
	a.t.Helper()
	write(a.t, path, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.cert.Raw})))
}

// TestClientCertificates has clients show certificates, good ones and others, where they may and where they must.
func TestClientCertificates(t *testing.T) {
	t.Parallel()
	ours, theirs := newAuthority(t), newAuthority(t)
	spiffe := func(c *x509.Certificate) {
		c.URIs = []*url.URL{{Scheme: "spiffe", Host: "example.org", Path: "/agent"}}
	}
	certificates := map[string]struct {
		shown     *tls.Certificate
		principal string // empty is refused
	}{
		"URI":              {signed(ours, spiffe), "cert:spiffe://example.org/agent"},
		"URI before DNS":   {signed(ours, func(c *x509.Certificate) { spiffe(c); c.DNSNames = []string{"a.example"} }), "cert:spiffe://example.org/agent"},
		"DNS":              {signed(ours, func(c *x509.Certificate) { c.DNSNames = []string{"A.Example", "b.example"} }), "cert:dns:a.example"},
		"subject":          {signed(ours, func(*x509.Certificate) {}), "cert:subject:CN=an%20agent%2CO=Example"},
		"two URIs":         {signed(ours, func(c *x509.Certificate) { spiffe(c); c.URIs = append(c.URIs, c.URIs[0]) }), ""},
		"a stranger's":     {signed(theirs, spiffe), ""},
		"expired":          {signed(ours, func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Minute) }), ""},
		"for servers":      {signed(ours, func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth} }), ""},
		"a very long name": {signed(ours, func(c *x509.Certificate) { c.DNSNames = []string{strings.Repeat("a.", 150) + "example"} }), ""},
		"none":             {nil, ""},
	}
	for _, demand := range []string{"optional", "required"} {
		t.Run(demand, func(t *testing.T) {
			t.Parallel()
			dir, config := home(t)
			server := ours.sign(func(c *x509.Certificate) {
				c.DNSNames, c.ExtKeyUsage = []string{"localhost"}, []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
			})
			secret, err := x509.MarshalPKCS8PrivateKey(server.PrivateKey)
			if err != nil {
				t.Fatal(err)
			}
			file := func(name string) string { return filepath.Join(dir, name) }
			write(t, file("cert.pem"), string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate[0]})))
			write(t, file("key.pem"), string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})))
			ours.pem(file("clients.pem"))
			write(t, config, read(t, config)+fmt.Sprintf("server: {http: {tls_cert: %q, tls_key: %q, client_ca: %q, client_cert: %s}}\n",
				file("cert.pem"), file("key.pem"), file("clients.pem"), demand))
			key := strings.TrimSpace(decoded[struct{ Token string }](t, ok(t, "keys", "create", "--principal", "service:ci", "--config", config, "-o", "json")).Token)
			at := strings.Replace(address(t, launch(t, built(t), "serve", "--http", "127.0.0.1:0", "--config", config)), "127.0.0.1", "localhost", 1)
			for name, c := range certificates {
				client := showing(t, ours, c.shown)
				got := knock(t, client, at, "tools/call", `"name":"execution_usage","arguments":{}`)
				if (got.status == http.StatusOK) != (c.principal != "") {
					t.Errorf("%s: %+v", name, got)
				}
				if c.principal == "" {
					continue
				}
				page := decoded[answerPage](t, ok(t, "audit", "query", "--kind", "decision", "--config", config, "-o", "json"))
				if page.Entries[0].Principal != c.principal {
					t.Errorf("%s: %s, want %s", name, page.Entries[0].Principal, c.principal)
				}
				if got := knock(t, client, at, "tools/list", "", "Authorization: Bearer mk_wrong"); got.status != http.StatusUnauthorized {
					t.Errorf("%s, with a wrong key: %+v", name, got)
				}
			}
			if got := knock(t, showing(t, ours, nil), at, "tools/list", "", "Authorization: Bearer "+key); (got.status == http.StatusOK) != (demand == "optional") {
				t.Errorf("a key without a certificate: %+v", got)
			}
			theirs.pem(file("clients.pem"))
			stranger, former := signed(theirs, spiffe), signed(ours, spiffe)
			until := time.Now().Add(patience)
			for knock(t, showing(t, ours, stranger), at, "tools/list", "").status != http.StatusOK && time.Now().Before(until) {
				time.Sleep(50 * time.Millisecond)
			}
			if got := knock(t, showing(t, ours, stranger), at, "tools/list", ""); got.status != http.StatusOK {
				t.Errorf("the new authority's: %+v", got)
			}
			if got := knock(t, showing(t, ours, former), at, "tools/list", ""); got.status == http.StatusOK {
				t.Errorf("the former authority's: %+v", got)
			}
		})
	}
}

func signed(a *authority, change func(*x509.Certificate)) *tls.Certificate {
	c := a.sign(change)
	return &c
}

// showing returns a client that shows a certificate whether or not the server would take it, on a connection of its own.
func showing(t *testing.T, trusted *authority, c *tls.Certificate) *http.Client {
	t.Helper()
	pool := x509.NewCertPool()
	pool.AddCert(trusted.cert)
	transport := &http.Transport{ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{RootCAs: pool, GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
		if c == nil {
			return &tls.Certificate{}, nil
		}
		return c, nil
	}}}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}
