package bench_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestMain makes this test binary a server over stdio when it is started as one.
func TestMain(m *testing.M) {
	if name := os.Getenv("MCP_BENCH_FAKE"); name != "" {
		fmt.Fprintf(os.Stderr, "fake %s, arguments %q\n", name, os.Args[1:])
		if name == "http" {
			l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
			if err != nil {
				panic(err)
			}
			fmt.Printf("ready at http://%s/mcp\n", l.Addr())
			_ = (&http.Server{Handler: &fake{}, ReadHeaderTimeout: time.Minute}).Serve(l)
		}
		(&fake{}).stdio(os.Stdin, os.Stdout)
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// A fake is an MCP server of both eras whose tools are named after what they do.
type fake struct {
	stalled sync.Once
	stall   time.Duration // of the first call

	mu       sync.Mutex
	requests []*http.Request
	bodies   []string
	ended    int // sessions
}

// A call is what the fake reads of a message.
type call struct {
	ID     json.RawMessage
	Method string
	Params struct {
		Name string
		Meta struct {
			Version string `json:"io.modelcontextprotocol/protocolVersion"`
		} `json:"_meta"`
	}
}

const progress = `{"jsonrpc":"2.0","method":"notifications/progress","params":{"id":1}}`

// answer returns what is sent for a message: nothing, an answer, or what stands for one.
func (f *fake) answer(c *call) string {
	switch {
	case c.ID == nil, c.Method == "":
		return ""
	case c.Method == "initialize":
		return fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,"result":{"protocolVersion":"2025-11-25","serverInfo":{"name":"fake","version":"1"}}}`, c.ID)
	case c.Method == "server/discover":
		return fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,"result":{"_meta":{"io.modelcontextprotocol/serverInfo":{"name":"fake","version":"2"}}}}`, c.ID)
	}
	f.stalled.Do(func() { time.Sleep(f.stall) })
	switch c.Params.Name {
	case "slow":
		time.Sleep(10 * time.Millisecond)
	case "fail":
		return fmt.Sprintf(`{"id": %s, "result": {"content": [], "isError": true}, "jsonrpc": "2.0"}`, c.ID)
	case "refuse":
		return fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,"error":{"code":-32602,"message":"no"}}`, c.ID)
	case "ask":
		return fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,"result":{"resultType":"input_required"}}`, c.ID)
	case "garbage":
		return "this is no message"
	case "stranger":
		return `{"jsonrpc":"2.0","id":5,"result":{}}`
	case "large":
		return fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,"result":{"text":%q}}`, c.ID, strings.Repeat("{", 300_000))
	case "silent":
		return ""
	}
	return fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,"result":{"content":[{"type":"text","text":"\"id\":1"}]}}`, c.ID)
}

// stdio serves a message a line until the input ends, one after the other. The tool "leave" ends it.
func (f *fake) stdio(in io.Reader, out io.Writer) {
	buffered := make(chan string, 1000) // as a pipe of the system buffers
	go func() {
		defer close(buffered)
		lines := bufio.NewScanner(in)
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			buffered <- lines.Text()
		}
	}()
	for line := range buffered {
		var c call
		if json.Unmarshal([]byte(line), &c) != nil {
			return
		}
		f.note(nil, line)
		if c.Params.Name == "leave" {
			return
		}
		if c.Params.Name == "ping" {
			fmt.Fprintln(out, `{"jsonrpc":"2.0","id":"p","method":"ping"}`)
			fmt.Fprintln(out, `{"jsonrpc":"2.0","id":"r","method":"roots/list"}`)
			fmt.Fprintln(out)
			fmt.Fprintln(out, progress)
		}
		if answer := f.answer(&c); answer != "" {
			fmt.Fprintln(out, answer)
		}
	}
}

func (f *fake) note(r *http.Request, body string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.requests, f.bodies = append(f.requests, r), append(f.bodies, body)
}

// ServeHTTP serves streamable HTTP. Tools beside those of stdio are named after statuses and ways to answer.
func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	f.note(r, string(body))
	if r.Method == http.MethodDelete {
		f.mu.Lock()
		f.ended++
		f.mu.Unlock()
		return
	}
	var c call
	if err := json.Unmarshal(body, &c); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if c.Method == "initialize" {
		w.Header().Set("Mcp-Session-Id", "a-session")
	}
	f.reply(w, r, &c)
}

func (f *fake) reply(w http.ResponseWriter, r *http.Request, c *call) {
	answer := f.answer(c)
	switch name := c.Params.Name; {
	case answer == "" && name != "silent":
		w.WriteHeader(http.StatusAccepted)
	case answer == "":
		<-r.Context().Done()
	case name == "busy":
		http.Error(w, "come again", http.StatusServiceUnavailable)
	case name == "refused":
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprintf(w, `{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"bad"}}`)
	case name == "close":
		w.Header().Set("Connection", "close")
		fmt.Fprint(w, answer)
	case name == "hangup":
		panic(http.ErrAbortHandler)
	case name == "chunked":
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, answer[:5])
		w.(http.Flusher).Flush()
		fmt.Fprint(w, answer[5:])
	case strings.HasPrefix(name, "events"):
		f.stream(w, name, answer)
	default:
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, answer)
	}
}

// stream answers with events: what a server may put before the answer, and with "events cut" no answer.
func (*fake) stream(w http.ResponseWriter, name, answer string) {
	w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
	fmt.Fprintf(w, ": hello\nid: 1\ndata:\n\nevent: message\nid: 2\ndata: %s\n\n", progress)
	w.(http.Flusher).Flush()
	if name == "events cut" {
		return
	}
	head, tail, _ := strings.Cut(answer, ",")
	fmt.Fprintf(w, "data: %s,\r\ndata:%s\r\n\r\n", head, tail)
	w.(http.Flusher).Flush()
	time.Sleep(5 * time.Millisecond) // the answer was there before
}

// A pipeListener is an address within the process.
type pipeListener struct {
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
}

func newPipeListener() *pipeListener {
	return &pipeListener{conns: make(chan net.Conn), done: make(chan struct{})}
}

func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}

func (l *pipeListener) Close() error {
	l.once.Do(func() { close(l.done) })
	return nil
}

func (*pipeListener) Addr() net.Addr { return &net.UnixAddr{} }
