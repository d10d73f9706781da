package redisstate_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mcp-kernel/mcp-kernel/internal/redistest"
	"github.com/mcp-kernel/mcp-kernel/state"
	"github.com/mcp-kernel/mcp-kernel/state/redisstate"
)

const endless = 1 << 50

// used asks how a counter of alice's stands.
func used(tb testing.TB, store state.Backend, name string) int64 {
	tb.Helper()
	taken, err := store.Take(tb.Context(), "alice", state.Claim{Name: name})
	check(tb, err)
	return taken[0].Used
}

func wantErr(tb testing.TB, what string, err, want error) {
	tb.Helper()
	if !errors.Is(err, want) {
		tb.Errorf("%s: error %v, want %v", what, err, want)
	}
}

// TestRefusesEviction wants a server that throws counters away to be refused, and a password not to be repeated.
func TestRefusesEviction(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t, "--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lru", "--requirepass", "hunter2")
	o := of(server)
	o.Password = "hunter2"
	_, err := redisstate.Open(t.Context(), o)
	wantErr(t, "Open", err, redisstate.ErrEvicts)
	if !strings.Contains(err.Error(), "noeviction") || !strings.Contains(err.Error(), "allkeys-lru") {
		t.Errorf("error %v, want what it is and what it should be", err)
	}
	for _, password := range []string{"", "hunter3"} {
		o.Password = password
		if _, err := redisstate.Open(t.Context(), o); err == nil || strings.Contains(err.Error(), "hunter") {
			t.Errorf("password %q: error %v", password, err)
		}
	}
}

// TestPermissions has a user who may do what docs/redis.md says and nothing else, then one who may not even ask for facts.
func TestPermissions(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	for _, c := range []struct {
		user, more string
		warnings   int
	}{{"kernel", "+info", 0}, {"blind", "-info", 1}} {
		server.Do("ACL", "SETUSER", c.user, "on", ">hunter2", "~mcp-kernel:*", "&mcp-kernel:*", "-@all", "+@read", "+@write", "+@scripting",
			"+@pubsub", "+@connection", "+info", "+time", "-@dangerous", c.more)
		o := of(server)
		o.Username, o.Password = c.user, "hunter2"
		warnings := 0
		o.Warn = func(error) { warnings++ }
		store := open(t, o)
		if warnings != c.warnings {
			t.Errorf("%s: %d warnings, want %d", c.user, warnings, c.warnings)
		}
		check(t, store.Set(t.Context(), "things/a", []byte("1"), time.Hour))
		_, err := store.CompareAndSwap(t.Context(), "things/b", 0, []byte("1"), 0)
		check(t, err)
		_, err = store.List(t.Context(), "things", "", 10)
		check(t, err)
		check(t, store.Delete(t.Context(), "things/b"))
		_, err = store.Take(t.Context(), "alice", state.Claim{Name: "n", N: 1, Limit: 9, Window: time.Hour})
		check(t, err)
		_, err = store.Append(t.Context(), c.user, state.Tail, []byte("1"), []byte("2"))
		check(t, err)
		check(t, store.Trim(t.Context(), c.user, 2))
		for record, err := range store.Follow(t.Context(), c.user, 1) {
			check(t, err)
			if record.Seq != 2 {
				t.Errorf("record %d, want 2", record.Seq)
			}
			break
		}
	}
}

// TestForgottenScripts empties the server's memory of scripts, as a restart or a failover does.
func TestForgottenScripts(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	store := open(t, of(server))
	for range 3 {
		check(t, store.Set(t.Context(), "things/a", []byte("1"), 0))
		_, err := store.Take(t.Context(), "alice", state.Claim{Name: "n", N: 1, Limit: 9})
		check(t, err)
		server.Do("SCRIPT", "FLUSH")
	}
	if n := used(t, store, "n"); n != 3 {
		t.Errorf("%d are used, want 3", n)
	}
}

// TestFull leaves the server no memory. Nothing is forgotten, reading and deleting go on, and with room so does writing.
func TestFull(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t, "--maxmemory-policy", "noeviction")
	store := open(t, of(server))
	ctx := t.Context()
	check(t, store.Set(ctx, "things/a", []byte("1"), 0))
	check(t, store.Set(ctx, "things/b", []byte("1"), 0))
	_, err := store.Take(ctx, "alice", state.Claim{Name: "n", N: 3, Limit: 9})
	check(t, err)
	_, err = store.Append(ctx, "s", 0, []byte("1"))
	check(t, err)

	server.Do("CONFIG", "SET", "maxmemory", "1")
	wantErr(t, "Set", store.Set(ctx, "things/a", []byte("2"), 0), state.ErrFull)
	_, err = store.Take(ctx, "alice", state.Claim{Name: "n", N: 1, Limit: 9})
	wantErr(t, "Take", err, state.ErrFull)
	_, err = store.Append(ctx, "s", 1, []byte("2"))
	wantErr(t, "Append", err, state.ErrFull)
	_, err = store.CompareAndSwap(ctx, "things/new", 0, []byte("x"), 0)
	wantErr(t, "CompareAndSwap", err, state.ErrFull)

	if n := used(t, store, "n"); n != 3 {
		t.Errorf("%d are used, want 3", n)
	}
	check(t, store.Delete(ctx, "things/b"))
	page, err := store.List(ctx, "things", "", state.MaxPage)
	check(t, err)
	if len(page) != 1 || page[0].Key != "things/a" || string(page[0].Value) != "1" {
		t.Errorf("listed %v, want things/a as it was", page)
	}
	server.Do("CONFIG", "SET", "maxmemory", "0")
	check(t, store.Set(ctx, "things/new", []byte("x"), 0))
	last, err := store.Append(ctx, "s", 1, []byte("2"))
	check(t, err)
	if last != 2 {
		t.Errorf("record %d, want 2", last)
	}
}

