//go:build unix

package echo_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/internal/config"
	"github.com/mcp-kernel/mcp-kernel/modules/standard"
	"github.com/mcp-kernel/mcp-kernel/server"
	"github.com/mcp-kernel/mcp-kernel/tools"
)

// fifty is a module of as many tools, each with a schema of three arguments.
type fifty struct{}

func (fifty) Name() string { return "fifty" }

func (fifty) Surface() tools.Surface {
	type arguments struct {
		Path  string   `json:"path" doc:"where to begin, relative to the root"`
		Names []string `json:"names,omitempty" doc:"what to look for; everything when there are none"`
		Limit int      `json:"limit,omitempty" doc:"how many answers at most"`
	}
	var s tools.Surface
	for i := range 50 {
		s.Tools = append(s.Tools, tools.FuncMixed(tools.Spec{
			Name: fmt.Sprintf("find_%02d", i), Title: "Find", Description: "Finds things of one kind below a place and says where they are.",
			Audience: tools.ForAgents, ReadOnly: tools.Yes, Destructive: tools.No, Idempotent: tools.Yes, OpenWorld: tools.No,
		}, func(context.Context, *tools.Request, arguments) (tools.Result, error) { return tools.Result{}, nil }))
	}
	return s
}

// BenchmarkListOverHTTP is tools/list of 50 tools on a connection that is kept: all of the kernel, and a client that
// reads bytes. What is bounded is the processor time of the whole process, cpu-µs.
func BenchmarkListOverHTTP(b *testing.B) {
	address := serveFifty(b)
	conn, err := (&net.Dialer{}).DialContext(b.Context(), "tcp", address)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	const meta = `"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{},"io.modelcontextprotocol/clientInfo":{"name":"bench","version":"1"}}`
	const body = `{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{` + meta + `}}`
	send := fmt.Appendf(nil, "POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nAccept: application/json, text/event-stream\r\n"+
		"MCP-Protocol-Version: 2026-07-28\r\nMcp-Method: tools/list\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
	r := bufio.NewReaderSize(conn, 1<<20)
	list := func(into io.Writer) int64 {
		if _, err := conn.Write(send); err != nil {
			b.Fatal(err)
		}
		response, err := http.ReadResponse(r, nil)
		if err != nil {
			b.Fatal(err)
		}
		defer func() { _ = response.Body.Close() }()
		n, err := io.Copy(into, response.Body)
		if err != nil {
			b.Fatal(err)
		}
		return n
	}
	var first strings.Builder
	list(&first)
	if n := strings.Count(first.String(), `"name":"find_`); n != 50 {
		b.Fatalf("%d tools are listed: %.300s", n, first.String())
	}
	b.ReportAllocs()
	before := busy(b)
	for b.Loop() {
		b.SetBytes(list(io.Discard))
	}
	b.ReportMetric(float64(busy(b)-before)/float64(b.N)/1e3, "cpu-µs/op")
}

// busy is the processor time of this process, in nanoseconds.
func busy(tb testing.TB) int64 {
	tb.Helper()
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		tb.Fatal(err)
	}
	return usage.Utime.Nano() + usage.Stime.Nano()
}

// serveFifty serves a kernel over HTTP until the test ends.
func serveFifty(tb testing.TB) (address string) {
	tb.Helper()
	c := config.Default()
	c.DataDir = filepath.Join(tb.TempDir(), "data")
	c.State.URL, c.Server.Profile = "memory:", "full"
	c.Modules.Disabled = []string{"cmvk", "controlplane"}
	k, err := standard.Open(tb.Context(), standard.Options{Config: c, Extra: []tools.Module{fifty{}}})
	if err != nil {
		tb.Fatal(err)
	}
	s, err := server.New(server.Options{Dispatcher: k.Dispatcher, IDs: k.IDs, Now: k.Now, Version: "0", Profile: "full", PageSize: 100, Secret: make([]byte, 32)})
	if err != nil {
		tb.Fatal(err)
	}
	web, err := s.HTTP(server.HTTPOptions{Local: governance.Caller{Principal: "user:test"}, LoopbackOnly: true})
	if err != nil {
		tb.Fatal(err)
	}
	on, err := web.Listen(tb.Context(), "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	ctx, stop := context.WithCancel(tb.Context())
	ended := make(chan error, 1)
	go func() { ended <- web.Serve(ctx, on) }()
	tb.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			tb.Error(err)
		}
		if err := k.Close(context.Background()); err != nil {
			tb.Error(err)
		}
	})
	return on.Addr().String()
}
