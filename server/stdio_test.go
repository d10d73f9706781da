package server_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/modules/primitives"
	"github.com/mcp-kernel/mcp-kernel/server"
)

const modern = `"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{},"io.modelcontextprotocol/clientInfo":{"name":"host","version":"2"}}`

func TestAnswers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, send, want string }{
		{"id beyond 2^53", `{"jsonrpc":"2.0","id":9007199254740993,"method":"ping"}`, `{"jsonrpc":"2.0","id":9007199254740993,"result":{}}`},
		{"id as text", `{"jsonrpc":"2.0","id":"\u00e9","method":"ping"}`, `{"jsonrpc":"2.0","id":"\u00e9","result":{}}`},
		{"call", `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","arguments":{"s":"<&>"}}}`, `{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"{\"s\":\"<&>\"}"}],"structuredContent":{"s":"x"}}}`},
		{"call of the 2026 era", `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo",` + modern + `}}`, `{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":""}],"structuredContent":{"s":"x"},"_meta":{"io.modelcontextprotocol/serverInfo":{"name":"mcp-kernel","version":"1.0"}},"resultType":"complete"}}`},
		{"read", `{"jsonrpc":"2.0","id":1,"method":"resources/read","params":{"uri":"test://one"}}`, `{"jsonrpc":"2.0","id":1,"result":{"contents":[{"uri":"test://one","text":"text"}]}}`},
		{"read beyond ASCII", `{"jsonrpc":"2.0","id":1,"method":"resources/read","params":{"uri":"test://\u00e9"}}`, `{"jsonrpc":"2.0","id":1,"result":{"contents":[{"uri":"test://é","text":"text"}]}}`},
		{"prompt", `{"jsonrpc":"2.0","id":1,"method":"prompts/get","params":{"name":"greet"}}`, `{"jsonrpc":"2.0","id":1,"result":{"messages":[{"role":"user","content":{"type":"text","text":"hello"}}]}}`},
		{"completion", `{"jsonrpc":"2.0","id":1,"method":"completion/complete","params":{"ref":{"type":"ref/prompt","name":"greet"},"argument":{"name":"a","value":"o"}}}`, `{"jsonrpc":"2.0","id":1,"result":{"completion":{"values":["one","two"],"total":7,"hasMore":true}}}`},
		{"unknown tool", `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"none"}}`, `{"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"unknown tool","data":{"call_id":"c","code":"unknown_name"}}}`},
		{"unknown resource, 2025", `{"jsonrpc":"2.0","id":1,"method":"resources/read","params":{"uri":"test://two"}}`, `{"jsonrpc":"2.0","id":1,"error":{"code":-32002,"message":"unknown resource","data":{"call_id":"c","code":"unknown_name","uri":"test://two"}}}`},
		{"unknown resource, 2026", `{"jsonrpc":"2.0","id":1,"method":"resources/read","params":{"uri":"test://two",` + modern + `}}`, `{"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"unknown resource","data":{"call_id":"c","code":"unknown_name","uri":"test://two"}}}`},
		{"denied", `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"denied"}}`, `{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"denied: policy says no (call c)"}],"isError":true,"_meta":{"io.mcp-kernel/decision":{"code":"denied","reason":"policy says no","call_id":"c","check":"x"}}}}`},
		{"internals stay inside", `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"broken"}}`, `{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"internal_error: internal error"}],"isError":true,"_meta":{"io.mcp-kernel/decision":{"code":"internal_error","reason":"internal error"}}}}`},
		{"no name", `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{}}`, `{"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"invalid params: params.name must be a non-empty string"}}`},
		{"unknown method", `{"jsonrpc":"2.0","id":1,"method":"tools/invent"}`, `{"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"Method tools/invent not found"}}`},
		{"no capabilities, 2026", `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}}}`, `{"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"missing or invalid _meta field io.modelcontextprotocol/clientCapabilities"}}`},
		{"version of the future", `{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"2099-01-01","io.modelcontextprotocol/clientCapabilities":{}}}}`, `{"jsonrpc":"2.0","id":1,"error":{"code":-32022,"message":"unsupported protocol version","data":{"requested":"2099-01-01","supported":["2026-07-28","2025-11-25","2025-06-18","2025-03-26","2024-11-05"]}}}`},
		{"subscribe was removed", `{"jsonrpc":"2.0","id":1,"method":"resources/subscribe","params":{"uri":"test://one",` + modern + `}}`, `{"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"resources/subscribe was removed in this protocol version"}}`},
		{"listen needs 2026", `{"jsonrpc":"2.0","id":1,"method":"subscriptions/listen"}`, `{"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"subscriptions/listen needs protocol version 2026-07-28 or later"}}`},
		{"subscription denied", `{"jsonrpc":"2.0","id":1,"method":"resources/subscribe","params":{"uri":"test://secret"}}`, `{"jsonrpc":"2.0","id":1,"error":{"code":-32003,"message":"not yours","data":{"call_id":"c","code":"denied","uri":"test://secret"}}}`},
		{"bad line", `{"jsonrpc":`, `{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"parse error: unexpected end of the message at byte 11"}}`},
		{"bad cursor", `{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"cursor":"x"}}`, `{"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"invalid params: unknown cursor; start the listing again without one"}}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := connect(t, nil).ask("%s", c.send); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestCallCarriesWhoAndWhat(t *testing.T) {
	t.Parallel()
	c := connect(t, nil)
	c.ask(`{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"host","version":"1"}}}`)
	c.ask(`{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"echo","arguments":{"s":1},"_meta":{"io.mcp-kernel/execution":"x-1"}}}`)
	c.ask(`{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"name":"echo",%s}}`, modern)
	c.d.mu.Lock()
	defer c.d.mu.Unlock()
	old, now := c.d.calls[0], c.d.calls[1]
	if old.Caller.Principal != "user:test" || old.Caller.Label != "host/1" || old.Caller.Operator || old.Execution != "x-1" || string(old.Args) != `{"s":1}` {
		t.Errorf("2025: %+v", old)
	}
	if now.Caller.Label != "host/2" || now.Args != nil || now.ID == old.ID {
		t.Errorf("2026: %+v", now)
	}
}

func TestNotificationsStandBeforeTheirResult(t *testing.T) {
	t.Parallel()
	c := connect(t, nil)
	for round := range 20 {
		c.send(`{"jsonrpc":"2.0","id":%d,"method":"tools/call","params":{"name":"progress","_meta":{"progressToken":"p%d"}}}`, round, round)
		for i := range 300 {
			want := fmt.Sprintf(`{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":"p%d","progress":%d,"total":300}}`, round, i+1)
			if got := c.line(); got != want {
				t.Fatalf("got %s, want %s", got, want)
			}
		}
		if got, want := c.line(), `{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"warning","logger":"test","data":{"n":1}}}`; got != want {
			t.Fatalf("got %s, want %s", got, want)
		}
		for line := c.line(); !strings.Contains(line, `"result"`); line = c.line() {
			if !strings.Contains(line, `"progress":1000`) { // sent while the call was still running
				t.Fatalf("got %s", line)
			}
		}
	}
}

