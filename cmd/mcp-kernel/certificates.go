package main

import (
	"crypto/x509"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"
)

// certPrefix begins the principals of certificates; nobody else's begin so.
const certPrefix = "cert:"

// principalOf returns whom a certificate that was verified stands for: by its URI, as SPIFFE has it, or else its first name in
// the DNS, or else its subject. A connection may outlive its certificate; what is said on it then counts no more.
func principalOf(c *x509.Certificate, now time.Time) (string, error) {
	if now.After(c.NotAfter) || now.Before(c.NotBefore) {
		return "", errors.New("the certificate does not hold now")
	}
	var name string
	switch {
	case len(c.URIs) > 1:
		return "", errors.New("the certificate has several URIs: which is its holder?")
	case len(c.URIs) == 1:
		name = c.URIs[0].String()
	case len(c.DNSNames) > 0:
		name = "dns:" + strings.ToLower(c.DNSNames[0])
	case len(c.Subject.Names) > 0:
		name = "subject:" + url.PathEscape(c.Subject.String())
	default:
		return "", errors.New("the certificate names nobody")
	}
	const most = 256 // longer ones would be cut where they are recorded
	if name = certPrefix + name; len(name) > most || strings.ContainsFunc(name, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return "", fmt.Errorf("the certificate's name is no text of at most %d visible ASCII characters", most)
	}
	return name, nil
}
