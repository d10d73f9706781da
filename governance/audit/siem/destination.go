package siem

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// Bounds of a connection.
const (
	dialWithin  = 10 * time.Second
	writeWithin = 10 * time.Second
)

// A Destination is where records go.
type Destination struct {
	Name   string // by which its position is kept: letters, digits, - and _
	To     string // udp://HOST:PORT, tcp://HOST:PORT, tls://HOST:PORT, unix:///PATH (all syslog), or file:///PATH
	Format Format // of the record, in a syslog message where it goes to a receiver; empty is CEF
	CA     string // PEM file of those who may have signed a tls receiver's certificate; empty are the system's
}

// Validate reports everything that is wrong with a destination.
func (d *Destination) Validate() error {
	var faults []error
	if d.Name == "" || len(d.Name) > 64 || slices.ContainsFunc([]rune(d.Name), func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' && r != '_'
	}) {
		faults = append(faults, fmt.Errorf("name %.80q: want up to 64 letters, digits, - and _", d.Name))
	}
	if d.Format != "" && d.Format != OCSF && d.Format != CEF {
		faults = append(faults, fmt.Errorf("format %.20q: want ocsf or cef", d.Format))
	}
	to, err := url.Parse(d.To)
	if err != nil {
		return errors.Join(append(faults, fmt.Errorf("to: %w", err))...)
	}
	switch to.Scheme {
	case "udp", "tcp", "tls":
		if _, port, err := net.SplitHostPort(to.Host); err != nil || port == "" || to.Path != "" {
			faults = append(faults, fmt.Errorf("to %.80q: want %s://HOST:PORT", d.To, to.Scheme))
		}
	case "unix", "file":
		if to.Host != "" || !filepath.IsAbs(to.Path) {
			faults = append(faults, fmt.Errorf("to %.80q: want %s:///PATH", d.To, to.Scheme))
		}
	default:
		faults = append(faults, fmt.Errorf("to %.80q: want udp://, tcp://, tls://, unix:// or file://", d.To))
	}
	if d.CA != "" && to.Scheme != "tls" {
		faults = append(faults, errors.New("ca: is for tls://"))
	}
	return errors.Join(faults...)
}

// A sink takes records. Its write takes all of them or fails.
type sink struct {
	io.WriteCloser

	stream bool          // messages are counted, and many of them are one write
	lines  bool          // records are lines, and no messages
	gone   chan struct{} // closed when the other end is; nil where that is never known
}

// open reaches the destination.
func (d *Destination) open(ctx context.Context) (*sink, error) {
	to, err := url.Parse(d.To)
	if err != nil {
		return nil, err
	}
	if to.Scheme == "file" {
		f, err := os.OpenFile(to.Path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
		return &sink{WriteCloser: f, stream: true, lines: true}, err
	}
	ctx, cancel := context.WithTimeout(ctx, dialWithin)
	defer cancel()
	var dialer net.Dialer
	switch to.Scheme {
	case "unix":
		conn, err := dialer.DialContext(ctx, "unixgram", to.Path)
		return &sink{WriteCloser: deadlined{conn}}, err
	case "udp":
		conn, err := dialer.DialContext(ctx, "udp", to.Host)
		return &sink{WriteCloser: deadlined{conn}}, err
	}
	conn, err := dialer.DialContext(ctx, "tcp", to.Host)
	if err != nil {
		return nil, err
	}
	if to.Scheme == "tls" {
		if conn, err = d.secure(ctx, conn, to.Hostname()); err != nil {
			return nil, err
		}
	}
	s := &sink{WriteCloser: deadlined{conn}, stream: true, gone: make(chan struct{})}
	go func() { // ends when the connection does, which Close sees to
		defer close(s.gone)
		_, _ = io.Copy(io.Discard, conn)
	}()
	return s, nil
}

// secure begins TLS, 1.2 or later.
func (d *Destination) secure(ctx context.Context, plain net.Conn, host string) (net.Conn, error) {
	c := &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12}
	if d.CA != "" {
		pem, err := os.ReadFile(d.CA)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("ca: %w", err), plain.Close())
		}
		c.RootCAs = x509.NewCertPool()
		if !c.RootCAs.AppendCertsFromPEM(pem) {
			return nil, errors.Join(fmt.Errorf("ca: %s has no certificate", d.CA), plain.Close())
		}
	}
	conn := tls.Client(plain, c)
	if err := conn.HandshakeContext(ctx); err != nil {
		return nil, errors.Join(err, plain.Close())
	}
	return conn, nil
}

// lost reports whether the other end has gone.
func (s *sink) lost() bool {
	select {
	case <-s.gone:
		return true
	default:
		return false
	}
}

// end closes the sink, and waits for what reads it.
func (s *sink) end() error {
	err := s.Close()
	if s.gone != nil {
		<-s.gone
	}
	return err
}

// deadlined gives each write its time.
type deadlined struct{ net.Conn }

func (d deadlined) Write(b []byte) (int, error) {
	if err := d.SetWriteDeadline(time.Now().Add(writeWithin)); err != nil {
		return 0, err
	}
	return d.Conn.Write(b)
}
