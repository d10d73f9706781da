package oauth

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"time"
)

// backPath is where a login comes back to.
const backPath = "/callback"

// A door is where a login comes back to: an address of this machine alone, which is open for one answer (RFC 8252,
// section 7.3). Others on this machine can knock, too; without the state of the login they are sent away.
type door struct {
	listener net.Listener
	server   *http.Server
	state    string
	answer   chan url.Values // of one
	once     sync.Once
	serving  sync.WaitGroup
}

// openDoor opens a door at a port, 0 is any.
func openDoor(ctx context.Context, port int, state string) (*door, error) {
	var c net.ListenConfig
	l, err := c.Listen(ctx, "tcp4", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		return nil, fmt.Errorf("wait for the login to come back: %w", err)
	}
	d := &door{listener: l, state: state, answer: make(chan url.Values, 1)}
	d.server = &http.Server{
		Handler: http.HandlerFunc(d.serve), ReadTimeout: 5 * time.Second, WriteTimeout: 5 * time.Second, MaxHeaderBytes: 16 << 10,
	}
	d.server.SetKeepAlivesEnabled(false)
	d.serving.Go(func() { _ = d.server.Serve(l) }) // it ends when it is closed
	return d, nil
}

// address is where the login is told to come back to.
func (d *door) address() string { return "http://" + d.listener.Addr().String() + backPath }

// close closes the door once who is within has been answered.
func (d *door) close() error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	err := d.server.Shutdown(ctx)
	if err != nil {
		err = d.server.Close()
	}
	d.serving.Wait()
	return err
}

// wait returns the answer.
func (d *door) wait(ctx context.Context) (url.Values, error) {
	select {
	case answer := <-d.answer:
		return answer, nil
	case <-ctx.Done():
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			return nil, errors.New("nobody has logged in in time")
		}
		return nil, context.Cause(ctx)
	}
}

// serve takes the answer, and shows a page that says nothing of it.
func (d *door) serve(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Content-Security-Policy", "default-src 'none'")
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("Cache-Control", "no-store")
	header.Set("X-Content-Type-Options", "nosniff")
	page := func(status int, text string) {
		w.WriteHeader(status)
		_, _ = w.Write([]byte("<!doctype html><title>mcp-kernel</title><p>" + text + "</p>\n")) // nobody may be looking any more
	}
	answer, err := url.ParseQuery(r.URL.RawQuery)
	switch {
	case r.Host != d.listener.Addr().String() || r.URL.Path != backPath || r.Method != http.MethodGet:
		page(http.StatusNotFound, "There is nothing here.")
	case err != nil || !single(answer) || subtle.ConstantTimeCompare([]byte(answer.Get("state")), []byte(d.state)) != 1:
		page(http.StatusBadRequest, "This is not the answer to the login that was begun.")
	default:
		d.once.Do(func() { d.answer <- answer })
		page(http.StatusOK, "You can close this window: mcp-kernel says how the login went.")
	}
}

// single reports whether no parameter is there twice.
func single(q url.Values) bool {
	for _, values := range q {
		if len(values) != 1 {
			return false
		}
	}
	return true
}
