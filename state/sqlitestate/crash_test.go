package sqlitestate_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/mcp-kernel/mcp-kernel/state"
	"github.com/mcp-kernel/mcp-kernel/state/sqlitestate"
)

// The test binary runs itself as another process: childKey names what it is to do, and its only argument the file.
const childKey = "SQLITESTATE_TEST_CHILD"

func TestMain(m *testing.M) {
	children := map[string]func(path string) error{"crash": crashing, "append": appending, "denied": denied}
	if child := children[os.Getenv(childKey)]; child != nil {
		if err := child(os.Args[1]); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// spawn starts a child and returns its output. It is killed at the end of the test if it has not ended.
func spawn(t *testing.T, role, path string) (*exec.Cmd, io.Reader) {
	t.Helper()
	self, err := os.Executable()
	check(t, err)
	cmd := exec.CommandContext(t.Context(), self, path)
	cmd.Env = append(os.Environ(), childKey+"="+role)
	out, err := cmd.StdoutPipe()
	check(t, err)
	cmd.Stderr = os.Stderr
	check(t, cmd.Start())
	return cmd, out
}

const crashLimit = 400

// crashing writes from several goroutines until it is killed, and says after each write what was acknowledged.
func crashing(path string) error {
	store, err := sqlitestate.Open(path, sqlitestate.Options{})
	if err != nil {
		return err
	}
	ctx := context.Background()
	id := fmt.Sprint(os.Getpid(), ".")
	faults := make(chan error, 3)
	go func() { faults <- forever(func(i int) error { return crashSet(ctx, store, id, i) }) }()
	go func() { faults <- forever(func(int) error { return crashTake(ctx, store) }) }()
	go func() { faults <- forever(func(i int) error { return crashAppend(ctx, store, id, i) }) }()
	return <-faults
}

func forever(do func(i int) error) error {
	for i := 0; ; i++ {
		if err := do(i); err != nil {
			return err
		}
	}
}

func crashSet(ctx context.Context, store *sqlitestate.Store, id string, i int) error {
	key := fmt.Sprint("things/", id, i)
	err := store.Set(ctx, key, []byte("value of "+key), 0)
	fmt.Println("set", key)
	return err
}

func crashTake(ctx context.Context, store *sqlitestate.Store) error {
	taken, err := store.Take(ctx, "alice", state.Claim{Name: "n", N: 1, Limit: crashLimit}, state.Claim{Name: "twin", N: 2, Limit: 2 * crashLimit})
	if err == nil && taken[0].OK && taken[1].OK {
		fmt.Println("take 1")
	}
	return err
}

func crashAppend(ctx context.Context, store *sqlitestate.Store, id string, i int) error {
	value := fmt.Sprint(id, i)
	last, err := store.Append(ctx, "s", state.Tail, []byte(value), []byte(value))
	fmt.Println("append", last, value)
	return err
}

// acknowledged is what children said they had written.
type acknowledged struct {
	mu      sync.Mutex
	sets    []string
	takes   int64
	appends map[state.Seq]string
}

// note takes one line of a child.
func (a *acknowledged) note(line string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	var seq state.Seq
	var value string
	switch verb, rest, _ := strings.Cut(line, " "); verb {
	case "set":
		a.sets = append(a.sets, rest)
	case "take":
		a.takes++
	case "append":
		if n, _ := fmt.Sscan(rest, &seq, &value); n == 2 {
			a.appends[seq] = value
		}
	}
}

// TestKill kills processes that write to one file at moments of no one's choosing, and looks for everything that they
// said they had written.
func TestKill(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "state.db")
	said := &acknowledged{appends: map[state.Seq]string{}}
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	for range 6 {
		var group sync.WaitGroup
		for range 2 {
			cmd, out := spawn(t, "crash", path)
			lines := 1 + random.IntN(300)
			group.Go(func() { killAfter(t, cmd, out, lines, said) })
		}
		group.Wait()
		said.verify(t, path)
	}
	if len(said.sets) == 0 || said.takes == 0 || len(said.appends) == 0 {
		t.Errorf("%d sets, %d takes, %d appends: want some of each", len(said.sets), said.takes, len(said.appends))
	}
}

// killAfter kills a process after so many whole lines. What it said before it died counts as well.
func killAfter(t *testing.T, cmd *exec.Cmd, out io.Reader, lines int, said *acknowledged) {
	t.Helper()
	reader := bufio.NewReader(out)
	for n := 0; ; n++ {
		line, err := reader.ReadString('\n')
		if err != nil {
			break
		}
		said.note(strings.TrimSpace(line))
		if n == lines {
			if err := cmd.Process.Kill(); err != nil {
				t.Error(err)
			}
		}
	}
	if err := cmd.Wait(); err == nil || cmd.ProcessState.ExitCode() == 1 {
		t.Errorf("the child was not killed: %v", err)
	}
}

func (a *acknowledged) verify(t *testing.T, path string) {
	t.Helper()
	ctx := t.Context()
	store := open(t, path, sqlitestate.Options{})
	for _, key := range a.sets {
		item, err := store.Get(ctx, key)
		if err != nil || string(item.Value) != "value of "+key {
			t.Errorf("%s is lost: %q, error %v", key, item.Value, err)
		}
	}
	taken, err := store.Take(ctx, "alice", state.Claim{Name: "n"}, state.Claim{Name: "twin"})
	check(t, err)
	if used := taken[0].Used; used < a.takes || used > crashLimit || taken[1].Used != 2*used {
		t.Errorf("counters are %d and %d after %d acknowledged takes, limits %d and %d", used, taken[1].Used, a.takes, crashLimit, 2*crashLimit)
	}
	a.verifyLog(t, store)
	check(t, store.Close())
}

// verifyLog wants pairs without gaps, whoever was killed, and the acknowledged ones in their places.
func (a *acknowledged) verifyLog(t *testing.T, store *sqlitestate.Store) {
	t.Helper()
	next, first := state.Seq(1), ""
	for record, err := range store.Read(t.Context(), "s", 1) {
		check(t, err)
		value := string(record.Value)
		if record.Seq != next || record.Seq%2 == 0 && value != first {
			t.Fatalf("record %d %q where %d was wanted, behind %q", record.Seq, value, next, first)
		}
		if said, ok := a.appends[record.Seq]; ok && said != value {
			t.Errorf("record %d is %q, acknowledged was %q", record.Seq, value, said)
		}
		next, first = next+1, value
	}
	for seq := range a.appends {
		if seq >= next {
			t.Errorf("record %d is lost, the last is %d", seq, next-1)
		}
	}
	if next%2 != 1 {
		t.Errorf("half an Append is there: %d records", next-1)
	}
}

// appending adds three records.
func appending(path string) error {
	store, err := sqlitestate.Open(path, sqlitestate.Options{})
	if err != nil {
		return err
	}
	_, err = store.Append(context.Background(), "s", state.Tail, []byte("2"), []byte("3"), []byte("4"))
	return err
}

// TestFollowOtherProcess waits in this process for what another one appends.
func TestFollowOtherProcess(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "state.db")
	store := open(t, path, sqlitestate.Options{})
	_, err := store.Append(t.Context(), "s", 0, []byte("1"))
	check(t, err)
	want := state.Seq(1)
	for record, err := range store.Follow(t.Context(), "s", 1) {
		check(t, err)
		if record.Seq != want || string(record.Value) != fmt.Sprint(want) {
			t.Errorf("record %d %q, want %d", record.Seq, record.Value, want)
		}
		if want == 1 {
			cmd, _ := spawn(t, "append", path)
			t.Cleanup(func() { _ = cmd.Wait() })
		}
		if want++; want > 4 {
			return
		}
	}
}