func TestQuietWithoutToken(t *testing.T) {
	t.Parallel()
	c := connect(t, nil)
	c.ask(`{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"h","version":"1"}}}`)
	if got := c.ask(`{"jsonrpc":"2.0","id":1,"method":"logging/setLevel","params":{"level":"error"}}`); got != `{"jsonrpc":"2.0","id":1,"result":{}}` {
		t.Fatal(got)
	}
	if got := c.ask(`{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"progress"}}`); !strings.Contains(got, `"id":2`) {
		t.Errorf("got %s", got)
	}
	if got := c.ask(`{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"name":"progress",%s}}`, modern); !strings.Contains(got, `"id":3`) {
		t.Errorf("a log that the 2026 era did not ask for: %s", got)
	}
}

func TestSlowCallBlocksNobody(t *testing.T) {
	t.Parallel()
	c := connect(t, nil)
	for i := range 200 {
		c.send(`{"jsonrpc":"2.0","id":%d,"method":"tools/call","params":{"name":"slow"}}`, i)
	}
	for _, ask := range []string{"ping", "tools/list"} {
		if got := c.ask(`{"jsonrpc":"2.0","id":"quick","method":%q}`, ask); !strings.HasPrefix(got, `{"jsonrpc":"2.0","id":"quick","result"`) {
			t.Errorf("%s behind slow calls: %s", ask, got)
		}
	}
	close(c.d.slow)
	for range 200 {
		if got := c.line(); !strings.Contains(got, `"result"`) {
			t.Fatalf("got %s", got)
		}
	}
}

