package atr

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/mcp-kernel/mcp-kernel/modules/atr/oauth"
	"github.com/mcp-kernel/mcp-kernel/modules/atr/pin"
	"github.com/mcp-kernel/mcp-kernel/modules/atr/retry"
	"github.com/mcp-kernel/mcp-kernel/modules/atr/rpc"
	"github.com/mcp-kernel/mcp-kernel/modules/atr/upstream"
	"github.com/mcp-kernel/mcp-kernel/tools"
)

// repeatable reports whether calling the tool twice does no more than calling it once, as the operator says, or as the server
// does where it is believed. What only reads is repeatable, as long as nobody says that it destroys.
func (o *offer) repeatable() bool {
	if o.record.Kind != pin.Tool {
		return false
	}
	spec, over := o.hints(), o.override()
	return spec.Idempotent == tools.Yes || spec.ReadOnly == tools.Yes && (over.Idempotent == nil || *over.Idempotent)
}

// attempt makes a request of the server, and again where it did not come to an answer and may be made twice. Each attempt that
// is followed by another is told, with the call's id.
func (o *offer) attempt(ctx context.Context, r *tools.Request, t *talk, q rpc.Request) (json.RawMessage, error) {
	retries := o.server.retries
	if retries == nil || q.Method != "tools/call" || !o.repeatable() {
		return t.call(ctx, q)
	}
	var result json.RawMessage
	err := retries.Do(ctx, retry.Job{
		Try: func(ctx context.Context) (err error) {
			if why := o.refused(); why != "" { // since the attempt before
				return tools.Fail("changed", why, nil)
			}
			result, err = t.call(ctx, q)
			return err
		},
		After: o.server.again,
		Failed: func(f retry.Failure) {
			o.server.m.o.Line(o.server.Name, o.server.filled.Text(fmt.Sprintf("call %s of %s: attempt %d of %d: %.200v; the next in %s",
				r.ID(), o.published, f.Attempt, f.Of, f.Err, f.Pause.Round(time.Millisecond))))
		},
	})
	return result, err
}

// again reports whether a call that came to no answer may be made again, and how long the server is to be left alone before.
// What the server has answered stands, an error too; and whatever is not known to be the way's fault is the call's.
func (s *server) again(err error) (pause time.Duration, again bool) {
	var answered *rpc.Error
	if errors.As(err, &answered) || errors.Is(err, ErrChanged) || errors.Is(err, oauth.ErrLogin) || errors.Is(err, upstream.ErrStopped) || unauthorized(err) {
		return 0, false
	}
	if down, ok := errors.AsType[*upstream.DownError](err); ok {
		return down.Retry.Sub(s.m.o.Now()), true
	}
	if status, ok := errors.AsType[*rpc.StatusError](err); ok {
		switch status.Status {
		case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
			return 0, true
		}
		return 0, false
	}
	var network net.Error
	return 0, errors.Is(err, rpc.ErrClosed) || errors.Is(err, upstream.ErrHung) || errors.Is(err, context.DeadlineExceeded) || errors.As(err, &network)
}
