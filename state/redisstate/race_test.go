package redisstate_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/mcp-kernel/mcp-kernel/internal/redistest"
	"github.com/mcp-kernel/mcp-kernel/state"
	"github.com/mcp-kernel/mcp-kernel/state/redisstate"
)

// The test binary runs itself as another process: childKey names what it is to do, and its only argument the server.
const childKey = "REDISSTATE_TEST_CHILD"

// child does what the variable says, and reports whether there was one.
func child() bool {
	children := map[string]func(store *redisstate.Store) error{"race": racing, "append": appending}
	do := children[os.Getenv(childKey)]
	if do == nil {
		return false
	}
	store, err := redisstate.Open(context.Background(), redisstate.Options{Addresses: os.Args[1:], DialTimeout: ample, Timeout: ample})
	if err == nil {
		err = do(store)
	}
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	return true
}

// A process is a child that takes lines and answers them.
type process struct {
	in  io.Writer
	out *bufio.Reader
}

// spawn starts a child. It ends with the test.
func spawn(t *testing.T, role, address string) *process {
	t.Helper()
	self, err := os.Executable()
	check(t, err)
	cmd := exec.CommandContext(context.Background(), self, address)
	cmd.Env = append(os.Environ(), childKey+"="+role)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	check(t, err)
	in, err := cmd.StdinPipe()
	check(t, err)
	check(t, cmd.Start())
	t.Cleanup(func() {
		_ = in.Close()
		if err := cmd.Wait(); err != nil {
			t.Errorf("child %s: %v", role, err)
		}
	})
	return &process{in: in, out: bufio.NewReader(out)}
}

// limit is how much all racers may take of each counter together; each process alone tries to take more.
const (
	limit  = 1000
	racers = 64
)

// racing races for each counter that is named on standard input, and says how much it got.
func racing(store *redisstate.Store) error {
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		var group sync.WaitGroup
		var got atomic.Int64
		for i := range int64(racers) {
			group.Go(func() { got.Add(race(store, lines.Text(), 1+i%3)) })
		}
		group.Wait()
		fmt.Println(got.Load())
	}
	return store.Close()
}

// race takes n units at a time until one does not get a single one, and returns how many it got.
func race(store *redisstate.Store, shard string, n int64) (got int64) {
	for {
		taken, err := store.Take(context.Background(), shard, state.Claim{Name: "n", N: n, Limit: limit})
		switch {
		case err != nil:
			fmt.Println(err)
			os.Exit(1)
		case taken[0].OK:
			got += n
		case n == 1:
			return got
		default:
			n = 1
		}
	}
}

// TestRace lets three processes with many goroutines each race for one limit, and wants exactly that to be taken.
func TestRace(t *testing.T) {
	t.Parallel()
	rounds := 10
	if *prove {
		rounds = 100
	}
	server := redistest.Start(t)
	var processes []*process
	for range 3 {
		processes = append(processes, spawn(t, "race", server.Address))
	}
	for round := range rounds {
		for _, p := range processes {
			_, err := fmt.Fprintln(p.in, "round", round)
			check(t, err)
		}
		sum := 0
		for _, p := range processes {
			var got int
			_, err := fmt.Fscanln(p.out, &got)
			check(t, err)
			sum += got
		}
		if sum != limit {
			t.Fatalf("round %d: %d were taken, want exactly %d", round, sum, limit)
		}
	}
}

// appending adds three records.
func appending(store *redisstate.Store) error {
	if _, err := store.Append(context.Background(), "s", state.Tail, []byte("2"), []byte("3"), []byte("4")); err != nil {
		return err
	}
	return store.Close()
}

// TestFollowOtherProcess waits in this process for what another one appends, also after the connection that would have
// told of it was closed by the server.
func TestFollowOtherProcess(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	store := open(t, of(server))
	_, err := store.Append(t.Context(), "s", 0, []byte("1"))
	check(t, err)
	want := state.Seq(1)
	for record, err := range store.Follow(t.Context(), "s", 1) {
		check(t, err)
		if record.Seq != want {
			t.Errorf("record %d, want %d", record.Seq, want)
		}
		if want == 1 || want == 4 {
			spawn(t, "append", server.Address)
		}
		if want == 3 {
			server.Do("CLIENT", "KILL", "TYPE", "pubsub")
		}
		if want++; want > 7 {
			return
		}
	}
}
