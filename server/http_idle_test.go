package server_test

import (
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/mcp-kernel/mcp-kernel/server"
)

// What 5,000 sessions that do nothing hold is a small part of the 40 MB that the whole process may have.
func TestIdleSessionsAreSmall(t *testing.T) { //nolint:paralleltest // it measures the memory of the process
	w := serve(t, nil)
	w.initialize("2025-11-25")
	before := heap()
	const n = 5000
	for range n {
		w.initialize("2025-11-25")
	}
	w.s.ListChanged(server.Changes{Tools: true})
	w.plain.CloseIdleConnections()
	each := (heap() - before) / n
	t.Logf("%d bytes a session", each)
	if each > 3000 {
		t.Errorf("%d bytes a session", each)
	}
}

func heap() int {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.HeapInuse + m.StackInuse)
}

// Streams that only listen cost nothing but their memory: between two ticks nobody does anything for them, and a tick
// costs little.
func TestIdleStreamsCostNothing(t *testing.T) { //nolint:paralleltest // it counts the goroutines of the process
	w := serve(t, nil)
	const n = 1000
	ask := `{"jsonrpc":"2.0","id":1,"method":"subscriptions/listen","params":{"notifications":{"toolsListChanged":true},` + modern + `}}`
	streams := make([]*events, n)
	for i := range streams {
		streams[i] = w.stream(http.MethodPost, ask, stateless("subscriptions/listen", "")...)
		streams[i].message()
	}
	if running := strings.Count(stacks(), "[runnable"); running > n/10 {
		t.Errorf("%d goroutines are busy", running)
	}
	begun := time.Now()
	w.tick()
	w.tick()
	w.tick() // the second has done its work
	for _, e := range streams {
		if event, _ := e.next(); event.comment != "keep-alive" {
			t.Fatalf("got %+v", event)
		}
	}
	t.Logf("two ticks of %d streams took %v", n, time.Since(begun))
}
