package server

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
)

// ErrNotLoopback is why an address is not listened on: everybody who reaches it would act for the user, because nothing
// asks who they are.
var ErrNotLoopback = errors.New("only a loopback address (127.0.0.1, ::1, localhost) can be served without authentication")

// Listen listens on a TCP address such as "127.0.0.1:3333"; port 0 takes a free one. An address that Serve would refuse
// is refused before anybody can connect to it. A name is resolved once.
func (h *HTTP) Listen(ctx context.Context, address string) (net.Listener, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("address %q: want HOST:PORT: %w", address, err)
	}
	if h.opts.LoopbackOnly {
		if host, err = loopbackOf(ctx, host); err != nil {
			return nil, fmt.Errorf("address %q: %w", address, err)
		}
	}
	return (&net.ListenConfig{}).Listen(ctx, "tcp", net.JoinHostPort(host, port))
}

// loopbackOf returns the address of a host, all of whose addresses must be loopback ones.
func loopbackOf(ctx context.Context, host string) (string, error) {
	if host == "" {
		return "", ErrNotLoopback // every address of the machine
	}
	found, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return "", err
	}
	for _, ip := range found {
		if !ip.Unmap().IsLoopback() {
			return "", ErrNotLoopback
		}
	}
	return found[0].Unmap().String(), nil
}

func (h *HTTP) mayListen(on net.Addr) error {
	if h.opts.LoopbackOnly && !isLoopback(on) {
		return fmt.Errorf("listening on %v: %w", on, ErrNotLoopback)
	}
	return nil
}

func isLoopback(on net.Addr) bool {
	tcp, ok := on.(*net.TCPAddr)
	return ok && tcp.IP.IsLoopback()
}

// limitConnections returns the listener with at most n connections open at once. More wait in the system's queue. Closing
// it closes the connections on which nothing has come yet, too: nobody needs to wait for those.
func limitConnections(on net.Listener, n int) net.Listener {
	return &limited{Listener: on, slots: make(chan struct{}, n), closed: make(chan struct{}), fresh: map[*slotted]struct{}{}}
}

type limited struct {
	net.Listener
	slots  chan struct{}
	closed chan struct{}

	mu    sync.Mutex
	fresh map[*slotted]struct{} // on which nothing has come yet; nil when the listener is closed
}

// Accept waits for a slot and then for a connection.
func (l *limited) Accept() (net.Conn, error) {
	select {
	case l.slots <- struct{}{}:
	case <-l.closed:
		return nil, net.ErrClosed
	}
	c, err := l.Listener.Accept()
	if err != nil {
		<-l.slots
		return nil, err //nolint:wrapcheck // net/http looks at what it is
	}
	s := &slotted{Conn: c, of: l}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.fresh == nil {
		<-l.slots
		return nil, errors.Join(net.ErrClosed, c.Close())
	}
	l.fresh[s] = struct{}{}
	return s, nil
}

// Close ends an Accept that waits.
func (l *limited) Close() error {
	l.mu.Lock()
	fresh := l.fresh
	l.fresh = nil
	l.mu.Unlock()
	if fresh == nil {
		return net.ErrClosed
	}
	close(l.closed)
	err := l.Listener.Close()
	for c := range fresh {
		_ = c.Conn.Close() // net/http closes it for good when it notices
	}
	return err
}

func (l *limited) used(c *slotted) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.fresh, c)
}

// slotted is a connection that gives its slot back when it is closed.
type slotted struct {
	net.Conn
	of      *limited
	begun   atomic.Bool // something has come
	release sync.Once
}

// Read reads what the client sends.
func (c *slotted) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if n > 0 && !c.begun.Load() && c.begun.CompareAndSwap(false, true) {
		c.of.used(c)
	}
	return n, err
}

// Close closes the connection.
func (c *slotted) Close() error {
	c.release.Do(func() {
		c.of.used(c)
		<-c.of.slots
	})
	return c.Conn.Close()
}
