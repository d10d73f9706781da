package redisstate_test

import (
	"flag"
	"fmt"
	"os"
	"sync/atomic"
	"testing"

	"github.com/mcp-kernel/mcp-kernel/internal/redistest"
	"github.com/mcp-kernel/mcp-kernel/state/redisstate"
	"github.com/mcp-kernel/mcp-kernel/state/statetest"
)

// TestMain lets more tests run side by side than there are processors: most of them wait for time to pass at a server.
func TestMain(m *testing.M) {
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

// of are the settings for one server.
func of(s *redistest.Server) redisstate.Options {
	return redisstate.Options{Addresses: []string{s.Address}}
}

// ofCluster names one server of a cluster, which tells of the others.
func ofCluster(servers []*redistest.Server) redisstate.Options {
	return redisstate.Options{Addresses: []string{servers[0].Address}, Cluster: true}
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

func TestBackend(t *testing.T) {
	t.Parallel()
	statetest.TestBackend(t, subjects(of(redistest.Start(t))))
}

func TestLog(t *testing.T) {
	t.Parallel()
	statetest.TestLog(t, subjects(of(redistest.Start(t))))
}

func TestClusterBackend(t *testing.T) {
	t.Parallel()
	statetest.TestBackend(t, subjects(ofCluster(redistest.Cluster(t, 3))))
}

func TestClusterLog(t *testing.T) {
	t.Parallel()
	statetest.TestLog(t, subjects(ofCluster(redistest.Cluster(t, 3))))
}