// TestPause stops the server. Calls end with their deadlines, and others are answered as soon as it goes on.
func TestPause(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	o := of(server)
	o.Timeout = 2 * time.Second
	store := open(t, o)
	check(t, store.Set(t.Context(), "things/a", []byte("1"), 0))
	server.Pause()
	var group sync.WaitGroup
	for range 20 {
		group.Go(func() {
			ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
			defer cancel()
			_, err := store.Get(ctx, "things/a")
			wantErr(t, "Get with a deadline", err, context.DeadlineExceeded)
		})
	}
	group.Wait()
	cancelled, cancel := context.WithCancel(t.Context())
	group.Go(func() {
		wantErr(t, "Set that is cancelled", store.Set(cancelled, "things/b", nil, 0), context.Canceled)
	})
	cancel()
	group.Wait()
	_, err := store.Get(t.Context(), "things/a")
	wantErr(t, "Get without a deadline", err, redisstate.ErrTimeout)
	server.Continue()
	eventually(t, func() error {
		_, err := store.Get(t.Context(), "things/a")
		return err
	})
}

// TestClusterPause stops one server of a cluster. What lies at the others goes on, also while much waits for that one.
func TestClusterPause(t *testing.T) {
	t.Parallel()
	servers := redistest.Cluster(t, 3, "--cluster-require-full-coverage", "no")
	store := open(t, ofCluster(servers))
	take := func(ctx context.Context, shard string) error {
		_, err := store.Take(ctx, shard, state.Claim{Name: "n", N: 1, Limit: endless})
		return err
	}
	const first, last = "bar", "foo" // slots 5061 and 12182
	check(t, take(t.Context(), first))
	check(t, take(t.Context(), last))
	servers[2].Pause()
	ctx, cancel := context.WithCancel(t.Context())
	var group sync.WaitGroup
	for range 100 {
		group.Go(func() { wantErr(t, "Take at the stopped server", take(ctx, last), context.Canceled) })
	}
	for range 100 {
		check(t, take(t.Context(), first))
	}
	cancel()
	group.Wait()
	servers[2].Continue()
	eventually(t, func() error { return take(t.Context(), last) })
}

// eventually repeats what fails, until the test's deadline.
func eventually(t *testing.T, do func() error) {
	t.Helper()
	for {
		err := do()
		if err == nil {
			return
		}
		if t.Context().Err() != nil {
			t.Fatal(err)
		}
	}
}

// TestCut cuts connections while the answer to a Take is on its way. It was charged then, and must not be again; what comes
// next finds a connection.
func TestCut(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	proxy := redistest.StartProxy(t, server.Address)
	store := open(t, behind(proxy))
	cutting(t, store, proxy)
}

// TestClusterCut is TestCut in a cluster, for which the library has a way of its own to try again.
func TestClusterCut(t *testing.T) {
	t.Parallel()
	proxy := redistest.StartProxy(t, "127.0.0.1:1")
	_, port, _ := strings.Cut(proxy.Address, ":")
	server := redistest.Cluster(t, 1, "--cluster-announce-ip", "127.0.0.1", "--cluster-announce-port", port)[0]
	proxy.SetTarget(server.Address)
	o := behind(proxy)
	o.Cluster = true
	store := open(t, o)
	cutting(t, store, proxy)
}

// behind are the settings for the server behind a proxy.
func behind(p *redistest.Proxy) redisstate.Options {
	return redisstate.Options{Addresses: []string{p.Address}, DialTimeout: ample, Timeout: ample}
}

func cutting(t *testing.T, store *redisstate.Store, proxy *redistest.Proxy) {
	t.Helper()
	ctx := t.Context()
	claim := state.Claim{Name: "n", N: 1, Limit: endless}
	_, err := store.Take(ctx, "alice", claim) // by now the script is known
	check(t, err)
	for i := range int64(5) {
		before := proxy.Cuts()
		proxy.CutAfter(i)
		_, err := store.Take(ctx, "alice", claim)
		wantErr(t, "Take", err, redisstate.ErrLost)
		if cuts := proxy.Cuts() - before; cuts != 1 {
			t.Errorf("cut after %d bytes: %d connections were cut, want 1", i, cuts)
		}
		if got, want := used(t, store, "n"), i+2; got != want {
			t.Errorf("cut after %d bytes: %d are used, want %d: it was sent once", i, got, want)
		}
		proxy.CutAfter(i)
		_, err = store.Last(ctx, "s") // reading may be done twice
		check(t, err)
	}
}

// TestUnreachable names the server and no password.
func TestUnreachable(t *testing.T) {
	t.Parallel()
	proxy := redistest.StartProxy(t, "127.0.0.1:1") // drops every connection
	o := redisstate.Options{Addresses: []string{proxy.Address}, Password: "hunter2", DialTimeout: time.Second, Timeout: time.Second}
	_, err := redisstate.Open(t.Context(), o)
	if err == nil || !strings.Contains(err.Error(), proxy.Address) || strings.Contains(err.Error(), "hunter") {
		t.Errorf("error %v, want one with the address", err)
	}
}
