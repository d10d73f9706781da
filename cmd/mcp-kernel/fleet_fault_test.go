package main

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/mcp-kernel/mcp-kernel/internal/redistest"
)

// usage returns how many calls an execution has used, by the state that counts.
func (f *fleet) usage(execution string) int64 {
	f.t.Helper()
	answer, err := f.call("execution_usage", `{"execution":"`+execution+`"}`, "")
	if err != nil || !answer.ok() {
		f.t.Fatalf("%+v, %v", answer, err)
	}
	var used struct {
		Explicit struct {
			Calls int64 `json:"calls"`
		} `json:"explicit"`
	}
	if err := json.Unmarshal(answer.Result.Structured, &used); err != nil {
		f.t.Fatalf("%s: %v", answer.Result.Structured, err)
	}
	return used.Explicit.Calls
}

// calls makes calls until what is wanted is so, for as long as a test waits, and returns how many ran. Refusals must be clear.
func (f *fleet) calls(execution, what string, until func(ran bool) bool) (ran int64) {
	f.t.Helper()
	for deadline := time.Now().Add(patience); ; {
		if time.Now().After(deadline) {
			f.t.Fatalf("%s: it never was so", what)
		}
		answer, err := f.call("drift_compare", `{"a":"1","b":"1"}`, execution)
		if err != nil {
			f.t.Fatalf("%s: %v", what, err)
		}
		switch {
		case answer.ok():
			ran++
		case answer.Error != nil:
			f.t.Fatalf("%s: %+v", what, answer.Error)
		default:
			text := answer.Result.Content[0].Text
			if strings.Contains(text, "127.0.0.1") || strings.Contains(text, "redis") {
				f.t.Fatalf("%s: internals are told: %s", what, text)
			}
			if !strings.Contains(text, "cannot be counted") && !strings.Contains(text, "unknown, closed or somebody else's") {
				f.t.Fatalf("%s: refused for want of something else: %s", what, text)
			}
		}
		if until(answer.ok()) {
			return ran
		}
	}
}

// untilReady waits until every member says of itself that it is ready, or that it is not.
func (f *fleet) untilReady(what string, want bool) {
	f.t.Helper()
	deadline := time.Now().Add(patience)
	for i := range f.urls {
		for {
			at := strings.TrimSuffix(f.urls[i], "/mcp")
			if got := cli(f.t, "ready", at); (got.code == 0) == want {
				break
			}
			if time.Now().After(deadline) {
				f.t.Fatalf("%s: member %d never was ready: %v", what, i, want)
			}
			time.Sleep(50 * time.Millisecond)
		}
	}
}

// TestFleetFaults takes the state away from kernels under load in every way that happens: nothing runs that is not counted, what was
// counted stays counted, and all goes on by itself.
func TestFleetFaults(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t, "--appendonly", "yes", "--appendfsync", "always")
	f := newFleet(t, 2, "redis://"+server.Address+"/0?dial_timeout=500ms&timeout=500ms", "mirror: true")
	execution := f.open(1_000_000)
	some := func(n int, want bool) func(bool) bool {
		return func(ran bool) bool {
			if ran == want {
				n--
			}
			return n == 0
		}
	}
	var ran int64
	ran += f.calls(execution, "while all is well", some(20, true))
	for _, fault := range []struct {
		name       string
		take, give func()
	}{
		{"killed", server.Kill, server.Restart},
		{"stopped", server.Pause, server.Continue},
		{
			"full", func() { server.Do("CONFIG", "SET", "maxmemory", "1") },
			func() { server.Do("CONFIG", "SET", "maxmemory", "0") },
		},
	} {
		fault.take()
		ran += f.calls(execution, fault.name, some(6, false))
		f.untilReady(fault.name, false)
		fault.give()
		f.untilReady(fault.name+", and back", true) // though nobody calls
		ran += f.calls(execution, fault.name+", and back", some(20, true))
	}
	if used := f.usage(execution); used < ran {
		t.Errorf("%d calls ran, and %d are counted", ran, used)
	} else if used > ran+12 {
		t.Errorf("%d calls ran, and %d are counted: more than what was under way when the state went", ran, used)
	}
	f.end()
	for _, config := range f.configs {
		ok(t, "audit", "verify", "--config", config)
	}
	var page answerPage
	var outcomes int64
	for _, config := range f.configs {
		decode(t, ok(t, "audit", "query", "--config", config, "--kind", "outcome", "--name", "drift_compare", "--status", "ok", "--limit", "1000", "-o", "json"), &page)
		outcomes += int64(len(page.Entries))
		page = answerPage{}
	}
	if outcomes != ran {
		t.Errorf("%d calls were answered, and the journals have %d that ran", ran, outcomes)
	}
}
