package server

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"
)

// ClientAuthorities are the certificate authorities whose certificates clients may show, in a PEM file that is read again
// when it changes. Make them with OpenClientAuthorities.
type ClientAuthorities struct {
	file    string
	now     func() time.Time
	onFault func(error)

	mu     sync.Mutex
	looked time.Time // when it was last looked whether the file has changed
	at     time.Time
	size   int64
	pool   *x509.CertPool
}

// OpenClientAuthorities reads a file of certificates. A nil now is time.Now. onFault, unless it is nil, is told when a
// changed file cannot be used; the authorities before it hold on.
func OpenClientAuthorities(file string, now func() time.Time, onFault func(error)) (*ClientAuthorities, error) {
	if now == nil {
		now = time.Now
	}
	if onFault == nil {
		onFault = func(error) {}
	}
	a := &ClientAuthorities{file: file, now: now, onFault: onFault, looked: now()}
	if err := a.load(); err != nil {
		return nil, err
	}
	return a, nil
}

func (a *ClientAuthorities) load() error {
	info, err := os.Stat(a.file)
	if err != nil {
		return fmt.Errorf("client authorities: %w", err)
	}
	const most = 4 << 20
	if !info.Mode().IsRegular() || info.Size() > most {
		return fmt.Errorf("client authorities %s: not a file of at most %d bytes", a.file, most)
	}
	text, err := os.ReadFile(a.file)
	if err != nil {
		return fmt.Errorf("client authorities: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		return fmt.Errorf("client authorities %s: no certificate is in it", a.file)
	}
	a.at, a.size, a.pool = info.ModTime(), info.Size(), pool
	return nil
}

// current returns the authorities, as of a second ago at most.
func (a *ClientAuthorities) current() *x509.CertPool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if now := a.now(); now.Sub(a.looked) >= lookAgain || now.Before(a.looked) {
		a.looked = now
		info, err := os.Stat(a.file)
		if err != nil || !info.ModTime().Equal(a.at) || info.Size() != a.size {
			if err = errors.Join(err, a.load()); err != nil {
				a.onFault(fmt.Errorf("the client authorities from before stay in use: %w", err))
			}
		}
	}
	return a.pool
}

// Demand returns a configuration of TLS that asks clients for certificates of the authorities: required refuses who has none,
// and otherwise it is for HTTPOptions.Authenticate to do so. One that does not verify, or is not for clients, ends the
// handshake either way. Nothing is resumed, so that every connection is checked against the authorities of its own time.
func (a *ClientAuthorities) Demand(base *tls.Config, required bool) *tls.Config {
	demanding := func() *tls.Config {
		c := base.Clone()
		c.GetConfigForClient, c.SessionTicketsDisabled, c.ClientCAs = nil, true, a.current()
		c.ClientAuth = tls.VerifyClientCertIfGiven
		if required {
			c.ClientAuth = tls.RequireAndVerifyClientCert
		}
		return c
	}
	c := demanding()
	c.GetConfigForClient = func(*tls.ClientHelloInfo) (*tls.Config, error) {
		fresh := demanding()
		fresh.NextProtos = []string{"h2", "http/1.1"} // as net/http adds them to the configuration that it is given
		return fresh, nil
	}
	return c
}
