package redisstate_test

import (
	"flag"
	"fmt"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mcp-kernel/mcp-kernel/internal/redistest"
	"github.com/mcp-kernel/mcp-kernel/state/redisstate"
	"github.com/mcp-kernel/mcp-kernel/state/statetest"
)

var prove = flag.Bool("prove", false, "repeat what could fail by chance as often as a claim needs")

// TestMain lets more tests run side by side than there are processors: most of them wait for time to pass at a server.
func TestMain(m *testing.M) {
	if child() {
		return
	}
	flag.Parse()
	// The walks are shorter than elsewhere: each of their steps is a round trip.
	for name, value := range map[string]string{"test.parallel": "16", "rapid.checks": "30"} {
		if err := flag.Set(name, value); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}

// open opens a store, and closes it at the end of the test.
func open(tb testing.TB, o redisstate.Options) *redisstate.Store {
	tb.Helper()
	store, err := redisstate.Open(tb.Context(), o)
	check(tb, err)
	tb.Cleanup(func() { check(tb, store.Close()) })
	return store
}

func check(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}

// ample is a timeout for tests that are not about timeouts, on machines that have much else to do.
const ample = 30 * time.Second

// of are the settings for one server.
func of(s *redistest.Server) redisstate.Options {
	return redisstate.Options{Addresses: []string{s.Address}, DialTimeout: ample, Timeout: ample}
}

// ofCluster names one server of a cluster, which tells of the others.
func ofCluster(servers []*redistest.Server) redisstate.Options {
	o := of(servers[0])
	o.Cluster = true
	return o
}

// subjects opens stores that share servers and have a prefix each. They are small, because very many are open at once.
func subjects(o redisstate.Options) statetest.Open {
	var n atomic.Int64
	return func(t *testing.T) statetest.Subject {
		t.Helper()
		mine := o
		mine.Prefix = fmt.Sprintf("test %d:", n.Add(1))
		mine.Pool = 4
		store := open(t, mine)
		return statetest.Subject{Backend: store, Log: store}
	}
}

func TestServer(t *testing.T) {
	t.Parallel()
	conform(t, of(redistest.Start(t)))
}

func TestCluster(t *testing.T) {
	t.Parallel()
	conform(t, ofCluster(redistest.Cluster(t, 3)))
}

// conform holds stores that share servers to both contracts.
func conform(t *testing.T, o redisstate.Options) {
	t.Helper()
	open := subjects(o)
	t.Run("backend", func(t *testing.T) {
		t.Parallel()
		statetest.TestBackend(t, open)
	})
	t.Run("log", func(t *testing.T) {
		t.Parallel()
		statetest.TestLog(t, open)
	})
}
