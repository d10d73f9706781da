package rpc_test

import (
	"encoding/json"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/mcp-kernel/mcp-kernel/modules/atr/rpc"
)

// BenchmarkBare is the same request without anything of ours.
func BenchmarkBare(b *testing.B) {
	kilobyte := strings.Repeat("x", 1000)
	w := serve(b, func(v *visit) { v.json(`{"jsonrpc":"2.0","id":%s,"result":{"text":%q}}`, v.id, kilobyte) })
	client := w.Client()
	b.ReportAllocs()
	for b.Loop() {
		r, err := http.NewRequestWithContext(b.Context(), http.MethodPost, w.URL, strings.NewReader(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"x"}}`))
		if err != nil {
			b.Fatal(err)
		}
		answer, err := client.Do(r)
		if err != nil {
			b.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, answer.Body)
		_ = answer.Body.Close()
	}
}

// BenchmarkHTTP is a call with an answer of 1 KB over loopback, the server's side included.
func BenchmarkHTTP(b *testing.B) {
	kilobyte := strings.Repeat("x", 1000)
	for name, say := range map[string]func(v *visit){
		"json":   func(v *visit) { v.json(`{"jsonrpc":"2.0","id":%s,"result":{"text":%q}}`, v.id, kilobyte) },
		"events": func(v *visit) { v.event(`{"jsonrpc":"2.0","id":%s,"result":{"text":%q}}`, v.id, kilobyte) },
	} {
		b.Run(name, func(b *testing.B) {
			w := serve(b, old(say))
			var connections atomic.Int64
			w.Config.ConnState = func(_ net.Conn, s http.ConnState) {
				if s == http.StateNew {
					connections.Add(1)
				}
			}
			c := connect(b, rpc.Options{Transport: reach(b, w.URL, nil)})
			b.ReportAllocs()
			for b.Loop() {
				if _, err := c.Call(b.Context(), rpc.Request{Method: "tools/call", Params: json.RawMessage(`{"name":"x"}`)}); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(connections.Load()), "connections")
		})
	}
}
