package rpc

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
)

// read receives until the end. Everything that the server sends is taken in its order.
func (c *Conn) read() {
	defer close(c.done)
	noise := 0
	for {
		text, call, err := c.o.Transport.Receive()
		var lost *LostError
		switch {
		case errors.As(err, &lost):
			if c.settle(lost.Call, answer{err: lost.Err}) {
				continue
			}
		case errors.Is(err, io.EOF):
			c.end(ErrClosed)
			return
		case err != nil:
			c.end(fmt.Errorf("%w: %w", ErrClosed, err))
			return
		default:
			if err = c.take(text, call); err == nil {
				noise = 0
				continue
			}
		}
		if noise++; noise > maxNoise {
			c.end(ErrNoise)
			_ = c.o.Transport.Close()
			return
		}
		if c.o.OnNoise != nil {
			c.o.OnNoise(err)
		}
	}
}

// take acts on one message, which came with the answer to a call where the transport knows one.
func (c *Conn) take(text []byte, call uint64) error {
	m, err := parse(text)
	if err != nil {
		return err
	}
	switch {
	case m.method != "" && m.id != nil:
		c.serve(m, call)
		return nil
	case m.method != "":
		c.noted(&m)
		return nil
	case m.id == nil:
		return m.err
	}
	id, err := strconv.ParseUint(string(m.id), 10, 64)
	if err != nil || !c.settle(id, answerOf(&m)) {
		return fmt.Errorf("an answer that nobody waits for, to %.40q", m.id)
	}
	return nil
}

func answerOf(m *message) answer {
	if m.err != nil {
		return answer{err: m.err}
	}
	return answer{result: m.result}
}

// settle ends a call, and reports whether there was one.
func (c *Conn) settle(id uint64, a answer) bool {
	c.mu.Lock()
	w := c.pending[id]
	delete(c.pending, id)
	c.mu.Unlock()
	if w == nil {
		return false
	}
	w.answer <- a
	c.o.Transport.Forget(id)
	return true
}

// noted acts on a notification.
func (c *Conn) noted(m *message) {
	switch m.method {
	case "notifications/progress":
		var p struct {
			Token uint64 `json:"progressToken"`
		}
		if json.Unmarshal(m.params, &p) != nil {
			return
		}
		c.mu.Lock()
		w := c.pending[p.Token]
		c.mu.Unlock()
		if w != nil && w.progress != nil {
			w.progress(m.params)
		}
	case "notifications/cancelled":
		var p struct {
			ID json.RawMessage `json:"requestId"`
		}
		if json.Unmarshal(m.params, &p) != nil {
			return
		}
		c.mu.Lock()
		cancel := c.serving[string(p.ID)]
		c.mu.Unlock()
		if cancel != nil {
			cancel()
		}
	default:
		if c.o.Notify != nil {
			c.o.Notify(m.method, m.params)
		}
	}
}

// serve answers a request of the server in a goroutine of its own, unless too many are being answered.
func (c *Conn) serve(m message, call uint64) {
	if m.method == "ping" {
		_ = c.o.Transport.Send(c.ctx, response(m.id, json.RawMessage(`{}`), nil), 0) // it has ended, then
		return
	}
	ctx, cancel := context.WithCancel(c.ctx)
	if fault := c.admit(string(m.id), cancel); fault != nil {
		cancel()
		_ = c.o.Transport.Send(c.ctx, response(m.id, nil, fault), 0) // it has ended, then
		return
	}
	c.mu.Lock()
	var tag any
	if w := c.pending[call]; w != nil {
		tag = w.tag
	}
	c.mu.Unlock()
	c.asked.Go(func() {
		defer func() {
			c.mu.Lock()
			delete(c.serving, string(m.id))
			c.mu.Unlock()
			cancel()
			<-c.room
		}()
		result, fault := c.reply(ctx, tag, &m)
		if ctx.Err() == nil {
			_ = c.o.Transport.Send(c.ctx, response(m.id, result, fault), 0) // it has ended, then
		}
	})
}

// admit takes room for a request of the server.
func (c *Conn) admit(id string, cancel context.CancelFunc) *Error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, twice := c.serving[id]; twice {
		return &Error{Code: CodeInvalid, Message: "the id is that of a request that is being answered"}
	}
	select {
	case c.room <- struct{}{}:
		c.serving[id] = cancel
		return nil
	default:
		return &Error{Code: CodeInternal, Message: "too many requests at once"}
	}
}

// reply makes the answer to a request of the server.
func (c *Conn) reply(ctx context.Context, tag any, m *message) (json.RawMessage, *Error) {
	if c.o.Ask == nil {
		return nil, &Error{Code: CodeNoMethod, Message: "nothing can be asked here"}
	}
	return c.o.Ask(ctx, tag, m.method, m.params)
}
