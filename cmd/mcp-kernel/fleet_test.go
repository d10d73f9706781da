package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/mcp-kernel/mcp-kernel/internal/redistest"
)

var proveFleet = flag.Bool("fleet", false, "race the replicas a hundred times, not five, and have clients walk on every kind of state")

// A fleet is several servers on one state, each with a data directory of its own.
type fleet struct {
	t       *testing.T
	client  *http.Client
	configs []string
	members []*child
	urls    []string
	turn    atomic.Int64
}

// newFleet starts n servers on the state of a URL, with more settings of audit.
func newFleet(t *testing.T, n int, stateURL, audit string) *fleet {
	t.Helper()
	return newFleetOf(t, built(t), n, stateURL, audit)
}

// newFleetOf starts n servers of a program, with more flags.
func newFleetOf(t *testing.T, program string, n int, stateURL, audit string, flags ...string) *fleet {
	t.Helper()
	f := &fleet{t: t, client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 128}}}
	t.Cleanup(f.client.CloseIdleConnections)
	for range n {
		dir := t.TempDir()
		config := filepath.Join(dir, "mcp-kernel.yaml")
		write(t, filepath.Join(dir, "policies.yaml"), "- {name: default, allowed_tools: [\"*\"], allowed_resources: [\"*\"], allowed_prompts: [\"*\"], max_tool_calls_per_request: 1000000, max_tokens_per_request: 100000000}\n")
		write(t, config, fmt.Sprintf("data_dir: %q\nstate: {url: %q}\naudit: {%s}\ngovernance: {policy_files: [%q]}\n",
			filepath.Join(dir, "data"), stateURL, audit, filepath.Join(dir, "policies.yaml")))
		f.configs = append(f.configs, config)
		f.members = append(f.members, launch(t, program, append([]string{"serve", "--http", "127.0.0.1:0", "--config", config}, flags...)...))
	}
	for _, c := range f.members {
		f.urls = append(f.urls, address(t, c))
	}
	return f
}

// called is the part of an answer that tests look at.
type called struct {
	Result struct {
		IsError    bool
		Structured json.RawMessage `json:"structuredContent"`
		Content    []struct{ Text string }
	}
	Error *struct{ Message string }
}

// ok reports whether the call ran.
func (c called) ok() bool { return c.Error == nil && !c.Result.IsError }

// call calls a tool in the 2026 era, at the next member in turn.
func (f *fleet) call(tool, arguments, execution string) (called, error) {
	return f.at(int(f.turn.Add(1))%len(f.urls), tool, arguments, execution)
}

// at calls a tool at a member.
func (f *fleet) at(member int, tool, arguments, execution string) (answer called, err error) {
	meta := `"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}`
	if execution != "" {
		meta += `,"io.mcp-kernel/execution":"` + execution + `"`
	}
	body := fmt.Sprintf(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":%q,"arguments":%s,"_meta":{%s}}}`, tool, arguments, meta)
	return f.send(member, body, map[string]string{"Mcp-Protocol-Version": "2026-07-28", "Mcp-Method": "tools/call", "Mcp-Name": tool})
}

// callIn calls a tool in a session of the 2025 era, at the next member in turn.
func (f *fleet) callIn(session map[string]string, tool, arguments string) (called, error) {
	turn := f.turn.Add(1)
	body := fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"method":"tools/call","params":{"name":%q,"arguments":%s}}`, turn, tool, arguments)
	return f.send(int(turn)%len(f.urls), body, session)
}

// send posts a message to a member and reads the answer.
func (f *fleet) send(member int, body string, heads map[string]string) (answer called, err error) {
	request, err := http.NewRequestWithContext(f.t.Context(), http.MethodPost, f.urls[member], strings.NewReader(body))
	if err != nil {
		return answer, err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Accept", "application/json, text/event-stream")
	for name, value := range heads {
		request.Header.Set(name, value)
	}
	response, err := f.client.Do(request)
	if err != nil {
		return answer, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return answer, err
	}
	if response.StatusCode != http.StatusOK {
		return answer, fmt.Errorf("%s: %s", response.Status, text)
	}
	return answer, json.Unmarshal(text, &answer)
}

// open opens an execution that has a number of calls.
func (f *fleet) open(calls int) string {
	f.t.Helper()
	answer, err := f.call("execution_open", fmt.Sprintf(`{"max_calls":%d}`, calls), "")
	if err != nil || !answer.ok() {
		f.t.Fatalf("%+v, %v", answer, err)
	}
	var opened struct{ Execution string }
	if err := json.Unmarshal(answer.Result.Structured, &opened); err != nil || opened.Execution == "" {
		f.t.Fatalf("%s, %v", answer.Result.Structured, err)
	}
	return opened.Execution
}

// race has clients at all members call as often as they can within one execution, and returns how many calls ran.
func (f *fleet) race(clients, each int, execution string) int64 {
	f.t.Helper()
	var ran atomic.Int64
	var racing sync.WaitGroup
	for range clients {
		racing.Go(func() {
			for range each {
				answer, err := f.call("drift_compare", `{"a":"1","b":"1"}`, execution)
				switch {
				case err != nil:
					f.t.Error(err)
				case answer.ok():
					ran.Add(1)
				case !strings.Contains(answer.Result.Content[0].Text, "of this execution are used"):
					f.t.Errorf("refused for another reason: %+v", answer)
				}
			}
		})
	}
	racing.Wait()
	return ran.Load()
}

// end ends all members as an operator does, and each must say that all went well.
func (f *fleet) end() {
	f.t.Helper()
	for _, c := range f.members {
		if err := c.cmd.Process.Signal(os.Interrupt); err != nil {
			f.t.Error(err)
		}
	}
	for _, c := range f.members {
		c.end()
	}
}

// TestFleetRaces: three replicas and 64 clients race for one budget; exactly as many calls run as it has.
func TestFleetRaces(t *testing.T) {
	t.Parallel()
	for name, state := range stores(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFleet(t, 3, state(t), "mirror: true")
			rounds := 3
			if *proveFleet {
				rounds = 100
			}
			for round := range rounds {
				limit := 40 + round%50
				if ran := f.race(64, 2, f.open(limit)); ran != int64(limit) {
					t.Errorf("round %d: %d calls ran, want %d", round, ran, limit)
				}
			}
			f.end()
			for _, config := range f.configs {
				ok(t, "audit", "verify", "--config", config)
			}
			ok(t, "audit", "verify", "--replica", "all", "--config", f.configs[0])
		})
	}
}

// stores are the kinds of state that a fleet can have here, each as what gives its URL.
func stores(t *testing.T) map[string]func(*testing.T) string {
	t.Helper()
	return map[string]func(*testing.T) string{
		"sqlite": func(t *testing.T) string {
			t.Helper()
			return "sqlite:" + filepath.Join(t.TempDir(), "shared.db") + "?shared=true"
		},
		"redis": func(t *testing.T) string {
			t.Helper()
			return "redis://" + redistest.Start(t).Address + "/0"
		},
	}
}
