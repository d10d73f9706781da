package server

import (
	"crypto/tls"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"
)

// A Certificate is a TLS certificate and its key in two PEM files, which are read again when they change: who renews them
// need not restart the server. Make it with OpenCertificate.
type Certificate struct {
	cert, key string
	now       func() time.Time
	onFault   func(error)

	mu     sync.Mutex
	looked time.Time // when it was last looked whether the files have changed
	stamp  stamp     // of the files that were read
	loaded *tls.Certificate
}

// A stamp tells one state of the two files from another.
type stamp [2]struct {
	at   time.Time
	size int64
}

// lookAgain is how long a change of the files may stay unseen.
const lookAgain = time.Second

// OpenCertificate reads a certificate chain and its key. A nil now is time.Now. onFault, unless it is nil, is told when
// changed files cannot be used; the certificate before them holds on.
func OpenCertificate(cert, key string, now func() time.Time, onFault func(error)) (*Certificate, error) {
	if now == nil {
		now = time.Now
	}
	if onFault == nil {
		onFault = func(error) {}
	}
	c := &Certificate{cert: cert, key: key, now: now, onFault: onFault, looked: now()}
	if err := c.load(); err != nil {
		return nil, err
	}
	return c, nil
}

// Config returns a configuration of TLS with the certificate, for the versions of TLS that are held to be safe.
func (c *Certificate) Config() *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: c.get}
}

// get returns the certificate for a handshake.
func (c *Certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now := c.now(); now.Sub(c.looked) >= lookAgain || now.Before(c.looked) {
		c.looked = now
		if found, err := c.look(); err != nil || found != c.stamp {
			if err = errors.Join(err, c.load()); err != nil {
				c.onFault(fmt.Errorf("the certificate from before stays in use: %w", err))
			}
		}
	}
	return c.loaded, nil
}

func (c *Certificate) load() error {
	found, err := c.look()
	if err != nil {
		return err
	}
	pair, err := tls.LoadX509KeyPair(c.cert, c.key)
	if err != nil {
		return fmt.Errorf("certificate %s with key %s: %w", c.cert, c.key, err)
	}
	c.stamp, c.loaded = found, &pair
	return nil
}

func (c *Certificate) look() (stamp, error) {
	var found stamp
	for i, name := range []string{c.cert, c.key} {
		info, err := os.Stat(name)
		if err != nil {
			return stamp{}, fmt.Errorf("certificate: %w", err)
		}
		found[i].at, found[i].size = info.ModTime(), info.Size()
	}
	return found, nil
}
