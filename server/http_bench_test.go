package server_test

import (
	"bufio"
	"fmt"
	"net"
	"strings"
	"testing"
)

// BenchmarkCallOverHTTP is one small call on a connection that is kept, as a client that writes and reads bytes sees it.
// The client's part is a few microseconds and no allocation.
func BenchmarkCallOverHTTP(b *testing.B) {
	for _, c := range []struct {
		name, send string
		heads      func(*web) []string
	}{
		{"2025", call, func(w *web) []string { return w.initialize("2025-11-25") }},
		{"2026", strings.Replace(call, `"name"`, modern+`,"name"`, 1), func(*web) []string { return stateless("tools/call", "echo") }},
	} {
		b.Run(c.name, func(b *testing.B) {
			w := serve(b, nil)
			conn, err := (&net.Dialer{}).DialContext(b.Context(), "tcp", w.addr)
			if err != nil {
				b.Fatal(err)
			}
			defer func() { _ = conn.Close() }()
			r := bufio.NewReader(conn)
			send := fmt.Appendf(nil, "POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nAccept: application/json, text/event-stream\r\n%s\r\nContent-Length: %d\r\n\r\n%s",
				strings.Join(c.heads(w), "\r\n"), len(c.send), c.send)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := conn.Write(send); err != nil {
					b.Fatal(err)
				}
				skipResponse(b, r)
			}
		})
	}
}

// skipResponse reads one response of known length.
func skipResponse(b *testing.B, r *bufio.Reader) {
	b.Helper()
	length := 0
	for {
		line, err := r.ReadSlice('\n')
		if err != nil {
			b.Fatal(err)
		}
		if len(line) == 2 {
			break
		}
		const head = "Content-Length: "
		if string(line[:min(len(head), len(line))]) == head {
			for _, digit := range line[len(head) : len(line)-2] {
				length = length*10 + int(digit-'0')
			}
		}
	}
	if _, err := r.Discard(length); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkRefusedOverHTTP is one call that is turned away because its principal has most calls waiting, as a client sees it.
func BenchmarkRefusedOverHTTP(b *testing.B) {
	w := serve(b, func(o *both) {
		byKey(o)
		o.web.MaxRunning, o.web.MaxQueue = 1, 256
	})
	for range 257 {
		w.ask("greedy")
	}
	w.until("a full line", func() bool { return w.h.Admission().Waiting == 256 })
	conn, err := (&net.Dialer{}).DialContext(b.Context(), "tcp", w.addr)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	r := bufio.NewReader(conn)
	body := strings.Replace(call, `"name"`, modern+`,"name"`, 1)
	send := fmt.Appendf(nil, "POST /mcp HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer greedy\r\nContent-Type: application/json\r\nAccept: application/json, text/event-stream\r\n%s\r\nContent-Length: %d\r\n\r\n%s",
		strings.Join(stateless("tools/call", "echo"), "\r\n"), len(body), body)
	b.ReportAllocs()
	before := w.h.Admission().Refused.Greedy
	for b.Loop() {
		if _, err := conn.Write(send); err != nil {
			b.Fatal(err)
		}
		skipResponse(b, r)
	}
	if refused := w.h.Admission().Refused.Greedy - before; refused < uint64(b.N) {
		b.Fatalf("%d of %d were refused", refused, b.N)
	}
	close(w.d.slow)
}
