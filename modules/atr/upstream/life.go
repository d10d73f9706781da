package upstream

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/mcp-kernel/mcp-kernel/modules/atr/rpc"
)

// hear notes whether a call was answered. A server that leaves several in a row unanswered is asked whether it lives: one
// that is slow with all of them says so, and one that hangs is given up, so that the next call has a new one.
func (u *Upstream) hear(conn *rpc.Conn, answered, late bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	switch {
	case u.conn != conn:
	case answered:
		u.silent = 0
	case late && !u.pinging:
		if u.silent++; u.silent == mostSilent {
			u.silent, u.pinging = 0, true
			u.tasks.Go(func() { u.ping(conn) })
		}
	}
}

// ping asks a server whether it lives, and gives up one that does not say so. Any answer will do, also that there is no such
// method.
func (u *Upstream) ping(conn *rpc.Conn) {
	ctx, cancel := context.WithTimeout(context.Background(), u.o.Ping)
	defer cancel()
	_, err := conn.Call(ctx, rpc.Request{Method: "ping"})
	u.mu.Lock()
	u.pinging = false
	link, hung := u.link, u.conn == conn && errors.Is(err, context.DeadlineExceeded)
	if hung {
		u.conn, u.link = nil, Link{}
		_ = u.failed(ErrHung) // nobody waits
	}
	u.mu.Unlock()
	if hung {
		_ = hangUp(conn, link) // it is given up
	}
}

// rest has the server stopped when nobody calls it for a while.
func (u *Upstream) rest() {
	if u.idle == nil {
		u.idle = time.AfterFunc(u.o.Idle, u.retire)
		return
	}
	u.idle.Reset(u.o.Idle)
}

// retire stops a server that nobody uses. It runs on the timer's goroutine, which Close waits for by the lock and the link.
func (u *Upstream) retire() {
	u.mu.Lock()
	if u.state != Running || u.running > 0 || u.held > 0 {
		u.mu.Unlock()
		return
	}
	conn, link := u.conn, u.link
	u.conn, u.link = nil, Link{}
	u.become(Idle, nil)
	u.tasks.Add(1)
	u.mu.Unlock()
	defer u.tasks.Done()
	_ = hangUp(conn, link) // it was asked to go
}

// become changes the state.
func (u *Upstream) become(s State, cause error) {
	u.state, u.changed = s, u.o.Now()
	if cause != nil {
		u.cause = cause
	}
	u.o.OnState(s, cause)
}

// start makes the connection that calls wait for.
func (u *Upstream) start(ctx context.Context, a *attempt) {
	defer a.stop()
	conn, link, err := u.open(ctx)
	u.mu.Lock()
	defer u.mu.Unlock()
	defer close(a.done)
	u.attempt = nil
	switch {
	case u.state == Stopped:
		a.err = ErrStopped
		if err == nil {
			u.tasks.Go(func() { _ = hangUp(conn, link) }) // it was asked to go
		}
	case err != nil:
		a.err = u.failed(err)
	default:
		a.conn = conn
		u.conn, u.link, u.begun, u.server, u.silent = conn, link, u.o.Now(), conn.Server(), 0
		u.become(Running, nil)
		u.tasks.Go(func() { u.watch(conn, link) })
		if u.o.OnList != nil && u.starts > 1 {
			u.o.OnList("") // it may be another since
		}
	}
}

// open starts the server and shakes hands.
func (u *Upstream) open(ctx context.Context) (*rpc.Conn, Link, error) {
	link, err := u.o.Open(ctx)
	if err != nil {
		return nil, Link{}, err
	}
	o := u.o.Conn
	o.Transport = link.Transport
	conn, err := rpc.Connect(ctx, o)
	if err != nil {
		return nil, Link{}, errors.Join(u.told(err, link), hangUp(nil, link))
	}
	if u.o.Accept != nil {
		if err := u.o.Accept(conn.Server()); err != nil {
			return nil, Link{}, errors.Join(err, hangUp(conn, link))
		}
	}
	return conn, link, nil
}

// told is an error with what the server's last words explain.
func (*Upstream) told(err error, link Link) error {
	if link.Tell == nil {
		return err
	}
	if why := link.Tell(); why != nil {
		return fmt.Errorf("%w: %w", err, why)
	}
	return err
}

// failed notes a failure and returns what calls are told. The pause before the next attempt doubles, and is shortened by up
// to a quarter at random, so that servers which failed together are not tried together.
func (u *Upstream) failed(err error) error {
	if u.o.Waits != nil && u.o.Waits(err) {
		u.retry = u.o.Now()
		u.become(Down, err)
		return &DownError{Name: u.o.Name, Retry: u.retry, Cause: err}
	}
	u.postpone()
	u.become(Down, err)
	return &DownError{Name: u.o.Name, Retry: u.retry, Cause: err}
}

// postpone has the server left alone for a while, longer each time.
func (u *Upstream) postpone() {
	u.failures++
	pause := u.o.First << min(u.failures-1, 20)
	if pause > u.o.Most || pause <= 0 {
		pause = u.o.Most
	}
	pause -= time.Duration(u.o.Jitter() * float64(pause) / 4)
	u.state, u.retry = Down, u.o.Now().Add(pause)
}

// watch waits for the end of a connection. One that ends soon after its beginning is a failure like a start that fails; one
// that lived is started again by the next call, which does not wait for the last words of the old one.
func (u *Upstream) watch(conn *rpc.Conn, link Link) {
	<-conn.Done()
	u.mu.Lock()
	mine, starts := u.conn == conn, u.starts
	if mine {
		u.conn, u.link, u.cause = nil, Link{}, conn.Err()
		if u.o.Now().Sub(u.begun) >= u.o.Settled {
			u.failures, u.state = 0, Idle
		} else {
			u.postpone()
		}
	}
	state := u.state
	u.mu.Unlock()
	if !mine {
		return
	}
	err := u.told(conn.Err(), link)
	u.mu.Lock()
	if u.starts == starts {
		u.cause = err
	}
	u.o.OnState(state, err)
	u.mu.Unlock()
	_ = hangUp(conn, link) // it is gone
}

// Stop stops the server, which the next call starts again. Calls that run end with an error.
func (u *Upstream) Stop() error {
	u.mu.Lock()
	conn, link := u.conn, u.link
	u.conn, u.link = nil, Link{}
	if u.state == Running {
		u.become(Idle, nil)
	}
	u.mu.Unlock()
	return hangUp(conn, link)
}

// Reset forgets failures, so that the next call tries at once.
func (u *Upstream) Reset() {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.failures = 0
	if u.state == Down {
		u.become(Idle, nil)
	}
}

// Close stops the server for good, and waits until nothing of it runs any more.
func (u *Upstream) Close() error {
	u.mu.Lock()
	conn, link := u.conn, u.link
	u.conn, u.link = nil, Link{}
	if u.attempt != nil {
		u.attempt.stop()
	}
	if u.idle != nil {
		u.idle.Stop()
	}
	if u.state != Stopped {
		u.become(Stopped, nil)
	}
	u.mu.Unlock()
	err := hangUp(conn, link)
	u.tasks.Wait()
	return err
}

// hangUp ends a connection and what is behind it.
func hangUp(conn *rpc.Conn, link Link) error {
	var err error
	switch {
	case conn != nil:
		err = conn.Close()
	case link.Transport != nil:
		err = link.Close()
	}
	if link.Behind != nil {
		err = errors.Join(err, link.Behind.Close())
	}
	return err
}
