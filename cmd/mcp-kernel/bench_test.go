package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mcp-kernel/mcp-kernel/internal/bench"
)

// TestBench loads the built program with itself, over stdio and over HTTP.
func TestBench(t *testing.T) {
	t.Parallel()
	server := []string{built(t), "serve", "--data-dir", "{dir}", "--log-level", "info", "--config", emptyFile(t)}
	call := []string{"bench", "-o", "json", "--call", `3*verify_code_safety={"code":"x","language":"go"}`, "--method", "tools/list", "--requests", "20", "--warmup", "4"}
	for _, c := range []struct {
		name string
		args []string
		want bench.Report
	}{
		{"stdio", append([]string{"--pipeline", "4", "--", server[0], "serve", "--stdio"}, server[2:]...), bench.Report{Transport: "stdio", Era: "2025", Pipeline: 4, Connections: 1}},
		{"http", append([]string{"--era", "2026", "--concurrency", "3", "--ready-url", `"url":"([^"]+)"`, "--", server[0], "serve", "--http", "127.0.0.1:0"}, server[2:]...), bench.Report{Transport: "http", Era: "2026", Pipeline: 1, Connections: 3}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			o := cli(t, append(slices.Clone(call), c.args...)...)
			r := decoded[benchResult](t, o.out).Report
			got := bench.Report{Transport: r.Transport, Era: r.Era, Pipeline: r.Pipeline, Connections: r.Connections}
			if diff := cmp.Diff(c.want, got); diff != "" || r.Requests != 20 || r.Good != 20 || r.Server == "" || len(r.Calls) != 2 {
				t.Errorf("exit %d: %s\n%+v\n%s", o.code, diff, r, o.err)
			}
		})
	}
}

func emptyFile(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "empty")
	write(t, path, "")
	return path
}

// teapot is an MCP server that knows two methods and whose every fifth call fails.
func teapot(t *testing.T) string {
	t.Helper()
	var calls atomic.Int64
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body := make([]byte, 200)
		n, _ := r.Body.Read(body)
		_, id, _ := strings.Cut(string(body[:n]), `"id":`)
		id, _, _ = strings.Cut(id, ",")
		nth := calls.Add(1)
		switch {
		case r.Header.Get("Authorization") != "Bearer secret" || r.Header.Get("X-A") != "b":
			w.WriteHeader(http.StatusUnauthorized)
		case id == "":
			w.WriteHeader(http.StatusAccepted)
		case nth%5 == 0:
			fmt.Fprintf(w, `{"jsonrpc":"2.0","id":%s,"error":{"code":-32000,"message":"I am a teapot"}}`, id)
		default:
			fmt.Fprintf(w, `{"jsonrpc":"2.0","id":%s,"result":{"serverInfo":{"name":"teapot","version":"1"}}}`, id)
		}
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// TestBenchFound ends with exit code 1 and the first of each kind when requests came to errors.
func TestBenchFound(t *testing.T) {
	t.Parallel()
	key := filepath.Join(t.TempDir(), "key")
	write(t, key, "secret\n")
	auth := []string{"--bearer-file", key, "--header", "X-A: b", "--warmup", "0"}
	o := cli(t, append([]string{"bench", "--requests", "50", "--url", teapot(t)}, auth...)...)
	for _, says := range []string{"teapot 1 over http, era 2025", "1 connection, closed loop", "50 in ", "10 × rpc -32000, the first: ", "I am a teapot"} {
		if o.code != exitFault || !strings.Contains(o.out, says) || o.err != "" {
			t.Errorf("exit %d, no %q in\n%s%s", o.code, says, o.out, o.err)
		}
	}
	o = cli(t, "bench", "--requests", "5", "--url", teapot(t))
	if o.code != exitFault || !strings.Contains(o.err, "HTTP status 401") {
		t.Errorf("without a key: exit %d, %s", o.code, o.err)
	}
	o = cli(t, append([]string{"bench", "compare", "--rounds", "2", "--requests", "50", "--rate", "5000", "--a", teapot(t), "--b", teapot(t)}, auth...)...)
	if o.code != exitFault || !strings.Contains(o.out, "a against b, ratios of 2 rounds:") || !strings.Contains(o.err, "ERRORS") {
		t.Errorf("compare: exit %d\n%s%s", o.code, o.out, o.err)
	}
}

// TestBenchFiles compares servers that files describe.
func TestBenchFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "key"), "secret")
	one, two := filepath.Join(dir, "one.yaml"), filepath.Join(dir, "two.yaml")
	text := fmt.Sprintf("url: %s\nheaders: {X-A: b}\nbearer_file: %s\n", teapot(t), filepath.Join(dir, "key"))
	write(t, one, text)
	write(t, two, text+"name: zwei\ncalls: [{tool: brew, arguments: {milk: true, n: 3}, weight: 2}, {method: prompts/get, params: {name: p}}]\n")
	o := cli(t, "bench", "compare", one, two, "--rounds", "1", "--requests", "10", "--warmup", "0", "-o", "json")
	c := decoded[bench.Comparison](t, o.out)
	want := []bench.SentCall{{Call: "brew", Weight: 2, Bytes: 112}, {Call: "prompts/get", Weight: 1, Bytes: 78}}
	if len(c.Standings) != 2 || c.Standings[0].Name != "one" || c.Standings[1].Name != "zwei" {
		t.Fatalf("exit %d\n%s%s", o.code, o.out, o.err)
	}
	if diff := cmp.Diff(want, c.Rounds[0][1].Calls); diff != "" || c.Rounds[0][0].Calls[0].Call != "tools/list" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
	write(t, one, "ulr: x\nname: y")
	if o := cli(t, "bench", "compare", one, two); o.code != exitFault || !strings.Contains(o.err, "ulr") {
		t.Errorf("an unknown key: exit %d, %s", o.code, o.err)
	}
	_ = os.Remove(one)
	if o := cli(t, "bench", "compare", one, two); o.code != exitFault || !strings.Contains(o.err, "one.yaml") {
		t.Errorf("a missing file: exit %d, %s", o.code, o.err)
	}
}

