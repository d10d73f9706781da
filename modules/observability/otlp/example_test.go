package otlp_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/mcp-kernel/mcp-kernel/modules/observability/otlp"
	"github.com/mcp-kernel/mcp-kernel/modules/observability/trace"
)

func Example() {
	collector := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		fmt.Println(r.URL.Path, r.Header.Get("Content-Type"))
	}))
	defer collector.Close()
	exporter, err := otlp.New(otlp.Options{Endpoint: collector.URL, Scope: "example"})
	if err != nil {
		fmt.Println(err)
		return
	}
	exporter.Spans([]trace.Data{{Trace: trace.ID{1}, ID: trace.SpanID{2}, Name: "work", Begin: time.Unix(1, 0), End: time.Unix(2, 0)}})
	fmt.Println(exporter.Close(context.Background()), exporter.Counts().Sent)
	// Output:
	// /v1/traces application/x-protobuf
	// <nil> 1
}