func TestTooManyAtOnce(t *testing.T) {
	t.Parallel()
	c := connect(t, func(o *server.Options) { o.MaxConcurrent = 2 })
	for i := range 2 {
		c.send(`{"jsonrpc":"2.0","id":%d,"method":"tools/call","params":{"name":"slow"}}`, i)
	}
	if got, want := c.ask(`{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"echo"}}`),
		`{"jsonrpc":"2.0","id":2,"error":{"code":-32004,"message":"more than 2 requests at once: wait for answers, then try again"}}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got := c.ask(`{"jsonrpc":"2.0","id":0,"method":"ping"}`); !strings.Contains(got, "id is already in use") {
		t.Errorf("an id in use: %s", got)
	}
	close(c.d.slow)
}

func TestCancelled(t *testing.T) {
	t.Parallel()
	c := connect(t, nil)
	c.send(`{"jsonrpc":"2.0","id":"x","method":"tools/call","params":{"name":"slow"}}`)
	c.send(`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"other"}}`)
	c.send(`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"x","reason":"changed my mind"}}`)
	if got := c.ask(`{"jsonrpc":"2.0","id":1,"method":"ping"}`); got != `{"jsonrpc":"2.0","id":1,"result":{}}` {
		t.Errorf("a cancelled request was answered: %s", got)
	}
	if got := c.ask(`{"jsonrpc":"2.0","id":"x","method":"ping"}`); !strings.Contains(got, `"id":"x"`) {
		t.Errorf("got %s", got)
	}
}

func TestBadLinesAreSurvived(t *testing.T) {
	t.Parallel()
	c := connect(t, func(o *server.Options) { o.MaxLine = 1 << 10 })
	c.send("")
	c.send("   \r")
	for _, bad := range []string{"nonsense", "\xff\xfe", `[]`, `{"jsonrpc":"2.0","id":null,"method":"ping"}`, strings.Repeat("x", 5<<10), strings.Repeat("[", 900)} {
		if got := c.ask("%s", bad); !strings.HasPrefix(got, `{"jsonrpc":"2.0","id":null,"error":{"code":-32`) {
			t.Errorf("%.20q: %s", bad, got)
		}
	}
	if got := c.ask(`{"jsonrpc":"2.0","id":1,"method":"ping"}`); got != `{"jsonrpc":"2.0","id":1,"result":{}}` {
		t.Errorf("afterwards: %s", got)
	}
}

func TestEndOfInputDrains(t *testing.T) {
	t.Parallel()
	c := connect(t, nil)
	for i := range 50 {
		c.send(`{"jsonrpc":"2.0","id":%d,"method":"tools/call","params":{"name":"slow"}}`, i)
	}
	_ = c.in.Close()
	time.AfterFunc(20*time.Millisecond, func() { close(c.d.slow) })
	for range 50 {
		if got := c.line(); !strings.Contains(got, `"result"`) {
			t.Fatalf("got %q", got)
		}
	}
	if err := <-c.done; err != nil || c.line() != "" {
		t.Errorf("ended with %v", err)
	}
}

// A host that stopped reading its answers must not keep the server: not the calls that wait to answer, nor the reader,
// which answers what cannot block by itself.
func TestDrainDoesNotWaitForAHostThatReadsNothing(t *testing.T) {
	t.Parallel()
	in, requests, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	unread, out, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _, _, _ = in.Close(), requests.Close(), unread.Close(), out.Close() })
	s, err := server.New(server.Options{
		Dispatcher: newDispatcher(t), IDs: primitives.NewIDs(nil, nil).New, Now: time.Now, MaxLine: 4096, Drain: 10 * time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.ServeStdio(ctx, in, out, governance.Caller{Principal: "user:test"}) }()
	if err := requests.SetWriteDeadline(time.Now().Add(200 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	for i := 0; err == nil; i++ { // until the reader waits too
		method := [...]string{"ping", "tools/list"}[i%2]
		_, err = fmt.Fprintf(requests, `{"jsonrpc":"2.0","id":%d,"method":%q}`+"\n", i, method)
	}
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestDrainHasALimit(t *testing.T) {
	t.Parallel()
	c := connect(t, func(o *server.Options) { o.Drain = 10 * time.Millisecond })
	c.send(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"slow"}}`)
	c.ask(`{"jsonrpc":"2.0","id":2,"method":"ping"}`)
	c.stop()
	if got := c.line(); !strings.Contains(got, `"id":1`) || !strings.Contains(got, "cancelled") {
		t.Errorf("got %s", got)
	}
	if err := <-c.done; err != nil || c.d.running.Load() != 0 {
		t.Errorf("ended with %v, %d calls running", err, c.d.running.Load())
	}
}

