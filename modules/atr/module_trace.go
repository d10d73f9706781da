package atr

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"time"

	"github.com/mcp-kernel/mcp-kernel/modules/atr/pin"
	"github.com/mcp-kernel/mcp-kernel/modules/atr/rpc"
	"github.com/mcp-kernel/mcp-kernel/modules/observability/trace"
	"github.com/mcp-kernel/mcp-kernel/tools"
)

// traced makes one request of the server within the trace of its call, if that has one, and tells the server of it.
func (o *offer) traced(ctx context.Context, r *tools.Request, t *talk, q rpc.Request) (result json.RawMessage, err error) {
	now := o.server.m.o.Now
	out := trace.Leave(ctx, now())
	if out == nil {
		return o.called(ctx, r, t, q)
	}
	if q.Meta, err = out.Meta(q.Meta); err != nil {
		return nil, err
	}
	result, err = o.called(ctx, r, t, q)
	out.End(o.span(q.Method, err, now()))
	return result, err
}

// span is what a trace says of a request that has ended. The server's own words are not in it.
func (o *offer) span(method string, err error, ended time.Time) trace.Data {
	d := trace.Data{Name: method, End: ended, Attrs: []trace.Attr{
		trace.Text(trace.Method, method), trace.Text(trace.Upstream, o.server.Name),
	}}
	switch o.record.Kind {
	case pin.Tool:
		d.Name += " " + o.own
		d.Attrs = append(d.Attrs, trace.Text(trace.Tool, o.own), trace.Text(trace.Operation, trace.ExecuteTool))
	case pin.Prompt:
		d.Name += " " + o.own
		d.Attrs = append(d.Attrs, trace.Text(trace.Prompt, o.own))
	case pin.Resource, pin.Template, pin.Server: // whose names are URIs, or none
	}
	if err == nil || errors.Is(err, tools.ErrInputRequired) {
		return d
	}
	d.Failed = true
	why := "_OTHER"
	if shown, ok := errors.AsType[*tools.Error](err); ok {
		why = string(shown.Code)
		if shown.Remote != nil {
			why = strconv.Itoa(shown.Remote.Code)
			d.Attrs = append(d.Attrs, trace.Text(trace.ResponseCode, why))
		}
	}
	d.Attrs = append(d.Attrs, trace.Text(trace.ErrorType, why))
	return d
}
