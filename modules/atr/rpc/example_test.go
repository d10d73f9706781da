package rpc_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"

	"github.com/mcp-kernel/mcp-kernel/modules/atr/rpc"
)

func Example() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var m struct {
			ID     int
			Method string
		}
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("Content-Type", "application/json")
		switch _ = json.Unmarshal(body, &m); m.Method {
		case "initialize":
			_, _ = fmt.Fprintf(w, `{"jsonrpc":"2.0","id":%d,"result":{"protocolVersion":"2025-06-18","capabilities":{}}}`, m.ID)
		case "tools/call":
			_, _ = fmt.Fprintf(w, `{"jsonrpc":"2.0","id":%d,"result":{"sum":1.50}}`, m.ID)
		default:
			w.WriteHeader(http.StatusAccepted)
		}
	}))
	defer server.Close()

	transport, err := rpc.NewHTTP(rpc.HTTPOptions{URL: server.URL, Client: &http.Client{}})
	if err != nil {
		fmt.Println(err)
		return
	}
	c, err := rpc.Connect(context.Background(), rpc.Options{Transport: transport})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = c.Close() }()
	result, err := c.Call(context.Background(), rpc.Request{Method: "tools/call", Params: json.RawMessage(`{"name":"add"}`)})
	fmt.Println(c.Server().Version, string(result), err)
	// Output: 2025-06-18 {"sum":1.50} <nil>
}
