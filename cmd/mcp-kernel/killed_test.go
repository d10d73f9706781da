package main

import (
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// TestKilledServer: a server is killed in the middle of calls. Another on the same data directory serves at once, and of a
// budget exactly as many calls run as it has, before and after together.
func TestKilledServer(t *testing.T) {
	t.Parallel()
	const budget = 60
	f := newFleet(t, 1, "sqlite:", "")
	execution := f.open(budget)
	var answered atomic.Int64
	var calling sync.WaitGroup
	half := make(chan struct{})
	for range 4 {
		calling.Go(func() {
			for {
				answer, err := f.call("drift_compare", `{"a":"1","b":"1"}`, execution)
				if err != nil {
					return // it was killed
				}
				if !answer.ok() {
					t.Errorf("before the end: %+v", answer)
					return
				}
				if answered.Add(1) == budget/2 {
					close(half)
				}
			}
		})
	}
	<-half
	if err := f.members[0].cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	<-f.members[0].done
	calling.Wait()
	f.members[0] = launch(t, built(t), "serve", "--http", "127.0.0.1:0", "--config", f.configs[0])
	f.urls[0] = address(t, f.members[0])
	if used, ran := f.usage(execution), answered.Load(); used < ran || used > ran+4 {
		t.Errorf("%d calls were answered and %d are counted; at most 4 more were under way", ran, used)
	}
	for {
		answer, err := f.call("drift_compare", `{"a":"1","b":"1"}`, execution)
		if err != nil {
			t.Fatal(err)
		}
		if !answer.ok() {
			if !strings.Contains(answer.Result.Content[0].Text, "of this execution are used") {
				t.Errorf("%+v", answer)
			}
			break
		}
		answered.Add(1)
	}
	if used := f.usage(execution); used != budget {
		t.Errorf("%d calls are counted, want %d", used, budget)
	}
	if ran := answered.Load(); ran > budget || ran < budget-4 {
		t.Errorf("%d calls were answered of %d", ran, budget)
	}
	f.end()
	ok(t, "audit", "verify", "--config", f.configs[0])
	var page answerPage
	decode(t, ok(t, "audit", "query", "--config", f.configs[0], "--kind", "decision", "--name", "drift_compare", "--limit", "1000", "-o", "json"), &page)
	allowed := 0
	for i := range page.Entries {
		if page.Entries[i].Effect == "allow" {
			allowed++
		}
	}
	if allowed != budget {
		t.Errorf("the journal of %s has %d calls that were allowed, want %d", filepath.Base(f.configs[0]), allowed, budget)
	}
}
