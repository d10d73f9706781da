package main

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
)

// A session is one of the 2025 era with a server that runs.
type session struct {
	t     *testing.T
	url   string
	heads map[string]string
}

// begin shakes hands over HTTP.
func begin(t *testing.T, url string) *session {
	t.Helper()
	s := &session{t: t, url: url, heads: map[string]string{}}
	header, _ := s.post(`{"jsonrpc":"2.0","id":"hello","method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"test","version":"1"}}}`)
	s.heads["Mcp-Session-Id"], s.heads["Mcp-Protocol-Version"] = header.Get("Mcp-Session-Id"), "2025-11-25"
	s.post(`{"jsonrpc":"2.0","method":"notifications/initialized"}`)
	return s
}

// post sends one message and returns the headers and the body of the answer.
func (s *session) post(body string) (http.Header, string) {
	s.t.Helper()
	request, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, s.url, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Accept", "application/json, text/event-stream")
	for name, value := range s.heads {
		request.Header.Set(name, value)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		s.t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	if response.StatusCode != http.StatusOK && response.StatusCode != http.StatusAccepted {
		s.t.Fatalf("%s: %s %s", body, response.Status, text)
	}
	return response.Header, string(text)
}

const lists = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"kernel_execute","arguments":{"action":"file_list","params":{"path":"work:."}}}}`

func TestServeOverHTTP(t *testing.T) {
	t.Parallel()
	_, config := home(t)
	c := launch(t, built(t), "serve", "--http", "127.0.0.1:0", "--config", config)
	s := begin(t, address(t, c))
	if _, got := s.post(`{"jsonrpc":"2.0","id":9007199254740993,"method":"tools/list"}`); !strings.HasPrefix(got, `{"jsonrpc":"2.0","id":9007199254740993,"result":{"tools":[`) || !strings.Contains(got, `"name":"kernel_execute"`) {
		t.Errorf("tools/list: %s", got)
	}
	if _, got := s.post(lists); !strings.Contains(got, `"structuredContent"`) || strings.Contains(got, `"isError":true`) {
		t.Errorf("tools/call: %s", got)
	}
	for _, kind := range []string{"decision", "outcome"} {
		page := decoded[answerPage](t, ok(t, "audit", "query", "--name", "kernel_execute", "--kind", kind, "--config", config, "-o", "json"))
		if len(page.Entries) != 1 || page.Entries[0].Principal != agent().Principal || page.Entries[0].Label != "test/1" {
			t.Errorf("%s: %+v", kind, page)
		}
	}
	ready := strings.TrimSuffix(s.url, "/mcp") + "/readyz"
	response, err := http.Get(ready) //nolint:noctx // a probe
	if err != nil || response.StatusCode != http.StatusOK {
		t.Errorf("%s: %v, %v", ready, response, err)
	} else {
		_ = response.Body.Close()
	}
	if err := c.cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	c.end()
	ok(t, "audit", "verify", "--config", config)
}

// Both ways lead to one kernel, and what the host ends ends for all.
func TestServeBothWays(t *testing.T) {
	t.Parallel()
	_, config := home(t)
	c := start(t, "serve", "--stdio", "--http", "127.0.0.1:0", "--config", config)
	c.hello()
	begin(t, address(t, c)).post(lists)
	c.send(strings.Replace(lists, `"id":1`, `"id":"stdio"`, 1))
	if line := c.next(); !json.Valid([]byte(line)) || !strings.Contains(line, `"id":"stdio","result"`) {
		t.Errorf("over stdio: %s", line)
	}
	page := decoded[answerPage](t, ok(t, "audit", "query", "--name", "kernel_execute", "--kind", "outcome", "--config", config, "-o", "json"))
	if len(page.Entries) != 2 {
		t.Errorf("the journal has %+v", page)
	}
	c.close()
}

// Where everybody on the network can come, somebody must ask who they are, and not in plain text.
func TestAddressesThatAreRefused(t *testing.T) {
	t.Parallel()
	_, config := home(t)
	refused := func(says string, args ...string) {
		t.Helper()
		got := cli(t, append([]string{"serve", "--config", config, "--http"}, args...)...)
		if got.code != exitFault || !strings.Contains(got.err, says) {
			t.Errorf("%q: exit code %d, %s\nwant %s", args, got.code, got.err, says)
		}
	}
	refused("mcp-kernel keys create", "0.0.0.0:0")
	refused("mcp-kernel keys create", ":0")
	refused("want HOST:PORT", "3333")
	ok(t, "keys", "create", "--principal", "user:ada", "--config", config)
	refused("plain text", "0.0.0.0:0")
	refused("no such file", "0.0.0.0:0", "--tls-cert", "none.pem", "--tls-key", "none.pem")
	refused("each needs the other", "0.0.0.0:0", "--tls-cert", "none.pem")
}
