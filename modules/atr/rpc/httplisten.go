package rpc

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"
)

// How long is waited before a stream is opened again, whatever the server wishes.
const (
	soonest = 100 * time.Millisecond
	usual   = time.Second
	latest  = 30 * time.Second
)

// rest waits, and reports whether it could.
func rest(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// within keeps a time within bounds. One that is not said is the usual.
func within(d, least, most time.Duration) time.Duration {
	if d == 0 {
		d = usual
	}
	return min(max(d, least), most)
}

// open asks for a stream of events, after the event of an id where one is given. The response is closed by the caller.
func (t *HTTP) open(ctx context.Context, after string) (*http.Response, error) {
	r, err := t.request(ctx, http.MethodGet, nil, t.letter(nil))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Accept", kindEvents)
	if after != "" {
		r.Header.Set("Last-Event-ID", after)
	}
	answer, err := t.do(r)
	if err != nil {
		return nil, err
	}
	if answer.StatusCode/100 != 2 {
		return nil, t.refusal(answer)
	}
	if kind := kindOf(answer); kind != kindEvents {
		_ = answer.Body.Close() // it is not read
		return nil, &StatusError{Status: answer.StatusCode, Said: fmt.Sprintf("with %.100q instead of events", kind)}
	}
	return answer, nil
}

// listen receives what the server says of its own accord, where it is of the 2025 era and offers that.
func (t *HTTP) listen() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.ctx.Err() != nil || t.endpoint != nil || t.version == modernVersion {
		return
	}
	t.running.Go(func() {
		pause, last := usual, ""
		for {
			e, err := t.hear(last)
			if _, refused := errors.AsType[*StatusError](err); refused {
				return // it has none
			}
			if _, refused := errors.AsType[*Error](err); refused {
				return
			}
			if pause = min(2*pause, latest); e != nil {
				pause, last = within(e.retry, usual, latest), e.id
			}
			if !rest(t.ctx, pause) {
				return
			}
		}
	})
}

// hear delivers what one stream has until it ends. The reader is nil when there was none.
func (t *HTTP) hear(after string) (*events, error) {
	answer, err := t.open(t.ctx, after)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	e := newEvents(answer.Body, t.o.MaxMessage)
	e.id = after
	return e, t.shared(e)
}

// shared delivers the messages of a stream that is no call's own. What is too large is passed over.
func (t *HTTP) shared(e *events) error {
	for t.ctx.Err() == nil {
		found, err := e.next()
		switch {
		case errors.Is(err, ErrTooLarge):
			t.deliver(t.ctx, delivery{call: idIn(found.data), err: err})
		case err != nil:
			return err
		case len(found.data) > 0 && (found.name == "" || found.name == "message"):
			t.deliver(t.ctx, delivery{text: found.data})
		}
	}
	return context.Cause(t.ctx)
}

// fallBack begins the transport of 2024-11-05: a stream whose first event says where to post to.
func (t *HTTP) fallBack() error {
	ctx, cancel := context.WithCancel(t.ctx)
	late := time.AfterFunc(t.o.Wait, cancel)
	stream, e, err := t.directed(ctx)
	if !late.Stop() {
		err = errors.New("the server does not say in time where to post to")
	}
	if err != nil {
		cancel()
		if stream != nil {
			_ = stream.Close() // it was only read
		}
		return err
	}
	t.running.Go(func() { // within a goroutine that is waited for
		defer cancel()
		defer stream.Close()
		_ = t.shared(e) // whatever ended it, it has ended
		t.end(errGone)
	})
	return nil
}

// directed opens a stream and reads where to post to, which must be where the stream is. The stream is closed by the
// caller, where there is one.
func (t *HTTP) directed(ctx context.Context) (io.Closer, *events, error) {
	answer, err := t.open(ctx, "") //nolint:bodyclose // the caller does
	if err != nil {
		return nil, nil, err
	}
	e := newEvents(answer.Body, t.o.MaxMessage)
	found, err := e.next()
	if err != nil {
		return answer.Body, nil, unreached(err)
	}
	to, err := t.target.Parse(string(found.data))
	if err != nil || found.name != "endpoint" {
		return answer.Body, nil, errors.New("the server's stream does not begin with where to post to")
	}
	if to.Scheme != t.target.Scheme || to.Host != t.target.Host || to.User != nil {
		return answer.Body, nil, errors.New("the server wants messages to be posted to another server")
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.endpoint = to
	return answer.Body, e, nil
}