func TestPages(t *testing.T) {
	t.Parallel()
	c := connect(t, func(o *server.Options) { o.PageSize = 2 })
	got, cursor := []string{}, ""
	for page := 0; page == 0 || cursor != ""; page++ {
		var answer struct {
			Result struct {
				Tools      []struct{ Name string }
				NextCursor string
			}
		}
		params := "{}"
		if cursor != "" {
			params = fmt.Sprintf(`{"cursor":%q}`, cursor)
		}
		if err := json.Unmarshal([]byte(c.ask(`{"jsonrpc":"2.0","id":1,"method":"tools/list","params":%s}`, params)), &answer); err != nil {
			t.Fatal(err)
		}
		for _, tool := range answer.Result.Tools {
			got = append(got, tool.Name)
		}
		if cursor = answer.Result.NextCursor; page > 5 {
			t.Fatal("the listing does not end")
		}
	}
	if want := "broken denied echo marked progress slow"; strings.Join(got, " ") != want {
		t.Errorf("got %v, want %s", got, want)
	}
}

func TestSubscriptionsOf2025(t *testing.T) {
	t.Parallel()
	c := connect(t, nil)
	c.ask(`{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"h","version":"1"}}}`)
	if got := c.ask(`{"jsonrpc":"2.0","id":2,"method":"resources/subscribe","params":{"uri":"test://one"}}`); got != `{"jsonrpc":"2.0","id":2,"result":{}}` {
		t.Fatal(got)
	}
	c.d.mu.Lock()
	changed := c.d.changed["resource:test://one"]
	c.d.mu.Unlock()
	go changed()
	if got, want := c.line(), `{"jsonrpc":"2.0","method":"notifications/resources/updated","params":{"uri":"test://one"}}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	go c.s.Refresh()
	for _, kind := range []string{"tools", "resources", "prompts"} {
		if got, want := c.line(), `{"jsonrpc":"2.0","method":"notifications/`+kind+`/list_changed","params":{}}`; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	c.ask(`{"jsonrpc":"2.0","id":3,"method":"resources/unsubscribe","params":{"uri":"test://one"}}`)
	c.d.mu.Lock()
	defer c.d.mu.Unlock()
	if len(c.d.changed) != 0 {
		t.Errorf("still subscribed: %v", c.d.changed)
	}
}

func TestListen(t *testing.T) {
	t.Parallel()
	c := connect(t, nil)
	c.send(`{"jsonrpc":"2.0","id":"s1","method":"subscriptions/listen","params":{"notifications":{"toolsListChanged":true,"resourceSubscriptions":["test://one"]},%s}}`, modern)
	tag := `"_meta":{"io.modelcontextprotocol/subscriptionId":"s1"}`
	if got, want := c.line(), `{"jsonrpc":"2.0","method":"notifications/subscriptions/acknowledged","params":{`+tag+`,"notifications":{"toolsListChanged":true,"resourceSubscriptions":["test://one"]}}}`; got != want {
		t.Fatalf("got %s, want %s", got, want)
	}
	go c.s.ListChanged(server.Changes{Tools: true, Prompts: true})
	if got, want := c.line(), `{"jsonrpc":"2.0","method":"notifications/tools/list_changed","params":{`+tag+`}}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	c.d.mu.Lock()
	changed := c.d.changed["resource:test://one"]
	c.d.mu.Unlock()
	go changed()
	if got, want := c.line(), `{"jsonrpc":"2.0","method":"notifications/resources/updated","params":{`+tag+`,"uri":"test://one"}}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	_ = c.in.Close()
	if got := c.line(); !strings.HasPrefix(got, `{"jsonrpc":"2.0","id":"s1","result":{`+tag[:len(tag)-1]) || !strings.Contains(got, `"resultType":"complete"`) {
		t.Errorf("at the end: %s", got)
	}
	if err := <-c.done; err != nil {
		t.Error(err)
	}
}

func TestListeningIsBounded(t *testing.T) {
	t.Parallel()
	c := connect(t, func(o *server.Options) { o.MaxListening = 4 })
	const refused = `"code":-32004,"message":"more than 4 subscriptions: end some, then try again"`
	listen := func(id string) string {
		return c.ask(`{"jsonrpc":"2.0","id":%q,"method":"subscriptions/listen","params":{"notifications":{"resourceSubscriptions":["test://one","test://two"]},%s}}`, id, modern)
	}
	if got := listen("a"); !strings.Contains(got, "acknowledged") {
		t.Fatal(got)
	}
	if got := listen("b"); !strings.Contains(got, refused) { // a stream and two resources more would be six
		t.Errorf("a second stream: %s", got)
	}
	if got := c.ask(`{"jsonrpc":"2.0","id":1,"method":"resources/subscribe","params":{"uri":"test://one"}}`); !strings.Contains(got, `"result":{}`) {
		t.Errorf("a fourth: %s", got)
	}
	if got := c.ask(`{"jsonrpc":"2.0","id":2,"method":"resources/subscribe","params":{"uri":"test://one"}}`); !strings.Contains(got, refused) {
		t.Errorf("a fifth: %s", got)
	}
	c.ask(`{"jsonrpc":"2.0","id":3,"method":"resources/unsubscribe","params":{"uri":"test://one"}}`)
	if got := c.ask(`{"jsonrpc":"2.0","id":4,"method":"resources/subscribe","params":{"uri":"test://one"}}`); !strings.Contains(got, `"result":{}`) {
		t.Errorf("after one was ended: %s", got)
	}
}

func TestExecutionOfTheWrongShape(t *testing.T) {
	t.Parallel()
	c := connect(t, nil)
	got := c.ask(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","_meta":{"io.mcp-kernel/execution":5}}}`)
	if want := `{"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"invalid params: _meta io.mcp-kernel/execution must be a non-empty string"}}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestOptions(t *testing.T) {
	t.Parallel()
	if _, err := server.New(server.Options{}); err == nil || !strings.Contains(err.Error(), "Dispatcher") || !strings.Contains(err.Error(), "IDs") {
		t.Errorf("got %v", err)
	}
}

func TestWriterThatIsGone(t *testing.T) {
	t.Parallel()
	c := connect(t, nil)
	c.stop()
	select {
	case err := <-c.done:
		if err != nil {
			t.Error(err)
		}
	case <-context.Background().Done():
	}
}
