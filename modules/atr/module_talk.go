package atr

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/mcp-kernel/mcp-kernel/modules/atr/rpc"
	"github.com/mcp-kernel/mcp-kernel/modules/atr/upstream"
	"github.com/mcp-kernel/mcp-kernel/tools"
)

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// A holder is a call that something of the server's belongs to: a request that runs, or one that is held for its client.
type holder struct {
	run  *tools.Request // nil while the client of a held one is away
	held *held          // nil where the client can be asked while the call runs
}

func holderOf(tag any) (holder, bool) {
	switch tag := tag.(type) {
	case *tools.Request:
		return holder{run: tag}, tag != nil
	case *held:
		return holder{run: tag.running(), held: tag}, true
	default: // a request of ours
		return holder{}, false
	}
}

func (h holder) identity() string {
	if h.held != nil {
		return h.held.whose
	}
	return h.run.Caller().Identity()
}

// caller returns the running call that something of the server's belongs to: the one that the transport names, and where it
// names none, the only one that runs, or any of several that are all of one caller. Otherwise it is nobody's: a question
// must not reach somebody else.
func (t *talk) caller(tag any) (found holder, ok bool) {
	if found, ok = holderOf(tag); ok {
		return found, true
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for tag := range t.running {
		h, is := holderOf(tag)
		if !is {
			continue
		}
		if ok && found.identity() != h.identity() {
			return holder{}, false
		}
		found, ok = h, true
	}
	return found, ok
}

// asked answers what a server of the 2025 era asks while it works on a call: the client of that call answers.
func (t *talk) asked(ctx context.Context, tag any, method string, params json.RawMessage) (json.RawMessage, *rpc.Error) {
	h, ok := t.caller(tag)
	switch {
	case !ok:
		return nil, &rpc.Error{Code: rpc.CodeInternal, Message: "there is no call, or more than one, that this could be asked for"}
	case h.held != nil:
		return h.held.ask(ctx, method, params)
	}
	reply := replyTo(h.run.AskAll(ctx, tools.Forwarded{Method: method, Params: params}))
	return reply.answer, reply.fault
}

// heard takes the server's notifications: its log goes to the client of the call it belongs to, and to the kernel's.
func (t *talk) heard(method string, params json.RawMessage) {
	switch method {
	case "notifications/message":
		var p struct {
			Level  string          `json:"level"`
			Logger string          `json:"logger"`
			Data   json.RawMessage `json:"data"`
		}
		if json.Unmarshal(params, &p) != nil {
			return
		}
		if h, ok := t.caller(nil); ok && h.run != nil {
			h.run.Log(t.m.ctx, p.Level, p.Logger, p.Data)
		}
		t.m.o.Line(t.Name, p.Level+": "+string(p.Data))
	case "notifications/resources/updated":
		t.m.answers.Forget(t.Name)
		var p struct {
			URI string `json:"uri"`
		}
		if json.Unmarshal(params, &p) != nil {
			return
		}
		t.mu.Lock()
		defer t.mu.Unlock()
		for _, changed := range t.watched[p.URI] {
			changed()
		}
	}
}

// watch has the server tell when a resource changes.
func (o *offer) watch(ctx context.Context, r *tools.Request, uri string, changed func()) (func() error, error) {
	if why := o.refused(); why != "" { // the gate knows resources, not subscriptions to them
		return nil, tools.Fail("changed", why, nil)
	}
	t, err := o.server.talk(r.Caller().Principal)
	if err != nil {
		return nil, o.failed(ctx, err)
	}
	first, id := t.watching(uri, changed)
	release := t.up.Hold()
	if first {
		if err := t.subscribe(ctx, r, "resources/subscribe", uri); err != nil {
			t.forget(uri, id)
			release()
			return nil, o.failed(ctx, err)
		}
	}
	return func() error {
		defer release()
		<-ctx.Done()
		return t.unwatch(uri, id)
	}, nil
}

// watching notes who is to be told, and reports whether nobody was before.
func (t *talk) watching(uri string, changed func()) (first bool, id int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.watchers++
	if t.watched[uri] == nil {
		t.watched[uri] = map[int]func(){}
		first = true
	}
	t.watched[uri][t.watchers] = changed
	return first, t.watchers
}

// forget notes that somebody need not be told any more, and reports whether that was the last.
func (t *talk) forget(uri string, id int) (last bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.watched[uri], id)
	if last = len(t.watched[uri]) == 0; last {
		delete(t.watched, uri)
	}
	return last
}

// unsubscribing is how long a server is waited for that is told that nobody wants to hear of a resource any more.
const unsubscribing = 5 * time.Second

// unwatch ends a subscription, and the server's when it was the last. A server that does not run has none, and is not
// started to be told so.
func (t *talk) unwatch(uri string, id int) error {
	if !t.forget(uri, id) {
		return nil
	}
	if t.up.Status().State != upstream.Running {
		return nil
	}
	ctx, cancel := context.WithTimeout(t.m.ctx, unsubscribing)
	defer cancel()
	return t.subscribe(ctx, nil, "resources/unsubscribe", uri)
}

// subscribe begins or ends a subscription of ours with the server.
func (t *talk) subscribe(ctx context.Context, r *tools.Request, method, uri string) error {
	params, err := json.Marshal(map[string]string{"uri": uri})
	if err != nil {
		return err
	}
	_, err = t.call(ctx, rpc.Request{Method: method, Params: params, Tag: r}) // a nil r is nobody's: see caller
	return err
}

// Pauses between attempts to make subscriptions again that a server has lost.
const (
	renewFirst = time.Second
	renewMost  = time.Minute
)

// renew makes the subscriptions again that a server lost when it ended: whoever waits to hear of a change would wait for ever. It
// must not wait, and does not.
func (t *talk) renew() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.losses++
	if t.renewing || len(t.watched) == 0 || t.m.ctx.Err() != nil {
		return
	}
	t.renewing = true
	t.m.work.Go(func() {
		for pause := renewFirst; ; pause = min(2*pause, renewMost) {
			losses, err := t.resubscribe(t.m.ctx)
			if t.m.ctx.Err() != nil || t.renewed(losses, err) {
				return
			}
			if down, ok := errors.AsType[*upstream.DownError](err); ok {
				pause = min(max(down.Retry.Sub(t.m.o.Now()), renewFirst), renewMost)
			}
			select {
			case <-t.m.ctx.Done():
			case <-time.After(pause):
			}
		}
	})
}

// renewed reports whether there is nothing left to be done after so many losses, and notes that nobody does it any more.
func (t *talk) renewed(losses int, err error) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if (err != nil || losses != t.losses) && len(t.watched) > 0 {
		return false
	}
	t.renewing = false
	return true
}

// resubscribe subscribes to all that is watched, and tells those who watch that it may have changed meanwhile. It returns how often
// subscriptions had been lost when it began.
func (t *talk) resubscribe(ctx context.Context) (losses int, err error) {
	t.mu.Lock()
	uris, losses := sortedKeys(t.watched), t.losses
	t.mu.Unlock()
	for _, uri := range uris {
		if err := t.subscribe(ctx, nil, "resources/subscribe", uri); err != nil {
			return losses, err
		}
		t.mu.Lock()
		for _, changed := range t.watched[uri] {
			changed()
		}
		t.mu.Unlock()
	}
	return losses, nil
}
