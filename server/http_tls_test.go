package server_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mcp-kernel/mcp-kernel/server"
)

// issue writes a new certificate with its key, which is its own authority, and returns its serial number.
func issue(t *testing.T, cert, key string, serial int64) {
	t.Helper()
	secret, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(serial), DNSNames: []string{"localhost"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	signed, err := x509.CreateCertificate(rand.Reader, template, template, secret.Public(), secret)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(secret)
	if err != nil {
		t.Fatal(err)
	}
	for name, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: signed}, key: {Type: "PRIVATE KEY", Bytes: private}} {
		if err := os.WriteFile(name, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func TestCertificateIsReadAgain(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cert, key := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	if _, err := server.OpenCertificate(cert, key, nil, nil); err == nil || !strings.Contains(err.Error(), cert) {
		t.Errorf("no files: %v", err)
	}
	issue(t, cert, key, 1)
	var mu sync.Mutex
	now, faults := time.Now(), 0
	c, err := server.OpenCertificate(cert, key, func() time.Time {
		mu.Lock()
		defer mu.Unlock()
		return now
	}, func(error) { faults++ })
	if err != nil {
		t.Fatal(err)
	}
	w := serve(t, func(o *both) { o.web.TLS = c.Config() })
	w.url = strings.Replace(w.url, "http://127.0.0.1", "https://localhost", 1)
	shown := func() int64 {
		w.plain = &http.Client{Transport: &http.Transport{
			DisableKeepAlives: true, ForceAttemptHTTP2: true,
			TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, // which certificate is shown is the question
		}}
		response := w.open("POST", call)
		if response.StatusCode != http.StatusBadRequest || response.ProtoMajor != 2 {
			t.Errorf("%s %s", response.Proto, response.Status)
		}
		_ = response.Body.Close()
		return response.TLS.PeerCertificates[0].SerialNumber.Int64()
	}
	later := func() {
		mu.Lock()
		defer mu.Unlock()
		now = now.Add(time.Second)
	}
	if got := shown(); got != 1 {
		t.Errorf("certificate %d", got)
	}
	issue(t, cert, key, 2)
	newer := time.Now().Add(time.Minute) // whatever the resolution of the file system's clock
	if err := os.Chtimes(cert, newer, newer); err != nil {
		t.Fatal(err)
	}
	if got := shown(); got != 1 {
		t.Errorf("certificate %d before the files are looked at again", got)
	}
	later()
	if got := shown(); got != 2 || faults != 0 {
		t.Errorf("certificate %d, %d faults, after it was replaced", got, faults)
	}
	if err := os.WriteFile(key, []byte("none"), 0o600); err != nil {
		t.Fatal(err)
	}
	later()
	if got := shown(); got != 2 || faults != 1 {
		t.Errorf("certificate %d, %d faults, with a bad key", got, faults)
	}
}

// Streams work over HTTP/2, too.
func TestStreamsOverHTTP2(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cert, key := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	issue(t, cert, key, 1)
	c, err := server.OpenCertificate(cert, key, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	w := serve(t, func(o *both) {
		o.web.TLS = c.Config()
		o.web.WriteTimeout = 50 * time.Millisecond // no bound on how long a stream is quiet
	})
	w.url = strings.Replace(w.url, "http://127.0.0.1", "https://localhost", 1)
	w.plain = &http.Client{Transport: &http.Transport{
		ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{InsecureSkipVerify: true},
	}}
	session := w.initialize("2025-11-25")
	e := w.stream("GET", "", session...)
	e.next()
	for id := range 5 {
		wholeProgress(t, w.stream("POST", strings.ReplaceAll(strings.ReplaceAll(progress, "%s", ""), "%d", string(rune('0'+id))), session...), id)
	}
	time.Sleep(60 * time.Millisecond) // past the time for a write
	w.s.ListChanged(server.Changes{Prompts: true})
	e.next() // the priming event
	if event, _ := e.next(); !strings.Contains(event.data, "prompts/list_changed") {
		t.Errorf("got %+v", event)
	}
}
