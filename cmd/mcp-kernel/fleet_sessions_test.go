package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// session begins a session of the 2025 era and returns its id.
func (f *fleet) session() string {
	f.t.Helper()
	response, err := f.say("", `{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"fleet","version":"1"}}}`)
	if err != nil {
		f.t.Error(err)
		return ""
	}
	defer func() { _ = response.Body.Close() }()
	return response.Header.Get("Mcp-Session-Id")
}

// inSession sends a request of a session to the member whose turn it is.
func (f *fleet) inSession(session, message string) (answer called, err error) {
	response, err := f.say(session, message)
	if err != nil {
		return answer, err
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return answer, err
	}
	if response.StatusCode != http.StatusOK {
		return answer, fmt.Errorf("%s: %s", response.Status, text)
	}
	return answer, json.Unmarshal(text, &answer)
}

func (f *fleet) say(session, message string) (*http.Response, error) {
	at := f.urls[int(f.turn.Add(1))%len(f.urls)]
	request, err := http.NewRequestWithContext(f.t.Context(), http.MethodPost, at, strings.NewReader(message))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Accept", "application/json, text/event-stream")
	if session != "" {
		request.Header.Set("Mcp-Session-Id", session)
		request.Header.Set("Mcp-Protocol-Version", "2025-11-25")
	}
	return f.client.Do(request)
}

// TestClientWalksAnywhere has every official SDK, old and new, do everything that a client does with three replicas behind a
// balancer that gives each of them one request in turn, whatever it is of: listings, calls, answers to questions, what is
// cancelled, streams.
func TestClientWalksAnywhere(t *testing.T) {
	t.Parallel()
	dir := clients(t)
	for name, state := range stores(t) {
		if name != "sqlite" && !*proveFleet {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFleetOf(t, fixtured(t), 3, state(t), "", "--profile", "full")
			visit(t, dir, door{URL: f.roundRobin()}, walkers())
			f.end()
			for _, config := range f.configs {
				ok(t, "audit", "verify", "--config", config)
			}
		})
	}
}

// roundRobin starts a balancer that knows nothing of sessions, and returns where it is. The fixture's resource changes in one
// process alone, which no resource of the product does; so the call that has it change goes to all.
func (f *fleet) roundRobin() string {
	f.t.Helper()
	targets := make([]*url.URL, len(f.urls))
	for i, text := range f.urls {
		at, err := url.Parse(text)
		if err != nil {
			f.t.Fatal(err)
		}
		targets[i] = at
	}
	var turn atomic.Int64
	proxy := &httputil.ReverseProxy{
		FlushInterval: -1,
		Rewrite: func(r *httputil.ProxyRequest) {
			at := targets[int(turn.Add(1))%len(targets)]
			r.Out.URL.Scheme, r.Out.URL.Host, r.Out.Host = at.Scheme, at.Host, at.Host
		},
	}
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, err := io.ReadAll(r.Body)
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		again := func() *http.Request {
			q := r.Clone(r.Context())
			q.Body, q.ContentLength = io.NopCloser(bytes.NewReader(text)), int64(len(text))
			return q
		}
		if bytes.Contains(text, []byte("test_trigger_resource_change")) {
			for range len(targets) - 1 {
				proxy.ServeHTTP(httptest.NewRecorder(), again())
			}
		}
		proxy.ServeHTTP(w, again())
	}))
	f.t.Cleanup(front.Close)
	return front.URL + "/mcp"
}

// TestTasksOutliveTheirReplica: a task is known at every replica; when the one that runs it is killed, the others say so.
func TestTasksOutliveTheirReplica(t *testing.T) {
	t.Parallel()
	f := newFleetOf(t, fixtured(t), 3, "sqlite:"+filepath.Join(t.TempDir(), "shared.db")+"?shared=true", "", "--profile", "full")
	short := f.task(1, "tools/call", "slow_compute", `"name":"slow_compute","arguments":{"seconds":0.2,"label":"one"}`)
	long := f.task(0, "tools/call", "slow_compute", `"name":"slow_compute","arguments":{"seconds":600,"label":"two"}`)
	if short.Result.TaskID == "" || long.Result.TaskID == "" {
		t.Fatalf("became no tasks: %+v, %+v", short, long)
	}
	get := func(member int, id string) taskAnswer {
		return f.task(member, "tasks/get", id, fmt.Sprintf(`"taskId":%q`, id))
	}
	for _, member := range []int{0, 2} {
		f.becomes(member, "completed", func() taskAnswer { return get(member, short.Result.TaskID) })
		if a := get(member, long.Result.TaskID); a.Result.Status != "working" {
			t.Errorf("at replica %d: %+v", member, a)
		}
	}
	if err := f.members[0].cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	<-f.members[0].done
	for _, member := range []int{1, 2} {
		a := f.becomes(member, "failed", func() taskAnswer { return get(member, long.Result.TaskID) })
		if !strings.Contains(a.Result.StatusMessage, "the kernel that ran it has ended") {
			t.Errorf("at replica %d: %+v", member, a)
		}
	}
}

// becomes asks until a task has a status.
func (f *fleet) becomes(member int, status string, ask func() taskAnswer) (a taskAnswer) {
	f.t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if a = ask(); a.Result.Status == status {
			return a
		}
	}
	f.t.Fatalf("at replica %d the task did not become %s: %+v", member, status, a)
	return a
}

// task sends a request about a task, in the 2026 era, to a member.
func (f *fleet) task(member int, method, name, params string) taskAnswer {
	f.t.Helper()
	body := fmt.Sprintf(`{"jsonrpc":"2.0","id":1,"method":%q,"params":{%s,%s}}`, method, params, knowing)
	request, err := http.NewRequestWithContext(f.t.Context(), http.MethodPost, f.urls[member], strings.NewReader(body))
	if err != nil {
		f.t.Fatal(err)
	}
	for header, value := range map[string]string{
		"Content-Type": "application/json", "Accept": "application/json, text/event-stream",
		"Mcp-Protocol-Version": "2026-07-28", "Mcp-Method": method, "Mcp-Name": name,
	} {
		request.Header.Set(header, value)
	}
	response, err := f.client.Do(request)
	if err != nil {
		f.t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		f.t.Fatal(err)
	}
	return decoded[taskAnswer](f.t, string(text))
}