func TestBenchUsage(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		args string
		says string
	}{
		{"nothing to load", "", "say what to load"},
		{"an unknown era", "--era 1999", `--era "1999"`},
		{"no connections", "--concurrency 0", "--concurrency: want more than 0"},
		{"a rate below zero", "--rate -1", "--rate: want more than 0"},
		{"a warm-up of words", "--warmup long", `--warmup "long"`},
		{"a call without JSON", "--call a=b", "must be a JSON object"},
		{"a call without a name", "--call ={}", "want [WEIGHT*]NAME[=JSON]"},
		{"a weight of nothing", "--call 0*a", "a weight is a number"},
		{"a size of nothing", "--size a=1KiB", "there is no --call"},
		{"a size that is none", "--call x --size a=big", "want ARGUMENT=SIZE"},
		{"a size of a number", `--call x={"a":1} --size a=1KiB`, "the argument a is no text"},
		{"a header without a value", "--url http://h/ --header x", "want NAME: VALUE"},
		{"a header of two lines", "--url http://h/ --header a:b\nc", "want NAME: VALUE"},
		{"a key that is not there", "--url http://h/ --bearer-file /does/not/exist", "--bearer-file"},
		{"an expression that is none", "--ready-url ( -- x", "--ready-url"},
		{"one server", "compare --a x", "two servers or more"},
		{"a quote that does not end", "compare --a 'x --b y", "does not end"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			o := cli(t, append([]string{"bench"}, strings.FieldsFunc(c.args, func(r rune) bool { return r == ' ' })...)...)
			if o.code != exitUsage || !strings.Contains(o.err, c.says) || o.out != "" {
				t.Errorf("exit %d, out %q, err %q; want 2 and %q", o.code, o.out, o.err, c.says)
			}
		})
	}
}

func TestPad(t *testing.T) {
	t.Parallel()
	calls := []bench.Call{{Tool: "a"}, {Tool: "b", Arguments: []byte(`{"text":"<hello>","n":1}`)}}
	if err := pad(calls, "text=8B"); err != nil {
		t.Fatal(err)
	}
	if got, want := string(calls[0].Arguments)+string(calls[1].Arguments), `{"text":"xxxxxxxx"}{"n":1,"text":"\u003chello\u003ex"}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestSplitWords(t *testing.T) {
	t.Parallel()
	got, err := splitWords(` a  "b c"d 'e"f' "" `)
	if diff := cmp.Diff([]string{"a", "b cd", `e"f`, ""}, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}
