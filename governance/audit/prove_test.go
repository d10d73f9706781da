package audit_test

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mcp-kernel/mcp-kernel/governance/audit"
	"github.com/mcp-kernel/mcp-kernel/modules/primitives"
)

// prove asks for the long proofs: 200 kills instead of 10.
var prove = flag.Bool("prove", false, "run the long proofs")

// The variables that make the test binary a child that writes: the data directory and what to do there.
const (
	childDir  = "AUDIT_TEST_DIR"
	childWork = "AUDIT_TEST_WORK"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(childDir); dir != "" {
		if err := child(dir, os.Getenv(childWork)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// child writes until it is killed, or until a limit is reached, and says what was acknowledged.
func child(dir, work string) error {
	s, err := primitives.OpenSigner(dir+"/key", origin, nil)
	if err != nil {
		return err
	}
	j, err := audit.Open(audit.Options{
		Dir: dir, Origin: origin, Signer: s, CheckpointEvery: 64, SegmentBytes: 64 << 10, MaxRunning: 8,
	})
	if err != nil {
		return err
	}
	say := make(chan string, 64)
	var writers sync.WaitGroup
	for w := range 4 {
		writers.Go(func() { write(j, work, fmt.Sprintf("%d-%d", os.Getpid(), w), say) })
	}
	go func() { writers.Wait(); close(say) }()
	for line := range say {
		fmt.Println(line)
	}
	return j.Close()
}

// write records calls one after the other, and says "call id" once both entries of a call are acknowledged.
func write(j *audit.Journal, work, name string, say chan<- string) {
	for i := 0; ; i++ {
		id := fmt.Sprintf("%s-%d", name, i)
		slot, err := j.Begin(context.Background())
		if err != nil {
			say <- "error " + err.Error()
			return
		}
		d := decision(id)
		if work == "limit" {
			taken, err := j.Take(context.Background(), shard, claim(1, provedLimit, 0))
			if err != nil || !taken[0].OK {
				return
			}
			d.Charges = []audit.Charge{{Shard: shard, Name: "calls", N: 1, Limit: provedLimit}}
		}
		err = slot.Decision(context.Background(), d)
		if err == nil {
			err = slot.Outcome(context.Background(), outcome(id))
		}
		slot.End()
		switch {
		case errors.Is(err, audit.ErrOverLimit):
		case err != nil:
			say <- "error " + err.Error()
			return
		default:
			say <- "call " + id
		}
	}
}

const provedLimit = 400

// spawn starts a child.
func spawn(t *testing.T, dir, work string) (*exec.Cmd, *bufio.Scanner) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), childDir+"="+dir, childWork+"="+work)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd, bufio.NewScanner(out)
}

// TestKillAtRandomMoments kills a writing process again and again: every call that was answered has both its entries,
// and the chain verifies each time.
func TestKillAtRandomMoments(t *testing.T) {
	t.Parallel()
	kills := 10
	if *prove {
		kills = 200
	}
	dir := t.TempDir()
	answered := map[string]bool{}
	for range kills {
		cmd, out := spawn(t, dir, "calls")
		for i, stop := 0, 1+rand.IntN(400); out.Scan(); i++ {
			id, ok := strings.CutPrefix(out.Text(), "call ")
			if !ok {
				t.Fatal(out.Text())
			}
			answered[id] = true
			if i == stop {
				time.AfterFunc(time.Duration(rand.IntN(2000))*time.Microsecond, func() { _ = cmd.Process.Kill() })
			}
		}
		_ = cmd.Wait()
		if r := verify(t, dir); r.Bad != nil {
			t.Fatal(r.Bad)
		}
	}
	bothEntries(t, dir, answered)
}

// bothEntries checks that every answered call has its decision and its outcome, and that calls without an outcome were
// recorded as abandoned.
func bothEntries(t *testing.T, dir string, answered map[string]bool) {
	t.Helper()
	if err := open(t, dir).Close(); err != nil { // records what the last one left
		t.Fatal(err)
	}
	r, err := audit.OpenReader(dir)
	if err != nil {
		t.Fatal(err)
	}
	running := map[string]bool{}
	outcomes, abandoned := 0, int64(0)
	for _, e := range read(t, r.Entries(t.Context(), 1)) {
		switch {
		case e.Kind == audit.KindDecision:
			running[e.Call] = true
		case e.Kind == audit.KindOutcome:
			if !running[e.Call] {
				t.Errorf("call %s: an outcome without a decision", e.Call)
			}
			delete(running, e.Call)
			delete(answered, e.Call)
			outcomes++
		case e.Control.Action == audit.ActionAbandoned:
			abandoned += e.Control.Count
		}
	}
	if len(answered) > 0 || outcomes == 0 {
		t.Errorf("%d answered calls have no outcome, %d have", len(answered), outcomes)
	}
	if abandoned != int64(len(running)) {
		t.Errorf("%d calls have no outcome, %d are recorded as abandoned", len(running), abandoned)
	}
}

// TestThreeProcessesOneLimit has three processes race for one limit while one of them is killed.
func TestThreeProcessesOneLimit(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	signer(t, dir)
	var all sync.WaitGroup
	for i := range 3 {
		cmd, out := spawn(t, dir, "limit")
		all.Go(func() {
			for n := 0; out.Scan(); n++ {
				if strings.HasPrefix(out.Text(), "error") {
					t.Error(out.Text())
				}
				if i == 0 && n == 40 {
					_ = cmd.Process.Kill()
				}
			}
			_ = cmd.Wait()
		})
	}
	all.Wait()
	if r := verify(t, dir); r.Bad != nil {
		t.Fatal(r.Bad)
	}
	r, err := audit.OpenReader(dir)
	if err != nil {
		t.Fatal(err)
	}
	admitted, processes := 0, map[string]int{}
	for _, e := range read(t, r.Entries(t.Context(), 1)) {
		if e.Kind == audit.KindDecision {
			admitted++
			processes[e.Process]++
		}
	}
	if admitted != provedLimit {
		t.Errorf("%d admitted of %d, by process %v", admitted, provedLimit, processes)
	}
}

// TestEverybodyGetsIn has two processes that write without a pause, and a writer and a reader beside them: all go on.
func TestEverybodyGetsIn(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	signer(t, dir)
	lines := make([]*bufio.Scanner, 2)
	for i := range lines {
		cmd, out := spawn(t, dir, "calls")
		defer func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }()
		lines[i] = out
	}
	progress := func() {
		for _, out := range lines {
			for range 100 {
				if !out.Scan() || strings.HasPrefix(out.Text(), "error") {
					t.Fatalf("a busy process ended: %q", out.Text())
				}
			}
		}
	}
	progress()
	j := open(t, dir)
	r, err := audit.OpenReader(dir)
	if err != nil {
		t.Fatal(err)
	}
	for range 20 {
		e := outcome("beside")
		if err := j.Append(t.Context(), e); err != nil {
			t.Fatal(err)
		}
		if read, err := r.Entry(t.Context(), e.Seq); err != nil || read.Hash != e.Hash {
			t.Fatalf("entry %d: %v", e.Seq, err)
		}
	}
	progress()
}
