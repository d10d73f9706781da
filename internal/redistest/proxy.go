package redistest

import (
	"context"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"
)

// A Proxy stands before a server and can break connections at the worst moment: when the server has done what it was told
// and the answer is on its way.
type Proxy struct {
	Address string // 127.0.0.1:port

	listener net.Listener
	target   string
	cut      atomic.Int64 // bytes of answers that still pass before a connection is cut; negative is no cut
	cuts     atomic.Int64
	running  sync.WaitGroup

	mu    sync.Mutex
	conns map[net.Conn]bool
}

// StartProxy starts a proxy before an address. It ends with the test.
func StartProxy(tb testing.TB, target string) *Proxy {
	tb.Helper()
	listener, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	p := &Proxy{Address: listener.Addr().String(), listener: listener, target: target, conns: make(map[net.Conn]bool)}
	p.cut.Store(-1)
	p.running.Go(p.accept)
	tb.Cleanup(func() {
		_ = listener.Close()
		p.Drop()
		p.running.Wait()
	})
	return p
}

// SetTarget sends the connections that are made from now on somewhere else.
func (p *Proxy) SetTarget(target string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.target = target
}

// CutAfter cuts the connection on which the next answer comes, once so many bytes of answers have passed.
func (p *Proxy) CutAfter(bytes int64) { p.cut.Store(bytes) }

// Cuts returns how many connections were cut.
func (p *Proxy) Cuts() int64 { return p.cuts.Load() }

// Drop closes all connections.
func (p *Proxy) Drop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for conn := range p.conns {
		_ = conn.Close()
	}
}

func (p *Proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		p.mu.Lock()
		target := p.target
		p.mu.Unlock()
		server, err := (&net.Dialer{}).DialContext(context.Background(), "tcp", target)
		if err != nil {
			_ = client.Close()
			continue
		}
		p.note(client, server)
		p.running.Go(func() {
			_, _ = io.Copy(server, client)
			p.forget(client, server)
		})
		p.running.Go(func() {
			p.answers(client, server)
			p.forget(client, server)
		})
	}
}

func (p *Proxy) note(conns ...net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, conn := range conns {
		p.conns[conn] = true
	}
}

func (p *Proxy) forget(conns ...net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, conn := range conns {
		_ = conn.Close()
		delete(p.conns, conn)
	}
}

// answers passes on what the server says, until it is time to cut.
func (p *Proxy) answers(client, server net.Conn) {
	buffer := make([]byte, 32<<10)
	for {
		n, err := server.Read(buffer)
		if left := p.cut.Load(); left >= 0 && int64(n) > left {
			p.cut.Store(-1)
			p.cuts.Add(1)
			_, _ = client.Write(buffer[:left])
			return
		} else if left >= 0 {
			p.cut.Add(-int64(n))
		}
		if _, failed := client.Write(buffer[:n]); failed != nil || err != nil {
			return
		}
	}
}
