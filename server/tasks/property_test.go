package tasks_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/mcp-kernel/mcp-kernel/server/tasks"
	"github.com/mcp-kernel/mcp-kernel/tools"
)

// TestATaskNeverLeavesItsEnd has two processes do whatever clients may ask of them, in any order, with the tasks of one:
// what is over stays as it is, what is not is asked only what was not answered, and the way of a status is the protocol's.
func TestATaskNeverLeavesItsEnd(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		script := rapid.SliceOfN(rapid.SampledFrom([]string{"answer", "null", "cancel", "get", "wait", "kill", "end"}), 1, 12).Draw(rt, "script")
		by := rapid.SliceOfN(rapid.IntRange(0, 1), len(script), len(script)).Draw(rt, "by")
		keys := rapid.SliceOfN(rapid.SampledFrom([]string{"one", "two", "three"}), len(script), len(script)).Draw(rt, "keys")
		var fault error
		synctest.Test(t, func(t *testing.T) { fault = play(t, script, by, keys) })
		if fault != nil {
			rt.Fatal(fault)
		}
	})
}

// play acts out a script and returns what went wrong.
func play(t *testing.T, script []string, by []int, keys []string) error {
	t.Helper()
	let := make(chan struct{})
	end := sync.OnceFunc(func() { close(let) })
	w := newWorld(t, map[string]job{"job": asTask(func(ctx context.Context, c tools.Detacher) (tools.Result, error) {
		if _, err := asking(ctx, c); err != nil {
			return tools.Result{}, err
		}
		select {
		case <-let:
			return said("done"), nil
		case <-ctx.Done():
			return tools.Result{}, ctx.Err()
		}
	})})
	processes := []*tasks.Manager{w.process("p"), w.process("q")}
	id := w.begin(processes[0], "job").ID
	synctest.Wait()
	var last tasks.Task
	for i, act := range script {
		m := processes[by[i]]
		var err error
		switch act {
		case "answer":
			_, err = m.Update(t.Context(), callOf("alice", ""), "tasks/update", id, map[string]json.RawMessage{keys[i]: json.RawMessage(`"x"`)})
		case "null":
			err = m.Answer(t.Context(), "alice", id, keys[i], nil)
		case "cancel":
			_, _, err = m.Cancel(t.Context(), callOf("alice", ""), "tasks/cancel", id)
		case "wait":
			time.Sleep(time.Second)
		case "end":
			end()
		case "kill":
			w.kill("p") // in the eyes of the other
		}
		if err != nil {
			return fmt.Errorf("%s: %w", act, err)
		}
		synctest.Wait()
		now, _ := w.get(m, id)
		if err := follows(last, now); err != nil {
			return fmt.Errorf("after %v: %w", script[:i+1], err)
		}
		last = now
	}
	return nil
}

// follows says why one status cannot follow another.
func follows(before, now tasks.Task) error {
	switch {
	case before.Over() && (before.Status != now.Status || before.Message != now.Message || !before.Updated.Equal(now.Updated)):
		return fmt.Errorf("%s became %s", before.Status, now.Status)
	case (now.Status == tasks.InputRequired) != (len(now.Questions) > 0):
		return fmt.Errorf("%s with %d questions", now.Status, len(now.Questions))
	case now.Updated.Before(before.Updated):
		return errors.New("it changed before it did")
	default:
		return nil
	}
}
