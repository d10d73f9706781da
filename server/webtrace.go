package server

import (
	"context"
	"net/http"

	"github.com/mcp-kernel/mcp-kernel/modules/observability/trace"
)

// within returns a context that knows the trace that the transport is in, where its request says so. The call's own _meta comes
// before it.
func within(ctx context.Context, header http.Header) context.Context {
	return trace.Ambient(ctx, header.Get("Traceparent"), header.Get("Tracestate"), header.Get("Baggage"))
}
